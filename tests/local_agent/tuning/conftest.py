"""What tuning is tried on: a small corpus, small calls, and trials with probabilities but without audio."""

from __future__ import annotations

import faulthandler
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.scenarios.speech_like import speech_like
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.traces import Traces
from local_agent.tuning.listening.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000


def voice(seconds: float, seed: int, rate: int = RATE) -> NDArray[np.float32]:
    """Return speech-like sound at some -20 dBFS."""
    sound = speech_like(round(seconds * rate), rate, np.random.default_rng(seed), pauses=False)
    return np.asarray(sound * (0.15 / max(float(np.std(sound)), 1e-9)), np.float32).clip(-1, 1)


def burst(seconds: float, seed: int, rate: int = RATE) -> NDArray[np.float32]:
    """Return a burst of noise."""
    return (np.random.default_rng(seed).standard_normal(round(seconds * rate)) * 0.1).astype(np.float32)


def write(path: Path, samples: NDArray[np.float32], rate: int = RATE) -> None:
    """Write samples as 16-bit audio."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="PCM_16")


def clip_row(name: str, kind: str, seconds: float, **more: Any) -> dict[str, Any]:
    """Return a line of a manifest."""
    return {
        "id": name,
        "audio": f"audio/{name}.wav",
        "kind": kind,
        "sample_rate_hz": RATE,
        "duration_s": seconds,
        **more,
    }


ROWS = [
    clip_row("bang-1-a", "noise", 1.5, **{"class": "bang"}),
    clip_row("bang-1-b", "noise", 1.0, **{"class": "bang"}),
    clip_row("street", "noise", 24.0, **{"class": "street"}),
    clip_row(
        "talk-1", "speech", 6.0, speech=[[0.2, 0.6], [0.8, 2.0], [2.9, 3.3], [4.5, 5.9]], speaker="anna"
    ),
    clip_row(
        "ask-female-c",
        "turn",
        1.6,
        turn="complete",
        turn_point_s=1.5,
        words=[["a", 0.0, 0.7], ["b", 0.7, 1.5]],
    ),
    clip_row(
        "hold-female-c", "turn", 2.0, turn="hold", turn_point_s=1.0, words=[["a", 0.1, 1.0], ["b", 1.0, 1.8]]
    ),
]


def write_corpus(folder: Path) -> Path:
    """Write ROWS and their audio."""
    for number, row in enumerate(ROWS):
        make = burst if row["kind"] == "noise" else voice
        write(folder / row["audio"], make(row["duration_s"], number))
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of a corpus; tests that change it copy it."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two stereo calls of 10 s, without labels."""
    folder = tmp_path_factory.mktemp("calls")
    for number, name in enumerate(("one", "two")):
        both = np.zeros((10 * RATE, 2), np.float32)
        both[:, 0] = np.random.default_rng(number).standard_normal(10 * RATE) * 1e-3
        both[2 * RATE : 2 * RATE + 2 * RATE, 0] += voice(2.0, 10 + number)
        both[6 * RATE : 6 * RATE + RATE // 2, 0] += burst(0.5, 20 + number)
        both[5 * RATE : 9 * RATE, 1] = voice(4.0, 30 + number)
        write(folder / f"{name}.wav", both)
    return folder


@pytest.fixture(scope="module")
def bounded(request: pytest.FixtureRequest) -> Iterator[None]:
    """End the process, all threads' stacks told, where a module's tests stand still: a cluster may, for ever."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        stderr = os.dup(2)
    faulthandler.dump_traceback_later(900, exit=True, file=stderr)
    yield
    faulthandler.cancel_dump_traceback_later()
    os.close(stderr)


@pytest.fixture(scope="session")
def real_corpus() -> Path:
    """Return the folder that VAXCTL_CORPUS names; without one the test is skipped."""
    folder = os.environ.get("VAXCTL_CORPUS")
    if not folder or not (Path(folder) / "manifest.jsonl").is_file():
        pytest.skip("no corpus: set VAXCTL_CORPUS to a folder of labelled clips (docs/corpus.md)")
    return Path(folder)


WINDOW = 512
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


def generated(groups: int, seed: int = 1) -> tuple[list[Trial], Traces]:
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
    return generated


@pytest.fixture(scope="session")
def bench() -> Bench:
    """Return a bench of 24 speakers and as many sources of noise."""
    return Bench(*generated(24))
