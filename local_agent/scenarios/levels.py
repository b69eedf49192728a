"""How loud a sound is where it sounds, and where it begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_MS = 10
ACTIVE_DB = 25.0
"""Frames within this of the loudest count as active (P.56 uses a margin of the same order)."""
EDGE_DB = 35.0
"""The sound begins where a frame first comes within this of the loudest, and ends after the last."""


def frame_powers(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64]:
    """Return the mean power of each 10 ms, the last one zero-filled."""
    size = rate_hz * FRAME_MS // 1000
    count = -(-len(samples) // size)
    padded = np.zeros(count * size, np.float64)
    padded[: len(samples)] = samples
    return np.asarray(np.mean(padded.reshape(count, size) ** 2, axis=1))


def active_dbfs(samples: NDArray[np.float32], rate_hz: int) -> float:
    """Return the level of the active frames in dBFS (RMS); -inf for silence."""
    powers = frame_powers(samples, rate_hz)
    loudest = float(powers.max(initial=0.0))
    if loudest <= 0.0:
        return -np.inf
    return float(10 * np.log10(np.mean(powers[powers >= loudest * 10 ** (-ACTIVE_DB / 10)])))


def at_level(samples: NDArray[np.float32], rate_hz: int, dbfs: float) -> NDArray[np.float32]:
    """Return the sound at an active level; silence stays silent."""
    now = active_dbfs(samples, rate_hz)
    if not np.isfinite(now):
        return samples
    return (samples * np.float32(10 ** ((dbfs - now) / 20))).astype(np.float32)


def bounds(samples: NDArray[np.float32], rate_hz: int) -> tuple[int, int]:
    """Return the samples between which the sound is, to 10 ms; (0, 0) for silence."""
    powers = frame_powers(samples, rate_hz)
    loudest = float(powers.max(initial=0.0))
    if loudest <= 0.0:
        return 0, 0
    loud = np.flatnonzero(powers >= loudest * 10 ** (-EDGE_DB / 10))
    size = rate_hz * FRAME_MS // 1000
    return int(loud[0]) * size, min((int(loud[-1]) + 1) * size, len(samples))


def silence_at(samples: NDArray[np.float32], place: int, rate_hz: int) -> int:
    """Return how many samples of silence there are around a place, to 10 ms; 0 where something sounds."""
    powers = frame_powers(samples, rate_hz)
    quiet = powers < float(powers.max(initial=0.0)) * 10 ** (-EDGE_DB / 10)
    size = rate_hz * FRAME_MS // 1000
    here = place // size
    if here >= len(quiet) or not quiet[here]:
        return 0
    before = np.flatnonzero(~quiet[:here])
    after = np.flatnonzero(~quiet[here:])
    first = int(before[-1]) + 1 if len(before) else 0
    last = here + int(after[0]) if len(after) else len(quiet)
    return (last - first) * size
