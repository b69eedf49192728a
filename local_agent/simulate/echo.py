"""Whether what the caller's line carries is the agent's own voice coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ECHO_LIKENESS = 0.8
"""Correlation from which it is an echo. Over 160 ms and all delays, on 448 pairs of prompts and callers:
another voice 0.28 (p50) and 0.74 at most, a dry echo with noise 0.98 and more, a caller as loud as the echo
0.79 (p99). An echo out of a reverberant room (0.53) is not told; it ends when the agent pauses, and the
second look finds it ended."""
LONGEST_DELAY_MS = 600

_SILENCE_POWER = 1e-9


def likeness(heard: NDArray[np.float32], said: NDArray[np.float32]) -> float:
    """Return the highest correlation (0..1) of what was heard with any equal stretch of what was said."""
    size = len(heard)
    if size == 0 or len(said) < size:
        return 0.0
    length = 1 << (len(said) + size - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(said, length) * np.conj(np.fft.rfft(heard, length)), length)
    totals = np.concatenate([[0.0], np.cumsum(said.astype(np.float64) ** 2)])
    powers = totals[size:] - totals[:-size]
    power = float(np.dot(heard, heard))
    if power / size < _SILENCE_POWER:
        return 0.0
    scales = np.sqrt(np.maximum(powers, size * _SILENCE_POWER) * power)
    return float(np.max(np.abs(products[: len(powers)]) / scales))
