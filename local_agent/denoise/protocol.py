"""What the rest of the agent sees of noise suppression."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono audio, -1.0 to 1.0."""


class Denoiser(Protocol):
    """A stream of samples in, the same stream with less noise out.

    The output is aligned: sample k of the output speaks of sample k of the input, and after `flush` there are
    exactly as many of them. So positions found in the output are positions in the input. What the delay costs is
    when they are known: output k is there once k + `delay_samples` samples have been given, and never later.
    """

    @property
    def sample_rate(self) -> int:
        """The rate of the samples, in Hz."""

    @property
    def delay_samples(self) -> int:
        """How far, at most, the output runs behind what was given."""

    def process(self, samples: Samples) -> Samples:
        """Take any number of samples; return those that are ready. Raises UnusableInput for NaN and infinity."""

    def flush(self) -> Samples:
        """Return the rest, as if silence followed, and start afresh."""

    def reset(self) -> None:
        """Forget everything: the next sample is a call's first."""


class Off:
    """No noise suppression: what comes in goes out."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.delay_samples = 0

    def process(self, samples: Samples) -> Samples:
        """Return the samples."""
        return samples

    def flush(self) -> Samples:
        """Return nothing: nothing is held back."""
        return np.zeros(0, np.float32)

    def reset(self) -> None:
        """Do nothing: nothing is remembered."""
