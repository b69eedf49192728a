"""A scenario's agent: its turns as a script for the scripted responder, its recordings as a voice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_agent.audio.reading import read_clip
from local_agent.audio.resampling import resample
from local_agent.context.lexicon import words_of
from local_agent.dialogue.script import Answer, Script, ScriptedTurn
from local_agent.record import SpokenTurn, Word
from local_agent.scenarios.levels import bounds
from local_agent.voices.voice import proportional_words, written_words

if TYPE_CHECKING:
    from local_agent.scenarios.model import AgentTurn, Scenario
    from local_agent.voices.voice import Voice


def script_of(scenario: Scenario) -> Script:
    """Return the script of the scenario's agent; a recording without transcript goes by its number."""
    turns = tuple(
        ScriptedTurn(_text(turn, number), turn.intent, turn.expects_answer)
        for number, turn in enumerate(scenario.agent)
    )
    answers: dict[str, tuple[Answer, ...]] = {
        kind: tuple(
            Answer(answer.say, tuple(words_of(phrase) for phrase in answer.when)) for answer in listed
        )
        for kind, listed in scenario.answers.items()
    }
    return Script(turns, answers, scenario.resume, scenario.latency_ms)


class AgentVoice:
    """Plays the scenario's recordings where their text (or the rest of it, from a word on) is to be said.

    Everything else goes to the other voice. A recording's word times are spread over its sound by letters.
    """

    def __init__(self, scenario: Scenario, voice: Voice) -> None:
        self._voice = voice
        self._recordings = {
            _text(turn, number): turn for number, turn in enumerate(scenario.agent) if turn.audio is not None
        }
        self._read: dict[tuple[str, int], SpokenTurn] = {}

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return the text as audio at a rate."""
        for whole in self._recordings:
            if text and whole.endswith(text):
                return _from_word(self._recorded(whole, sample_rate_hz), text)
        return self._voice.speak(text, sample_rate_hz)

    def _recorded(self, text: str, rate_hz: int) -> SpokenTurn:
        if (text, rate_hz) not in self._read:
            turn = self._recordings[text]
            clip = read_clip(turn.audio or "")
            samples = resample(clip.samples, clip.sample_rate_hz, rate_hz)
            words = proportional_words(written_words(text), *bounds(samples, rate_hz))
            self._read[text, rate_hz] = SpokenTurn(text, samples, words, turn.intent, turn.expects_answer)
        return self._read[text, rate_hz]


def _text(turn: AgentTurn, number: int) -> str:
    return turn.text or f"recording {number}"


def _from_word(turn: SpokenTurn, text: str) -> SpokenTurn:
    skipped = len(turn.words) - len(text.split())
    if skipped <= 0:
        return turn
    start = turn.words[skipped].start_sample
    words = tuple(
        Word(word.text, word.start_sample - start, word.end_sample - start) for word in turn.words[skipped:]
    )
    return replace(turn, text=text, samples=turn.samples[start:], words=words)
