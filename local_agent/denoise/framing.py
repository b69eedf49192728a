"""From samples in any chunks to frames of 10 ms and back, aligned.

An engine turns frames into frames and is late by a known number of samples. That many are dropped from the start of
the output, and at the end as much silence is pushed through as brings out the rest. Frames are cut at the same
samples however the input is chunked; at most one frame is held. As many frames as are there go to the engine at once,
up to MOST_FRAMES, which bounds the memory that a long chunk takes.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from local_agent.denoise.protocol import Samples  # noqa: TC001 - part of the signatures that people read
from local_agent.errors import UnusableInput

MOST_FRAMES = 512
"""Frames to a call of the engine: 5.12 s."""


class FrameEngine(Protocol):
    """Turns frames into as many frames; what comes out is `lag_samples` late."""

    sample_rate: int
    frame_samples: int
    lag_samples: int

    def frames(self, frames: Samples) -> Samples:
        """Return the next frames (count x frame_samples) for the next frames; both go on where they stopped."""

    def reset(self) -> None:
        """Forget everything."""


class Framed:
    """A Denoiser from a FrameEngine."""

    def __init__(self, engine: FrameEngine) -> None:
        self._engine = engine
        self.sample_rate = engine.sample_rate
        self.delay_samples = engine.lag_samples + engine.frame_samples
        self._begin()

    def process(self, samples: Samples) -> Samples:
        """Take any number of samples; return those that are ready."""
        if samples.ndim != 1:
            raise UnusableInput(f"noise suppression takes one channel, not an array of shape {samples.shape}")
        if not np.isfinite(samples).all():
            raise UnusableInput(
                "the audio holds NaN or infinity", help="such samples would spoil all that follow"
            )
        self._given += samples.size
        return self._through(samples)

    def flush(self) -> Samples:
        """Return the rest, as if silence followed, and start afresh."""
        missing = self._given - self._returned
        rest = self._through(np.zeros(self.delay_samples, np.float32))[:missing]
        self.reset()
        return rest

    def reset(self) -> None:
        """Forget everything: the next sample is a call's first."""
        self._engine.reset()
        self._begin()

    def _begin(self) -> None:
        self._held = np.zeros(0, np.float32)
        self._to_drop = self._engine.lag_samples
        self._given = 0
        self._returned = 0

    def _through(self, samples: Samples) -> Samples:
        size = self._engine.frame_samples
        waiting = np.concatenate([self._held, samples.astype(np.float32, copy=False)])
        count = waiting.size // size
        self._held = waiting[count * size :].copy()
        if count == 0:
            return np.zeros(0, np.float32)
        ready = self._ready(waiting[: count * size].reshape(count, size))
        dropped = min(self._to_drop, ready.size)
        self._to_drop -= dropped
        self._returned += ready.size - dropped
        return ready[dropped:]

    def _ready(self, frames: Samples) -> Samples:
        if len(frames) <= MOST_FRAMES:
            return self._engine.frames(frames).reshape(-1)
        pieces = [
            self._engine.frames(frames[at : at + MOST_FRAMES]) for at in range(0, len(frames), MOST_FRAMES)
        ]
        return np.concatenate(pieces).reshape(-1)
