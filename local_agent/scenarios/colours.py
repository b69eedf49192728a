"""What noises are made of: coloured noise, bands, tones with overtones, things that ring, slow swells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def coloured(
    length: int,
    rate_hz: int,
    rng: np.random.Generator,
    *,
    slope: float,
    low_hz: float = 40,
    high_hz: float = 8_000,
) -> NDArray[np.float32]:
    """Return noise whose amplitude goes with frequency to the `slope`, rolled off outside low..high."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hz = np.maximum(np.fft.rfftfreq(length, 1 / rate_hz), 1.0)
    edges = 1 / np.sqrt((1 + (low_hz / hz) ** 4) * (1 + (hz / high_hz) ** 4))
    return np.fft.irfft(spectrum * hz**slope * edges, length).astype(np.float32)


def band(
    length: int, rate_hz: int, rng: np.random.Generator, low_hz: float, high_hz: float
) -> NDArray[np.float32]:
    """Return white noise between two frequencies."""
    return coloured(length, rate_hz, rng, slope=0.0, low_hz=low_hz, high_hz=high_hz)


def harmonics(pitch_hz: NDArray[np.float64], rate_hz: int, weights: Sequence[float]) -> NDArray[np.float32]:
    """Return a tone that follows a pitch, with overtones of these weights; none above half the rate."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    out = np.zeros(len(pitch_hz))
    for number, weight in enumerate(weights, start=1):
        out += np.where(number * pitch_hz < rate_hz / 2, weight * np.sin(number * phase), 0.0)
    return out.astype(np.float32)


def ring(
    length: int, rate_hz: int, rng: np.random.Generator, hz: float, *, decay_ms: float
) -> NDArray[np.float32]:
    """Return something struck: half noise, half tone, dying away."""
    seconds = np.arange(length) / rate_hz
    struck = np.sin(2 * np.pi * hz * seconds) + 0.7 * rng.standard_normal(length)
    return (struck * np.exp(-seconds * 1000 / decay_ms)).astype(np.float32)


def swell(
    length: int, rate_hz: int, rng: np.random.Generator, *, per_second: float, depth: float
) -> NDArray[np.float64]:
    """Return a slow random gain between 1 - depth and 1."""
    knots = int(length / rate_hz * per_second * 2) + 3
    levels = rng.uniform(0, 1, knots)
    smooth = np.interp(np.linspace(0, knots - 1, length), np.arange(knots), levels)
    return np.asarray(1 - depth + depth * smooth)
