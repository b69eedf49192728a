"""What Smart Turn hears.

Whisper's log-mel bands over exactly 8 s at 16 kHz, of zero mean and unit variance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.mel import BANDS, SAMPLE_RATE_HZ, log_mel_bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BANDS", "SAMPLES", "SAMPLE_RATE_HZ", "WINDOW_S", "log_mel"]

WINDOW_S = 8
SAMPLES = SAMPLE_RATE_HZ * WINDOW_S
_VARIANCE_FLOOR = 1e-7


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features (80 x 800) of exactly 8 s of audio at 16 kHz.

    Raises ValueError for another length.
    """
    if samples.shape != (SAMPLES,):
        raise ValueError(f"features are made of {SAMPLES} samples, not of shape {samples.shape}")
    wave = samples.astype(np.float32, copy=False)
    return log_mel_bands((wave - wave.mean()) / np.sqrt(wave.var() + _VARIANCE_FLOOR))
