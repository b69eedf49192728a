"""Trials of a corpus: what its labels say, placed by chance that is the clip's own."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_manifest import ClipEntry
from local_agent.scenarios.levels import active_dbfs
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.composing import Sounds, lane
from local_agent.tuning.listening.corpus import (
    OF_TURNS,
    TAIL_S,
    asked_of,
    group_of,
    refuse_one_sided,
    trials_of,
    utterances,
)
from local_agent.tuning.listening.trial import Piece

if TYPE_CHECKING:
    from local_agent.tuning.listening.trial import Trial


def _by_name(folder: Path, seed: int = 1, **more: float) -> dict[str, Trial]:
    return {trial.name: trial for trial in trials_of(folder, seed=seed, **more)}  # type: ignore[arg-type]


def _moved(corpus: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(corpus, tmp_path / "mine"))


def _rewrite(folder: Path, rows: list[dict[str, object]]) -> None:
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _rows(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def test_every_clip_becomes_what_it_is(corpus: Path) -> None:
    """Noises, cuts of a long one, utterances, turns, held thoughts; names are unique."""
    trials = trials_of(corpus, seed=1)
    told = [(t.name, t.situation, t.sound_class, t.meaningful, t.group) for t in trials]
    assert told == [
        ("bang-1-a/noise-1", "over_agent", "bang", False, "bang-1"),
        ("bang-1-b/noise-1", "over_agent", "bang", False, "bang-1"),
        ("street/noise-1", "over_agent", "street", False, "street"),
        ("street/noise-2", "over_agent", "street", False, "street"),
        ("talk-1/speech-1", "over_agent", "speech", True, "anna"),
        ("talk-1/speech-2", "over_agent", "short-speech", True, "anna"),
        ("talk-1/speech-3", "over_agent", "speech", True, "anna"),
        ("ask-female-c/turn", "caller_turn", "complete", True, "female-c"),
        ("ask-female-c/speech-1", "over_agent", "speech", True, "female-c"),
        ("hold-female-c/turn", "caller_turn", "hold", True, "female-c"),
    ]


def test_lanes_hold_the_sound_and_end_late(corpus: Path) -> None:
    """The sound is where the trial says, the bed around it, and at least 4 s follow."""
    for trial in trials_of(corpus, seed=1):
        samples = lane(trial, 16_000)
        assert 0 < trial.onset_s < trial.end_s <= trial.duration_s - 4.0
        inside = samples[round(trial.onset_s * 16_000) : round(trial.end_s * 16_000)]
        before = samples[: round(trial.pieces[0].at_s * 16_000)]
        after = samples[round((trial.duration_s - TAIL_S + 0.6) * 16_000) :]
        assert active_dbfs(inside, 16_000) > -40
        for quiet in (before, after):
            assert 20 * np.log10(np.std(quiet)) == pytest.approx(trial.bed_dbfs, abs=1.0)


def test_a_held_thought_pauses_in_a_room(corpus: Path) -> None:
    """At its turn point, for 0.3 to 2.5 s, with noise at -50 dBFS and no zeros; the turn spans the pause."""
    pauses = []
    for seed in range(20):
        trial = _by_name(corpus, seed)["hold-female-c/turn"]
        first, second = trial.pieces
        start, end = first.at_s + 1.0, second.at_s
        pauses.append(end - start)
        pause = lane(trial, 16_000)[round(start * 16_000) + 1 : round(end * 16_000) - 1]
        assert 20 * np.log10(np.std(pause)) == pytest.approx(-50.0, abs=0.5)
        assert trial.end_s == pytest.approx(second.at_s + 0.8)
        assert trial.onset_s == pytest.approx(first.at_s + 0.1)
    assert 0.3 <= min(pauses) < 1.0
    assert 1.8 < max(pauses) <= 2.5


def test_a_complete_turn_ends_at_its_point(corpus: Path) -> None:
    """The caller is done there, whatever the file holds after it."""
    trial = _by_name(corpus)["ask-female-c/turn"]
    assert trial.end_s - trial.pieces[0].at_s == pytest.approx(1.5)
    assert trial.duration_s - trial.pieces[0].at_s == pytest.approx(1.6 + TAIL_S)


def test_chance_is_the_clips_own(corpus: Path, tmp_path: Path) -> None:
    """The same seed gives the same trials; fewer clips leave the others as they were; another seed moves them."""
    mine = _moved(corpus, tmp_path)
    _rewrite(mine, _rows(mine)[2:])
    whole, fewer = _by_name(corpus), _by_name(mine)
    assert _by_name(corpus) == whole
    for name, trial in fewer.items():
        assert replace(trial, pieces=()) == replace(whole[name], pieces=())
        assert [replace(p, audio="") for p in trial.pieces] == [
            replace(p, audio="") for p in whole[name].pieces
        ]
    assert {t.onset_s for t in _by_name(corpus, 2).values()}.isdisjoint(t.onset_s for t in whole.values())


@pytest.mark.parametrize(
    ("stretches", "joined"),
    [
        ([(0.0, 0.4), (0.6, 2.0)], [(0.0, 2.0)]),
        ([(0.0, 1.2), (1.3, 2.0)], [(0.0, 1.2), (1.3, 2.0)]),
        ([(0.0, 0.4), (1.1, 2.0)], [(0.0, 0.4), (1.1, 2.0)]),
        ([(0.0, 0.3), (0.5, 0.7), (0.9, 1.4), (1.5, 3.0)], [(0.0, 1.4), (1.5, 3.0)]),
        ([(1.0, 2.0)], [(1.0, 2.0)]),
    ],
)
def test_stretches_become_utterances(
    stretches: list[tuple[float, float]], joined: list[tuple[float, float]]
) -> None:
    """Joined until they last a second, and never over more than 0.6 s."""
    assert utterances(stretches) == joined


@pytest.mark.parametrize(
    ("name", "kind", "speaker", "group"),
    [
        ("talk-01", "speech", "anna", "anna"),
        ("turn-late-long-female-en-c", "turn", None, "female-en-c"),
        ("turn-late-short-male_b", "turn", None, "male_b"),
        ("noise-dog-1-100032-a", "noise", None, "noise-dog-1-100032"),
        ("noise-dog-1-100032-b", "noise", None, "noise-dog-1-100032"),
        ("female-cough-2", "noise", None, "female-cough-2"),
        ("labelled-01", "speech", None, "labelled-01"),
        ("reading-a", "speech", None, "reading-a"),
    ],
)
def test_groups(name: str, kind: str, speaker: str | None, group: str) -> None:
    """The speaker that is told, else the voice in the id, else the recording without its take."""
    clip = ClipEntry(id=name, audio="x", kind=kind, sample_rate_hz=8000, duration_s=1, speaker=speaker)  # type: ignore[arg-type, call-arg]
    assert group_of(clip) == group


def test_noise_is_added_at_its_level(corpus: Path) -> None:
    """Each trial stands there twice, the second time in a noise so far below its sound, through all of it."""
    clean = trials_of(corpus, seed=1)
    both = trials_of(corpus, seed=1, snr_db=10.0)
    assert both[: len(clean)] == clean
    noisy = both[len(clean) :]
    assert [trial.name for trial in noisy] == [f"{trial.name}@10dB" for trial in clean]
    sounds = Sounds()
    for quiet, loud in zip(clean, noisy, strict=True):
        assert replace(loud, name=quiet.name, pieces=quiet.pieces) == quiet
        assert {Path(piece.audio).stem for piece in loud.pieces[len(quiet.pieces) :]} == {"street"}
        added = lane(loud, 16_000, sounds).astype(float) - lane(quiet, 16_000, sounds)
        end = round(quiet.duration_s * 16_000)
        sound = sounds.samples(quiet.pieces[0].audio, 16_000)
        from_s, to_s = quiet.pieces[0].from_s, quiet.pieces[0].to_s
        cut = sound[round(from_s * 16_000) : None if to_s is None else round(to_s * 16_000)]
        assert active_dbfs(cut, 16_000) - 20 * np.log10(np.std(added[:end])) == pytest.approx(10, abs=0.6)
        assert np.std(added[end - 8000 : end]) > 0.5 * np.std(added[:end])


def test_a_corpus_without_noise_has_none_to_add(corpus: Path, tmp_path: Path) -> None:
    """It is said, rather than tuned without."""
    mine = _moved(corpus, tmp_path)
    _rewrite(mine, [row for row in _rows(mine) if row["kind"] != "noise"])
    with pytest.raises(UnusableInput, match="no noise to add"):
        trials_of(mine, seed=1, snr_db=5.0)


def test_findings_stop_a_tuning(corpus: Path, tmp_path: Path) -> None:
    """A missing file and a label outside, with file and line; with a cache and without one."""
    mine = _moved(corpus, tmp_path)
    (mine / "audio" / "street.wav").unlink()
    rows = _rows(mine)
    rows[3]["speech"] = [[5.0, 7.5]]
    _rewrite(mine, rows)
    for cache in (None, Cache(tmp_path / "cache")):
        with pytest.raises(ScenarioUnusable) as stopped:
            trials_of(mine, seed=1, cache=cache)
        assert "manifest.jsonl:4:" in stopped.value.message
        assert "outside the clip" in stopped.value.message


def test_audio_is_checked_once_for_each_state(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a cache sound audio is not read to its end again; audio that changed is."""
    from local_agent.audio.reading import AudioStream

    mine, cache = _moved(corpus, tmp_path), Cache(tmp_path / "cache")
    first = trials_of(mine, seed=1, cache=cache)
    read: list[str] = []
    real = AudioStream.__iter__
    monkeypatch.setattr(AudioStream, "__iter__", lambda self: read.append(self.path.name) or real(self))
    assert trials_of(mine, seed=1, cache=cache) == first
    assert read == []
    shutil.copy(mine / "audio" / "bang-1-a.wav", mine / "audio" / "street.wav")
    with pytest.raises(ScenarioUnusable, match="lasts 1"):
        trials_of(mine, seed=1, cache=cache)


def test_nothing_to_tune_on_is_said(corpus: Path, tmp_path: Path) -> None:
    """A corpus of prompts alone has no trials, and no file at all is no corpus."""
    mine = _moved(corpus, tmp_path)
    rows = _rows(mine)[:1]
    rows[0] |= {"kind": "agent"}
    _rewrite(mine, rows)
    with pytest.raises(UnusableInput, match="no clip can be tuned on"):
        trials_of(mine, seed=1)
    with pytest.raises(UnusableInput, match="cannot be read"):
        trials_of(tmp_path / "nowhere", seed=1)


def test_one_class_alone_is_refused(corpus: Path) -> None:
    """Noise without speech, or speech without noise, can be tuned to anything; turns alone where turns are asked for."""
    trials = trials_of(corpus, seed=1)
    refuse_one_sided(trials, floor=True, turns=True)
    turns = [trial for trial in trials if trial.situation == "caller_turn"]
    refuse_one_sided(turns, floor=False, turns=True)
    over = [trial for trial in trials if trial.situation == "over_agent"]
    refuse_one_sided(over, floor=True, turns=False)
    noise = [trial for trial in over if not trial.meaningful]
    with pytest.raises(UnusableInput, match="is noise") as refused:
        refuse_one_sided(noise, floor=True, turns=False)
    assert (refused.value.help or "").startswith("add speech")
    assert "--minimize" not in (refused.value.help or "")
    with pytest.raises(UnusableInput, match="is noise") as refused:
        refuse_one_sided([*noise, *turns], floor=True, turns=False)
    assert OF_TURNS in (refused.value.help or "")
    refuse_one_sided([*noise, *turns], floor=False, turns=True)
    with pytest.raises(UnusableInput, match="is speech"):
        refuse_one_sided([trial for trial in over if trial.meaningful], floor=True, turns=False)
    with pytest.raises(UnusableInput, match="nothing falls on the agent's speech"):
        refuse_one_sided(turns, floor=True, turns=False)
    with pytest.raises(UnusableInput, match="no caller's turn"):
        refuse_one_sided(over, floor=True, turns=True)


def test_what_nobody_asks_about_does_not_stand_in_the_way(corpus: Path) -> None:
    """Where all of a sort is of one group no split cuts it: it is left out and said, unless it is asked for."""
    trials = trials_of(corpus, seed=1)
    kept, notes = asked_of(trials, floor=False, turns=True)
    assert kept == trials
    one = [t for t in trials if t.situation == "caller_turn" or t.group == "street"]
    kept, notes = asked_of(one, floor=False, turns=True)
    assert {trial.situation for trial in kept} == {"caller_turn"}
    assert notes == ["left out: noise over the agent, all from street"]
    assert asked_of(one, floor=True, turns=True) == (one, [])


def test_the_real_corpus_has_trials_of_each_sort(real_corpus: Path) -> None:
    """Recordings: unique names, tails, pieces inside their files."""
    trials = trials_of(real_corpus, seed=1, cache=None)
    assert len({trial.name for trial in trials}) == len(trials) > 300
    assert {(t.situation, t.meaningful) for t in trials} == {
        ("over_agent", True),
        ("over_agent", False),
        ("caller_turn", True),
    }
    assert min(t.duration_s - t.end_s for t in trials) >= 4.0
    assert all(isinstance(piece, Piece) and piece.at_s >= 0 for t in trials for piece in t.pieces)
