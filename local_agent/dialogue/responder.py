"""What a responder is: it is told what was heard, and how its own turn was cut, and says what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
