"""Scenario files: what is wrong is told with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios.reading import ScenarioUnusable, load_scenarios, read_scenario
from local_agent.scenarios.shipped import shipped_folder

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "schema: vaxctl-scenario/v1\nname: a\nagent:\n  - say: Hello there\ncaller:\n"
EVENT = "  - noise: cough\n    start: {agent_turn: 0, after_start_ms: 10}\n    expect: ignore\n"


def _complaints(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    scenario, findings = read_scenario(path)
    assert (scenario is None) == bool(findings)
    return [f"{f.line}:{f.column} {f.message}" + (f" | {f.help}" if f.help else "") for f in findings]


def test_good(tmp_path: Path) -> None:
    """A whole scenario has no findings."""
    assert _complaints(tmp_path, HEAD + EVENT) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + EVENT + "    expct: hold\n", "9:5 unknown key `caller[0].expct` | did you mean `expect`?"),
        (HEAD + EVENT + "rooom: {rt60_ms: 300}\n", "9:1 unknown key `rooom` | did you mean `room`?"),
        (
            HEAD + EVENT + "tail_ms: -4\n",
            "9:1 `tail_ms` must be at least 0 (here: -4)",
        ),
        (HEAD + EVENT.replace("agent_turn: 0", "agent_turn: 3"), "7:13 there is no agent turn 3"),
        (
            HEAD + EVENT.replace("agent_turn: 0", "caller: nobody"),
            "7:13 no earlier event has the id 'nobody'",
        ),
        (HEAD + EVENT.replace("agent_turn: 0", "caller: previous"), "7:13 there is no previous event"),
        (HEAD + EVENT + "    say: Hm\n", "6:5 a caller event has exactly one of `say`, `audio`, `noise`"),
        (HEAD + EVENT.replace(", after_start_ms: 10", ""), "7:5 `agent_turn` goes with exactly one of"),
        (
            HEAD + EVENT.replace("expect: ignore", "expect: maybe"),
            "8:5 `caller[0].expect` must be one of barge_in, ignore, turn_end, hold (here: 'maybe')",
        ),
        (
            HEAD + EVENT + "    pauses: 3\n",
            "9:5 `caller[0].pauses` must be a list, each entry with a dash (here: 3)",
        ),
        (HEAD + EVENT + "  - 7\n", "9:5 `caller[1]` must be keys with values, not a single value or a list"),
        (HEAD + EVENT + "seed: 1.5\n", "9:1 `seed` must be a whole number (here: 1.5)"),
        (HEAD + EVENT + "floor_dbfs: [1]\n", "9:1 `floor_dbfs` must be a number (here: a list)"),
        (HEAD + EVENT + "resume: true\n", "9:1 `resume` must be a text; put it in quotes (here: true)"),
        (HEAD + EVENT + "max_duration_ms: 999999\n", "9:1 `max_duration_ms` must be at most 600000"),
        (
            HEAD.replace("name: a", "name: A b") + EVENT,
            "2:1 `name` must be made of lower-case letters, digits and dashes, no dash first (here: 'A b')",
        ),
        (HEAD.replace("Hello there", "''") + EVENT, "4:5 `agent[0].say` must not be empty (here: '')"),
        (
            HEAD + EVENT + "answers: {alined: []}\n",
            "9:11 `answers.alined` must be one of aligned, redirecting",
        ),
        (HEAD + EVENT + "sample_rate_hz: 16000\nline: {codec: mu_law}\n", "10:1 a μ-law line runs at 8 kHz"),
        (HEAD + EVENT + "room: {audio: none.wav}\n", "9:8 audio file none.wav is not there"),
        (HEAD + EVENT + "name: b\n", "9:1 no YAML: found duplicate key"),
        (HEAD + "  [", "no YAML"),
        ("- 1\n", "1:1 is no scenario"),
        ("schema: vaxctl/v1\n", "1:1 is no scenario"),
        (HEAD.replace("caller:\n", ""), "needs at least one caller event"),
    ],
)
def test_findings(tmp_path: Path, text: str, expected: str) -> None:
    """Each mistake is told once, where it stands."""
    found = _complaints(tmp_path, text)
    assert len(found) == 1
    assert expected in found[0]


def test_pauses_need_speech(tmp_path: Path) -> None:
    """A pause after the last word, and pauses in an interruption, are findings."""
    event = EVENT.replace("noise: cough", "say: one two").replace("ignore", "barge_in")
    found = _complaints(tmp_path, HEAD + event + "    pauses:\n      - {after_word: 2, duration_ms: 100}\n")
    assert [text.split(" ", 1)[0] for text in found] == ["9:5", "10:10"]


def test_not_utf8(tmp_path: Path) -> None:
    """Bytes that are no text are told with their line."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"schema: x\n\xff\n")
    assert "2:1" in str(read_scenario(path)[1][0])


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    """A file nested without end is a finding."""
    assert "no YAML" in _complaints(tmp_path, "a: " + "[" * 60 + "]" * 60)[0]


def test_aliases_without_end(tmp_path: Path) -> None:
    """Aliases of aliases do not fill the memory."""
    lines = ["a0: &a0 [1, 1]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert "more than 50000 values" in _complaints(tmp_path, "\n".join(lines))[0]


def test_names_are_told_apart(tmp_path: Path) -> None:
    """Two scenarios of one name are refused; an absent path and an empty folder too."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(HEAD + EVENT)
    with pytest.raises(ScenarioUnusable, match="the name 'a' is taken"):
        load_scenarios([tmp_path])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableInput, match="holds no scenario"):
        load_scenarios([tmp_path / "empty"])
    with pytest.raises(UnusableInput, match="no such file"):
        load_scenarios([tmp_path / "absent"])


def test_shipped() -> None:
    """The shipped scenarios are sound, and cover what they promise."""
    scenarios = load_scenarios([shipped_folder()])
    assert {event.expect for s in scenarios for event in s.caller} >= {"barge_in", "ignore", "turn_end"}
    kinds = {event.kind for s in scenarios for event in s.caller}
    assert kinds >= {"car-radio", "television", "wind", "cough", "sneeze", "backchannel", "hold-music"}
    classes = {event.interruption for s in scenarios for event in s.caller}
    assert classes >= {"aligned", "redirecting", "clarifying", "stop", "backchannel"}
    assert any(s.echo for s in scenarios)
    assert any(event.pauses for s in scenarios for event in s.caller)
