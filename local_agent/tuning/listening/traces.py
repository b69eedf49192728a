"""Probabilities of many trials in one flat array, and the runs in it. Pure numpy.

Runs never cross from one trial into the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.turn.evidence import CERTAINTY_STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from local_agent.turn.evidence import Thresholds
    from local_agent.vad.settings import GateSettings

    Flags = NDArray[np.bool_]
    Places = NDArray[np.int64]


NEVER: Final = -1
"""The sample of what did not happen."""


@dataclass(frozen=True, eq=False)
class Traces:
    """Speech probabilities of trials, one value a window.

    `probabilities` is flat, float32; trial i has the windows `starts[i]` to `starts[i + 1]`. Behind a
    suppressor scores come late: `lag_windows[k]` is how many windows of the lane must be heard until a
    trial's window k is scored (k + 1 without one), for each k of the longest trial; `lane_windows[i]` is how
    many windows trial i's lane has, of which the last may not be scored.
    """

    sample_rate_hz: int
    window_samples: int
    starts: Places
    probabilities: NDArray[np.float32]
    lag_windows: Places
    lane_windows: Places

    @classmethod
    def of(
        cls,
        probabilities: Sequence[NDArray[np.float32]],
        sample_rate_hz: int,
        window_samples: int,
        *,
        lag_windows: Places | None = None,
        lane_windows: Places | None = None,
    ) -> Traces:
        """Pack one array a trial."""
        sizes = np.array([len(one) for one in probabilities], np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        flat = np.concatenate([*probabilities, np.zeros(0, np.float32)]).astype(np.float32)
        if lag_windows is None:
            lag_windows = np.arange(1, int(sizes.max(initial=0)) + 1)
        lanes = sizes if lane_windows is None else lane_windows
        return cls(sample_rate_hz, window_samples, starts, flat, lag_windows, lanes)

    def __len__(self) -> int:
        """Return how many trials there are."""
        return len(self.starts) - 1

    def trial(self, index: int) -> NDArray[np.float32]:
        """Return one trial's probabilities."""
        return self.probabilities[self.starts[index] : self.starts[index + 1]]

    def select(self, indices: Places) -> Traces:
        """Return some of the trials."""
        chosen = [self.trial(int(index)) for index in indices]
        return Traces.of(
            chosen,
            self.sample_rate_hz,
            self.window_samples,
            lag_windows=self.lag_windows,
            lane_windows=self.lane_windows[indices],
        )

    def known_at(self, window: Places, trial: Places) -> Places:
        """Return the sample of each trial's call at which the score of a (flat) window is known.

        The window after a trial's last one is never scored: that is the lane's end.
        """
        inside = window - self.starts[trial]
        scored = inside < np.diff(self.starts)[trial]
        lag = self.lag_windows[np.minimum(inside, max(len(self.lag_windows) - 1, 0))]
        return np.where(scored, lag, self.lane_windows[trial]) * self.window_samples

    @property
    def window_ms(self) -> float:
        """How long a window is."""
        return 1000 * self.window_samples / self.sample_rate_hz

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The probabilities as the gate compares them."""
        return self.probabilities.astype(np.float64)

    @cached_property
    def trial_of(self) -> Places:
        """Which trial each window belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def _edges(self) -> Flags:
        edges = np.zeros(len(self.probabilities) + 1, bool)
        edges[self.starts] = True
        return edges

    def runs(self, flags: Flags) -> tuple[Places, Places]:
        """Return where the runs of true flags begin and end (the first window after each)."""
        return _runs(flags, self._edges)


def _runs(flags: Flags, edges: Flags) -> tuple[Places, Places]:
    """Find runs; a run ends at each edge (edges[w]: a trial begins at window w)."""
    if not len(flags):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    before = np.concatenate([[False], flags[:-1]]) & ~edges[:-1]
    after = np.concatenate([flags[1:], [False]]) & ~edges[1:]
    begin = np.flatnonzero(flags & ~before)
    end = np.flatnonzero(flags & ~after) + 1
    return begin, end


def lengths(traces: Traces, flags: Flags) -> NDArray[np.int32]:
    """Return for each window how many true flags in a row end with it, within its trial."""
    begin, end = traces.runs(flags)
    out = np.zeros(len(flags), np.int32)
    if len(begin):
        sizes = end - begin
        out[flags] = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    return out


def certain_ms(traces: Traces, limits: Thresholds) -> NDArray[np.float64]:
    """Return how much certain speech each window holds: to the last bit what `Thresholds.certainty` makes of it."""
    share = (traces.values - limits.doubtful) / (limits.certain - limits.doubtful)
    return traces.window_ms * (np.rint(np.clip(share, 0.0, 1.0) * CERTAINTY_STEPS) / CERTAINTY_STEPS)


def running(amounts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the sums before each window and after the last."""
    return np.concatenate([[0.0], np.cumsum(amounts)])


def following(places: Places, earliest: Places, none: int) -> Places:
    """Return the first of the (ascending) places not before each of `earliest`; `none` where there is none."""
    return np.append(places, none)[np.searchsorted(places, earliest)]


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Stretches of speech as the gate tells them, in order. All are flat windows.

    Speech begins at `onset` and is certain at `certain`; the gate closes at `closed`, or no earlier than the
    window after the trial's last one.
    """

    trial: Places
    onset: Places
    certain: Places
    closed: Places


def speech_in(traces: Traces, gate: GateSettings) -> Speech:
    """Find the gate's events by their runs, as vad/gate_runs.py does, over all trials at once."""
    starts = _long(traces, traces.values >= gate.threshold, gate.start_windows)
    stops = _long(traces, traces.values < gate.release_threshold, gate.stop_windows)
    order = np.argsort(np.concatenate([starts, stops]), kind="stable")
    places, is_start = np.concatenate([starts, stops])[order], order < len(starts)
    trial = traces.trial_of[places] if len(places) else places
    before = np.concatenate([[False], is_start[:-1]])
    before[1:] &= trial[1:] == trial[:-1]  # a trial begins in quiet
    kept = is_start != before
    places, is_start, trial = places[kept], is_start[kept], trial[kept]
    start = np.flatnonzero(is_start)
    stop = np.append(places + gate.stop_windows - 1, 0)[np.minimum(start + 1, len(places))]
    same = np.append(trial, NEVER)[start + 1] == trial[start]  # then what follows a start is its stop
    closed = np.where(same, stop, traces.starts[trial[start] + 1])
    return Speech(trial[start], places[start], places[start] + gate.start_windows - 1, closed)


def _long(traces: Traces, flags: Flags, least: int) -> Places:
    begin, end = traces.runs(flags)
    return begin[end - begin >= least]
