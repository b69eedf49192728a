"""Sounds with the make of speech and no words: a voice source through moving formants, syllable by syllable.

Used for voices in the background (television, radio, babble). It is no model of a person: a speech detector
takes it for speech, a transcriber finds nothing in it. Formant places are textbook averages (Peterson and
Barney, 1952, men), scaled for other talkers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VOWELS = np.array(
    [
        [270, 2290, 3010],
        [390, 1990, 2550],
        [530, 1840, 2480],
        [660, 1720, 2410],
        [730, 1090, 2440],
        [570, 840, 2410],
        [440, 1020, 2240],
        [300, 870, 2240],
        [490, 1350, 1690],
    ],
    dtype=np.float64,
)
_BANDWIDTHS = np.array([80.0, 110.0, 160.0])
_STEP_MS = 5


@dataclass(frozen=True, slots=True)
class Talker:
    """Pitch of the voice and length of the vocal tract relative to the averages."""

    pitch_hz: float = 115.0
    tract_ratio: float = 1.0


def speech_like(
    length: int, rate_hz: int, rng: np.random.Generator, talker: Talker | None = None, *, pauses: bool = True
) -> NDArray[np.float32]:
    """Return `length` samples of speech-like sound, some 4.5 syllables a second, with phrase pauses."""
    talker = talker or Talker()
    steps = length * 1000 // (rate_hz * _STEP_MS) + 2
    formants, voiced, noisy, pitch = _plan(steps, rng, talker, pauses=pauses)
    at = np.arange(length) * (1000 / (rate_hz * _STEP_MS))
    grid = np.arange(steps)
    f0 = np.interp(at, grid, pitch) * (1 + 0.01 * np.interp(at, grid, rng.standard_normal(steps)))
    phase = 2 * np.pi * np.cumsum(f0) / rate_hz
    out = np.zeros(length)
    for harmonic in range(1, int(min(3_900, rate_hz / 2 - 100) / pitch.min()) + 1):
        gain = _gain(harmonic * pitch, formants, rate_hz) * voiced / harmonic**0.6
        out += np.interp(at, grid, gain) * np.sin(harmonic * phase)
    hiss = np.diff(rng.standard_normal(length + 1))
    out += 0.18 * np.interp(at, grid, noisy) * hiss * float(np.std(out) + 1e-9) * 2
    return np.asarray(out / (np.max(np.abs(out)) + 1e-12), np.float32)


def _gain(at_hz: NDArray[np.float64], formants: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Return the tract's gain at a frequency for each step: three resonances in parallel."""
    offset = (at_hz[:, np.newaxis] - formants) / _BANDWIDTHS
    weights = np.array([1.0, 0.5, 0.25])
    gain = (weights / np.sqrt(1 + offset**2)).sum(axis=1)
    return np.where(at_hz < rate_hz / 2 - 50, gain, 0.0)


def _plan(
    steps: int, rng: np.random.Generator, talker: Talker, *, pauses: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Lay out syllables: formants [step, 3], loudness of voice and of friction, and pitch."""
    formants = np.tile(_VOWELS[8] / talker.tract_ratio, (steps, 1))
    voiced, noisy = np.zeros(steps), np.zeros(steps)
    pitch = np.full(steps, talker.pitch_hz)
    at, phrase_from, phrase_left = 0, 0, int(rng.integers(6, 14))
    while at < steps:
        consonant, vowel = int(rng.integers(6, 13)), int(rng.integers(20, 38))
        end = min(at + consonant + vowel, steps)
        noisy[at : at + consonant] = np.hanning(consonant + 2)[1:-1][: steps - at] * rng.uniform(0, 1)
        body = np.arange(end - at)
        shape = np.minimum(1, np.maximum(0.08, body / max(consonant, 1)) ** 2)
        voiced[at:end] = shape * np.minimum(1, (end - at - body) / 5) * rng.uniform(0.6, 1.0)
        formants[at:end] = _VOWELS[rng.integers(len(_VOWELS))] / talker.tract_ratio
        fall = 1.15 - 0.25 * min(1.0, (at - phrase_from) / 400)
        pitch[at:end] = talker.pitch_hz * fall * (1 + 0.08 * np.sin(np.pi * body / max(len(body), 1)))
        at, phrase_left = end, phrase_left - 1
        if phrase_left <= 0 and pauses:
            at += int(rng.integers(50, 120))
            phrase_from, phrase_left = at, int(rng.integers(6, 14))
    window = np.hanning(11) / np.hanning(11).sum()
    smooth = [np.convolve(np.pad(row, 5, mode="edge"), window, "valid") for row in formants.T]
    return np.stack(smooth, axis=1), voiced, noisy, pitch
