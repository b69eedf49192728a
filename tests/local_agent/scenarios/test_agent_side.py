"""A scenario's agent: script and recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from local_agent.scenarios.agent_side import AgentVoice, script_of
from local_agent.scenarios.model import Scenario

if TYPE_CHECKING:
    from pathlib import Path


def test_script_and_recordings(tmp_path: Path, voice: Any) -> None:
    """Turns and answers become a script; a recording plays for its text, or from a word on for the rest."""
    tone = 0.3 * np.sin(np.arange(16_000)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", tone, 16_000)
    scenario = Scenario.model_validate(
        {
            "name": "a",
            "agent": [
                {"audio": str(tmp_path / "a.wav"), "transcript": "aa bb cc dd", "intent": "greet"},
                {"audio": str(tmp_path / "a.wav")},
                {"say": "hello", "expects_answer": True},
            ],
            "answers": {"clarifying": [{"say": "At nine.", "when": ["What time"]}]},
        }
    )
    script = script_of(scenario)
    assert [turn.say for turn in script.turns] == ["aa bb cc dd", "recording 1", "hello"]
    assert script.answer_to("clarifying", "what time is it") == "At nine."
    speaking = AgentVoice(scenario, voice)
    whole, rest = (speaking.speak(text, 16_000) for text in ("aa bb cc dd", "cc dd"))
    assert (len(whole.samples), whole.intent, len(whole.words)) == (16_000, "greet", 4)
    assert len(rest.samples) == 16_000 - whole.words[2].start_sample
    assert [word.text for word in rest.words] == ["cc", "dd"]
    assert rest.words[0].start_sample == 0
    assert speaking.speak("hello", 8_000).words[0].text == "hello"
