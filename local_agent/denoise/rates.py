"""Streaming between rates that are a whole number apart (8, 16, 48 kHz), with a delay that is known to the sample.

A linear-phase low-pass (Kaiser window) of 2 * reach * factor + 1 taps at the higher rate, so that up and down delay by
`reach` samples of the lower rate each. A general resampler's stream holds back a varying 9 to 108 ms between these
rates (measured with soxr 1.1, HQ and MQ, 10 ms chunks); 24 samples of 16 kHz are 1.5 ms.

The filter is a product of matrices, a block of 16 lower-rate samples to a row. Matrices of one fixed shape are
multiplied however much comes at once, so that the last bit of a sample never depends on how the stream was cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from local_agent.denoise.protocol import Samples  # noqa: TC001 - part of the signatures that people read

REACH = 24
"""Samples of the lower rate on each side: flat to 0.85 of the lower band, 36 dB down at its edge, 77 dB from 1.06 on."""

_KAISER_BETA = 7.0
_CUTOFF = 0.93
_BLOCK = 16
"""Lower-rate samples to a row: long rows repeat samples, short ones multiply zeros; 16 is the fastest of 8 to 40."""
_ROWS = 5
STEP = _BLOCK * _ROWS
"""Lower-rate samples to a product; what comes at once is a multiple of it (5 ms of 16 kHz, 10 ms of 8 kHz)."""


class _Blocks:
    """Rows of `step` new samples and those before them, each multiplied by one matrix [width, made]."""

    def __init__(self, matrix: Samples, step: int) -> None:
        self._matrix, self._step = np.ascontiguousarray(matrix), step
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._past = np.zeros(self._matrix.shape[0] - self._step, np.float32)

    def process(self, samples: Samples) -> Samples:
        """Return the next samples for the next ones. Raises ValueError where they are no multiple of STEP."""
        if samples.size % (_ROWS * self._step):
            raise ValueError(f"{samples.size} samples are no multiple of {_ROWS * self._step}")
        line = np.concatenate([self._past, samples])
        self._past = line[samples.size :].copy()
        shape = (samples.size // (_ROWS * self._step), _ROWS, self._matrix.shape[0])
        rows = overlapping(line, shape, (_ROWS * self._step, self._step, 1))
        # Copied, because BLAS takes no rows that overlap, and without it the product is some ten times slower.
        made: Samples = (np.ascontiguousarray(rows) @ self._matrix).reshape(-1)
        return made


class Upsampler(_Blocks):
    """Multiplies the rate by `factor`; late by REACH input samples."""

    def __init__(self, factor: int) -> None:
        taps = low_pass(factor) * factor
        made, given = np.arange(_BLOCK * factor), np.arange(2 * REACH + _BLOCK)
        tap = made + (2 * REACH - given[:, np.newaxis]) * factor
        super().__init__(_picked(taps, tap), _BLOCK)


class Downsampler(_Blocks):
    """Divides the rate by `factor`; late by REACH output samples."""

    def __init__(self, factor: int) -> None:
        made, given = np.arange(_BLOCK), np.arange((2 * REACH + _BLOCK) * factor)
        tap = (made + 2 * REACH) * factor - given[:, np.newaxis]
        super().__init__(_picked(low_pass(factor), tap), _BLOCK * factor)


def converters(factor: int) -> tuple[Upsampler, Downsampler] | None:
    """Return the pair for a factor; None where the rates are the same. Together they are late by 2 * REACH."""
    return (Upsampler(factor), Downsampler(factor)) if factor > 1 else None


def overlapping(line: Samples, shape: tuple[int, ...], steps: tuple[int, ...]) -> Samples:
    """Return a view of a contiguous line whose rows may share samples; `steps` are samples from one to the next.

    It is numpy's as_strided at a tenth of the price: 10 us count where a frame costs a hundred.
    """
    return np.ndarray(shape, line.dtype, line, 0, tuple(step * line.itemsize for step in steps))


def low_pass(factor: int) -> Samples:
    """Return the taps of the filter, with unit gain at 0 Hz."""
    reach = REACH * factor
    at = np.arange(-reach, reach + 1) / factor
    taps = np.sinc(_CUTOFF * at) * np.kaiser(at.size, _KAISER_BETA)
    return np.asarray(taps / taps.sum(), np.float32)


def _picked(taps: Samples, at: np.ndarray[tuple[int, ...], np.dtype[np.signedinteger[Any]]]) -> Samples:
    """Return the taps at these places; 0 beyond either end."""
    inside = (at >= 0) & (at < taps.size)
    return np.where(inside, taps[np.clip(at, 0, taps.size - 1)], np.float32(0.0))
