"""One call's agent side: falls silent at once, looks twice, resumes, waits for the end of turns."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent import events
from local_agent.dialogue.responder import Reply
from local_agent.simulate.speaking import RecordedMouth, RespondingMouth, SilentMouth

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.context.interruption import InterruptionContext
    from local_agent.dialogue.responder import CallerTurn
    from local_agent.record import SpokenTurn

RATE, WINDOW = 16_000, 512


class Says:
    """Words that somebody knows."""

    def __init__(self, text: str) -> None:
        self.text = text

    def said(self, samples: np.ndarray, sample_rate_hz: int, end_sample: int) -> str:
        """Return the words."""
        return self.text


class Answers:
    """A responder that keeps what it was given, and a voice in one."""

    def __init__(self, prompt: SpokenTurn, latency_ms: int = 100) -> None:
        self.given: list[tuple[str, InterruptionContext | None]] = []
        self.asked = 0
        self._prompt, self._latency_ms = prompt, latency_ms

    def first(self) -> Reply:
        """Open the call."""
        return Reply("hello", intent="greet")

    def reply(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Answer."""
        self.given.append((heard.text, context))
        return Reply("answer", latency_ms=self._latency_ms)

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Say anything."""
        return self._prompt

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Hold every turn for unfinished."""
        self.asked += 1
        return 0.1


def test_a_burst_pauses_and_the_speech_resumes_at_the_very_sample(call: Callable, prompt: SpokenTurn) -> None:
    """A sneeze silences the agent for a moment; not a sample of its turn is lost or played twice."""
    made = call().hear((0.0, 20), (0.9, 6), (0.0, 230))
    paused, resumed = made.of(events.AgentSpeechPaused, events.AgentSpeechResumed)
    assert paused.at_sample == (20 + 5) * WINDOW
    assert resumed.from_sample == paused.played_samples == paused.at_sample
    assert made.of(events.BargeIn) == []
    heard = np.concatenate([made.lane[: paused.at_sample], made.lane[resumed.at_sample :]])[
        : len(prompt.samples)
    ]
    assert not made.lane[paused.at_sample : resumed.at_sample].any()
    faded = slice(paused.played_samples, paused.played_samples + RATE * 8 // 1000)
    assert (np.abs(heard[faded]) <= np.abs(prompt.samples[faded])).all()
    same = np.ones(len(heard), bool)
    same[faded] = False
    assert np.array_equal(heard[same], prompt.samples[same])
    (finished,) = made.of(events.AgentSpeechFinished)
    assert finished.at_sample == len(prompt.samples) + resumed.at_sample - paused.at_sample


def test_speech_takes_the_floor_and_its_end_is_heard(call: Callable) -> None:
    """Half a second of certain speech is a barge-in; the turn is over 400 ms after its last frame."""
    made = call().hear((0.0, 20), (1.0, 40), (0.0, 40))
    (taken,) = made.of(events.BargeIn)
    assert taken.onset_sample == 20 * WINDOW
    assert taken.played_samples == 25 * WINDOW
    assert taken.reason == "persistence"
    (ended,) = made.of(events.UserTurnEnded)
    assert ended.offset_sample == 60 * WINDOW
    assert 400 <= (ended.at_sample - ended.offset_sample) * 1000 / RATE < 432
    assert not made.lane[25 * WINDOW :].any()


@pytest.mark.parametrize("barge_in", [{"enabled": False}, {"protect_first_message": True}])
def test_a_protected_turn_is_spoken_to_its_end(
    call: Callable, barge_in: dict[str, bool], prompt: SpokenTurn
) -> None:
    """Whoever speaks on over a protected turn has the floor when it is over."""
    made = call(**barge_in).hear((0.0, 20), (1.0, 200))
    assert made.of(events.AgentSpeechPaused) == []
    assert np.array_equal(made.lane[: len(prompt.samples)], prompt.samples)
    made.hear((0.0, 30))
    assert made.of(events.UserTurnEnded)


def test_without_validation_the_gate_decides(call: Callable) -> None:
    """Unvalidated, the floor is lost when the gate starts, and not before."""
    made = call(validate=False).hear((0.0, 20), (0.9, 8))
    (taken,) = made.of(events.BargeIn)
    assert taken.at_sample == 27 * WINDOW
    assert call(validate=False).hear((0.0, 20), (0.9, 6), (0.0, 20)).of(events.BargeIn) == []


UNVALIDATED = {"validate": False, "ignore_phrases": ("mm-hmm",), "interrupt_phrases": ("stop",)}


def test_without_validation_ignore_phrases_do_not_touch_the_agent(call: Callable, prompt: SpokenTurn) -> None:
    """The agent speaks on, to the sample, as platforms do; the next word is looked at again."""
    words = Says("mm-hmm")
    made = call(words=words, **UNVALIDATED).hear((0.0, 20), (1.0, 20), (0.0, 20))
    assert made.of(events.AgentSpeechPaused, events.FalseBargeIn, events.BargeIn) == []
    assert np.array_equal(made.lane, prompt.samples[: len(made.lane)])
    words.text = "stop"
    made.hear((1.0, 8))
    (taken,) = made.of(events.BargeIn)
    assert taken.reason == "interrupt-phrase"
    assert taken.played_samples == taken.at_sample == (60 + 7) * WINDOW
    made.hear((0.0, 40))
    assert len(made.of(events.UserTurnEnded)) == 1


def test_without_validation_words_are_counted_while_the_agent_speaks(call: Callable) -> None:
    """Too few words change nothing, however long; enough stop the agent when they are next asked for."""
    words = Says("well")
    made = call(words=words, validate=False, min_words=2).hear((0.0, 20), (1.0, 60))
    assert made.of(events.AgentSpeechPaused, events.BargeIn) == []
    words.text = "well no"
    made.hear((1.0, 11))
    (taken,) = made.of(events.BargeIn)
    assert taken.reason == "words"


def test_without_validation_and_words_the_count_goes_by_duration(call: Callable) -> None:
    """448 ms of certain speech for one word, 300 ms more for the second; the agent speaks meanwhile."""
    for count, windows in ((1, 14), (2, 24)):
        made = call(validate=False, min_words=count).hear((0.0, 20), (1.0, 60))
        (taken,), (paused,) = made.of(events.BargeIn), made.of(events.AgentSpeechPaused)
        assert taken.at_sample == paused.at_sample == (20 + windows) * WINDOW
        assert taken.onset_sample == 20 * WINDOW
    assert call(validate=False, min_words=1).hear((0.0, 20), (1.0, 8), (0.0, 20)).of(events.BargeIn) == []


def test_whoever_speaks_when_an_unvalidated_turn_ends_has_the_floor(
    call: Callable, prompt: SpokenTurn
) -> None:
    """The agent came to its end before there were words enough: what is being said is the caller's turn."""
    windows = len(prompt.samples) // WINDOW
    made = call(words=Says("well"), validate=False, min_words=3).hear(
        (0.0, windows - 10), (1.0, 30), (0.0, 40)
    )
    assert made.of(events.BargeIn) == []
    assert np.array_equal(made.lane[: len(prompt.samples)], prompt.samples)
    assert len(made.of(events.UserTurnEnded)) == 1


def test_a_new_suspicion_follows_a_false_one(call: Callable) -> None:
    """After a cough the caller can still interrupt, at once."""
    made = call().hear((0.0, 20), (0.9, 5), (0.0, 10), (1.0, 30))
    assert [type(event) for event in made.of(events.FalseBargeIn, events.BargeIn)] == [
        events.FalseBargeIn,
        events.BargeIn,
    ]


def test_ignore_phrases_never_take_the_floor(call: Callable) -> None:
    """However long and certain a "mm-hmm" is."""
    made = call(words=Says("mm-hmm"), ignore_phrases=("mm-hmm",)).hear((0.0, 10), (1.0, 25), (0.0, 20))
    (false,) = made.of(events.FalseBargeIn)
    assert false.reason == "ignore-phrase"


def test_an_answer_is_no_backchannel(call: Callable) -> None:
    """The same words at the end of a question are its answer."""
    made = call(words=Says("yes"), ignore_phrases=("yes",)).hear((0.0, 160), (1.0, 8), (0.0, 12))
    (taken,) = made.of(events.BargeIn)
    assert taken.reason == "answer"


def test_interrupt_phrases_need_no_length(call: Callable) -> None:
    """A short "stop" takes the floor as soon as it is understood."""
    made = call(words=Says("stop"), interrupt_phrases=("stop",)).hear((0.0, 10), (1.0, 7), (0.0, 12))
    (taken,) = made.of(events.BargeIn)
    assert taken.reason == "interrupt-phrase"


def test_min_words_waits_for_words_or_their_duration(call: Callable) -> None:
    """Two words are wanted: with one it stays false; where nobody knows words, it takes longer."""
    assert call(words=Says("well"), min_words=2).hear((0.0, 10), (1.0, 80)).of(events.BargeIn) == []
    one, two = (call(min_words=count).hear((0.0, 10), (1.0, 50)).of(events.BargeIn)[0] for count in (1, 2))
    assert two.at_sample - one.at_sample >= 0.25 * RATE


@pytest.mark.parametrize(("level", "pauses"), [(0.1, 2), (0.002, 1)])
def test_a_voice_far_below_the_callers_does_not_even_pause(
    call: Callable, prompt: SpokenTurn, level: float, pauses: int
) -> None:
    """Once the caller's level is known, a television 34 dB under it is left unheard; the caller is not."""
    made = call(mouth=RecordedMouth([(0, prompt), (0, prompt)])).hear((0.0, 10), (1.0, 40), (0.0, 60))
    made.hear((1.0, 20), level=level)
    assert len(made.of(events.AgentSpeechStarted)) == 2
    assert len(made.of(events.AgentSpeechPaused)) == pauses


@pytest.mark.parametrize(("caller", "pauses"), [(0.0, 0), (0.1, 1)])
def test_the_agents_own_echo_is_left_unheard(
    call: Callable, prompt: SpokenTurn, caller: float, pauses: int
) -> None:
    """What comes back 100 ms late and quieter stops nobody; a caller's voice in it does."""
    chance = np.random.default_rng(4)
    prompt.samples[:] = chance.normal(0, 0.1, 6 * RATE)
    line = np.concatenate([np.zeros(1600), prompt.samples * 0.2]) + chance.normal(0, 0.004, 6 * RATE + 1600)
    made = call().hear((0.0, 10))
    made._stream.next = 0.95
    for at in range(10 * WINDOW, 30 * WINDOW, WINDOW):
        made.session.speak()
        voice = chance.normal(0, caller, WINDOW) if caller else 0.0
        made.session.hear((line[at : at + WINDOW] + voice).astype(np.float32))
    assert len(made.of(events.AgentSpeechPaused)) == pauses


def test_replies_wait_for_latency_and_backoff(call: Callable, prompt: SpokenTurn) -> None:
    """The answer starts a latency after the turn's end; after a barge-in no earlier than the backoff."""
    mouth = RespondingMouth(answers := Answers(prompt), answers, RATE)
    made = call(mouth=mouth, backoff_ms=3000).hear((0.0, 20), (1.0, 40), (0.0, 120))
    (taken,), (ended,) = made.of(events.BargeIn), made.of(events.UserTurnEnded)
    second = made.of(events.AgentSpeechStarted)[1]
    assert second.at_sample == max(ended.at_sample + RATE // 10, taken.at_sample + 3 * RATE)
    context = answers.given[0][1]
    assert context is not None
    assert context.agent_intent == "greet"
    quick = call(mouth=RespondingMouth(answers, answers, RATE), backoff_ms=0).hear(
        (0.0, 20), (1.0, 40), (0.0, 60)
    )
    (ended,), second = quick.of(events.UserTurnEnded), quick.of(events.AgentSpeechStarted)[1]
    assert second.at_sample == ended.at_sample + RATE // 10


def test_a_cough_before_the_reply_costs_nothing(call: Callable, prompt: SpokenTurn) -> None:
    """What is in the making while somebody coughs is held until the cough is over, and spoken."""
    mouth = RespondingMouth(answers := Answers(prompt, latency_ms=200), answers, RATE)
    made = call(mouth=mouth, backoff_ms=0).hear((0.0, 20), (1.0, 40), (0.0, 14), (0.9, 5), (0.0, 30))
    (ended,), (_, second) = made.of(events.UserTurnEnded), made.of(events.AgentSpeechStarted)
    assert len(answers.given) == 1
    assert second.at_sample > ended.at_sample + RATE // 5
    assert second.at_sample == (20 + 40 + 14 + 5 + 8) * WINDOW


def test_the_classifier_is_asked_once_a_pause(call: Callable, prompt: SpokenTurn) -> None:
    """Two pauses, two questions; an unfinished turn lasts to the cap."""
    answers = Answers(prompt)
    made = call(mouth=SilentMouth(), classifier=answers).hear(
        (0.0, 5), (1.0, 20), (0.0, 40), (1.0, 20), (0.0, 100)
    )
    assert answers.asked == 2
    (ended,) = made.of(events.UserTurnEnded)
    assert ended.reason == "cap"
    assert ended.at_sample - ended.offset_sample == 2500 * RATE // 1000
    assert made.of(events.AgentSpeechStarted, events.AgentSpeechFinished) == []


def test_silence_is_reminded_of_and_ends_the_call(call: Callable, prompt: SpokenTurn) -> None:
    """A reminder 10 s after the agent's last word, the end 30 s after it, whatever the reminder took."""
    mouth = RespondingMouth(answers := Answers(prompt), answers, RATE)
    made = call(mouth=mouth).hear((0.0, 1200))
    (reminded,), (ended,) = made.of(events.CallerReminded), made.of(events.CallEnded)
    assert reminded.at_sample == len(prompt.samples) + 10 * RATE
    assert (ended.at_sample, ended.reason) == (len(prompt.samples) + 30 * RATE, "hang_up")
