"""Loudness: BS.1770 of the last 400 ms, from scratch each time, without the cost of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from local_agent.vad.loudness import LoudnessMeter, _high_pass, _shelf, volumes_of


def from_scratch(samples: np.ndarray, rate: int) -> float:
    """Return the volume of 400 ms, its two filters run sample by sample from rest."""
    for forward, back in (_shelf(rate), _high_pass(rate)):
        out = np.zeros(len(samples))
        for i in range(len(samples)):
            taps = range(min(i, 2) + 1)
            out[i] = sum(forward[k] * samples[i - k] for k in taps) - sum(
                back[k] * out[i - k] for k in taps if k
            )
        samples = out
    level = -0.691 + 10 * math.log10(np.mean(samples**2))
    return 0.0 if level < -70 else min(1.0, ((math.floor(level * 10) + 0.5) / 10 + 110) / 100)


@pytest.mark.parametrize(("rate", "window"), [(8_000, 256), (16_000, 512), (16_000, 1024)])
def test_volume_is_that_of_a_fresh_measurement(rate: int, window: int) -> None:
    """Each window's value is the smoothed volume of 400 ms filtered from rest, loud before quiet too."""
    noise = np.random.default_rng(3).standard_normal(rate) * np.repeat([0.3, 0.002], rate // 2)
    samples = noise[: len(noise) // window * window].astype(np.float32)
    ours = volumes_of(samples, rate, window)
    expected, measured = 0.0, rate * 4 // 10
    for index, value in enumerate(ours):
        end = (index + 1) * window
        fresh = (
            from_scratch(samples[end - measured : end].astype(np.float64), rate) if end >= measured else 0.0
        )
        expected += 0.2 * (fresh - expected)
        assert value == pytest.approx(expected, abs=1e-9)
    assert ours.max() > 0.5


@pytest.mark.parametrize(("rate", "window"), [(8_000, 256), (16_000, 512), (16_000, 1536)])
@pytest.mark.parametrize("windows", [0, 1, 8.5, 12, 13, 90.25])
def test_a_whole_clip_has_the_meters_bits(rate: int, window: int, windows: float) -> None:
    """However short, and with a last window that is not whole."""
    chance, size = np.random.default_rng(5), round(windows * window)
    loud = np.repeat(chance.choice([0.0, 1e-4, 0.01, 0.4], size // 2500 + 1), 2500)[:size]
    samples = (chance.standard_normal(size) * loud).astype(np.float32)
    meter, padded = LoudnessMeter(rate), np.concatenate([samples, np.zeros(-size % window, np.float32)])
    alone = [meter.volume(one) for one in padded.reshape(-1, window)]
    assert volumes_of(samples, rate, window).tolist() == alone


def test_silence_is_zero() -> None:
    """Digital silence, and anything under -70 LUFS, has no volume; loud noise has."""
    meter = LoudnessMeter(16_000)
    for level, loud in ((0.0, False), (1e-5, False), (0.3, True)):
        for _ in range(40):
            volume = meter.volume(np.tile(np.array([level, -level], np.float32), 256))
        assert (volume > 0.1) is loud


def test_a_reference_tone() -> None:
    """BS.1770: a full-scale 997 Hz sine on one channel reads -3.01 LUFS."""
    tone = np.sin(2 * np.pi * 997 * np.arange(16_000 * 4) / 16_000).astype(np.float32)
    assert volumes_of(tone, 16_000, 512)[-1] == pytest.approx(1.0, abs=1e-3)
    assert volumes_of(tone / 100, 16_000, 512)[-1] == pytest.approx((110 - 43.01) / 100, abs=2e-3)
