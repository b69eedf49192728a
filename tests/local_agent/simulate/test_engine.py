"""Whole calls: any chunks give the same events, the same inputs the same record to the byte."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_agent import events
from local_agent.dialogue.responder import Reply
from local_agent.metrics.intervals import Rate
from local_agent.metrics.measuring import metrics_of
from local_agent.parameters import EndpointingParameters, NoiseParameters, Parameters
from local_agent.record import CallRecord, SpokenTurn
from local_agent.scenarios.model import AgentTurn, CallerEvent, Pause, Scenario, Start
from local_agent.scenarios.script import CallerScript
from local_agent.scenarios.shipped import spoken_folder
from local_agent.simulate.engine import simulate
from local_agent.simulate.lanes import run_lanes
from local_agent.simulate.opening import models_for
from local_agent.voices.spoken_voice import SpokenVoice

RATE = 16_000
SILENCE = Parameters(endpointing=EndpointingParameters(mode="silence"))


def vowels(seconds: float, seed: int = 0) -> np.ndarray:
    """Return syllables of a buzzing voice: enough like speech for the VAD."""
    chance = np.random.default_rng(seed)
    times = np.arange(int(seconds * RATE)) / RATE
    pitch = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 2.1 * times)) / RATE
    wave = np.zeros(len(times))
    for harmonic in range(1, 30):
        hertz = 120 * harmonic
        gain = sum(np.exp(-(((hertz - centre) / 180) ** 2)) for centre in (600, 1200, 2500))
        wave += gain * np.sin(harmonic * pitch)
    loud = np.clip(np.sin(2 * np.pi * 3.7 * times + chance.uniform(0, 1)), 0, None)
    return (0.1 * wave * loud + chance.normal(0, 0.001, len(times))).astype(np.float32)


LANE = np.concatenate(
    [np.zeros(RATE, np.float32), vowels(2.0), np.zeros(2 * RATE, np.float32), vowels(1.0, 3)]
)
AGENT = np.concatenate([vowels(2.5, 5), np.zeros(4 * RATE, np.float32)])
MODELS = models_for(SILENCE, RATE)


def run(chunks: list[np.ndarray], agent: np.ndarray | None = AGENT) -> CallRecord:
    """Run the lanes."""
    return run_lanes("call", chunks, SILENCE, RATE, agent=agent, models=MODELS)


@given(cuts=st.lists(st.integers(0, len(LANE)), max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_chunks_give_the_same_call(cuts: list[int]) -> None:
    """Chunks are the reader's business; the call does not know of them."""
    whole = run([LANE])
    cut = run(np.split(LANE, sorted(cuts)))
    assert cut.events == whole.events
    assert np.array_equal(cut.agent, whole.agent)
    assert np.array_equal(cut.probabilities, whole.probabilities)


def test_speech_is_heard_in_it() -> None:
    """The lane above is a call in which things happen: a recorded agent is interrupted."""
    kinds = {type(event) for event in run([LANE]).events}
    assert {events.AgentSpeechStarted, events.AgentSpeechPaused, events.CallEnded} <= kinds
    assert events.UserTurnEnded in {type(event) for event in run([LANE], agent=None).events}


def test_an_agent_that_is_not_there_does_nothing() -> None:
    """Without an agent's lane there are turns of the caller's, and nothing of the agent's."""
    record = run([LANE], agent=None)
    assert not record.agent.any()
    assert not [event for event in record.events if type(event).__name__.startswith("Agent")]


class Parrot:
    """Answers everything alike, in a voice that buzzes."""

    def first(self) -> Reply:
        """Open the call."""
        return Reply("hello there", intent="greet")

    def reply(self, heard: object, context: object) -> Reply:
        """Answer."""
        return Reply("so be it", latency_ms=300)

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Buzz a second a word."""
        return SpokenTurn(text, vowels(len(text.split()), len(text)))


def closed(seed: int) -> CallRecord:
    """Run a scenario in which the caller speaks over the agent."""
    scenario = Scenario(
        name="over",
        sample_rate_hz=16_000,
        seed=seed,
        agent=(AgentTurn(say="hello there"),),
        caller=(
            CallerEvent(noise="sneeze", start=Start(agent_turn=0, after_start_ms=300), expect="ignore"),
            CallerEvent(
                say="what does it cost", start=Start(agent_turn=0, after_end_ms=900), expect="turn_end"
            ),
        ),
    )
    parrot = Parrot()
    return simulate(CallerScript(scenario, parrot), SILENCE, responder=parrot, voice=parrot)


def test_the_same_seed_gives_the_same_call_to_the_byte() -> None:
    """Two runs are equal in every event and sample; another seed sounds otherwise."""
    first, again, other = closed(7), closed(7), closed(8)
    assert first.events == again.events
    assert first.caller.tobytes() == again.caller.tobytes()
    assert first.agent.tobytes() == again.agent.tobytes()
    assert first.truths == again.truths
    assert first.caller.tobytes() != other.caller.tobytes()


class Silent:
    """Opens the call, and has nothing to say to anybody."""

    def first(self) -> Reply:
        """Open the call."""
        return Reply("How can I help you today?")

    def reply(self, heard: object, context: object) -> Reply:
        """Say nothing."""
        return Reply("", latency_ms=300)


@pytest.mark.parametrize(("pause_ms", "cut"), [(2_500, 1), (200, 0)])
def test_an_agent_with_nothing_to_say_can_cut_off(pause_ms: int, cut: int) -> None:
    """A turn that is taken to be over in its pause is cut off, though nothing came of it; and has no delay."""
    scenario = Scenario(
        name="hold",
        sample_rate_hz=16_000,
        agent=(AgentTurn(say="How can I help you today?"),),
        caller=(
            CallerEvent(
                say="I would like to move my appointment to Friday.",
                start=Start(agent_turn=0, after_end_ms=500),
                expect="turn_end",
                pauses=(Pause(after_word=6, duration_ms=pause_ms),),
            ),
        ),
    )
    voice = SpokenVoice(spoken_folder())
    record = simulate(CallerScript(scenario, voice), SILENCE, responder=Silent(), voice=voice)
    ended = [event.at_sample for event in record.events if isinstance(event, events.UserTurnEnded)]
    assert record.unanswered == tuple(ended)
    assert len(ended) == cut + 1
    metrics = metrics_of([record])
    assert metrics.premature_cutoff_rate == Rate(cut, 1)
    assert [check.got for check in metrics.scenarios[0].checks] == ["turn_end" if cut else "hold", "turn_end"]
    assert metrics.response_delay_ms.observed_ms == ()


def test_lanes_are_equally_long_and_turns_are_there() -> None:
    """A record is whole: both lanes, a probability a window, the turns that were spoken."""
    record = closed(7)
    assert len(record.caller) == len(record.agent) == len(record.probabilities) * record.window_samples
    assert len(record.turns) == sum(isinstance(event, events.AgentSpeechStarted) for event in record.events)
    assert [event.at_sample for event in record.events] == sorted(event.at_sample for event in record.events)
    assert len(record.truths) == 2


@pytest.mark.parametrize("engine", ["rnnoise", "nsnet2"])
def test_a_denoisers_delay_moves_when_it_is_known_not_when_it_was(model: object, engine: str) -> None:
    """Behind a denoiser a start is known later; its onset stays where it was, to two windows."""
    model(engine)  # type: ignore[operator]
    parameters = Parameters(endpointing=SILENCE.endpointing, noise=NoiseParameters(engine))  # type: ignore[arg-type]
    plain = next(e for e in run([LANE], agent=None).events if isinstance(e, events.SpeechStarted))
    record = run_lanes("call", [LANE], parameters, RATE)
    late = next(e for e in record.events if isinstance(e, events.SpeechStarted))
    assert late.at_sample > late.onset_sample + 7 * 512
    assert abs(late.onset_sample - plain.onset_sample) <= 2 * 512
