"""The page's example runs as it stands: one's own classifier, from Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).parents[3] / "docs" / "endpointing.md"
RATE = 16_000


def _buzz(seconds: float) -> np.ndarray:
    """Return syllables of a buzzing voice: enough like speech for the VAD."""
    times = np.arange(int(seconds * RATE)) / RATE
    pitch = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 2.1 * times)) / RATE
    gains = [
        sum(np.exp(-(((120 * number - centre) / 180) ** 2)) for centre in (600, 1200, 2500))
        for number in range(1, 30)
    ]
    wave = sum(gain * np.sin(number * pitch) for number, gain in enumerate(gains, 1))
    return 0.1 * wave * np.clip(np.sin(2 * np.pi * 3.7 * times), 0, None)


def test_the_example_of_ones_own_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is asked, and what it answers decides: a turn that ends after `delay_ms`, called semantic."""
    import soundfile

    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lane = np.concatenate([np.zeros(RATE), _buzz(2.0), np.zeros(3 * RATE)])
    lane += np.random.default_rng(0).normal(0, 0.001, len(lane))
    soundfile.write(tmp_path / "caller.wav", lane.astype(np.float32), RATE)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(PAGE), "exec"), {"__name__": "example"})  # noqa: S102 - the page's own code
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"the turn ended at \d\.\d\d s, (400|4\d\d) ms after its last speech frame: semantic", line
    )
