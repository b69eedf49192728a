"""Something to hear: a synthetic voice that Silero takes for speech, and where the corpus is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _voice(rate: int, seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Return a wandering pitch under two wandering formants, in syllables, over a little noise."""
    t = np.arange(int(rate * seconds)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 2.3 * t + seed) + 8 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    first = 550 + 250 * np.sin(2 * np.pi * 1.7 * t + seed)
    second = 1500 + 500 * np.sin(2 * np.pi * 1.3 * t + 1)
    sound = np.zeros(len(t))
    for harmonic in range(1, 28):
        hz = harmonic * pitch
        level = (
            1 / (1 + ((hz - first) / 90) ** 2)
            + 0.5 / (1 + ((hz - second) / 120) ** 2)
            + 0.1 / (1 + ((hz - 2600) / 200) ** 2)
        )
        sound += level * np.sin(harmonic * phase) * (hz < rate / 2.2)
    sound *= np.clip(np.sin(2 * np.pi * 3.1 * t) + 0.6, 0, 1)
    sound += 0.003 * np.random.default_rng(seed).standard_normal(len(t))
    return np.asarray(np.rint(sound / np.abs(sound).max() * 16384) / 32768, dtype=np.float32)


@pytest.fixture(scope="session")
def utterance() -> Callable[..., NDArray[np.float32]]:
    """Return a maker of quiet, voice, quiet at a rate; 16-bit values."""

    def make(rate: int, seconds: float = 2.0, quiet: float = 0.6, seed: int = 0) -> NDArray[np.float32]:
        still = np.zeros(int(rate * quiet), np.float32)
        return np.concatenate([still, _voice(rate, seconds, seed), still])

    return make


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the evaluation corpus, or skip where it is not."""
    root = Path(os.environ.get("VAXCTL_CORPUS") or Path(__file__).parents[4] / "shared" / "corpus")
    if not (root / "manifest.jsonl").is_file():
        pytest.skip(f"no evaluation corpus at {root} (VAXCTL_CORPUS names it)")
    return root
