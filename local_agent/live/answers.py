"""Who answers in a live call: any responder, whole replies at a time, or an endpoint sentence by sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from local_agent.dialogue.responder import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_agent.context.interruption import InterruptionContext
    from local_agent.dialogue.chat_stream import ChatStream
    from local_agent.dialogue.openai_compatible import OpenAIResponder
    from local_agent.dialogue.responder import CallerTurn, Responder


class Answers(Protocol):
    """Makes answers in pieces, each a turn to speak. All but `stop` and `spoken` are called in one thread."""

    def first(self) -> Iterator[Reply]:
        """Yield what is said before the caller said anything."""

    def answer(
        self, heard: CallerTurn, context: InterruptionContext | None, stopped: Callable[[], bool]
    ) -> Iterator[Reply]:
        """Yield the answer's pieces as they come; `stopped` says that nobody wants them any more."""

    def stop(self) -> None:
        """End the answer under way; called by the frame path, after `stopped` became true."""

    def spoken(self, text: str) -> None:
        """Learn that a piece begins to be heard; called by the frame path."""


class WholeAnswers:
    """A responder that gives its reply whole; its latency counts in samples, as in simulation."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def first(self) -> Iterator[Reply]:
        """Yield the first message, if there is one."""
        reply = self._responder.first()
        if reply is not None:
            yield reply

    def answer(
        self, heard: CallerTurn, context: InterruptionContext | None, stopped: Callable[[], bool]
    ) -> Iterator[Reply]:
        """Yield the reply. A reply that nobody wants any more is made all the same: it is part of the thread."""
        del stopped
        yield self._responder.reply(heard, context)

    def stop(self) -> None:
        """Do nothing: a reply at a time."""

    def spoken(self, text: str) -> None:
        """Do nothing: the responder knows what it said."""


class StreamedAnswers:
    """An endpoint's answer, sentence by sentence: the first is spoken while the next are made."""

    def __init__(self, responder: OpenAIResponder) -> None:
        self._responder = responder
        self._stream: ChatStream | None = None
        self._asked = False

    def first(self) -> Iterator[Reply]:
        """Yield the opening, if there is one."""
        reply = self._responder.first()
        if reply is not None:
            yield reply

    def answer(
        self, heard: CallerTurn, context: InterruptionContext | None, stopped: Callable[[], bool]
    ) -> Iterator[Reply]:
        """Yield the sentences. Raises ResponderFailed."""
        self._asked, self._stream = True, self._responder.stream(heard, context)
        try:
            if stopped():
                return
            for sentence in self._stream:
                if stopped():
                    return
                yield Reply(sentence, expects_answer=sentence.rstrip().endswith("?"))
        finally:
            self._stream = None

    def stop(self) -> None:
        """Shut the connection, so that the server stops making the answer."""
        stream = self._stream
        if stream is not None:
            stream.cancel()

    def spoken(self, text: str) -> None:
        """Put a sentence into the conversation; the opening is there already."""
        if self._asked:
            self._responder.said(text)
