"""An endpoint's answer sentence by sentence: what is spoken enters the conversation, what is stopped ends there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_agent.dialogue.responder import CallerTurn, Reply
from local_agent.live.answers import StreamedAnswers, WholeAnswers

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stream:
    """Two sentences, and whether anybody cancelled."""

    def __init__(self) -> None:
        self.cancelled = False

    def __iter__(self) -> Iterator[str]:
        """Yield them."""
        yield "It costs ten."
        if not self.cancelled:
            yield "Is that all right?"

    def cancel(self) -> None:
        """Remember it."""
        self.cancelled = True


class Endpoint:
    """A responder that streams."""

    def __init__(self) -> None:
        self.conversation: list[str] = []
        self.last = Stream()

    def first(self) -> Reply:
        """Open, and put it into the conversation, as the real one does."""
        self.said("Hello.")
        return Reply("Hello.")

    def stream(self, heard: CallerTurn, context: object) -> Stream:
        """Answer."""
        del context
        self.conversation.append(f"caller: {heard.text}")
        self.last = Stream()
        return self.last

    def said(self, text: str) -> None:
        """Keep it."""
        self.conversation.append(text)


def never() -> bool:
    """Return that somebody wants the answer."""
    return False


def test_only_what_is_spoken_was_said() -> None:
    """A sentence enters the conversation when it begins to be heard, the opening once."""
    endpoint: Any = Endpoint()
    answers = StreamedAnswers(endpoint)
    assert [reply.text for reply in answers.first()] == ["Hello."]
    answers.spoken("Hello.")
    replies = list(answers.answer(CallerTurn("how much"), None, never))
    assert [(reply.text, reply.expects_answer) for reply in replies] == [
        ("It costs ten.", False),
        ("Is that all right?", True),
    ]
    answers.spoken("It costs ten.")
    assert endpoint.conversation == ["Hello.", "caller: how much", "It costs ten."]


def test_a_stop_shuts_the_stream_under_way() -> None:
    """The frame path's stop reaches the stream that the worker reads."""
    endpoint: Any = Endpoint()
    answers = StreamedAnswers(endpoint)
    replies = answers.answer(CallerTurn("how much"), None, never)
    next(replies)
    answers.stop()
    assert endpoint.last.cancelled
    assert list(replies) == []


def test_a_stop_before_the_stream_is_there() -> None:
    """Nobody wants it any more when it is opened: it is not read."""
    endpoint: Any = Endpoint()
    assert list(StreamedAnswers(endpoint).answer(CallerTurn(""), None, lambda: True)) == []


def test_a_stop_with_nothing_under_way() -> None:
    """A stream that has ended is left alone: its connection may serve the next answer."""
    endpoint: Any = Endpoint()
    answers = StreamedAnswers(endpoint)
    list(answers.answer(CallerTurn(""), None, never))
    answers.stop()
    assert not endpoint.last.cancelled


class Speechless:
    """A responder that lets the caller begin."""

    def first(self) -> None:
        """Say nothing first."""

    def reply(self, heard: CallerTurn, context: object) -> Reply:
        """Answer."""
        del context
        return Reply(f"you said {heard.text}")


def test_a_whole_reply_is_one_piece() -> None:
    """Any responder will do."""
    answers = WholeAnswers(Speechless())  # type: ignore[arg-type]
    assert list(answers.first()) == []
    assert [reply.text for reply in answers.answer(CallerTurn("yes"), None, never)] == ["you said yes"]
