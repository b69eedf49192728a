"""What the agent says next, and when: from a responder and a voice, from a recording, or nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from local_agent.record import SpokenTurn
from local_agent.scenarios.agent_side import REMINDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_agent.context.interruption import InterruptionContext
    from local_agent.dialogue.responder import Reply, Responder


@dataclass(frozen=True, slots=True)
class Cut:
    """A turn of the agent's that was cut after so many samples."""

    turn: SpokenTurn
    played_samples: int


class Speaks(Protocol):
    """A voice: text in, a spoken turn out."""

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return the text as audio with word times."""


class Mouth(Protocol):
    """Has the next turn ready.

    Each method that prepares one returns the sample at which it is ready, None where there is nothing.
    """

    reminding: bool
    """Whether the turn given last was a reminder."""

    def first(self, at: int) -> int | None:
        """Prepare what the agent says before the caller does."""

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Prepare an answer to what the caller said; `cut` is the turn that they cut, if they did."""

    def unasked(self, at: int) -> int | None:
        """Prepare what the agent says next without having been asked."""

    def remind(self) -> bool:
        """Prepare a reminder for a silent caller; False where there is none."""

    def cancel(self) -> None:
        """Drop what was prepared."""

    def take(self) -> SpokenTurn:
        """Hand out what was prepared, or an empty turn."""


NOTHING = SpokenTurn("", np.zeros(0, np.float32))


class SilentMouth:
    """An agent that never speaks: turn-taking is heard, and nobody answers."""

    reminding = False

    def first(self, at: int) -> int | None:
        """Return None: the caller speaks first."""
        del at
        return None

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Have nothing ready, at once."""
        del said, cut
        return at

    def unasked(self, at: int) -> int | None:
        """Return None."""
        del at
        return None

    def remind(self) -> bool:
        """Return False."""
        return False

    def cancel(self) -> None:
        """Do nothing."""

    def take(self) -> SpokenTurn:
        """Return an empty turn."""
        return NOTHING


class RespondingMouth:
    """A responder's words in a voice. `said` keeps every turn that was handed out."""

    def __init__(self, responder: Responder, voice: Speaks, sample_rate_hz: int) -> None:
        self.reminding = False
        self.said: list[SpokenTurn] = []
        self._responder, self._voice, self._rate = responder, voice, sample_rate_hz
        self._prepared: SpokenTurn | None = None
        self._reminder = False

    def first(self, at: int) -> int | None:
        """Prepare the first message."""
        reply = self._responder.first()
        return None if reply is None else self._prepare(reply, at)

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Ask the responder; ready once its latency has passed."""
        from local_agent.dialogue.responder import CallerTurn

        return self._prepare(self._responder.reply(CallerTurn(said), _context(cut, said)), at)

    def unasked(self, at: int) -> int | None:
        """Return None: a responder answers."""
        del at
        return None

    def remind(self) -> bool:
        """Prepare the reminder."""
        self._prepared, self._reminder = self._voice.speak(REMINDER, self._rate), True
        return True

    def cancel(self) -> None:
        """Drop the reply."""
        self._prepared = None

    def take(self) -> SpokenTurn:
        """Hand out the reply."""
        turn, self._prepared = self._prepared or NOTHING, None
        self.reminding, self._reminder = self._reminder, False
        if len(turn.samples):
            self.said.append(turn)
        return turn

    def _prepare(self, reply: Reply, at: int) -> int:
        spoken = self._voice.speak(reply.text, self._rate) if reply.text.strip() else NOTHING
        self._prepared = replace(spoken, intent=reply.intent, expects_answer=reply.expects_answer)
        self._reminder = False
        return at + reply.latency_ms * self._rate // 1000


class RecordedMouth:
    """Turns of a recording, each at its own time or, while the floor is taken, as soon as it is free."""

    reminding = False

    def __init__(self, turns: Iterable[tuple[int, SpokenTurn]]) -> None:
        self._coming = deque(turns)

    def first(self, at: int) -> int | None:
        """Return when the recording's next turn begins."""
        return max(at, self._coming[0][0]) if self._coming else None

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Return when the recording's next turn begins, whatever was said."""
        del said, cut
        return self.first(at) if self._coming else at

    unasked = first

    def remind(self) -> bool:
        """Return False: a recording has no reminders of its own making."""
        return False

    def cancel(self) -> None:
        """Do nothing: the turn stays the next one."""

    def take(self) -> SpokenTurn:
        """Hand out the next turn."""
        if not self._coming:
            return NOTHING
        return self._coming.popleft()[1]


def _context(cut: Cut | None, said: str) -> InterruptionContext | None:
    if cut is None:
        return None
    from local_agent.context.interruption import interruption

    return interruption(cut.turn, cut.played_samples, said)
