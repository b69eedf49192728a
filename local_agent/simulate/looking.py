"""The second look under way: evidence from the onset on, words asked for when they can matter.

They are asked for when the sound is about to decide, when it has ended, every `ASK_EVERY_MS` while a phrase may
take the floor at once, and every `ASK_EVERY_MS` while the sound would do but no word was made out yet. Unvalidated,
while the agent speaks on: when the gate opens, every `ASK_EVERY_MS` from then on, and when it closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.events import SpeechStarted, SpeechStopped
from local_agent.turn.evidence import Evidence, Look
from local_agent.turn.machine import State

if TYPE_CHECKING:
    from local_agent.parameters import BargeInParameters
    from local_agent.simulate.ear import Ear, Sound
    from local_agent.simulate.past import Past
    from local_agent.simulate.words import Words

ASK_EVERY_MS = 320
"""How often words are asked for while a phrase may still be going on."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a look hears with: the ear's thresholds, the caller's lane, and who knows words, if anybody."""

    ear: Ear
    lane: Past
    words: Words | None
    pre_roll_samples: int

    def said_since(self, onset_sample: int) -> str | None:
        """Return what was said from a little before the onset until now."""
        if self.words is None:
            return None
        samples = self.lane.since(max(onset_sample - self.pre_roll_samples, 0))
        return self.words.said(samples, self.ear.sample_rate_hz, self.lane.end_sample)


class SecondLook:
    """One suspicion, from its onset to a decision."""

    def __init__(
        self, barge_in: BargeInParameters, hearing: Hearing, onset_sample: int, *, answering: bool
    ) -> None:
        self.onset_sample = onset_sample
        self.evidence = Evidence(
            hearing.ear.window_ms, hears_words=hearing.words is not None, answering=answering
        )
        self._barge_in, self._hearing = barge_in, hearing
        self._phrases = bool(barge_in.ignore_phrases or barge_in.interrupt_phrases or barge_in.min_words)
        self._ask_at_ms = float(ASK_EVERY_MS)

    def add(self, sound: Sound, caller_db: float | None) -> tuple[Look, str]:
        """Take in a window; return what the look says now."""
        evidence, ear = self.evidence, self._hearing.ear
        evidence.add(sound.probability, ear.threshold, ear.release, sound.level_db)
        decided = evidence.look(self._barge_in, caller_db)
        if self._hearing.words is not None and self._worth_asking(decided[0]):
            evidence.transcript = self._hearing.said_since(self.onset_sample)
            decided = evidence.look(self._barge_in, caller_db)
        return decided

    def _worth_asking(self, look: Look) -> bool:
        evidence = self.evidence
        if look is not Look.UNDECIDED or evidence.ended:
            return True
        waits = self._phrases or evidence.transcript is not None
        if waits and evidence.heard_ms >= self._ask_at_ms:
            self._ask_at_ms += ASK_EVERY_MS
            return True
        return False


class Overhearing(SecondLook):
    """What is said over an agent that speaks on, from its onset until the gate closes."""

    _open = False

    def add(self, sound: Sound, caller_db: float | None) -> tuple[Look, str]:
        """Take in a window; return what the look says now: nothing before the gate has opened."""
        del caller_db
        evidence, ear = self.evidence, self._hearing.ear
        evidence.add(sound.probability, ear.threshold, ear.release, sound.level_db)
        opens, over = type(sound.event) is SpeechStarted, type(sound.event) is SpeechStopped
        self._open = self._open or opens
        if not self._open:
            return Look.UNDECIDED, ""
        due = evidence.heard_ms >= self._ask_at_ms
        if opens or due:
            self._ask_at_ms = evidence.heard_ms + ASK_EVERY_MS
        if self._hearing.words is not None and (opens or due or over):
            evidence.transcript = self._hearing.said_since(self.onset_sample)
        return evidence.overheard(self._barge_in, over=over)


def look_at(
    state: State, barge_in: BargeInParameters, hearing: Hearing, onset_sample: int, *, answering: bool
) -> SecondLook | None:
    """Return the look that a suspicion gets in the state that it led to; None where nobody looks."""
    if state is State.CALLER:
        return None
    kind = Overhearing if state is State.OVERHEARD else SecondLook
    return kind(barge_in, hearing, onset_sample, answering=answering)
