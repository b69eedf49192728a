"""A scenario's agent: its turns as a script for the scripted responder, its recordings as a voice."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from local_agent.audio.reading import read_clip
from local_agent.audio.resampling import resample
from local_agent.context.lexicon import words_of
from local_agent.dialogue.script import Answer, Script, ScriptedTurn
from local_agent.record import SpokenTurn
from local_agent.scenarios.levels import bounds
from local_agent.scenarios.origin import told_at
from local_agent.voices.cutting import from_word, joined
from local_agent.voices.voice import proportional_words, written_words

if TYPE_CHECKING:
    from local_agent.scenarios.model import AgentTurn, Scenario
    from local_agent.voices.voice import Voice

    Piece = tuple[str, int]

REMINDER = "Are you still there?"
"""What an agent says to a caller who has been silent for long."""


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


def agent_texts(scenario: Scenario) -> list[str]:
    """Return what the scenario's agent may say through a voice, once each: all its replies are made of it."""
    said = [turn.say for turn in scenario.agent if turn.say is not None]
    said += [answer.say for listed in scenario.answers.values() for answer in listed]
    return list(dict.fromkeys([*said, *([scenario.resume] if scenario.resume.strip() else []), REMINDER]))


class AgentVoice:
    """Says what the scenario's agent says, out of whole utterances: recordings, and texts in the other voice.

    A reply is an answer, a lead-in, and the rest of what was cut; each is an utterance or its end. So the
    agent goes on in the sound in which it was cut, and a voice is asked for whole utterances alone, which can be rendered
    beforehand. A text that is made of anything else goes to the voice as it is. A recording's word times are
    spread over its sound by letters.
    """

    def __init__(self, scenario: Scenario, voice: Voice) -> None:
        self._scenario, self._voice = scenario, voice
        self._recordings = {
            _text(turn, number): (number, turn)
            for number, turn in enumerate(scenario.agent)
            if turn.audio is not None
        }
        self._read: dict[tuple[str, int], SpokenTurn] = {}

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return the text as audio at a rate."""
        if text in self._utterances:
            return self._whole(text, sample_rate_hz)
        pieces = self._pieces(written_words(text))
        turns = [(self._whole(whole, sample_rate_hz), number) for whole, number in pieces or ()]
        if not turns or any(len(turn.words) != len(written_words(turn.text)) for turn, _ in turns):
            return self._voice.speak(text, sample_rate_hz)
        ends = [from_word(turn, n, " ".join(_end(turn.text, n)), sample_rate_hz) for turn, n in turns]
        return joined(text, ends)

    @cached_property
    def _utterances(self) -> dict[str, list[str]]:
        texts = dict.fromkeys([*self._recordings, *agent_texts(self._scenario)])
        return {text: written_words(text) for text in texts}

    def _pieces(self, words: list[str]) -> list[Piece] | None:
        """Return the utterances, each from a word on, that make up the words; the longest first choice."""
        if not words:
            return []
        fitting = [
            (whole, number)
            for whole, whole_words in self._utterances.items()
            for number in range(len(whole_words))
            if words[: len(whole_words) - number] == whole_words[number:]
        ]
        for whole, number in sorted(fitting, key=lambda p: p[1] - len(self._utterances[p[0]])):
            rest = self._pieces(words[len(self._utterances[whole]) - number :])
            if rest is not None:
                return [(whole, number), *rest]
        return None

    def _whole(self, text: str, rate_hz: int) -> SpokenTurn:
        if text not in self._recordings:
            return self._voice.speak(text, rate_hz)
        if (text, rate_hz) not in self._read:
            number, turn = self._recordings[text]
            with told_at(self._scenario, ("agent", number, "audio")):
                clip = read_clip(turn.audio or "")
            samples = resample(clip.samples, clip.sample_rate_hz, rate_hz)
            words = proportional_words(written_words(text), *bounds(samples, rate_hz))
            self._read[text, rate_hz] = SpokenTurn(text, samples, words, turn.intent, turn.expects_answer)
        return self._read[text, rate_hz]


def _text(turn: AgentTurn, number: int) -> str:
    return turn.text or f"recording {number}"


def _end(text: str, number: int) -> list[str]:
    return written_words(text)[number:]
