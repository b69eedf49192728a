"""Resampling: exact lengths, no delay, the same bits in any chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_agent.audio.resampling import StreamResampler, resample, resampled_length, working_rate

RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]


def test_telephone_and_wideband_stay_as_they_are() -> None:
    """8 and 16 kHz are native; the rest becomes 16 kHz."""
    assert [working_rate(rate) for rate in RATES] == [8_000, *[16_000] * 7]


@given(
    rate=st.sampled_from(RATES),
    samples=st.integers(1, 30_000),
    chunks=st.lists(st.integers(1, 9_000), min_size=1, max_size=12),
    channels=st.integers(1, 2),
)
@settings(max_examples=40, deadline=None)
def test_any_chunks_give_the_bits_of_the_whole(
    rate: int, samples: int, chunks: list[int], channels: int
) -> None:
    """Streaming equals the whole file to the bit, at exactly the rounded length."""
    signal = np.random.default_rng(samples).uniform(-1, 1, (samples, channels)).astype(np.float32)
    stream = StreamResampler(rate, 16_000, channels)
    parts, at = [], 0
    for size in [*chunks, samples]:
        parts.append(stream.push(signal[at : at + size]))
        at += size
    out = np.concatenate([*parts, stream.finish()])
    whole = np.stack([resample(signal[:, side], rate, 16_000) for side in range(channels)], axis=1)
    np.testing.assert_array_equal(out, whole)
    assert len(out) == resampled_length(samples, rate, 16_000) == int(samples * 16_000 / rate + 0.5)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_keeps_its_phase(rate: int) -> None:
    """Sample i stands at the time of input sample i·rate/16000: soxr's delay is taken out."""
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    wanted = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.abs(resample(tone, rate, 16_000) - wanted)[800:-800].max() < 1e-5


@pytest.mark.parametrize("off_by", [-3, 2])
def test_the_length_is_exact_whatever_the_library_gives(off_by: int) -> None:
    """Were the library to give a few samples too few or too many, the rest is zeros or cut."""

    class Rough:
        def resample_chunk(self, frames: np.ndarray, *, last: bool) -> np.ndarray:
            return np.ones(len(frames) // 2 + (off_by if last else 0) + (10 if last else -10), np.float32)

    stream = StreamResampler(32_000, 16_000)
    stream._stream = Rough()
    out = np.concatenate([stream.push(np.ones((100, 1), np.float32)), stream.finish()])
    assert len(out) == 50
    assert not out[50 + off_by :].any()
