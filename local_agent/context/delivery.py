"""What the caller had heard of a turn when it was cut: by the samples played and the times of its words.

A word counts as heard once its last sample has been played; one that was cut in the middle is still to be
said. Both parts joined are the turn's text, to the character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_agent.record import SpokenTurn

_OPENING = "\"'([{“‘«¿¡"  # noqa: RUF001 - marks as people write them
CLOSING = "\"'”’)]"  # noqa: RUF001 - the same
"""What may stand after the mark that ends a sentence."""
_WRITTEN = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)")  # noqa: RUF001 - the same
_NO_END = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|e\.g|i\.e|approx)|\b[A-Z])\.$")
"""A full stop after these ends no sentence."""


def context_at(turn: SpokenTurn, played_samples: int) -> tuple[str, str]:
    """Return the text that was delivered and the text that remains after so many samples of a turn.

    Without word times, or where they do not belong to the text, written words are taken to be as long as
    they have characters. Whitespace at the cut stays with what was delivered.
    """
    if played_samples <= 0:
        return "", turn.text
    if played_samples >= max(len(turn.samples), 1):
        return turn.text, ""
    starts = _starts(turn)
    if starts is None:
        cut = _by_length(turn.text, played_samples / len(turn.samples))
    else:
        heard = sum(1 for word in turn.words if word.end_sample <= played_samples)
        cut = starts[heard] if heard < len(starts) else len(turn.text)
    return turn.text[:cut], turn.text[cut:]


def _starts(turn: SpokenTurn) -> list[int] | None:
    """Return where each timed word begins in the text; None where one of them is not in it."""
    found: list[int] = []
    lowered, after = turn.text.lower(), 0
    if len(lowered) != len(turn.text):  # a few capitals grow when lowered, and places would shift
        lowered = turn.text
    for word in turn.words:
        at = (
            lowered.find(word.text.lower() if lowered != turn.text else word.text, after) if word.text else -1
        )
        if at < 0:
            return None
        after = at + len(word.text)
        while at > (found[-1] if found else 0) and turn.text[at - 1] in _OPENING:
            at -= 1
        found.append(at)
    return found or None


def _by_length(text: str, share: float) -> int:
    written = list(_WRITTEN.finditer(text))
    heard, total = 0, sum(len(word[0]) for word in written)
    for word in written:
        heard += len(word[0])
        if heard > share * total:
            return word.start()
    return len(text)


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence's place in a text."""

    start: int
    end: int


def sentence_spans(text: str) -> tuple[Span, ...]:
    """Return the places of the sentences of a text, in order, without the whitespace around them."""
    spans: list[Span] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if _NO_END.search(text[start : end.end()]):
            continue
        spans.append(_trimmed(text, start, end.end()))
        start = end.end()
    if text[start:].strip():
        spans.append(_trimmed(text, start, len(text)))
    return tuple(spans)


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))


def sentence_at(text: str, cut: int) -> str:
    """Return the sentence that was being said at a place in the text, or the one just finished there."""
    said = ""
    for span in sentence_spans(text):
        if span.start >= cut and said:
            return said
        said = text[span.start : span.end]
        if cut <= span.end:
            return said
    return said
