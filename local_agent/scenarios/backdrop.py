"""What is always there: noise beds and the line's own floor, as loops read at any place of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import AudioStream
from local_agent.scenarios.levels import at_level
from local_agent.scenarios.model import SPEECH_DBFS
from local_agent.scenarios.noises import seeded_noise
from local_agent.scenarios.origin import told_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.scenarios.model import Bed, Scenario
    from local_agent.scenarios.noises import Seed

LOOP_S = 30
_FADE_S = 0.5


class Loop:
    """A sound without end, made of its first 30 s; the seam is a cross-fade."""

    def __init__(self, samples: NDArray[np.float32], rate_hz: int) -> None:
        fade = min(int(_FADE_S * rate_hz), len(samples) // 2)
        ramp = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
        body = samples[: len(samples) - fade].copy()
        body[:fade] = body[:fade] * ramp + samples[len(samples) - fade :] * ramp[::-1]
        self._samples = body

    def window(self, at_sample: int, length: int) -> NDArray[np.float32]:
        """Return `length` samples from a place of the call."""
        first = at_sample % len(self._samples)
        if first + length <= len(self._samples):
            return self._samples[first : first + length]
        return np.take(self._samples, np.arange(first, first + length), mode="wrap")


def backdrop(scenario: Scenario, seed: int) -> list[Loop]:
    """Return a scenario's loops: its floor, and each bed at its level below speech."""
    rate_hz = scenario.sample_rate_hz
    floor = seeded_noise("pink", 10 * rate_hz, rate_hz, (seed, 1))
    loops = [Loop(at_level(floor, rate_hz, scenario.floor_dbfs), rate_hz)]
    for number, bed in enumerate(scenario.background):
        with told_at(scenario, ("background", number, "audio")):
            sound = _bed(bed, rate_hz, (seed, 2, number))
        loops.append(Loop(at_level(sound, rate_hz, SPEECH_DBFS - bed.snr_db), rate_hz))
    return loops


def _bed(bed: Bed, rate_hz: int, seed: Seed) -> NDArray[np.float32]:
    if bed.noise is not None:
        return seeded_noise(bed.noise, LOOP_S * rate_hz, rate_hz, seed)
    blocks, missing = [], LOOP_S * rate_hz
    for block in AudioStream(bed.audio or "", rate_hz=rate_hz):
        blocks.append(block[:missing, 0])
        missing -= len(blocks[-1])
        if missing <= 0:
            break
    return np.concatenate(blocks)
