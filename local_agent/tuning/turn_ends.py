"""When the caller's turn is over: many trials at once, exactly as the session decides. Pure.

The agent is silent. Speech opens the caller's turn once the gate is certain; each pause after which the gate stops may
end it: when the policy's wait has passed and no run of speech is beginning. What opened a turn may be dismissed
as noise, and the next speech opens another.

A classifier's answer depends on where the turn and the pause began; it is asked for through `Answers` once for
each such pair, whatever the delays.

Equal to the session, event for event: tests/local_agent/tuning/test_equality.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from local_agent.endpointing.policy import asks, wait_for
from local_agent.simulate.ear import SUSPICION
from local_agent.tuning.traces import NEVER, following, running
from local_agent.turn.doubt import SPOKEN_MS
from local_agent.turn.evidence import Thresholds
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.parameters import EndpointingParameters, VadParameters
    from local_agent.tuning.traces import Places, Traces
    from local_agent.vad.settings import GateSettings


class Answers(Protocol):
    """Knows what the turn-end classifier says."""

    def probability_complete(self, trial: int, onset_sample: int, asked_sample: int) -> float:
        """Return P(complete) for a trial's turn that began at `onset_sample`, asked at `asked_sample`."""


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Stretches of speech as the gate tells them, in order, each with the pause that follows it.

    All are flat windows. Speech begins at `onset` and is certain at `certain`; the pause begins at `begin`,
    from `settled` on the gate has stopped, and it lasts to before `until`, where speech is certain again or
    the trial ends. A stretch that the trial's end cuts off has no pause, and is left out.
    """

    trial: Places
    onset: Places
    certain: Places
    begin: Places
    settled: Places
    until: Places


class TurnSweep:
    """The trials of one set of traces, asked for many settings; what settings share is computed once."""

    def __init__(self, traces: Traces, answers: Answers | None = None) -> None:
        self.traces = traces
        self._answers = answers
        self._known: dict[tuple[int, int, int], float] = {}
        limits = Thresholds()
        share = (traces.values - limits.doubtful) / (limits.certain - limits.doubtful)
        self._certain_ms = running(traces.window_ms * np.clip(share, 0.0, 1.0))
        self._segments: dict[tuple[float, float, int, int], Segments] = {}
        self._runs: dict[tuple[str, float], tuple[Places, Places]] = {}
        self._calm: dict[float, Places] = {}

    def over_at(
        self, vad: VadParameters, endpointing: EndpointingParameters, *, validate: bool = True
    ) -> Places:
        """Return where each trial's first turn that is not dismissed is over, in samples; -1 where none is.

        Raises ValueError for a preset other than vaxctl, and for a mode that asks where nobody answers.
        """
        if vad.preset != "vaxctl":
            raise ValueError(f"the preset {vad.preset} is replayed, not swept")
        if asks(endpointing) and self._answers is None:
            raise ValueError(f"endpointing {endpointing.mode} needs a classifier's answers")
        settings = gate_settings(vad, self.traces.sample_rate_hz, self.traces.window_samples)
        segments = self._segments_of(settings)
        over = np.full(len(self.traces), NEVER, np.int64)
        turn = np.arange(len(segments.trial))  # which segment opened the turn of each
        turn = _first_of(segments.trial, turn)
        open_segments = np.arange(len(segments.trial))
        recent = max(math.ceil(SUSPICION * vad.min_speech_ms / self.traces.window_ms), settings.start_windows)
        while len(open_segments):
            ends, heard = self._ends(segments, open_segments, turn[open_segments], vad, endpointing)
            first = _first_true(segments.trial[open_segments], ends != NEVER)
            ended, trials = open_segments[first], segments.trial[open_segments[first]]
            dismissed = (
                self._dismissed(segments, turn[ended], heard[first], recent)
                if validate
                else np.zeros(len(ended), bool)
            )
            over[trials[~dismissed]] = ends[first][~dismissed]
            # What follows a dismissed turn belongs to the next one.
            last = np.full(len(self.traces), len(segments.trial), np.int64)
            last[trials[dismissed]] = ended[dismissed]
            open_segments = open_segments[open_segments > last[segments.trial[open_segments]]]
            turn[open_segments] = _first_of(segments.trial[open_segments], open_segments)
        return over

    # -- when each pause would end the turn

    def _ends(
        self,
        segments: Segments,
        which: Places,
        turn: Places,
        vad: VadParameters,
        endpointing: EndpointingParameters,
    ) -> tuple[Places, Places]:
        """Return the sample at which the pause after each segment ends the turn, and the last window heard."""
        begin, until = segments.begin[which], segments.until[which]
        settled, trial = segments.settled[which], segments.trial[which]
        rate, size = self.traces.sample_rate_hz, self.traces.window_samples
        began = (begin - self.traces.starts[trial]) * size
        unasked = wait_for(endpointing, vad.min_silence_ms, None).ms * rate // 1000
        if not asks(endpointing):
            return self._fires(vad.threshold, settled, until, began + unasked, trial)
        ask = begin + max(-(-(endpointing.ask_after_ms * rate // 1000) // size), 1) - 1
        early, heard_early = self._fires(
            vad.threshold, settled, np.minimum(ask, until), began + unasked, trial
        )
        waits = np.full(len(which), unasked, np.int64)
        for at in np.flatnonzero((ask < until) & (early == NEVER)):
            answer = self._answer(int(trial[at]), int(segments.onset[turn[at]]), int(ask[at]))
            waits[at] = wait_for(endpointing, vad.min_silence_ms, answer).ms * rate // 1000
        late, heard_late = self._fires(vad.threshold, np.maximum(settled, ask), until, began + waits, trial)
        return np.where(early == NEVER, late, early), np.where(early == NEVER, heard_late, heard_early)

    def _fires(
        self, threshold: float, earliest: Places, until: Places, due: Places, trial: Places
    ) -> tuple[Places, Places]:
        """Return when a turn that is due is over: with the first calm window after which it may be."""
        traces = self.traces
        calm = self._calm_at(threshold)
        # After window k the turn may end until the next one is known; so k is the last one known by then.
        known = np.searchsorted(traces.lag_windows, due // traces.window_samples, side="right") - 1
        due_window = np.minimum(traces.starts[trial] + np.maximum(known, 0), traces.starts[trial + 1] - 1)
        window = following(calm, np.maximum(earliest, due_window), len(traces.probabilities))
        inside = window < until
        safe = np.where(inside, window, traces.starts[trial])
        known_at, next_at = traces.known_at(safe, trial), traces.known_at(safe + 1, trial)
        fires = inside & ((due <= known_at) | (due < next_at))
        return np.where(fires, np.maximum(due, known_at), NEVER), window

    def _answer(self, trial: int, onset_window: int, asked_window: int) -> float:
        size = self.traces.window_samples
        onset = (onset_window - int(self.traces.starts[trial])) * size
        asked = int(self.traces.known_at(np.array([asked_window]), np.array([trial]))[0])
        key = (trial, onset, asked)
        if key not in self._known and self._answers is not None:
            self._known[key] = self._answers.probability_complete(*key)
        return self._known[key]

    def _dismissed(self, segments: Segments, turn: Places, heard: Places, recent: int) -> NDArray[np.bool_]:
        """Tell which turns hold too little certain speech (turn/doubt.py, where nobody knows words)."""
        since = np.maximum(segments.certain[turn] - recent + 1, self.traces.starts[segments.trial[turn]])
        return self._certain_ms[heard + 1] - self._certain_ms[since] < SPOKEN_MS

    # -- what the gate says

    def _segments_of(self, gate: GateSettings) -> Segments:
        key = (gate.threshold, gate.release_threshold, gate.start_windows, gate.stop_windows)
        if key not in self._segments:
            self._segments[key] = self._found(gate)
        return self._segments[key]

    def _found(self, gate: GateSettings) -> Segments:
        """Find the gate's events by their runs, as vad/gate_runs.py does, over all trials at once."""
        starts = self._long_runs("high", gate.threshold, gate.start_windows)
        stops = self._long_runs("low", gate.release_threshold, gate.stop_windows)
        places = np.concatenate([starts, stops])
        order = np.argsort(places, kind="stable")
        places, is_start = places[order], order < len(starts)
        trial = self.traces.trial_of[places] if len(places) else places
        before = np.concatenate([[False], is_start[:-1]])
        before[1:] &= trial[1:] == trial[:-1]  # a trial begins in quiet
        kept = is_start != before
        places, is_start, trial = places[kept], is_start[kept], trial[kept]
        stop = np.flatnonzero(~is_start)  # a stop follows its start at once
        follower = np.append(places + gate.start_windows - 1, 0)[np.minimum(stop + 1, len(places))]
        same = np.append(trial, -1)[stop + 1] == trial[stop]
        ends = self.traces.starts[trial[stop] + 1]
        return Segments(
            trial[stop],
            places[stop - 1],
            places[stop - 1] + gate.start_windows - 1,
            places[stop],
            places[stop] + gate.stop_windows - 1,
            np.where(same, follower, ends),
        )

    def _long_runs(self, kind: str, level: float, least: int) -> Places:
        if (kind, level) not in self._runs:
            values = self.traces.values
            self._runs[kind, level] = self.traces.runs(values >= level if kind == "high" else values < level)
        begin, end = self._runs[kind, level]
        return begin[end - begin >= least]

    def _calm_at(self, threshold: float) -> Places:
        """Return the windows in which no run of speech is under way, in quiet."""
        if threshold not in self._calm:
            self._calm[threshold] = np.flatnonzero(self.traces.values < threshold)
        return self._calm[threshold]


def _first_of(trial: Places, values: Places) -> Places:
    """Return for each element the value of the first one of the same trial (trials ascend)."""
    if not len(trial):
        return values
    begins = np.flatnonzero(np.concatenate([[True], trial[1:] != trial[:-1]]))
    return np.repeat(values[begins], np.diff(np.append(begins, len(trial))))


def _first_true(trial: Places, flags: NDArray[np.bool_]) -> Places:
    """Return the index of each trial's first true flag."""
    at = np.flatnonzero(flags)
    return at[np.concatenate([[True], trial[at][1:] != trial[at][:-1]])] if len(at) else at
