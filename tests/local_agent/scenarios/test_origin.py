"""Audio that turns out to be unusable when a scenario is played is told with the scenario's line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from local_agent.errors import UnusableInput
from local_agent.scenarios.agent_side import AgentVoice
from local_agent.scenarios.reading import ScenarioUnusable, load_scenario
from local_agent.scenarios.script import CallerScript
from local_agent.scenarios.seeding import reseeded

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.scenarios.model import Scenario

WHOLE = """\
schema: vaxctl-scenario/v1
name: a
agent:
  - {audio: AGENT.wav, transcript: hello there}
caller:
  - noise: cough
    start: {at_ms: 100}
    expect: ignore
  - start: {at_ms: 900}
    expect: ignore
    audio: CALLER.wav
background:
  - {audio: BED.wav, snr_db: 20}
room: {audio: ROOM.wav}
"""


def _scenario(folder: Path, bad: str, broken: str) -> Scenario:
    """Write good audio for all but one place; that one is no audio at all, or holds a NaN."""
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, 8_000).astype(np.float32)
    soundfile.write(folder / "good.wav", samples, 8_000)
    samples[4_000] = np.nan
    soundfile.write(folder / "nan.wav", samples, 8_000, subtype="FLOAT")
    (folder / "junk.wav").write_bytes(b"no audio")
    text = WHOLE
    for place in ("AGENT", "CALLER", "BED", "ROOM"):
        text = text.replace(place, broken if place == bad else "good")
    (folder / "a.yaml").write_text(text)
    return load_scenario(folder / "a.yaml")


@pytest.mark.parametrize("broken", ["nan", "junk"])
@pytest.mark.parametrize(
    ("bad", "line", "column"), [("AGENT", 4, 6), ("CALLER", 11, 5), ("BED", 13, 6), ("ROOM", 14, 8)]
)
def test_unusable_audio_is_told_where_it_is_asked_for(
    tmp_path: Path, voice: Any, bad: str, line: int, column: int, broken: str
) -> None:
    """Scenario, line and column stand before the audio file, also for another seed's copy of the scenario."""
    scenario = reseeded(_scenario(tmp_path, bad, broken), 3)
    with pytest.raises(ScenarioUnusable) as told:
        _play(scenario, voice)
    (finding,) = told.value.findings
    assert (finding.path, finding.line, finding.column) == (tmp_path / "a.yaml", line, column)
    assert f"{broken}.wav: " in finding.message
    assert finding.help


def test_a_fault_of_labels_is_told_with_its_line(tmp_path: Path, voice: Any) -> None:
    """So is a cut that leaves the clip; a scenario that is from no file keeps the plain exception."""
    scenario = _scenario(tmp_path, "NONE", "")
    text = (
        (tmp_path / "a.yaml")
        .read_text()
        .replace("audio: good.wav\nback", "audio: good.wav\n    from_ms: 5000\nback")
    )
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ScenarioUnusable, match=r"a\.yaml:11:5: error: .*good\.wav: from_ms\.\.to_ms leave"):
        CallerScript(load_scenario(tmp_path / "a.yaml"), voice)
    event = scenario.caller[1].model_copy(update={"from_ms": 5_000})
    made = type(scenario)(name="b", caller=(event,))
    with pytest.raises(UnusableInput, match="leave the clip") as plain:
        CallerScript(made, voice)
    assert not isinstance(plain.value, ScenarioUnusable)


def test_a_scenario_file_that_is_gone_meanwhile(tmp_path: Path, voice: Any) -> None:
    """Then its first line stands for the place."""
    scenario = _scenario(tmp_path, "CALLER", "junk")
    (tmp_path / "a.yaml").unlink()
    with pytest.raises(ScenarioUnusable, match=r"a\.yaml:1:1: error: "):
        CallerScript(scenario, voice)


def _play(scenario: Scenario, voice: Any) -> None:
    CallerScript(scenario, voice)
    AgentVoice(scenario, voice).speak("hello there", 8_000)
