"""A small corpus and small calls, made of speech-like sound and noise: no recording is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.scenarios.speech_like import speech_like

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


@pytest.fixture(scope="session")
def real_corpus() -> Path:
    """Return the folder that VAXCTL_CORPUS names; without one the test is skipped."""
    import os

    folder = os.environ.get("VAXCTL_CORPUS")
    if not folder or not (Path(folder) / "manifest.jsonl").is_file():
        pytest.skip("no corpus: set VAXCTL_CORPUS to a folder of labelled clips (docs/corpus.md)")
    return Path(folder)
