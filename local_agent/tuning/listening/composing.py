"""From a trial to its lane: the caller's samples, whole windows, the same ones at each call.

A lane is a bed of faint noise for all of its length with the trial's pieces added where they begin, held to
-1..1. A piece that is cut out of a longer file fades in and out over 5 ms, for a step in the wave is a click
that nobody made.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from local_agent.tuning.listening.trial import Piece, Trial

    Samples = NDArray[np.float32]

WINDOW_MS: Final = 32
"""The window of each VAD that is used here: 512 samples at 16 kHz, 256 at 8 kHz."""
EDGE_MS: Final = 5
RECIPE: Final = 1
"""The version of how lanes are made; a change of it makes what was cached for older lanes useless."""
_NATIVE_HZ: Final = (8_000, 16_000)
_NO_BED_DBFS: Final = -120.0
_MEMO_BYTES: Final = 256 * 1024 * 1024


class Sounds:
    """Decoded files and their hashes; the files used last stay in memory, up to `memo_bytes`.

    `fetch` turns what a piece names into a local file; elsewhere than on this machine's disk it brings it.
    """

    def __init__(self, fetch: Callable[[str], Path] = Path, memo_bytes: int = _MEMO_BYTES) -> None:
        self._fetch, self._left = fetch, memo_bytes
        self._decoded: OrderedDict[tuple[str, int], Samples] = OrderedDict()
        self._digests: dict[str, str] = {}

    def samples(self, audio: str, rate_hz: int) -> Samples:
        """Return a file's first channel, in a call that is the caller's, at a rate.

        Raises UnusableInput where it is no audio, and for more than an hour.
        """
        key = (audio, rate_hz)
        if key in self._decoded:
            self._decoded.move_to_end(key)
            return self._decoded[key]
        from local_agent.audio.reading import read_clip

        samples = read_clip(self._fetch(audio), rate_hz=rate_hz).samples
        self._decoded[key] = samples
        self._left -= samples.nbytes
        while self._left < 0 and len(self._decoded) > 1:
            self._left += self._decoded.popitem(last=False)[1].nbytes
        return samples

    def digest(self, audio: str) -> str:
        """Return the SHA-256 of a file, read once. Raises UnusableInput where it cannot be read."""
        if audio not in self._digests:
            from local_agent.models.cache import sha256_of

            try:
                self._digests[audio] = sha256_of(self._fetch(audio))
            except OSError as problem:
                raise UnusableInput(
                    f"{audio}: cannot be read: {problem.strerror or problem}", help="check the path"
                ) from problem
        return self._digests[audio]


def window_samples(rate_hz: int) -> int:
    """Return how many samples a window has."""
    return rate_hz * WINDOW_MS // 1000


def lane(trial: Trial, rate_hz: int, sounds: Sounds | None = None) -> Samples:
    """Return the trial's lane at 8 or 16 kHz.

    Its length is the trial's duration, rounded up to whole windows. Raises UnusableInput where a file cannot
    be read or ends before a piece of it does.
    """
    sounds = sounds or Sounds()
    size = window_samples(rate_hz)
    out = np.zeros(-(-round(trial.duration_s * rate_hz) // size) * size, np.float64)
    if trial.bed_dbfs > _NO_BED_DBFS:
        out += np.random.default_rng(trial.seed).standard_normal(len(out)) * 10 ** (trial.bed_dbfs / 20)
    for piece in trial.pieces:
        cut = _cut(piece, rate_hz, sounds)
        at = round(piece.at_s * rate_hz)
        cut = cut[: max(len(out) - at, 0)]
        out[at : at + len(cut)] += cut
    return np.clip(out, -1.0, 1.0).astype(np.float32)


def _cut(piece: Piece, rate_hz: int, sounds: Sounds) -> NDArray[np.float64]:
    whole = sounds.samples(piece.audio, rate_hz)
    start = round(piece.from_s * rate_hz)
    end = len(whole) if piece.to_s is None else min(round(piece.to_s * rate_hz), len(whole))
    if start >= end:
        raise UnusableInput(
            f"{piece.audio}: lasts {len(whole) / rate_hz:.3f} s, and {piece.from_s:g} s of it is asked for",
            help="check the labels, or that they belong to this file",
        )
    cut = whole[start:end] * 10 ** (piece.gain_db / 20)
    edge = min(EDGE_MS * rate_hz // 1000, len(cut))
    ramp = np.arange(1, edge + 1) / edge
    if start > 0:
        cut[:edge] *= ramp
    if end < len(whole):
        cut[len(cut) - edge :] *= ramp[::-1]
    return np.asarray(cut, np.float64)


def recipe(trial: Trial, rate_hz: int, sounds: Sounds) -> str:
    """Return what makes the lane what it is, as a hash: files by content, never by name, and all that is done to them."""
    pieces = [
        [sounds.digest(piece.audio), piece.at_s, piece.from_s, piece.to_s, piece.gain_db]
        for piece in trial.pieces
    ]
    facts = [RECIPE, rate_hz, trial.duration_s, trial.bed_dbfs, trial.seed, pieces, made_with()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@cache
def made_with() -> tuple[str, ...]:
    """Return what the last bit of a sample or of a score may depend on: the packages and the machine."""
    from importlib import metadata

    versions = []
    for package in ("numpy", "soxr", "soundfile", "onnxruntime"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:  # without it nothing that needs it is computed
            versions.append(f"{package} -")
    return (*versions, platform.machine())


def rate_for(trials: Iterable[Trial], asked_hz: int | None = None) -> int:
    """Return the rate to hear all trials at: what is asked for, else the one that all their files have.

    Raises UnusableInput for files of 8 kHz among others: a detector hears at once which is which, and what is
    found out about a class may be found out about its telephone line.
    """
    from local_agent.audio.reading import AudioStream

    if asked_hz is not None and asked_hz <= min(_NATIVE_HZ):
        return asked_hz
    files = sorted({piece.audio for trial in trials for piece in trial.pieces})
    by_rate: dict[int, list[str]] = {}
    for file in files:
        by_rate.setdefault(AudioStream(file).sample_rate_hz, []).append(file)
    if len(by_rate) > 1 or (asked_hz or 0) > max(by_rate, default=0):
        example = ", ".join(f"{len(of)} at {hz} Hz (such as {of[0]})" for hz, of in sorted(by_rate.items()))
        raise UnusableInput(
            f"mixed sample rates: {example}" if len(by_rate) > 1 else f"{asked_hz} Hz is more than {example}",
            help="tune at 8000 Hz (--rate 8000), as a telephone line has it, or leave the files of 8000 Hz out",
        )
    return asked_hz or next(iter(by_rate), max(_NATIVE_HZ))
