"""What happened in a call, in the past tense, stamped with the sample at which it happened.

`at_sample` counts from the call's first sample at the call's rate, and is when the agent could know; where an
event speaks of something earlier (speech that began before it was certain), it carries that sample too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a sample."""

    at_sample: int


@dataclass(frozen=True, slots=True)
class SpeechStarted(Event):
    """The gate is certain that the caller speaks; the speech began at `onset_sample`."""

    onset_sample: int


@dataclass(frozen=True, slots=True)
class SpeechStopped(Event):
    """The gate is certain that the speech ended (acoustically); its last frame ended at `offset_sample`."""

    offset_sample: int


@dataclass(frozen=True, slots=True)
class UserTurnEnded(Event):
    """The caller's turn is over: `reason` is silence, semantic, dictation or cap."""

    offset_sample: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallerTurnDismissed(Event):
    """What had opened a caller's turn was nothing to reply to: `reason` is noise or ignore-phrase."""

    onset_sample: int
    reason: str


@dataclass(frozen=True, slots=True)
class AgentSpeechStarted(Event):
    """The agent's audio began to play; `turn` numbers its turns from 0."""

    turn: int


@dataclass(frozen=True, slots=True)
class AgentSpeechFinished(Event):
    """The agent's audio played to its end."""

    turn: int


@dataclass(frozen=True, slots=True)
class AgentSpeechPaused(Event):
    """The agent fell silent at once, on suspicion; `played_samples` of the turn had been heard."""

    turn: int
    played_samples: int


@dataclass(frozen=True, slots=True)
class BargeIn(Event):
    """The caller took the floor; the agent's turn ends where it was paused."""

    turn: int
    onset_sample: int
    played_samples: int
    reason: str


@dataclass(frozen=True, slots=True)
class FalseBargeIn(Event):
    """The second look says it was no attempt at the floor: `reason` tells why."""

    turn: int
    onset_sample: int
    reason: str


@dataclass(frozen=True, slots=True)
class AgentSpeechResumed(Event):
    """The agent took its speech up at the very sample where it stopped."""

    turn: int
    from_sample: int


@dataclass(frozen=True, slots=True)
class CallerReminded(Event):
    """A silent caller was asked whether they are there."""


@dataclass(frozen=True, slots=True)
class CallEnded(Event):
    """The call ended; `reason` is hang_up or end_of_audio."""

    reason: str


def values_of(event: Event) -> dict[str, Any]:
    """Return an event as names and numbers: what it is, when, and what else it carries, in that order."""
    told = {part.name: getattr(event, part.name) for part in fields(event)}
    return {"event": type(event).__name__, **told}
