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
from local_agent.scenarios.corpus_manifest import check_corpus
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
        ({"audio": "../c/../../x.wav"}, "outside the corpus"),
        ({"id": "prompt"}, "taken by line 1"),
        ({"speech": [[1.5, 2.5]]}, "outside the clip"),
        ({"speech": [[1.0, 0.5]]}, "ends before it starts"),
        ({"speech": [[0.5, 1.0], [0.8, 1.2]]}, "begins before the one before it ends"),
        ({"turn": "hold"}, "go together"),
        ({"turn_point_s": float("nan")}, "`turn_point_s`"),
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


def test_mix_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mix that fails leaves nothing; a folder in use and a faulty corpus are refused."""
    corpus = _corpus(tmp_path / "c")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", _full)
        with pytest.raises(OSError, match="full"):
            mix_corpus(corpus, tmp_path / "out", seed=1, count=4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c"]
    with pytest.raises(UnusableInput, match="is there already"):
        mix_corpus(corpus, corpus, seed=1, count=1)
    with pytest.raises(ScenarioUnusable, match="unknown key"):
        mix_corpus(_corpus(tmp_path / "bad", x=1), tmp_path / "out", seed=1, count=1)
    with pytest.raises(UnusableInput, match="nothing to compose"):
        mix_corpus(_corpus(tmp_path / "few", ROWS[:1]), tmp_path / "out", seed=1, count=1)


def _full(*_: object) -> None:
    raise OSError(28, "disk full")


def test_real_corpus(tmp_path: Path, voice: Any) -> None:
    """The real corpus, where there is one, is sound and can be mixed."""
    folder = Path(os.environ.get("VAXCTL_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
    if not folder.is_dir():
        pytest.skip("needs a corpus: set VAXCTL_CORPUS")
    mix_corpus(folder, tmp_path / "out", seed=1, count=12, sample_rate_hz=16_000)
    for scenario in load_scenarios([tmp_path / "out"]):
        CallerScript(scenario, voice)
