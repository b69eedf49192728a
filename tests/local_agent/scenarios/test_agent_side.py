"""A scenario's agent: script and recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from local_agent.scenarios.agent_side import AgentVoice, agent_texts, script_of
from local_agent.scenarios.model import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.record import SpokenTurn


def test_script_and_recordings(tmp_path: Path, voice: Any) -> None:
    """Turns and answers become a script; a recording plays for its text, or from a word on for the rest."""
    tone = 0.3 * np.sin(np.arange(16_000)).astype(np.float32)
    tone[7_400:8_000] *= 0.01
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
    assert 16_000 - 8_000 <= len(rest.samples) <= 16_000 - 7_400
    assert np.array_equal(rest.samples[-7_000:], whole.samples[-7_000:])
    assert [word.text for word in rest.words] == ["cc", "dd"]
    assert speaking.speak("hello", 8_000).words[0].text == "hello"


class _Asked:
    """Keeps what the other voice was asked for."""

    def __init__(self, voice: Any) -> None:
        self._voice = voice
        self.texts: list[str] = []

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Speak, and remember."""
        self.texts.append(text)
        spoken: SpokenTurn = self._voice.speak(text, sample_rate_hz)
        return spoken


def test_replies_are_made_of_whole_utterances(voice: Any) -> None:
    """An answer, the lead-in and the rest of a turn become one sound; only whole texts are asked for."""
    scenario = Scenario.model_validate(
        {
            "name": "a",
            "agent": [{"say": "we have three plans for you"}],
            "answers": {"clarifying": [{"say": "in March"}]},
            "resume": "as I said",
        }
    )
    asked = _Asked(voice)
    text = "in March as I said plans for you"
    turn = AgentVoice(scenario, asked).speak(text, 8_000)
    assert asked.texts == ["in March", "as I said", "we have three plans for you"]
    assert set(asked.texts) < set(agent_texts(scenario))
    assert turn.text == text
    assert [word.text for word in turn.words] == text.split()
    edges = [edge for word in turn.words for edge in (word.start_sample, word.end_sample)]
    assert edges == sorted(edges)
    assert edges[-1] <= len(turn.samples)
    assert 2_400 * 8 <= len(turn.samples) <= 2_500 * 8
    asked.texts.clear()
    AgentVoice(scenario, asked).speak("something else", 8_000)
    assert asked.texts == ["something else"]
