"""A live call without its pipes: the same events as in simulation, replies that come late, barge-ins that cut them."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent import events
from local_agent.dialogue.endpoint import Endpoint, ResponderFailed
from local_agent.dialogue.openai_compatible import OpenAIResponder
from local_agent.dialogue.script import parsed
from local_agent.dialogue.scripted import ScriptedResponder
from local_agent.live.answers import StreamedAnswers, WholeAnswers
from local_agent.live.call import LiveCall, ReplyFailed, TurnAudio
from local_agent.live.mouth import Desk, LiveMouth
from local_agent.live.worker import Worker
from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters
from local_agent.simulate.ear import Ear
from local_agent.simulate.lanes import LaneRun
from local_agent.simulate.opening import models_for
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import RespondingMouth
from local_agent.voices.tone_voice import ToneVoice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from local_agent.dialogue.responder import Reply
    from local_agent.simulate.opening import Models

RATE, WINDOW = 16_000, 512
SILENCE = Parameters(endpointing=EndpointingParameters(mode="silence"))
SCRIPT = """\
schema: vaxctl-script/v1
latency_ms: 600
turns:
  - say: We open at nine. Would Tuesday at ten work for you?
    expects_answer: true
  - say: Very well, I will put you down for that.
"""


@pytest.fixture(scope="module")
def models() -> Models:
    """Open Silero."""
    return models_for(SILENCE, RATE)


class Held:
    """A live call, what it told, and what it played."""

    def __init__(self, models: Models, answers: Any, voice: Any, worker: Any) -> None:
        self.told: list[events.Event] = []
        turn_audio = TurnAudio(RATE, WINDOW, 300)
        self.mouth = LiveMouth(Desk(answers, voice, RATE, worker), turn_audio.since_onset)
        session = models.session(self.mouth)
        self.call = LiveCall(session, self.mouth, "s16le", self.told.append, turn_audio)
        self.played = b""

    def hear(self, lane: np.ndarray) -> Held:
        """Let the line bring samples."""
        self.played += b"".join(self.call.push(pcm(lane)))
        return self

    def end(self) -> Held:
        """Let the line end."""
        self.played += b"".join(self.call.finish())
        return self

    def of(self, *kinds: type) -> list[Any]:
        """Return the events of these kinds."""
        return [event for event in self.told if isinstance(event, kinds)]


def pcm(lane: np.ndarray) -> bytes:
    """Return samples as the line carries them."""
    return (np.clip(lane, -1, 1) * 32767).astype("<i2").tobytes()


def heard(lane: np.ndarray) -> np.ndarray:
    """Return samples as they arrive behind the line."""
    return np.frombuffer(pcm(lane), "<i2").astype(np.float32) / np.float32(32768)


def simulated(models: Models, lane: np.ndarray) -> tuple[list[events.Event], np.ndarray]:
    """Run the same samples through the simulation's mouth; return events and the agent's lane."""
    mouth = RespondingMouth(ScriptedResponder(parsed(SCRIPT)), ToneVoice(), RATE)
    run = LaneRun(models.session(mouth), keep=True)
    happened = list(run.events([heard(lane)]))
    return happened, run.record("x", [], ()).agent


def test_a_reply_in_time_makes_the_very_call_of_the_simulation(
    models: Models, prompt_worker: Any, caller: Callable[[int], np.ndarray]
) -> None:
    """Made elsewhere, admitted between windows, due to the sample: events and audio are those of simulation."""
    lane = caller(RATE)
    held = Held(models, WholeAnswers(ScriptedResponder(parsed(SCRIPT))), ToneVoice(), prompt_worker)
    held.hear(lane).end()
    happened, agent = simulated(models, lane)
    assert held.told == happened
    assert len(held.played) == 2 * len(lane)
    assert np.array_equal(heard_back(held.played), np.rint(agent[: len(lane)] * 32768))
    assert {events.AgentSpeechStarted, events.BargeIn, events.UserTurnEnded} <= {
        type(event) for event in happened
    }
    assert held.call.late_replies == 0


def heard_back(data: bytes) -> np.ndarray:
    """Return the 16-bit samples in bytes."""
    return np.frombuffer(data, "<i2")


def test_a_late_reply_enters_at_the_next_window(
    models: Models, patient: Any, sentences: Any, caller: Callable[[int], np.ndarray]
) -> None:
    """The frame path went on without it; it is spoken from the first sample after it was there."""
    lane, answers = caller(RATE)[: 4 * RATE + WINDOW // 2], sentences("Yes.")
    held = Held(models, answers, answers, patient)
    held.mouth.cancel()  # no first message in this call
    held.hear(lane)
    assert len(held.of(events.UserTurnEnded)) == 1
    assert held.of(events.AgentSpeechStarted) == []
    at = held.call.session.now
    patient.work()
    held.hear(np.zeros(2 * WINDOW, np.float32))
    assert [event.at_sample for event in held.of(events.AgentSpeechStarted)] == [at]
    assert held.call.late_replies == 1
    assert answers.heard == ["Yes."]


def test_a_barge_in_drops_the_rest_of_the_answer(
    models: Models, prompt_worker: Any, sentences: Any, caller: Callable[[int], np.ndarray]
) -> None:
    """The first sentence is cut; the second, which was ready, is never heard. The reply knows of the cut."""
    answers = sentences("One.", "Two.")
    answers.speak = lambda text, rate: ToneVoice().speak(text + " and so on and on for quite a while", rate)
    held = Held(models, answers, answers, prompt_worker)
    held.hear(caller(RATE)).end()
    assert len(held.of(events.BargeIn)) == 1
    assert answers.heard[0] == "Hello. and so on and on for quite a while"
    assert len(answers.asked) == 1
    assert answers.asked[0][1].delivered_text  # what was heard of it before the cut


class Unplugged:
    """Answers whose endpoint is down."""

    def first(self) -> Iterator[Reply]:
        """Say nothing."""
        yield from ()

    def answer(self, *_: object) -> Iterator[Reply]:
        """Fail."""
        raise ResponderFailed("nobody there")

    def stop(self) -> None:
        """Do nothing."""

    def spoken(self, text: str) -> None:
        """Do nothing."""


def test_a_failed_reply_is_told_and_the_call_goes_on(
    models: Models, prompt_worker: Any, caller: Callable[[int], np.ndarray]
) -> None:
    """The caller is heard after it as before."""
    held = Held(models, Unplugged(), ToneVoice(), prompt_worker)
    held.hear(caller(RATE)).end()
    failed = held.of(ReplyFailed)
    assert [event.message for event in failed] == ["nobody there"]
    later = [event.at_sample for event in held.of(events.SpeechStarted)]
    assert later[-1] > failed[0].at_sample


def test_a_barge_in_shuts_the_endpoints_stream(
    endless: tuple[str, Event], caller: Callable[[int], np.ndarray]
) -> None:
    """A real endpoint that is still answering: its first sentence is spoken, and cut; then it is left alone."""
    address, gone = endless
    lane, worker = caller(RATE), Worker("replies")
    models = models_for(replace(SILENCE, barge_in=BargeInParameters(validate=False)), RATE)
    with OpenAIResponder(Endpoint(address, model="any")) as responder:
        held = Held(models, StreamedAnswers(responder), ToneVoice(), worker)
        held.hear(lane[: 5 * RATE])
        for _ in range(100_000):  # until the endpoint has answered: silence of the line, as long as it takes
            if held.of(events.AgentSpeechStarted):
                break
            held.hear(np.zeros(WINDOW, np.float32))
        held.hear(lane[: 3 * RATE])
        assert [event.turn for event in held.of(events.BargeIn)] == [0]
        assert gone.wait(10)
        worker.close()
        heard = [message for message in responder.messages if message["role"] == "assistant"]
    assert heard == [{"role": "assistant", "content": "This is a long first sentence of an answer."}]


def test_the_last_part_of_a_window_is_answered_in_kind(
    models: Models, prompt_worker: Any, sentences: Any
) -> None:
    """As many bytes go out as came in, whatever the length."""
    answers = sentences()
    held = Held(models, answers, answers, prompt_worker)
    held.hear(np.zeros(3 * WINDOW + 100, np.float32))
    assert len(held.played) == 2 * 3 * WINDOW
    held.end()
    assert len(held.played) == 2 * (3 * WINDOW + 100)
    assert isinstance(held.told[-1], events.CallEnded)


def test_a_caller_turns_audio_begins_at_its_onset() -> None:
    """A little before it; a false alarm, or the agent's turn, starts afresh; a barge-in knows better."""
    turn = TurnAudio(RATE, WINDOW, 0)
    for number in range(1, 101):
        turn.add(np.full(WINDOW, number, np.float32))
    assert len(turn.since_onset()) == 0
    turn.follow(events.SpeechStarted(60 * WINDOW, 50 * WINDOW))
    turn.follow(events.SpeechStarted(90 * WINDOW, 80 * WINDOW))
    assert len(turn.since_onset()) == 50 * WINDOW
    turn.follow(events.FalseBargeIn(91 * WINDOW, 0, 50 * WINDOW, "level"))
    assert len(turn.since_onset()) == 0
    turn.follow(events.BargeIn(92 * WINDOW, 0, 70 * WINDOW, 0, "persistence"))
    assert turn.since_onset()[0] == 71


def test_windows_are_measured(models: Models, prompt_worker: Any, sentences: Any) -> None:
    """Each whole window once."""
    answers = sentences()
    held = Held(models, answers, answers, prompt_worker)
    held.hear(np.zeros(5 * WINDOW + 7, np.float32))
    assert held.call.stopwatch.count == 5


class Told:
    """A probability stream without a network: somebody speaks for two seconds in six."""

    sample_rate_hz, window_samples = RATE, WINDOW

    def __init__(self) -> None:
        self._count = 0

    def probability(self, window: np.ndarray) -> float:
        """Score a window."""
        self._count += 1
        return 0.9 if self._count % 188 < 63 else 0.01


def test_memory_does_not_grow(prompt_worker: Any, sentences: Any) -> None:
    """Three minutes of turns and replies add nothing to the first one: events are handed on, audio is let go."""
    answers, turn_audio, happened = sentences("Yes."), TurnAudio(RATE, WINDOW, 300), 0

    def count(_: events.Event) -> None:
        nonlocal happened
        happened += 1

    mouth = LiveMouth(Desk(answers, answers, RATE, prompt_worker), turn_audio.since_onset)
    session = Session(SILENCE, Ear(SILENCE.vad, Told()), mouth)  # type: ignore[arg-type]
    call = LiveCall(session, mouth, "s16le", count, turn_audio)
    chance = np.random.default_rng(0)
    lane = pcm(chance.uniform(-0.1, 0.1, 6 * RATE).astype(np.float32))
    tracemalloc.start()
    sizes = []
    for _ in range(40):
        for _ in call.push(lane):
            pass
        answers.asked.clear()
        answers.heard.clear()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert happened > 120
    assert sizes[-1] - sizes[10] < 16_384
