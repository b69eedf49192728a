"""Hold music: four chords in a loop, a bass, and a melody picked from them. Nobody's tune."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
_BEAT_S = 0.5


def music(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return `length` samples of it; key and melody come from the seed."""
    root_hz = 220.0 * 2 ** (int(rng.integers(-3, 4)) / 12)
    out = np.zeros(length)
    beat = int(_BEAT_S * rate_hz)
    for number in range(-(-length // beat)):
        chord = _CHORDS[number // 4 % len(_CHORDS)]
        for semitone in (chord[0] - 12, *(chord if number % 2 == 0 else ())):
            _note(out, number * beat, rate_hz, root_hz * 2 ** (semitone / 12), 0.6)
        for half in (0, beat // 2):
            _note(
                out, number * beat + half, rate_hz, root_hz * 2 ** ((int(rng.choice(chord)) + 12) / 12), 0.4
            )
    return np.asarray(out / (np.max(np.abs(out)) + 1e-12), np.float32)


def _note(out: NDArray[np.float64], at: int, rate_hz: int, hz: float, gain: float) -> None:
    size = min(int(0.9 * rate_hz), len(out) - at)
    if size <= 0:
        return
    seconds = np.arange(size) / rate_hz
    tone = sum(np.sin(2 * np.pi * hz * k * seconds) / k**1.5 for k in (1, 2, 3) if k * hz < rate_hz / 2)
    out[at : at + size] += gain * tone * np.minimum(1, seconds / 0.01) * np.exp(-seconds / 0.35)
