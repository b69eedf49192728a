"""What a transcriber is, and when its words are to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUIETEST_DBFS = -60.0
"""Audio below this level is not asked about: recognisers make words of silence."""
LIKELY_NO_SPEECH = 0.6
LOWEST_SCORE = -1.5
"""Measured with Whisper tiny: silence became "you" (no speech 0.99), a noise burst "F-" (0.70, score -2.3), a
tone "Beep.." (0.84); words of a sentence score above -1, single ones from -1 to -2."""


class Transcriber(Protocol):
    """Writes speech down. It keeps no state between pieces of audio."""

    def transcribe(self, samples: NDArray[np.float32], sample_rate_hz: int) -> str | None:
        """Return the words in mono audio; None where there are none, or none to be believed."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser made of audio: mean log probability of its tokens, probability that nobody spoke."""

    text: str
    score: float = 0.0
    no_speech: float = 0.0

    @property
    def believed(self) -> bool:
        """Whether these are words that somebody said."""
        worded = any(char.isalnum() for char in self.text)
        return worded and self.no_speech <= LIKELY_NO_SPEECH and self.score >= LOWEST_SCORE


def audible(samples: NDArray[np.float32]) -> bool:
    """Whether there is anything to listen to."""
    if samples.size == 0:
        return False
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return power > 10 ** (QUIETEST_DBFS / 10)


def at_16_khz(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float32]:
    """Return the audio at 16 kHz."""
    if sample_rate_hz == 16_000 or samples.size == 0:  # noqa: PLR2004 - the rate in the function's name
        return samples.astype(np.float32, copy=False)
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(
        samples.astype(np.float32, copy=False), sample_rate_hz, 16_000
    )
    return resampled
