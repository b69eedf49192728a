"""A voice that needs no package: a tone a syllable, at the rhythm of speech, and clearly no speech.

It lets a scenario run where no voice is installed: turns last about as long as spoken ones, and every word
has its time. A speech detector does not take it for speech, so an echo of it is easier than a real one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from local_agent.record import SpokenTurn, Word
from local_agent.voices.voice import written_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYLLABLE_MS = 180
WORD_GAP_MS = 60
COMMA_MS = 200
SENTENCE_MS = 400
_LEVEL = 0.1
_PITCHES_HZ = (440.0, 494.0, 392.0)
_VOWELS = re.compile(r"[aeiouy]+|\d", re.IGNORECASE)


class ToneVoice:
    """The fallback: deterministic, no packages, no model."""

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return tones with exact word times."""
        pieces: list[NDArray[np.float32]] = []
        words: list[Word] = []
        at = count = 0
        for word in written_words(text):
            start = at
            for _ in range(max(1, len(_VOWELS.findall(word)))):
                pieces.append(_tone(_PITCHES_HZ[count % len(_PITCHES_HZ)], sample_rate_hz))
                at, count = at + pieces[-1].size, count + 1
            words.append(Word(word, start, at))
            pieces.append(np.zeros(_pause_ms(word) * sample_rate_hz // 1000, np.float32))
            at += pieces[-1].size
        samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
        return SpokenTurn(text, samples, tuple(words))


def _pause_ms(word: str) -> int:
    if word[-1] in ".!?":
        return SENTENCE_MS
    return COMMA_MS if word[-1] in ",;:" else WORD_GAP_MS


def _tone(pitch_hz: float, sample_rate_hz: int) -> NDArray[np.float32]:
    at = np.arange(SYLLABLE_MS * sample_rate_hz // 1000) / sample_rate_hz
    swell = np.sin(np.pi * at * 1000 / SYLLABLE_MS) ** 2
    return (_LEVEL * swell * np.sin(2 * np.pi * pitch_hz * at)).astype(np.float32)
