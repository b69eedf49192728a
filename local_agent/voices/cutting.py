"""Cutting speech: silence off its ends, and clean places between two words.

Word times are those of a network or a guess; sound begins up to 75 ms before them, and a word's end takes in
the pause after it (measured with hibari-tts 0.2.1). So a cut goes to where the sound is quietest nearby.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from local_agent.record import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from local_agent.record import SpokenTurn

SILENT_DBFS = -60.0
"""Below this nothing is heard on a line whose own floor is at -65 dBFS."""
BEFORE_MS, AFTER_MS = 50, 100
"""Silence that is left around speech."""
_FRAME_MS = 10
_SEARCHED_MS = 200
_FADE_MS = 5


def trimmed(turn: SpokenTurn, sample_rate_hz: int) -> SpokenTurn:
    """Return the turn without the silence around it but for 50 ms before and 100 ms after it.

    A turn begins when it is heard: an onset, an overlap or a delay is counted from its first sample.
    """
    powers = _powers(turn.samples, sample_rate_hz)
    loud = np.flatnonzero(powers > 10 ** (SILENT_DBFS / 10))
    if not len(loud):
        return turn
    size, ms = sample_rate_hz * _FRAME_MS // 1000, sample_rate_hz // 1000
    start = max(0, int(loud[0]) * size - BEFORE_MS * ms)
    end = min(len(turn.samples), (int(loud[-1]) + 1) * size + AFTER_MS * ms)
    return replace(turn, samples=turn.samples[start:end], words=_moved(turn.words, start, end - start))


def place_before(turn: SpokenTurn, number: int, sample_rate_hz: int) -> int:
    """Return the sample between word `number` (from 0; not the first) and the one before it: the quietest."""
    last, following = turn.words[number - 1], turn.words[number]
    middle = (last.start_sample + last.end_sample) // 2
    low = max(middle, last.end_sample - _SEARCHED_MS * sample_rate_hz // 1000)
    powers = _powers(turn.samples[low : following.start_sample], sample_rate_hz)
    if len(powers) < 3:  # noqa: PLR2004 - too short to have a middle
        return (last.end_sample + following.start_sample) // 2
    smooth = np.convolve(powers, np.ones(3) / 3, mode="valid")
    size = sample_rate_hz * _FRAME_MS // 1000
    return low + int(np.argmin(smooth)) * size + 3 * size // 2


def from_word(turn: SpokenTurn, number: int, text: str, sample_rate_hz: int) -> SpokenTurn:
    """Return the turn from word `number` on (from 0), as `text`; a cut sound fades in over 5 ms."""
    if number == 0:
        return replace(turn, text=text)
    start = place_before(turn, number, sample_rate_hz)
    samples = turn.samples[start:].copy()
    fade = min(_FADE_MS * sample_rate_hz // 1000, len(samples))
    samples[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    words = _moved(turn.words[number:], start, len(samples))
    return replace(turn, text=text, samples=samples, words=words)


def joined(text: str, turns: Sequence[SpokenTurn]) -> SpokenTurn:
    """Return turns one after the other as one; what they were for is the first one's."""
    words: list[Word] = []
    at = 0
    for turn in turns:
        words += [Word(w.text, w.start_sample + at, w.end_sample + at) for w in turn.words]
        at += len(turn.samples)
    samples = np.concatenate([turn.samples for turn in turns])
    return replace(turns[0], text=text, samples=samples, words=tuple(words))


def _moved(words: Sequence[Word], start: int, length: int) -> tuple[Word, ...]:
    """Return words counted from a new first sample; what reaches beyond the sound ends with it."""
    return tuple(
        Word(
            word.text,
            min(max(word.start_sample - start, 0), length),
            min(max(word.end_sample - start, 0), length),
        )
        for word in words
    )


def _powers(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float64]:
    """Return the mean power of each whole 10 ms."""
    size = sample_rate_hz * _FRAME_MS // 1000
    count = len(samples) // size
    frames = samples[: count * size].reshape(count, size).astype(np.float64)
    return np.asarray(np.mean(frames**2, axis=1)) if count else np.zeros(0)
