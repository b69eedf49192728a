"""The caller's room as an impulse response that begins with the direct sound, so that onsets stay true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.audio.resampling import resample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.scenarios.model import Room

LONGEST_MS = 1_500
"""Echoes later than this are cut; a recorded response may be longer than the room sounds."""


def impulse_response(room: Room, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the room's response at a rate: direct sound 1.0 at sample 0, then the reverberation."""
    if room.audio is not None:
        return _recorded(room.audio, rate_hz)
    rt60_ms = room.rt60_ms or 0
    length = min(rt60_ms, LONGEST_MS) * rate_hz // 1000 + 1
    seconds = np.arange(length) / rate_hz
    tail = rng.standard_normal(length) * np.exp(-np.log(1e3) * seconds / (rt60_ms / 1000))
    tail[: rate_hz // 500] = 0.0  # nothing comes back from a wall within 2 ms
    tail *= 10 ** (-room.direct_to_reverb_db / 20) / max(float(np.sqrt(np.sum(tail**2))), 1e-12)
    tail[0] = 1.0
    return np.asarray(tail, np.float32)


def _recorded(path: str, rate_hz: int) -> NDArray[np.float32]:
    clip = read_clip(path)
    samples = resample(clip.samples, clip.sample_rate_hz, rate_hz)
    direct = int(np.argmax(np.abs(samples)))
    response = samples[direct : direct + LONGEST_MS * rate_hz // 1000]
    return (response / (abs(float(response[0])) or 1.0)).astype(np.float32)


def reverberated(samples: NDArray[np.float32], response: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sound in the room, longer by the response."""
    length = len(samples) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size)[:length].astype(np.float32)
