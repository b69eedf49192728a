"""Cutting a stream of text at sentence ends, so that a voice can begin before the last word is known."""

from __future__ import annotations

from local_agent.context.delivery import sentence_spans


class SentenceCutter:
    """Takes text in pieces and gives back whole sentences.

    A sentence is whole once something follows its mark.
    """

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, piece: str) -> list[str]:
        """Return the sentences that this piece completed."""
        self._buffer += piece
        spans = sentence_spans(self._buffer)
        if spans and not self._whole(spans[-1].end):
            spans = spans[:-1]
        if not spans:
            return []
        sentences = [self._buffer[span.start : span.end] for span in spans]
        self._buffer = self._buffer[spans[-1].end :]
        return sentences

    def flush(self) -> list[str]:
        """Return what is left, which nothing will follow."""
        left, self._buffer = self._buffer.strip(), ""
        return [left] if left else []

    def _whole(self, end: int) -> bool:
        """Whether the last span ends with a mark that whitespace follows: "9." may become 9.99."""
        return end < len(self._buffer) and len(sentence_spans(self._buffer[:end] + " x")) > len(
            sentence_spans(self._buffer[:end])
        )
