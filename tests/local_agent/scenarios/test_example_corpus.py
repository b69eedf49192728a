"""A corpus out of nothing but the package: sound, the same for one seed, good for tuning and composing."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_manifest import check_corpus
from local_agent.scenarios.corpus_mix import mix_corpus
from local_agent.scenarios.example_corpus import SOURCES, SPEAKERS, clips, write_example
from local_agent.scenarios.noises import CLASSES
from local_agent.tuning.listening.corpus import trials_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the example corpus of seed 0."""
    folder = tmp_path_factory.mktemp("example") / "corpus"
    write_example(folder, seed=0)
    return folder


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_line_and_file_is_sound(example: Path) -> None:
    """Nothing is to be found by the check that users' corpora go through, and every class is there."""
    clips, findings = check_corpus(example)
    assert findings == []
    assert Counter(clip.sound_class for clip in clips if clip.kind in {"noise", "music"}) == dict.fromkeys(
        CLASSES, SOURCES
    )
    assert len({clip.speaker for clip in clips if clip.speaker}) == SPEAKERS
    assert {clip.turn for clip in clips if clip.kind == "turn"} == {"complete", "hold"}


def test_one_seed_gives_the_same_bytes_and_another_gives_others(example: Path, tmp_path: Path) -> None:
    """Two who follow the README hear the same corpus."""
    write_example(tmp_path / "again", seed=0)
    assert _digests(tmp_path / "again") == _digests(example)
    here, there = ({clip.name: clip.samples for clip in clips(seed)} for seed in (0, 1))
    common = [name for name in here if name in there and not name.startswith("agent-")]
    assert {name.partition("-")[0] for name in common} >= {"voice", "babble"}
    assert [name for name in common if np.array_equal(here[name], there[name])] == []


def test_it_can_be_tuned_on_and_composed_from(example: Path, tmp_path: Path) -> None:
    """It holds every situation that a tuning judges, by many sources, and scenarios can be made of it."""
    trials = trials_of(example, seed=0)
    groups = {(trial.situation, trial.meaningful): set[str]() for trial in trials}
    for trial in trials:
        groups[trial.situation, trial.meaningful].add(trial.group)
    assert {kind: len(names) for kind, names in groups.items()} == {
        ("over_agent", False): len(CLASSES) * SOURCES,
        ("over_agent", True): SPEAKERS,
        ("caller_turn", True): SPEAKERS,
    }
    assert len(mix_corpus(example, tmp_path / "mixed", seed=0, count=4)) == 4


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    """A folder that exists is refused, also an empty one, and keeps what it holds."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UnusableInput, match="is there already"):
        write_example(tmp_path, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableInput, match="cannot be written"):
        write_example(tmp_path / "file" / "corpus", seed=0)
