"""A seeded corpus without audio: trials, and probabilities as a VAD would give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.tuning.evaluating import Bench
from local_agent.tuning.traces import Traces
from local_agent.tuning.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE, WINDOW = 16_000, 512
WINDOWS = 220
ONSET, QUIET_FROM = 31, 90
NOISES = ("door", "sneeze", "music")


def _noise(chance: np.random.Generator, loud: float) -> Samples:
    """Bursts of speech-likeness, short and seldom certain."""
    values = np.clip(chance.normal(0.03, 0.02, WINDOWS), 0, 1)
    for _ in range(chance.integers(0, 4)):
        at, size = int(chance.integers(ONSET, QUIET_FROM)), int(chance.integers(1, 14))
        values[at : at + size] = chance.uniform(0.2, loud, len(values[at : at + size]))
    return values.astype(np.float32)


def _speech(chance: np.random.Generator, quality: float) -> Samples:
    """Speech with short pauses."""
    values = np.clip(chance.normal(0.03, 0.02, WINDOWS), 0, 1)
    at = ONSET + int(chance.integers(0, 4))
    while at < QUIET_FROM:
        size = min(int(chance.integers(6, 30)), QUIET_FROM - at)
        values[at : at + size] = np.clip(chance.normal(quality, 0.1, size), 0, 1)
        at += size + int(chance.choice([1, 3, 9, 14]))
    return values.astype(np.float32)


def _trial(number: int, kind: str, group: str) -> Trial:
    situation = "caller_turn" if kind == "turn" else "over_agent"
    meaningful = kind in {"turn", "speech"}
    return Trial(
        name=f"{kind}-{number}",
        situation=situation,  # type: ignore[arg-type]
        sound_class="speech" if meaningful else kind,
        meaningful=meaningful,
        group=group,
        onset_s=ONSET * WINDOW / RATE,
        end_s=QUIET_FROM * WINDOW / RATE,
        duration_s=WINDOWS * WINDOW / RATE,
        pieces=(),
    )


def corpus(groups: int, seed: int = 1) -> tuple[list[Trial], Traces]:
    """Return trials of so many speakers (speech and turns) and as many sources of noise, and their traces."""
    chance = np.random.default_rng(seed)
    trials, values = [], []
    for group in range(groups):
        quality, loud = chance.uniform(0.75, 0.98), chance.uniform(0.6, 1.0)
        for kind in ("speech", "turn", "turn", NOISES[group % len(NOISES)], NOISES[group % len(NOISES)]):
            speaks = kind in {"speech", "turn"}
            trials.append(_trial(len(trials), kind, f"{'speaker' if speaks else 'source'}-{group}"))
            values.append(_speech(chance, quality) if speaks else _noise(chance, loud))
    return trials, Traces.of(values, RATE, WINDOW)


@pytest.fixture(scope="session")
def make_corpus() -> Callable[..., tuple[list[Trial], Traces]]:
    """Return the maker of corpora."""
    return corpus


@pytest.fixture(scope="session")
def bench() -> Bench:
    """Return a bench of 24 speakers and as many sources of noise."""
    return Bench(*corpus(24))
