"""Loudness of trials: what Pipecat's meter says window by window, computed once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.composing import lane
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.listening.volumes import volumes
from local_agent.vad.loudness import LoudnessMeter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("rate", [8000, 16_000])
def test_volumes_are_the_meters(corpus: Path, rate: int) -> None:
    """The very numbers that a call's gate hears."""
    for trial in trials_of(corpus, seed=1):
        meter = LoudnessMeter(rate)
        heard = [meter.volume(window) for window in lane(trial, rate).reshape(-1, rate * 32 // 1000)]
        assert volumes(trial, rate).tolist() == heard


def test_volumes_are_kept_by_what_is_heard(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same audio elsewhere they are read; another rate is another lane."""
    cache, moved = Cache(tmp_path / "cache"), shutil.copytree(corpus, tmp_path / "moved")
    here, there = trials_of(corpus, seed=1)[0], trials_of(moved, seed=1)[0]
    first = volumes(here, 8000, cache=cache)
    assert not np.array_equal(volumes(here, 16_000, cache=cache), first)
    monkeypatch.setattr("local_agent.tuning.listening.volumes.volumes_of", None)
    np.testing.assert_array_equal(volumes(there, 8000, cache=cache), first)
    with pytest.raises(TypeError):
        volumes(trials_of(corpus, seed=1)[1], 8000, cache=cache)
