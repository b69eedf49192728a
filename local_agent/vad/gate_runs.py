"""The gate over a whole clip at once, by its runs: the same events as the loop in gate.py, without a loop.

Why it is the same. A HIGH run of `start_windows` sets "speaking" and a LOW run of `stop_windows` clears
it, wherever they stand; both are idempotent, and no run of one kind spans a change made by the other. So long
runs are candidate events, and the effective ones are those whose kind differs from the candidate before.
Runs are some 6 % of the windows, which makes sweeps over thousands of settings cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.vad.settings import GateSettings


@dataclass(frozen=True, slots=True, eq=False)
class GateEvents:
    """All events of a clip as samples: start i is certain at `started_at[i]` for speech from `onsets[i]`.

    Stop i follows start i; there is one stop fewer where the clip ends inside speech.
    """

    started_at: NDArray[np.int64]
    onsets: NDArray[np.int64]
    stopped_at: NDArray[np.int64]
    offsets: NDArray[np.int64]


def smoothed(probabilities: NDArray[np.float32], weight: float) -> NDArray[np.float64]:
    """Return the exponentially smoothed probabilities, `weight` being that of the past; 0 changes nothing.

    It depends on no threshold: smooth once, then sweep with `already_smoothed=True`.
    """
    values = probabilities.astype(np.float64)
    if not weight or not len(values):
        return values
    past = float(values[0])
    out = [past]
    for value in values[1:].tolist():
        past = weight * past + (1 - weight) * value
        out.append(past)
    return np.array(out)


def gate_events(
    probabilities: NDArray[np.float32] | NDArray[np.float64],
    settings: GateSettings,
    volumes: NDArray[np.float64] | None = None,
    *,
    already_smoothed: bool = False,
) -> GateEvents:
    """Return what a fresh Gate would have said, window by window.

    `volumes` has a value per window; None counts every window as loud enough, as `Gate.step` does.
    """
    values = smoothed(probabilities.astype(np.float32), 0.0 if already_smoothed else settings.smoothing)
    if already_smoothed:
        values = probabilities.astype(np.float64)
    high = values >= settings.threshold
    if settings.min_volume and volumes is not None:
        high &= volumes >= settings.min_volume
    low = ~high if settings.min_volume else _released(values, settings) & ~high
    starts, stops = _long_runs(high, settings.start_windows), _long_runs(low, settings.stop_windows)
    began = np.concatenate([starts, stops])
    certain = np.concatenate([starts + settings.start_windows, stops + settings.stop_windows])
    return _alternating(began, certain, len(starts), settings.window_samples)


def _released(values: NDArray[np.float64], settings: GateSettings) -> NDArray[np.bool_]:
    threshold = settings.release_threshold
    return np.asarray(values <= threshold if settings.release_includes else values < threshold)


def _long_runs(flags: NDArray[np.bool_], least: int) -> NDArray[np.int64]:
    """Return where the runs of at least `least` true flags begin."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    begin, end = edges[::2], edges[1::2]
    return begin[end - begin >= least].astype(np.int64)


def _alternating(
    began: NDArray[np.int64], certain: NDArray[np.int64], starts: int, window_samples: int
) -> GateEvents:
    order = np.argsort(began, kind="stable")
    is_start = order < starts
    before = np.concatenate([[False], is_start[:-1]])  # a call begins in quiet
    kept, kinds = order[is_start != before], is_start[is_start != before]
    began, certain = began[kept] * window_samples, certain[kept] * window_samples
    return GateEvents(certain[kinds], began[kinds], certain[~kinds], began[~kinds])
