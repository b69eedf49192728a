"""What a responder is: it is told what was heard, and how its own turn was cut, and says what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from local_agent.context.interruption import InterruptionContext


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """What a caller said in one turn; empty where nobody could write it down."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent says. An empty text is silence: the next move is the caller's.

    `latency_ms` is the time from the end of the caller's turn to the first sentence: chosen for a scripted
    responder, measured for one that asks somebody.
    """

    text: str
    intent: str = ""
    expects_answer: bool = False
    latency_ms: int = 0


class Responder(Protocol):
    """Keeps the thread of one call. Not shared between calls."""

    def first(self) -> Reply | None:
        """Return what the agent says before the caller said anything; None where the caller speaks first."""

    def reply(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Return what comes next; `context` is None where the agent's turn had been heard to its end."""


@runtime_checkable
class TakesBack(Protocol):
    """A responder that can undo its last reply: the caller spoke on before a word of it was said."""

    def take_back(self) -> None:
        """Be as before the last reply was asked for; do nothing where there is none to undo."""


@runtime_checkable
class Streams(TakesBack, Protocol):
    """A responder whose reply comes sentence by sentence, so that its voice can begin before the last word."""

    def begin(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Ask, and return the first sentence with the time that it took; what follows is `more`."""

    def more(self) -> str | None:
        """Return the next sentence of the reply under way; None where it is whole."""

    def cancel(self) -> None:
        """End the reply under way: no more of it is made. What was given stays given."""
