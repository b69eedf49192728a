"""English words by Whisper tiny.en, run by ctranslate2 with int8 weights.

Whisper hears 30 s, however short the audio; here it hears 10 s, which costs a quarter of the time. On
shorter windows it begins to loop. Longer audio is cut at its quietest place before 10 s are full.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.audio.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel_bands
from local_agent.errors import ModelCorrupt, UnusableInput
from local_agent.models.cache import model_path
from local_agent.voices.extra import from_extra
from local_agent.voices.transcriber import Hypothesis, at_16_khz, audible

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WINDOW_S = 10
_WINDOW = WINDOW_S * SAMPLE_RATE_HZ
_CUT_FROM = 7 * SAMPLE_RATE_HZ
_QUIET_RUN = SAMPLE_RATE_HZ // 10
_PROMPT = ["<|startoftranscript|>", "<|notimestamps|>"]
_TOKENS_AT_LEAST, _TOKENS_A_SECOND = 12, 8
"""A limit that ends loops; people say at most four or five words a second."""


class WhisperTranscriber:
    """The model, opened once. Deterministic: the best word each time, one thread."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open the cache's model, or a folder in ctranslate2's form. Raises ModelMissing or ModelCorrupt."""
        self._ctranslate2: Any = from_extra("ctranslate2", "ctranslate2")
        place = folder or model_path("whisper_tiny_en")
        try:
            self._model: Any = self._ctranslate2.models.Whisper(
                str(place), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
            )
        except (RuntimeError, ValueError) as error:
            raise ModelCorrupt(
                f"ctranslate2 cannot open {place}: {error}", help="vaxctl models verify"
            ) from error

    def transcribe(self, samples: NDArray[np.float32], sample_rate_hz: int) -> str | None:
        """Return the words; None where there are none to be believed.

        Raises UnusableInput for NaN and infinity.
        """
        if not np.isfinite(samples).all():
            raise UnusableInput("the audio holds NaN or infinity")
        wave = at_16_khz(samples, sample_rate_hz)
        said = [
            hypothesis.text
            for piece in map(trimmed, pieces_of(wave))
            if audible(piece) and (hypothesis := self.hypothesis(piece)).believed
        ]
        return " ".join(said) or None

    def hypothesis(self, wave: NDArray[np.float32]) -> Hypothesis:
        """Return what the model makes of at most 10 s at 16 kHz, believed or not."""
        window = np.zeros(_WINDOW, np.float32)
        window[: min(wave.size, _WINDOW)] = wave[:_WINDOW]
        features = self._ctranslate2.StorageView.from_array(log_mel_bands(window)[np.newaxis])
        limit = _TOKENS_AT_LEAST + _TOKENS_A_SECOND * wave.size // SAMPLE_RATE_HZ
        (found,) = self._model.generate(
            features, [_PROMPT], beam_size=1, max_length=limit, return_scores=True, return_no_speech_prob=True
        )
        return Hypothesis(text_of(found.sequences[0]), float(found.scores[0]), float(found.no_speech_prob))


def pieces_of(wave: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the audio in pieces of at most 10 s, cut where 100 ms are quietest between 7 s and 10 s."""
    pieces: list[NDArray[np.float32]] = []
    while wave.size > _WINDOW:
        runs = wave[_CUT_FROM:_WINDOW].reshape(-1, _QUIET_RUN)
        quietest = int(np.argmin(np.square(runs).sum(axis=1)))
        cut = _CUT_FROM + quietest * _QUIET_RUN + _QUIET_RUN // 2
        pieces.append(wave[:cut])
        wave = wave[cut:]
    # Less than the half of a window that mirrors at the ends would break the features, and holds no word.
    return [*pieces, wave] if wave.size > HOP_SAMPLES else pieces


def trimmed(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the audio without its silent ends but for 100 ms.

    After 2 s of silence the model says it all again.
    """
    heard = [at for at in range(0, wave.size, _QUIET_RUN) if audible(wave[at : at + _QUIET_RUN])]
    return wave[max(0, heard[0] - _QUIET_RUN) : heard[-1] + 2 * _QUIET_RUN] if heard else wave[:0]


def text_of(tokens: list[str]) -> str:
    """Return the text of tokens, which spell bytes as GPT-2 does."""
    spelled = "".join(token for token in tokens if not token.startswith("<|"))
    return bytes(_bytes()[char] for char in spelled if char in _bytes()).decode("utf-8", "replace").strip()


@lru_cache(maxsize=1)
def _bytes() -> dict[str, int]:
    """Return the byte behind each character.

    Printable ones stand for themselves, the rest begin at U+0100.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + at): byte for at, byte in enumerate(others)}
