"""Speech by hibari-tts (Apache-2.0): one American voice in the package, 40 to 75 times faster than real time.

The network has a node with the frames of each phoneme; made an output, it gives exact word times. That node,
the frame of 25 ms and the way from text to phonemes are those of version 0.2.1. Another version may lack
them: then words share their sentence by their characters, and `exact_words` is false.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.errors import ModelCorrupt
from local_agent.models.session import open_session
from local_agent.record import SpokenTurn, Word
from local_agent.voices.cutting import trimmed
from local_agent.voices.extra import from_extra
from local_agent.voices.graph_output import with_output
from local_agent.voices.voice import proportional_words, written_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DURATIONS = "/Clip_output_0"
_FRAME_SAMPLES = 600
_SEED = 0
_NOT_SOUNDED = frozenset(' ;:,.!?—…"“”()')

Spoken = tuple[str, int, int]
"""A word as the voice reads it, with its first and its last sample."""


class HibariVoice:
    """The voice, opened once; it keeps no state between texts."""

    def __init__(self) -> None:
        """Open it. Raises ModelMissing where the package is not installed."""
        self._tts: Any = from_extra("hibari", "hibari-tts").Hibari()
        self._dsp: Any = from_extra("hibari.dsp", "hibari-tts")
        self._normalize: Any = from_extra("hibari.g2p.normalize", "hibari-tts").normalize
        self._rate_hz = int(self._tts.sample_rate)
        self._session: Any = None
        try:
            model = Path(self._tts.model_path).read_bytes()
            self._session = open_session(with_output(model, _DURATIONS))
        except ModelCorrupt:
            self.exact_words = False
        else:
            self.exact_words = True

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return the speech, with word times from the network's own durations where it tells them.

        The network puts some 300 ms of silence before and after it; but for a little, that is taken off.
        """
        pieces: list[NDArray[np.float32]] = []
        words: list[Word] = []
        at = 0
        for sentence in self._tts.split_sentences(text):
            samples, spoken = self._sentence(sentence)
            words.extend(_placed(written_words(sentence), spoken, samples.size, at))
            pieces.append(samples)
            at += samples.size
        whole = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
        share = sample_rate_hz / self._rate_hz
        timed = tuple(Word(w.text, round(w.start_sample * share), round(w.end_sample * share)) for w in words)
        return trimmed(
            SpokenTurn(text, _resampled(whole, self._rate_hz, sample_rate_hz), timed), sample_rate_hz
        )

    def _sentence(self, sentence: str) -> tuple[NDArray[np.float32], list[Spoken]]:
        """Return a sentence's samples at the voice's rate, and its words where their times are known."""
        chunks = self._tts.phonemize(sentence)
        if self.exact_words and len(chunks) == 1:
            words, phonemes = self._read(sentence)
            if "".join(phoneme for phoneme, _ in phonemes) == chunks[0]:
                return self._timed(words, phonemes)
        return self._tts(sentence, seed=_SEED), []

    def _read(self, sentence: str) -> tuple[list[str], list[tuple[str, int]]]:
        """Return the words as the voice reads them, and each phoneme with the number of its word."""
        g2p = self._tts.g2p
        words = [""]
        phonemes: list[tuple[str, int]] = []
        for token in g2p.phonemize_tokens(g2p.tokenize(self._normalize(sentence))):
            words[-1] += token.text
            sounds = (token.phonemes or "") + (" " if token.whitespace else "")
            phonemes.extend((sound, len(words) - 1) for sound in sounds)
            if token.whitespace:
                words.append("")
        while phonemes and phonemes[-1][0] == " ":
            phonemes.pop()
        while phonemes and phonemes[0][0] == " ":
            del phonemes[0]
        return words, phonemes

    def _timed(
        self, words: list[str], phonemes: list[tuple[str, int]]
    ) -> tuple[NDArray[np.float32], list[Spoken]]:
        known = [(phoneme, word) for phoneme, word in phonemes if phoneme in self._tts.vocab]
        ids = self._tts.ids("".join(phoneme for phoneme, _ in known))
        *spectrum, frames = self._session.run(
            None, {"ids": np.asarray([ids], np.int64), "speed": np.ones(1, np.float32)}
        )
        samples = self._dsp.synth(*(part[0] for part in spectrum), np.random.default_rng(_SEED))
        ends = np.cumsum(np.asarray(frames).reshape(-1)) * _FRAME_SAMPLES
        spans: dict[int, tuple[int, int]] = {}
        for at, (phoneme, word) in enumerate(known):
            if phoneme not in _NOT_SOUNDED:  # the first id is a pad: phoneme `at` ends where id `at + 1` does
                start = spans[word][0] if word in spans else round(float(ends[at]))
                spans[word] = (start, round(float(ends[at + 1])))
        return samples, [(words[word], *span) for word, span in spans.items()]


def _placed(written: list[str], spoken: list[Spoken], length: int, offset: int) -> list[Word]:
    """Return the written words at their times. What is read in other words ("7:30 pm") shares their time."""
    if not spoken:
        return [_moved(word, offset) for word in proportional_words(written, 0, length)]
    placed: list[Word] = []
    pairs = SequenceMatcher(None, written, [word for word, _, _ in spoken], autojunk=False).get_opcodes()
    for kind, first, last, heard_first, heard_last in pairs:
        if kind == "equal":
            heard = spoken[heard_first:heard_last]
            same = zip(written[first:last], heard, strict=True)
            placed.extend(Word(word, start, end) for word, (_, start, end) in same)
        elif last > first:
            start, end = _stretch(spoken, heard_first, heard_last, length)
            placed.extend(proportional_words(written[first:last], start, end))
    return [_moved(word, offset) for word in placed]


def _stretch(spoken: list[Spoken], first: int, last: int, length: int) -> tuple[int, int]:
    """Return where words from `first` to before `last` are; for none, the gap between their neighbours."""
    if last > first:
        return spoken[first][1], spoken[last - 1][2]
    return (spoken[first - 1][2] if first else 0), (spoken[first][1] if first < len(spoken) else length)


def _moved(word: Word, offset: int) -> Word:
    return Word(word.text, word.start_sample + offset, word.end_sample + offset)


def _resampled(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    if from_hz == to_hz or samples.size == 0:
        return samples.astype(np.float32, copy=False)
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(samples.astype(np.float32, copy=False), from_hz, to_hz)
    return resampled
