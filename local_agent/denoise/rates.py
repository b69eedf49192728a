"""Streaming between rates that are a whole number apart (8, 16, 48 kHz), with a delay that is known to the sample.

A linear-phase low-pass (Kaiser window) of 2 * reach * factor + 1 taps at the higher rate, so that up and down delay by
`reach` samples of the lower rate each. A general resampler's stream holds back a varying 9 to 108 ms between these
rates (measured with soxr 1.1, HQ and MQ, 10 ms chunks); 24 samples of 16 kHz are 1.5 ms.
"""

from __future__ import annotations

import numpy as np

from local_agent.denoise.protocol import Samples  # noqa: TC001 - part of the signatures that people read

REACH = 24
"""Samples of the lower rate on each side: flat to 0.85 of the lower band, 36 dB down at its edge, 77 dB from 1.06 on."""

_KAISER_BETA = 7.0
_CUTOFF = 0.93


class Upsampler:
    """Multiplies the rate by `factor`; late by REACH input samples."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        taps = low_pass(factor) * factor
        padded = np.concatenate([taps, np.zeros(-taps.size % factor, np.float32)])
        # Column p makes the p-th of the `factor` new samples; newest input last.
        self._phases = np.ascontiguousarray(padded.reshape(-1, factor)[::-1])
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._past = np.zeros(self._phases.shape[0] - 1, np.float32)

    def process(self, samples: Samples) -> Samples:
        """Return `factor` times as many samples."""
        line = np.concatenate([self._past, samples])
        self._past = line[samples.size :].copy()
        windows = np.lib.stride_tricks.sliding_window_view(line, self._phases.shape[0])
        # Copied, because BLAS takes no rows that overlap, and without it the product is some ten times slower.
        made: Samples = (np.ascontiguousarray(windows) @ self._phases).reshape(-1)
        return made


class Downsampler:
    """Divides the rate by `factor`; late by REACH output samples. Takes multiples of `factor` samples."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._taps = low_pass(factor)[::-1].copy()
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._past = np.zeros(self._taps.size - 1, np.float32)

    def process(self, samples: Samples) -> Samples:
        """Return one sample for each `factor` samples."""
        line = np.concatenate([self._past, samples])
        self._past = line[samples.size :].copy()
        windows = np.lib.stride_tricks.sliding_window_view(line, self._taps.size)[:: self._factor]
        made: Samples = np.ascontiguousarray(windows) @ self._taps
        return made


def converters(factor: int) -> tuple[Upsampler, Downsampler] | None:
    """Return the pair for a factor; None where the rates are the same. Together they are late by 2 * REACH."""
    return (Upsampler(factor), Downsampler(factor)) if factor > 1 else None


def low_pass(factor: int) -> Samples:
    """Return the taps of the filter, with unit gain at 0 Hz."""
    reach = REACH * factor
    at = np.arange(-reach, reach + 1) / factor
    taps = np.sinc(_CUTOFF * at) * np.kaiser(at.size, _KAISER_BETA)
    return np.asarray(taps / taps.sum(), np.float32)
