"""A voice for these tests: each word is a burst of tone of 300 ms, so that word places are known."""

from __future__ import annotations

import numpy as np
import pytest

from local_agent.record import SpokenTurn, Word

WORD_MS = 300


class ToneVoice:
    """Speaks tones."""

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return 250 ms of tone and 50 ms of silence for each word."""
        size = sample_rate_hz * WORD_MS // 1000
        at = np.arange(size)
        tone = np.where(at < size * 5 // 6, np.sin(2 * np.pi * 300 * at / sample_rate_hz), 0).astype(
            np.float32
        )
        words = text.split()
        placed = tuple(Word(word, i * size, i * size + size * 5 // 6) for i, word in enumerate(words))
        return SpokenTurn(text, np.tile(tone, len(words)), placed)


@pytest.fixture
def voice() -> ToneVoice:
    """Return the voice."""
    return ToneVoice()
