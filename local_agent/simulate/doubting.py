"""What was heard without a second look being taken: whether it opens a turn, and whether that turn gets a reply.

Sounds while the agent listens open the caller's turn at once. Sounds over a turn of the agent's that may not be
stopped (a protected first message, barge-in off) wait until it is over. Either may be noise: turn/doubt.py
decides when the turn ends, on the evidence collected here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.turn.doubt import dismissal
from local_agent.turn.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.parameters import BargeInParameters
    from local_agent.simulate.ear import Ear, Sound


class Doubt:
    """Evidence on one caller's turn, or on what may become one. Without validation nothing is doubted."""

    def __init__(self, ear: Ear, barge_in: BargeInParameters) -> None:
        self.unanswered: int | None = None
        """Where the caller's first words began over a turn that they could not stop."""
        self.evidence: Evidence | None = None
        self._ear, self._barge_in = ear, barge_in
        self._ignored_at = -1
        self._unheeded = False

    def weigh(self, sound: Sound) -> None:
        """Take in a window, if something is in doubt."""
        if self.evidence is not None:
            self._add(self.evidence, sound)

    def ignore(self, at: int) -> None:
        """Note that what is being heard is an echo or somebody else."""
        self._ignored_at = at

    def speech_started(self, onset: int, *, heeded: bool) -> None:
        """Begin to doubt the speech whose windows the ear has just heard.

        Speech that is not heeded waits for the end of the agent's turn, and what follows it is part of it.
        """
        if self.unanswered is not None:
            return
        self.evidence = self._fresh(*self._ear.recent)
        if not heeded and self._ignored_at < onset:
            self.unanswered = onset

    def goes_on(self, onset: int) -> None:
        """Note that speech goes on as the agent's turn ends; what was looked at or ignored counts for nothing."""
        if self.evidence is None or self._ignored_at >= onset:
            self.evidence = self._fresh()

    def turn_begins(self, *, unheeded: bool) -> None:
        """Note that the caller's turn begins with what is in doubt; `unheeded` when it is over already."""
        self.unanswered, self._unheeded = None, unheeded

    def drop(self) -> None:
        """Doubt nothing: a second look was taken, or the agent speaks."""
        self.evidence, self.unanswered, self._unheeded = None, None, False

    def why_dismissed(self, said: Callable[[], str | None]) -> str:
        """Return why the turn that ends gets no reply, "" where it does; the doubt is over."""
        evidence, unheeded = self.evidence, self._unheeded
        self.drop()
        return "" if evidence is None else dismissal(evidence, said, self._barge_in, over_agent=unheeded)

    def _fresh(self, *heard: Sound) -> Evidence | None:
        if not self._barge_in.validate:
            return None
        evidence = Evidence(self._ear.window_ms)
        for sound in heard:
            self._add(evidence, sound)
        return evidence

    def _add(self, evidence: Evidence, sound: Sound) -> None:
        evidence.add(sound.probability, self._ear.threshold, self._ear.release, sound.level_db)
