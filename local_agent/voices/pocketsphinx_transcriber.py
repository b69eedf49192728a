"""Words by pocketsphinx: the small recogniser, whose model is in its package.

On free speech it is wrong more often than Whisper tiny (a third of the words at 8 kHz against 6 %), and it
makes words of hums and tones: see docs/voices.md. A grammar of a few phrases was tried and left out: it
hears them in any speech.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.errors import UnusableInput
from local_agent.voices.extra import from_extra
from local_agent.voices.transcriber import Hypothesis, at_16_khz, audible

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RATE_HZ = 16_000
_VARIANT = re.compile(r"\(\d+\)$")


class PocketSphinxTranscriber:
    """The recogniser, opened once; each piece of audio is decoded afresh."""

    def __init__(self) -> None:
        """Open it. Raises ModelMissing where the package is not installed."""
        package: Any = from_extra("pocketsphinx", "pocketsphinx")
        self._decoder: Any = package.Decoder(samprate=_RATE_HZ, loglevel="FATAL")

    def transcribe(self, samples: NDArray[np.float32], sample_rate_hz: int) -> str | None:
        """Return the words; None where there are none to be believed.

        Raises UnusableInput for NaN and infinity.
        """
        if not np.isfinite(samples).all():
            raise UnusableInput("the audio holds NaN or infinity")
        wave = at_16_khz(samples, sample_rate_hz)
        if not audible(wave):
            return None
        pcm = (np.clip(wave, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, no_search=False, full_utt=True)
        self._decoder.end_utt()
        hypothesis = Hypothesis(self._said())
        return hypothesis.text if hypothesis.believed else None

    def _said(self) -> str:
        """Return the words without silences, noises and the numbers of their pronunciations."""
        words = [_VARIANT.sub("", part.word) for part in self._decoder.seg() or ()]
        return " ".join(word for word in words if word[:1] not in "<[+" and word != "NULL")
