"""The gate: one probability (and, where asked for, volume) per window in, starts and stops of speech out.

The theory. A window reads HIGH (at or above the threshold, and loud enough where volume counts), LOW (under
the release threshold) or MIDDLE (between the two: the hysteresis). Speech starts with a run of
`start_windows` HIGH ones and stops with a run of `stop_windows` LOW ones; a run is broken by any other
reading. So there are four states:

    QUIET     no speech                       STARTING  a run of HIGH windows, not yet long enough
    SPEAKING  speech                          STOPPING  a run of LOW windows, not yet long enough

`MOVES` says for each state and reading where to go and what becomes of the run's count; `COMPLETIONS` where
a run that is long enough leads. MIDDLE while STARTING falls back to QUIET: what is not clearly speech does
not start it. MIDDLE while STOPPING goes back to SPEAKING: what is not clearly silence does not end it. The
presets of other frameworks are this machine with other readings and counts (settings.py): Pipecat has no
MIDDLE at all.

What follows, and is tested: events alternate, beginning with a start; an onset lies `start_windows` before
the moment of certainty; the same readings give the same events, whatever the chunks.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from local_agent.events import SpeechStarted, SpeechStopped

if TYPE_CHECKING:
    from local_agent.vad.settings import GateSettings


class GateState(IntEnum):
    """Where the gate stands; SPEAKING and STOPPING are inside speech."""

    QUIET = 0
    STARTING = 1
    SPEAKING = 2
    STOPPING = 3


class Reading(IntEnum):
    """What a window says."""

    LOW = 0
    MIDDLE = 1
    HIGH = 2


class Count(IntEnum):
    """What becomes of the run's count: dropped, begun anew, or one more."""

    DROP = 0
    BEGIN = 1
    MORE = 2


MOVES: dict[tuple[GateState, Reading], tuple[GateState, Count]] = {
    (GateState.QUIET, Reading.LOW): (GateState.QUIET, Count.DROP),
    (GateState.QUIET, Reading.MIDDLE): (GateState.QUIET, Count.DROP),
    (GateState.QUIET, Reading.HIGH): (GateState.STARTING, Count.BEGIN),
    (GateState.STARTING, Reading.LOW): (GateState.QUIET, Count.DROP),
    (GateState.STARTING, Reading.MIDDLE): (GateState.QUIET, Count.DROP),
    (GateState.STARTING, Reading.HIGH): (GateState.STARTING, Count.MORE),
    (GateState.SPEAKING, Reading.LOW): (GateState.STOPPING, Count.BEGIN),
    (GateState.SPEAKING, Reading.MIDDLE): (GateState.SPEAKING, Count.DROP),
    (GateState.SPEAKING, Reading.HIGH): (GateState.SPEAKING, Count.DROP),
    (GateState.STOPPING, Reading.LOW): (GateState.STOPPING, Count.MORE),
    (GateState.STOPPING, Reading.MIDDLE): (GateState.SPEAKING, Count.DROP),
    (GateState.STOPPING, Reading.HIGH): (GateState.SPEAKING, Count.DROP),
}

COMPLETIONS = {GateState.STARTING: GateState.SPEAKING, GateState.STOPPING: GateState.QUIET}
"""Where a run that is long enough leads; the other states have no run."""

_MOVES = [[MOVES[state, reading] for reading in Reading] for state in GateState]  # the same, for indexing


class Gate:
    """The state machine around its settings; feed it every window of a call, in order."""

    def __init__(self, settings: GateSettings) -> None:
        self.settings = settings
        self.state = GateState.QUIET
        self.windows = 0
        self._run = 0
        self._smoothed: float | None = None
        self._last_offset = 0

    @property
    def speaking(self) -> bool:
        """Whether the gate is inside speech, be it about to stop."""
        return self.state in (GateState.SPEAKING, GateState.STOPPING)

    def step(self, probability: float, volume: float = 1.0) -> SpeechStarted | SpeechStopped | None:
        """Take the next window's probability and volume (both 0..1); return what is certain now, if anything.

        The event's `at_sample` is the window's end. `onset_sample` is where the run of speech began,
        `offset_sample` where the run of silence began.
        """
        self.state, count = _MOVES[self.state][self._read(probability, volume)]
        self._run = self._run + 1 if count is Count.MORE else int(count is Count.BEGIN)
        self.windows += 1
        if self.state is GateState.STARTING and self._run >= self.settings.start_windows:
            return SpeechStarted(*self._complete())
        if self.state is GateState.STOPPING and self._run >= self.settings.stop_windows:
            stopped = SpeechStopped(*self._complete())
            self._last_offset = stopped.offset_sample
            return stopped
        return None

    def _read(self, probability: float, volume: float) -> Reading:
        settings = self.settings
        if settings.smoothing:
            if self._smoothed is not None:
                past, weight = self._smoothed, settings.smoothing
                probability = weight * past + (1 - weight) * probability
            self._smoothed = probability
        if probability >= settings.threshold and volume >= settings.min_volume:
            return Reading.HIGH
        if settings.min_volume or probability < settings.release_threshold:
            return Reading.LOW
        return (
            Reading.LOW
            if settings.release_includes and probability == settings.release_threshold
            else Reading.MIDDLE
        )

    def _complete(self) -> tuple[int, int]:
        at = self.windows * self.settings.window_samples
        began = at - self._run * self.settings.window_samples
        self.state, self._run = COMPLETIONS[self.state], 0
        return at, began

    def pre_roll_start(self, started: SpeechStarted) -> int:
        """Return the first sample to hand to whoever listens to the words: the pre-roll before the onset.

        It reaches back no further than the end of the speech before, so that nothing is heard twice.
        """
        return max(started.onset_sample - self.settings.pre_roll_samples, self._last_offset)
