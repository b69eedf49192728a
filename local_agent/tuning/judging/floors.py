"""Who gets the floor over a speaking agent: many trials at once, exactly as the session decides. Pure.

The agent speaks throughout. Validated, it falls silent whenever speech-like windows have gone on for
`suspicion_windows`; a look follows (turn/evidence.py) and ends in a barge-in or in the resumed speech, after
which counting begins afresh. So a trial is a chain of suspicion → decision → suspicion …; each link is two
binary searches over all trials that are still undecided, and most trials have one link or none. Unvalidated,
the first speech that the gate is certain of takes the floor: that is the way of the other frameworks too.

Equal to the session, event for event: tests/local_agent/tuning/test_equality.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local_agent.simulate.ear import SUSPICION
from local_agent.tuning.judging.readings import Readings, refuse_second_look
from local_agent.tuning.listening.traces import NEVER, certain_ms, following, lengths, running, speech_in
from local_agent.turn.evidence import Thresholds
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.parameters import BargeInParameters, VadParameters
    from local_agent.tuning.judging.readings import Volumes
    from local_agent.tuning.listening.traces import Places, Traces
    from local_agent.vad.settings import GateSettings


@dataclass(frozen=True, slots=True, eq=False)
class FloorOutcomes:
    """What became of each trial, in samples of the call; -1 where it did not happen.

    `paused_at` is the agent's first silence, `taken_at` when the floor was given away, `stopped_at` since when
    the agent was silent then (the pause that led to it), `resumes` how often it took its speech up again.
    """

    paused_at: Places
    stopped_at: Places
    taken_at: Places
    resumes: Places


class FloorSweep:
    """The trials of one set of traces, asked for many settings; what settings share is computed once."""

    def __init__(
        self, traces: Traces, thresholds: Thresholds | None = None, volumes: Volumes | None = None
    ) -> None:
        """Take the traces; `volumes` are for the preset pipecat alone."""
        self.traces = traces
        self._readings = Readings(traces, volumes)
        self._limits = thresholds or Thresholds()
        self._certain_ms = running(certain_ms(traces, self._limits))
        self._voiced_ms = running(traces.window_ms * (traces.values >= self._limits.voiced))
        self._quiet: dict[float, Places] = {}
        self._reached: dict[object, Places] = {}

    def outcomes(self, vad: VadParameters, barge_in: BargeInParameters) -> FloorOutcomes:
        """Return what becomes of every trial under these settings.

        Raises ValueError for another framework's preset with a second look or `min_words`, and for pipecat's
        without volumes.
        """
        refuse_second_look(vad, validate=barge_in.validate, barge_in=barge_in)
        count = len(self.traces)
        if not barge_in.enabled or barge_in.protect_first_message:
            never = np.full(count, NEVER, np.int64)
            return FloorOutcomes(never, never, never, np.zeros(count, np.int64))
        if barge_in.validate:
            return self._validated(vad, barge_in)
        return self._overheard(vad, barge_in) if barge_in.min_words else self._unvalidated(vad)

    # -- unvalidated: the gate alone

    def _unvalidated(self, vad: VadParameters) -> FloorOutcomes:
        gate = self._gate(vad)
        starts = self.traces.starts[:-1] + gate.start_windows - 1
        at = self._next(self._long_enough(gate, gate.start_windows), starts)
        taken = self._samples(at, np.arange(len(self.traces)))
        return FloorOutcomes(taken, taken.copy(), taken.copy(), np.zeros(len(taken), np.int64))

    def _overheard(self, vad: VadParameters, barge_in: BargeInParameters) -> FloorOutcomes:
        """Judge `min_words` by duration, over an agent that speaks on until it has been said."""
        traces = self.traces
        gate = self._gate(vad)
        speech = speech_in(traces, gate)
        decided = np.maximum(self._lasting(speech.onset, self._more_ms(barge_in)), speech.certain)
        took = np.flatnonzero((decided <= speech.closed) & (decided < traces.starts[speech.trial + 1]))
        taken = np.full(len(traces), NEVER, np.int64)
        first = took[::-1]  # the last written is each trial's first
        taken[speech.trial[first]] = self._samples(decided[first], speech.trial[first])
        return FloorOutcomes(taken, taken.copy(), taken.copy(), np.zeros(len(taken), np.int64))

    def _more_ms(self, barge_in: BargeInParameters) -> int:
        return max(barge_in.min_words - 1, 0) * self._limits.word_ms

    def _lasting(self, onset: Places, more_ms: int) -> Places:
        """Return the first window at whose end there is speech enough, and `more_ms` more, since each onset."""
        return np.minimum(
            _first_reaching(self._certain_ms, onset, self._limits.enough_ms + more_ms),
            _first_reaching(self._voiced_ms, onset, self._limits.long_ms + more_ms),
        )

    # -- validated: suspicion, look, and again

    def _validated(self, vad: VadParameters, barge_in: BargeInParameters) -> FloorOutcomes:
        traces, count = self.traces, len(self.traces)
        run = max(1, math.ceil(SUSPICION * vad.min_speech_ms / traces.window_ms))
        gate = self._gate(vad)
        suspicions, release = self._long_enough(gate, run), gate.release_threshold
        paused, stopped, taken = (np.full(count, NEVER, np.int64) for _ in range(3))
        resumes = np.zeros(count, np.int64)
        open_trials, position = np.arange(count), traces.starts[:-1].copy()
        while len(open_trials):
            suspected = self._next(suspicions, position + run - 1)
            inside = suspected < traces.starts[open_trials + 1]
            open_trials, suspected = open_trials[inside], suspected[inside]
            at = self._samples(suspected, open_trials)
            paused[open_trials] = np.where(paused[open_trials] == NEVER, at, paused[open_trials])
            decided, confirmed = self._look(suspected, run, release, barge_in)
            known = decided < traces.starts[open_trials + 1]
            lost = known & (confirmed | (not barge_in.resume))
            losers = open_trials[lost]
            taken[losers], stopped[losers] = self._samples(decided[lost], losers), at[lost]
            going_on = known & ~lost
            open_trials, position = open_trials[going_on], decided[going_on] + 1
            resumes[open_trials] += 1
        return FloorOutcomes(paused, stopped, taken, resumes)

    def _look(
        self, suspected: Places, run: int, release: float, barge_in: BargeInParameters
    ) -> tuple[Places, NDArray[np.bool_]]:
        """Return the window in which each look decides, and whether for the caller."""
        limits, window_ms = self._limits, self.traces.window_ms
        onset = suspected - run + 1
        more_ms = self._more_ms(barge_in)
        reached = self._lasting(onset, more_ms)
        ended = self._next(self._quiet_for(release, math.ceil(limits.quiet_ms / window_ms)), suspected)
        timeout = onset + max(1, math.ceil(barge_in.timeout_ms / window_ms)) - 1
        if more_ms:  # who has said enough for one word by then is given the time of the others
            longer = onset + max(1, math.ceil((barge_in.timeout_ms + more_ms) / window_ms)) - 1
            timeout = np.where(self._lasting(onset, 0) <= timeout, longer, timeout)
        decided = np.minimum(np.minimum(reached, ended), timeout)
        return np.maximum(decided, suspected), reached <= decided

    # -- what settings share

    def _gate(self, vad: VadParameters) -> GateSettings:
        return gate_settings(vad, self.traces.sample_rate_hz, self.traces.window_samples)

    def _long_enough(self, gate: GateSettings, windows: int) -> Places:
        """Return the windows at which a run of HIGH ones has gone on for so many, ascending."""
        key = (gate.threshold, gate.smoothing, gate.min_volume, windows)
        if key not in self._reached:
            self._reached[key] = np.flatnonzero(self._readings.lengths(gate) >= windows)
        return self._reached[key]

    def _quiet_for(self, release: float, windows: int) -> Places:
        if release not in self._quiet:
            self._quiet[release] = np.flatnonzero(
                lengths(self.traces, self.traces.values < release) >= windows
            )
        return self._quiet[release]

    def _next(self, places: Places, earliest: Places) -> Places:
        return following(places, earliest, len(self.traces.probabilities))

    def _samples(self, window: Places, trial: Places) -> Places:
        """Return when windows are known in their trials' calls, NEVER where they are none of the trial's."""
        inside = window < self.traces.starts[trial + 1]
        return np.where(
            inside, self.traces.known_at(np.where(inside, window, self.traces.starts[trial]), trial), NEVER
        )


def _first_reaching(sums: NDArray[np.float64], onset: Places, enough_ms: float) -> Places:
    """Return the first window at whose end so much was heard since each onset."""
    found = np.searchsorted(sums, sums[onset] + enough_ms, side="left") - 1
    return np.maximum(found, onset).astype(np.int64)
