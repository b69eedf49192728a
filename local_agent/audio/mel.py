"""Log-mel bands as Whisper defines them: 80 bands, 25 ms windows each 10 ms, at 16 kHz.

Written from the definition: power spectrum of windows centred on each hop (periodic Hann, reflected ends);
triangles on Slaney's mel scale with equal area; log10 with at most 8 decades below the loudest; (x + 4) / 4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
HOP_SAMPLES = 160
BANDS = 80
_FFT = 400
_QUIETEST = 1e-10
_DECADES = 8.0

_LINEAR_HZ = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27.0
"""Slaney's scale: 3 mel to 200 Hz up to 1 kHz, 27 mel to a factor of 6.4 above."""


def log_mel_bands(wave: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the bands (80 x one column a whole hop) of audio at 16 kHz, at least 201 samples of it."""
    ends = np.pad(wave.astype(np.float64), _FFT // 2, mode="reflect")
    # One frame more than is used would be centred on the last sample; the reference drops it too.
    frames = wave.size // HOP_SAMPLES
    windows = np.lib.stride_tricks.sliding_window_view(ends, _FFT)[::HOP_SAMPLES][:frames]
    spectra = np.fft.rfft(windows * _hann())
    power = spectra.real**2 + spectra.imag**2
    bands = np.log10(np.maximum(power @ _triangles(), _QUIETEST))
    bands = (np.maximum(bands, bands.max() - _DECADES) + 4.0) / 4.0
    return np.ascontiguousarray(bands.T, np.float32)


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_FFT) / _FFT)


@lru_cache(maxsize=1)
def _triangles() -> NDArray[np.float64]:
    """Return the weights (201 x 80) from the power spectrum to the bands."""
    edges = _hertz(np.linspace(0.0, _mel(SAMPLE_RATE_HZ / 2), BANDS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE_HZ / 2, _FFT // 2 + 1)[:, np.newaxis]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    area = 2.0 / (edges[2:] - edges[:-2])
    return np.maximum(0.0, np.minimum(rising, falling)) * area


def _mel(hertz: float) -> float:
    """Return the mel of a frequency at or above 1 kHz."""
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, _BREAK_HZ * np.exp((mel - _BREAK_MEL) * _LOG_STEP))
