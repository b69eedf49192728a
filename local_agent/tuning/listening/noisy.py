"""Trials a second time, in a noise so many dB below their sound.

The noise comes from the corpus: its recordings of 20 s or more that are labelled noise, else the longest
there are. It lasts through the whole lane. Which one is drawn for each trial; all trials share these few, so
two parts of a split may hear the same street, though never the same speaker.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from local_agent.errors import UnusableInput
from local_agent.scenarios.levels import active_dbfs
from local_agent.tuning.listening.corpus import chance_of
from local_agent.tuning.listening.trial import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from local_agent.scenarios.corpus_manifest import ClipEntry
    from local_agent.tuning.listening.composing import Sounds
    from local_agent.tuning.listening.trial import Trial

LONG_S: Final = 20.0
_LEVEL_RATE_HZ: Final = 16_000
_QUIETEST_DBFS: Final = -100.0


def with_noise(
    trials: Sequence[Trial],
    folder: Path,
    clips: Sequence[ClipEntry],
    *,
    snr_db: float,
    seed: int,
    sounds: Sounds,
) -> list[Trial]:
    """Return the trials' noisy variants, named after them. Raises UnusableInput where no clip is a noise."""
    noises = [clip for clip in clips if clip.kind == "noise" and clip.duration_s > 0]
    if not noises:
        raise UnusableInput("no noise to add: the corpus has no clip of kind noise", help="leave the SNR out")
    longest = max(clip.duration_s for clip in noises)
    beds = sorted(
        (clip for clip in noises if clip.duration_s >= min(LONG_S, longest)), key=lambda clip: clip.id
    )
    levels = {clip.id: _level(Piece(str(folder / clip.audio), 0.0), sounds) for clip in beds}
    noisy = []
    for trial in trials:
        chance = chance_of(seed, f"{trial.name} in noise")
        bed = beds[int(chance.integers(len(beds)))]
        gain_db = _level(trial.pieces[0], sounds) - snr_db - levels[bed.id]
        pieces = _through(str(folder / bed.audio), bed.duration_s, trial.duration_s, gain_db, chance)
        name = f"{trial.name}@{snr_db:g}dB"
        noisy.append(replace(trial, name=name, pieces=(*trial.pieces, *pieces)))
    return noisy


def _level(piece: Piece, sounds: Sounds) -> float:
    samples = sounds.samples(piece.audio, _LEVEL_RATE_HZ)
    end = None if piece.to_s is None else round(piece.to_s * _LEVEL_RATE_HZ)
    level = active_dbfs(samples[round(piece.from_s * _LEVEL_RATE_HZ) : end], _LEVEL_RATE_HZ)
    return float(max(level, _QUIETEST_DBFS))


def _through(
    audio: str, length_s: float, duration_s: float, gain_db: float, chance: np.random.Generator
) -> list[Piece]:
    """Return the noise from a drawn place on, from its beginning again where it ends."""
    start = round(float(chance.uniform(0, max(length_s - duration_s, 0.0))), 3)
    at, pieces = 0.0, []
    while at < duration_s:
        take = min(length_s - start, duration_s - at)
        pieces.append(Piece(audio, at, start, start + take, round(gain_db, 2)))
        at, start = at + take, 0.0
    return pieces
