"""Sounds to suppress noise in: something like a voice, and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000


@pytest.fixture(scope="session")
def voice() -> NDArray[np.float32]:
    """Return 3 s at 16 kHz: a gliding pitch with twenty overtones, in syllables of a quarter of a second."""
    at = np.arange(3 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 25 * np.sin(2 * np.pi * 0.7 * at)) / RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 21))
    syllables = np.clip(np.sin(2 * np.pi * 2 * at), 0, 1) ** 0.5
    return (0.1 * tone * syllables).astype(np.float32)


@pytest.fixture(scope="session")
def noise() -> NDArray[np.float32]:
    """Return 3 s of white noise at 16 kHz, seeded."""
    return (0.05 * np.random.default_rng(7).standard_normal(3 * RATE)).astype(np.float32)
