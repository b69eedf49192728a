"""A corpus: checked line by line, mixed into scenarios; the same seed gives the same bytes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_edges import Source, cut_ms, sounding_start_ms, spoken_ms
from local_agent.scenarios.corpus_manifest import ClipEntry, check_corpus
from local_agent.scenarios.corpus_mix import mix_corpus
from local_agent.scenarios.reading import ScenarioUnusable, load_scenarios
from local_agent.scenarios.script import AgentState, CallerScript

ROWS: list[dict[str, Any]] = [
    {"id": "prompt", "kind": "agent", "transcript": "hello and welcome"},
    {"id": "bang", "kind": "noise", "class": "bang", "license": "own"},
    {"id": "talk", "kind": "speech", "speech": [[0.5, 1.5]]},
    {"id": "done", "kind": "turn", "turn": "complete", "turn_point_s": 1.5, "words": [["a", 0.1, 1.5]]},
    {
        "id": "more",
        "kind": "turn",
        "turn": "hold",
        "turn_point_s": 1.0,
        "words": [["a", 0.1, 1.0], ["b", 1.0, 1.9]],
    },
]


def _corpus(folder: Path, rows: list[dict[str, Any]] = ROWS, **changed: Any) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines = []
    for number, row in enumerate(rows):
        soundfile.write(folder / f"{number}.wav", rng.uniform(-0.3, 0.3, 32_000).astype(np.float32), 16_000)
        whole = {"audio": f"{number}.wav", "sample_rate_hz": 16_000, "duration_s": 2.0, **row}
        lines.append(json.dumps({**whole, **(changed if number == 1 else {})}))
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_sound_corpus(tmp_path: Path) -> None:
    """A good corpus has no findings."""
    clips, findings = check_corpus(_corpus(tmp_path / "c"))
    assert (len(clips), findings) == (5, [])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"lable": 1}, "unknown key `lable`"),
        ({"class": None}, "a noise needs its `class`"),
        ({"kind": "sound"}, "`kind`"),
        ({"duration_s": 3.0}, "the file lasts 2.000 s"),
        ({"sample_rate_hz": 8_000}, "the file has 16000 Hz"),
        ({"audio": "absent.wav"}, "no such file"),
        ({"audio": "../c/../../x.wav"}, "x.wav: is outside "),
        ({"id": "prompt"}, "taken by line 1"),
        ({"speech": [[1.5, 2.5]]}, "outside the clip"),
        ({"speech": [[1.0, 0.5]]}, "ends before it starts"),
        ({"speech": [[0.5, 1.0], [0.8, 1.2]]}, "begins before the one before it ends"),
        ({"turn": "hold"}, "go together"),
        ({"turn_point_s": float("nan")}, "`turn_point_s`"),
        ({"id": "PROMPT"}, "taken by line 1"),
        ({"audio": "a\0.wav"}, "no such name"),
        ({"audio": "a" * 5_000}, "File name too long"),
    ],
)
def test_findings(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    """Each mistake is told with its line."""
    _, findings = check_corpus(_corpus(tmp_path / "c", **changed))
    assert findings
    assert all(finding.line == 2 for finding in findings)
    assert any(expected in finding.message for finding in findings)


def test_broken_lines(tmp_path: Path) -> None:
    """What is no JSON object is told with line and column; an absent manifest is an error."""
    folder = _corpus(tmp_path / "c")
    with (folder / "manifest.jsonl").open("a") as stream:
        stream.write('{"id": \n[1]\n')
    _, findings = check_corpus(folder)
    assert [finding.line for finding in findings] == [6, 7]
    with pytest.raises(UnusableInput, match="cannot be read"):
        check_corpus(tmp_path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"id": "\xff"}', "is not UTF-8 text"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"id": ' + b"9" * 10_000 + b"}", "no JSON object"),
        (b'{"id": "a", "id": "b"}', "a key stands twice"),
        (b"[1]", "no JSON object"),
    ],
)
def test_lines_that_are_no_clips(tmp_path: Path, line: bytes, expected: str) -> None:
    """Bytes, depth and numbers that a parser stumbles over are findings of their line; the rest is still read."""
    folder = _corpus(tmp_path / "c")
    manifest = folder / "manifest.jsonl"
    manifest.write_bytes(line + b"\n" + manifest.read_bytes())
    clips, findings = check_corpus(folder, audio=False)
    assert [(f.line, expected in f.message) for f in findings] == [(1, True)]
    assert len(clips) == 5


def test_unusable_audio(tmp_path: Path) -> None:
    """Silent, cut, foreign and empty files are told; an empty manifest is one finding."""
    folder = _corpus(tmp_path / "c")
    soundfile.write(folder / "0.wav", np.zeros(32_000, np.float32), 16_000)
    (folder / "1.wav").write_bytes(b"RIFF no audio")
    (folder / "2.wav").write_bytes(b"")
    whole = (folder / "3.wav").read_bytes()
    (folder / "3.wav").write_bytes(whole[: len(whole) // 2])
    clips, findings = check_corpus(folder)
    assert [finding.line for finding in findings] == [1, 2, 3, 4]
    assert "is silent" in findings[0].message
    assert [clip.id for clip in clips] == ["more"]
    (folder / "manifest.jsonl").write_text("\n \n")
    assert [f.message for f in check_corpus(folder)[1]] == ["holds no clips"]


def test_edges_go_to_the_sound(tmp_path: Path) -> None:
    """Labels by words move to the sound's edges and cuts into gaps, within 100 ms; farther ones stay."""
    folder = tmp_path / "c"
    folder.mkdir()
    wave = np.zeros(32_000, np.float32)
    for first, last in ((0.25, 0.9), (1.0, 1.6)):
        at = np.arange(round(first * 16_000), round(last * 16_000))
        wave[at] = 0.3 * np.sin(2 * np.pi * 440 * at / 16_000)
    soundfile.write(folder / "a.wav", wave, 16_000)
    clip = ClipEntry.model_validate(
        {
            "id": "a",
            "audio": "a.wav",
            "kind": "turn",
            "sample_rate_hz": 16_000,
            "duration_s": 2.0,
            "words": [["a", 0.2, 0.9], ["b", 0.9, 1.65]],
        }
    )
    for rate_hz in (8_000, 16_000):
        source = Source(folder, rate_hz)
        onset, offset = spoken_ms(source, clip) or (0, 0)
        assert (abs(onset - 250) <= 10, abs(offset - 1_600) <= 10) == (True, True)
        assert 900 < cut_ms(source, clip, 880) < 1_000
    far = clip.model_copy(update={"words": (("a", 0.0, 1.9),)})
    assert spoken_ms(Source(folder, 16_000), far) == (0, 1_900)
    assert spoken_ms(Source(folder, 16_000), clip.model_copy(update={"words": None})) is None


def test_a_stretch_of_a_long_noise_is_not_silent(tmp_path: Path) -> None:
    """One bang in a minute of digital silence is in every stretch that is taken."""
    wave = np.zeros(60 * 8_000, np.float32)
    wave[240_000:244_000] = 0.3
    soundfile.write(tmp_path / "a.wav", wave, 8_000)
    row = {"id": "a", "audio": "a.wav", "kind": "noise", "sample_rate_hz": 8_000, "duration_s": 60.0}
    for seed in range(5):
        start = sounding_start_ms(
            Source(tmp_path, 8_000), ClipEntry.model_validate(row), 4_000, np.random.default_rng(seed)
        )
        assert wave[start * 8 : (start + 4_000) * 8].any()


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_mix(tmp_path: Path, voice: Any) -> None:
    """A mix holds each kind with its labels, plays, and is the same again; a larger one begins with it."""
    corpus = _corpus(tmp_path / "c")
    names = mix_corpus(corpus, tmp_path / "one", seed=7, count=8)
    mix_corpus(corpus, tmp_path / "two", seed=7, count=8)
    mix_corpus(corpus, tmp_path / "more", seed=7, count=12)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")
    assert _bytes(tmp_path / "one").items() <= _bytes(tmp_path / "more").items()
    mix_corpus(corpus, tmp_path / "other", seed=8, count=8)
    assert _bytes(tmp_path / "one") != _bytes(tmp_path / "other")
    scenarios = load_scenarios([tmp_path / "one"])
    assert [s.name for s in scenarios] == sorted(names)
    assert [s.caller[0].expect for s in scenarios[:4]] == ["ignore", "barge_in", "turn_end", "turn_end"]
    for scenario in scenarios:
        script, at = CallerScript(scenario, voice), 0
        while not script.done(at):
            state = AgentState(0, 0, 16_000) if at < 16_000 else AgentState(None, 0, 0, 0, 16_000)
            script.window(at, 256, state)
            at += 256
        expected = ["hold", "turn_end"] if scenario.caller[0].pauses else [scenario.caller[0].expect]
        assert [truth.expect for truth in script.truths] == expected


def test_mixed_turns_can_be_answered(tmp_path: Path) -> None:
    """After a hold and a complete turn the agent has another prompt to say, else nobody could be cut off."""
    rows = [*ROWS, {"id": "other", "kind": "agent", "transcript": "one moment please"}]
    corpus = _corpus(tmp_path / "c", rows)
    mix_corpus(corpus, tmp_path / "out", seed=7, count=12)
    turns = [s for s in load_scenarios([tmp_path / "out"]) if s.name.endswith(("hold", "complete"))]
    assert [len(scenario.agent) for scenario in turns] == [2] * 6
    assert all({turn.text for turn in s.agent} == {"hello and welcome", "one moment please"} for s in turns)
    assert {s.agent[0].text for s in turns} == {"hello and welcome", "one moment please"}
    mix_corpus(_corpus(tmp_path / "single"), tmp_path / "again", seed=7, count=4)
    hold = load_scenarios([tmp_path / "again"])[2]
    assert [turn.text for turn in hold.agent] == ["hello and welcome"] * 2


def test_mix_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mix that fails leaves nothing; a folder in use and a faulty corpus are refused."""
    corpus = _corpus(tmp_path / "c")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", _full)
        with pytest.raises(UnusableInput, match="disk full"):
            mix_corpus(corpus, tmp_path / "out", seed=1, count=4)
        patch.setattr("shutil.copyfile", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            mix_corpus(corpus, tmp_path / "out", seed=1, count=4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c"]
    with pytest.raises(UnusableInput, match="is there already"):
        mix_corpus(corpus, corpus, seed=1, count=1)
    for inside in (corpus / "mixed", corpus / "audio" / ".." / "deep" / "mixed"):
        with pytest.raises(UnusableInput, match="is inside the corpus"):
            mix_corpus(corpus, inside, seed=1, count=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableInput, match="cannot be written"):
        mix_corpus(corpus, tmp_path / "file" / "out", seed=1, count=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "file"]
    with pytest.raises(ScenarioUnusable, match="unknown key"):
        mix_corpus(_corpus(tmp_path / "bad", x=1), tmp_path / "out", seed=1, count=1)
    with pytest.raises(UnusableInput, match="nothing to compose"):
        mix_corpus(_corpus(tmp_path / "few", ROWS[:1]), tmp_path / "out", seed=1, count=1)


def _full(*_: object) -> None:
    raise OSError(28, "disk full")


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_placed_sound_is_at_its_truth(tmp_path: Path, voice: Any) -> None:
    """What is composed begins to sound within 32 ms of where its truth says, and pauses are never zeros."""
    for scenario in load_scenarios([_mixed(tmp_path)]):
        plain = scenario.model_copy(
            update={"background": (), "room": None, "line": None, "floor_dbfs": -90.0, "tail_ms": 100}
        )
        script, heard = CallerScript(plain, voice), []
        for at in range(0, 8 * 8_000, 256):
            state = AgentState(0, 0, 16_000) if at < 16_000 else AgentState(None, 0, 0, 0, 16_000)
            heard.append(script.window(at, 256, state))
        call = np.concatenate(heard)
        for truth in script.truths:
            around = call[truth.start_sample - 800 : truth.end_sample]
            loud = np.flatnonzero(np.abs(around) > np.abs(around).max() / 8)
            assert abs(int(loud[0]) - 800) <= 32 * 8
        if scenario.caller[0].pauses:
            held, rest = script.truths
            pause = call[held.end_sample + 80 : rest.start_sample - 80]
            assert abs((len(pause) + 160) / 8 - scenario.caller[0].pauses[0].duration_ms) <= 50
            assert np.count_nonzero(pause == 0) == 0
            assert float(np.sqrt(np.mean(pause**2))) < 10 ** (-55 / 20)


def _mixed(tmp_path: Path) -> Path:
    """Return a mix of clips that sound from 0.5 s to 1.5 s, labelled up to 60 ms wrong, with a gap at 1 s."""
    corpus = _corpus(tmp_path / "c")
    rng = np.random.default_rng(1)
    for number in range(1, 5):
        wave = np.zeros(32_000, np.float32)
        wave[8_000:24_000] = rng.uniform(-0.3, 0.3, 16_000)
        wave[15_600:16_400] = 0.0
        soundfile.write(corpus / f"{number}.wav", wave, 16_000)
    manifest = corpus / "manifest.jsonl"
    text = manifest.read_text().replace('[["a", 0.1, 1.5]]', '[["a", 0.44, 1.55]]')
    manifest.write_text(
        text.replace('[["a", 0.1, 1.0], ["b", 1.0, 1.9]]', '[["a", 0.44, 1.0], ["b", 1.0, 1.45]]')
    )
    mix_corpus(corpus, tmp_path / "out", seed=3, count=8)
    return tmp_path / "out"


def test_real_corpus(tmp_path: Path, voice: Any) -> None:
    """The real corpus, where there is one, is sound and can be mixed."""
    folder = Path(os.environ.get("VAXCTL_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
    if not folder.is_dir():
        pytest.skip("needs a corpus: set VAXCTL_CORPUS")
    mix_corpus(folder, tmp_path / "out", seed=1, count=12, sample_rate_hz=16_000)
    for scenario in load_scenarios([tmp_path / "out"]):
        CallerScript(scenario, voice)
