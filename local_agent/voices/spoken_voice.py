"""Speech that was rendered once and comes with the scenarios: an utterance is found by its text, exactly.

A folder holds FLAC files at 16 kHz and `manifest.json`, which tells of each its text, length, word times
and SHA-256, and of all the voice and its licence. `python -m local_agent.scenarios.prerender` writes it.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_agent.audio.resampling import resample, resampled_length
from local_agent.errors import UnusableInput
from local_agent.record import SpokenTurn, Word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST = "manifest.json"
SAMPLE_RATE_HZ = 16_000
REINSTALL = "install vaxctl again, or run `python -m local_agent.scenarios.prerender --all`"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One file: its text, its name, its length, its digest, its words in samples at 16 kHz."""

    text: str
    file: str
    samples: int
    sha256: str
    words: tuple[Word, ...]


class SpokenVoice:
    """Knows the utterances of one folder; `knows` says which. It keeps no audio."""

    def __init__(self, folder: Path) -> None:
        """Read the folder's manifest. Raises UnusableInput where it is absent or no manifest."""
        self._folder = folder
        self.utterances: Mapping[str, Utterance] = {one.text: one for one in read_manifest(folder)}

    def knows(self, text: str) -> bool:
        """Whether this very text is here."""
        return text in self.utterances

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return a text that is here, at a rate. Raises UnusableInput for a file that is not the manifest's."""
        import soundfile

        one = self.utterances[text]
        file = self._folder / one.file
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise UnusableInput(f"{file}: cannot be read: {error.strerror}", help=REINSTALL) from error
        if hashlib.sha256(raw).hexdigest() != one.sha256:
            raise UnusableInput(f"{file}: is not the file that {MANIFEST} names", help=REINSTALL)
        samples, rate_hz = soundfile.read(io.BytesIO(raw), dtype="float32")
        words = tuple(
            Word(word.text, *(resampled_length(at, rate_hz, sample_rate_hz) for at in _edges(word)))
            for word in one.words
        )
        return SpokenTurn(text, resample(samples, rate_hz, sample_rate_hz), words)


def read_manifest(folder: Path) -> list[Utterance]:
    """Return a folder's utterances in the manifest's order. Raises UnusableInput where that cannot be."""
    path = folder / MANIFEST
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["utterances"]
        return [
            Utterance(
                entry["text"],
                entry["file"],
                entry["samples"],
                entry["sha256"],
                tuple(Word(*word) for word in entry["words"]),
            )
            for entry in entries
        ]
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read: {error.strerror}", help=REINSTALL) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableInput(f"{path}: is no manifest of utterances: {error}", help=REINSTALL) from error


def _edges(word: Word) -> tuple[int, int]:
    return word.start_sample, word.end_sample
