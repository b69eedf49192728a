"""What the agent says next, and when: from a responder and a voice, from a recording, or nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from local_agent.record import SpokenTurn, Word
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
    growing: bool
    """Whether the turn given last may have more to come."""

    def first(self, at: int) -> int | None:
        """Prepare what the agent says before the caller does."""

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Prepare an answer to what the caller said; `cut` is the turn that they cut, if they did."""

    def unasked(self, at: int) -> int | None:
        """Prepare what the agent says next without having been asked."""

    def remind(self) -> bool:
        """Prepare a reminder for a silent caller; False where there is none."""

    def cancel(self) -> None:
        """Drop what was prepared, and make no more of what was handed out."""

    def more(self) -> SpokenTurn | None:
        """Return the turn given last with more at its end; None where it is whole."""

    def take(self) -> SpokenTurn:
        """Hand out what was prepared, or an empty turn."""


NOTHING = SpokenTurn("", np.zeros(0, np.float32))


class SilentMouth:
    """An agent that never speaks: turn-taking is heard, and nobody answers."""

    reminding = growing = False

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

    def more(self) -> SpokenTurn | None:
        """Return None."""
        return None

    def take(self) -> SpokenTurn:
        """Return an empty turn."""
        return NOTHING


@dataclass(slots=True)
class Answered:
    """An interruption, when the responder was asked about it, and what was said from there to the next one."""

    at_sample: int
    context: InterruptionContext
    replies: list[str]


class RespondingMouth:
    """A responder's words in a voice.

    `said` keeps every turn that was handed out, `answered` every interruption that got a reply, `unanswered` where
    the caller's turn was over (a sample of the call) when the reply that was handed out for it was empty.
    """

    def __init__(self, responder: Responder, voice: Speaks, sample_rate_hz: int) -> None:
        self.reminding = self.growing = False
        self.said: list[SpokenTurn] = []
        self.answered: list[Answered] = []
        self.unanswered: list[int] = []
        self._responder, self._voice, self._rate = responder, voice, sample_rate_hz
        self._prepared: SpokenTurn | None = None
        self._asked: Answered | None = None
        self._replies_to: int | None = None
        self._reminder = False

    def first(self, at: int) -> int | None:
        """Prepare the first message."""
        reply = self._responder.first()
        return None if reply is None else self._prepare(reply, at)

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Ask the responder; ready once its latency has passed."""
        from local_agent.dialogue.responder import CallerTurn, Streams

        self.cancel()
        heard, context, responder = CallerTurn(said), _context(cut, said), self._responder
        asked = responder.begin if isinstance(responder, Streams) else responder.reply
        due = self._prepare(asked(heard, context), at)
        self._replies_to = at
        self._asked = None if context is None else Answered(at, context, [])
        return due

    def unasked(self, at: int) -> int | None:
        """Return None: a responder answers."""
        del at
        return None

    def remind(self) -> bool:
        """Prepare the reminder."""
        self._prepared, self._reminder = self._voice.speak(REMINDER, self._rate), True
        self._replies_to = None
        return True

    def cancel(self) -> None:
        """Drop a reply of which nothing was said, as if it had not been asked for; make no more of another."""
        from local_agent.dialogue.responder import Streams, TakesBack

        if self._prepared is not None and not self._reminder and isinstance(self._responder, TakesBack):
            self._responder.take_back()
        elif self.growing and isinstance(self._responder, Streams):
            self._responder.cancel()
        self._prepared, self._asked, self._replies_to, self.growing = None, None, None, False

    def take(self) -> SpokenTurn:
        """Hand out the reply."""
        from local_agent.dialogue.responder import Streams

        turn, self._prepared = self._prepared or NOTHING, None
        self.reminding, self._reminder = self._reminder, False
        if self._asked is not None:
            self.answered.append(self._asked)
            self._asked = None
        if len(turn.samples):
            self.said.append(turn)
            if self.answered and not self.reminding:
                self.answered[-1].replies.append(turn.text)
            self.growing = not self.reminding and isinstance(self._responder, Streams)
        elif self._replies_to is not None:
            self.unanswered.append(self._replies_to)
        self._replies_to = None
        return turn

    def more(self) -> SpokenTurn | None:
        """Return the turn under way with its next sentence, once that has come; None where it is whole.

        The sentence is waited for, and taken to have come in time: a simulated call stands still meanwhile.
        """
        from local_agent.dialogue.responder import Streams

        text = self._responder.more() if isinstance(self._responder, Streams) else None
        if text is None:
            self.growing = False
            return None
        self.said[-1] = _joined(self.said[-1], self._voice.speak(text, self._rate))
        if self.answered:
            self.answered[-1].replies[-1] = self.said[-1].text
        return self.said[-1]

    def _prepare(self, reply: Reply, at: int) -> int:
        spoken = self._voice.speak(reply.text, self._rate) if reply.text.strip() else NOTHING
        self._prepared = replace(spoken, intent=reply.intent, expects_answer=reply.expects_answer)
        self._reminder = False
        return at + reply.latency_ms * self._rate // 1000


def _joined(turn: SpokenTurn, more: SpokenTurn) -> SpokenTurn:
    """Return a turn with another sentence after it."""
    start = len(turn.samples)
    words = tuple(Word(word.text, word.start_sample + start, word.end_sample + start) for word in more.words)
    return replace(
        turn,
        text=f"{turn.text} {more.text}",
        samples=np.concatenate([turn.samples, more.samples]),
        words=turn.words + words,
        expects_answer=more.text.rstrip().endswith("?"),
    )


class RecordedMouth:
    """Turns of a recording, each at its own time or, while the floor is taken, as soon as it is free."""

    reminding = growing = False

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

    def more(self) -> SpokenTurn | None:
        """Return None: a recorded turn is whole."""
        return None

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
