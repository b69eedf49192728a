"""The floor's table: complete, and true to its two rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_agent import events
from local_agent.parameters import BargeInParameters
from local_agent.turn.machine import IMPOSSIBLE, TABLE, Action, Floor, Heard, Input, State


def floor(**settings: object) -> Floor:
    """Make a floor with barge-in settings."""
    return Floor(BargeInParameters(**settings))  # type: ignore[arg-type]


def through(machine: Floor, *heard: Heard) -> tuple[Action, ...]:
    """Take the machine through inputs, a second apart, and return the last one's actions."""
    actions: tuple[Action, ...] = ()
    for number, what in enumerate(heard, start=1):
        actions = machine.take(
            Input(what, number * 16_000, onset_sample=number * 16_000 - 3_200, played_samples=number)
        )
    return actions


def test_each_pair_is_handled_or_impossible() -> None:
    """Every state and input stands in exactly one of the two tables."""
    pairs = {(state, what) for state in State for what in Heard}
    assert set(TABLE) | set(IMPOSSIBLE) == pairs
    assert not set(TABLE) & set(IMPOSSIBLE)


@given(
    run=st.lists(st.sampled_from(list(Heard)), max_size=40),
    validate=st.booleans(),
    resume=st.booleans(),
    enabled=st.booleans(),
    min_words=st.integers(0, 1),
)
@settings(deadline=None)
def test_any_possible_run_keeps_the_rules(
    run: list[Heard], *, validate: bool, resume: bool, enabled: bool, min_words: int
) -> None:
    """Turns are numbered in order; each barge-in follows a pause of the same turn; a resume goes to the paused sample."""
    machine = floor(validate=validate, resume=resume, enabled=enabled, min_words=min_words)
    for number, what in enumerate(run):
        if (machine.state, what) in TABLE:
            machine.take(Input(what, number, onset_sample=number, played_samples=number * 7))
    started = [e.turn for e in machine.history if isinstance(e, events.AgentSpeechStarted)]
    assert started == list(range(len(started)))
    paused = {e.turn: e.played_samples for e in machine.history if isinstance(e, events.AgentSpeechPaused)}
    for event in machine.history:
        if isinstance(event, events.BargeIn):
            assert event.turn in paused
        if isinstance(event, events.AgentSpeechResumed):
            assert resume
    assert enabled or not paused


def test_a_false_barge_in_resumes_at_the_very_sample() -> None:
    """The sample where the agent was paused is the one it goes on from."""
    machine = floor()
    through(machine, Heard.REPLY_READY, Heard.SPEECH_STARTED)
    assert machine.state is State.SUSPENDED
    assert machine.take(Input(Heard.LOOK_FALSE, 40_000, reason="ended")) == (Action.RESUME_SPEAKING,)
    resumed = machine.history[-1]
    assert isinstance(resumed, events.AgentSpeechResumed)
    assert resumed.from_sample == 2


def test_a_cough_does_not_cost_the_reply() -> None:
    """A reply that is ready while something is looked at is held, and spoken when it was nothing."""
    machine = floor()
    through(machine, Heard.SPEECH_STARTED, Heard.SPEECH_STOPPED, Heard.TURN_OVER, Heard.SPEECH_STARTED)
    assert machine.state is State.DOUBTING
    assert machine.take(Input(Heard.REPLY_READY, 90_000)) == ()
    assert machine.take(Input(Heard.LOOK_FALSE, 91_000)) == (Action.START_SPEAKING,)


def test_going_on_cancels_the_reply() -> None:
    """A caller who goes on after the turn was taken for over gets the floor back."""
    machine = floor()
    through(machine, Heard.SPEECH_STARTED, Heard.TURN_OVER, Heard.SPEECH_STARTED)
    assert machine.take(Input(Heard.LOOK_BARGE_IN, 90_000)) == (Action.CANCEL_REPLY,)
    assert machine.state is State.CALLER


@pytest.mark.parametrize("settings", [{"enabled": False}, {"protect_first_message": True}])
def test_what_may_not_stop_the_agent_does_not(settings: dict[str, bool]) -> None:
    """With barge-in off, or in a protected first message, the agent speaks on."""
    machine = floor(**settings)
    assert through(machine, Heard.REPLY_READY, Heard.SPEECH_STARTED) == ()
    assert machine.state is State.SPEAKING


def test_only_the_first_message_is_protected() -> None:
    """The second turn can be interrupted."""
    machine = floor(protect_first_message=True)
    through(machine, Heard.REPLY_READY, Heard.AGENT_DONE, Heard.REPLY_READY)
    assert Action.PAUSE_SPEAKING in machine.take(Input(Heard.SPEECH_STARTED, 70_000))


def test_without_validation_the_floor_is_gone_at_once() -> None:
    """Unvalidated barge-in stops the agent in the same step."""
    machine = floor(validate=False)
    assert through(machine, Heard.REPLY_READY, Heard.SPEECH_STARTED) == (Action.STOP_SPEAKING,)
    assert machine.state is State.CALLER


def test_without_validation_the_agent_speaks_on_until_there_are_words_enough() -> None:
    """Nothing is paused meanwhile, and nothing is told of what was not enough."""
    machine = floor(validate=False, min_words=2)
    assert through(machine, Heard.REPLY_READY, Heard.SPEECH_STARTED) == (Action.LOOK_AGAIN,)
    before = list(machine.history)
    assert through(machine, Heard.LOOK_FALSE) == ()
    assert (machine.state, machine.history) == (State.SPEAKING, before)
    through(machine, Heard.SPEECH_STARTED)
    enough = Input(Heard.LOOK_BARGE_IN, 60_000, played_samples=9, reason="words")
    assert machine.take(enough) == (Action.STOP_SPEAKING,)
    paused, taken = machine.history[-2:]
    assert isinstance(paused, events.AgentSpeechPaused)
    assert isinstance(taken, events.BargeIn)
    assert (paused.played_samples, taken.played_samples, taken.reason) == (9, 9, "words")


@pytest.mark.parametrize(
    ("hears_words", "settings", "speaks_on"),
    [
        (True, {"ignore_phrases": ("right",)}, True),
        (True, {"interrupt_phrases": ("stop",)}, True),
        (False, {"ignore_phrases": ("right",)}, False),
        (False, {"min_words": 1}, True),
        (True, {}, False),
        (True, {"min_words": 1, "validate": True}, False),
    ],
)
def test_who_speaks_on(hears_words: bool, settings: dict[str, object], speaks_on: bool) -> None:  # noqa: FBT001 - parametrized
    """An unvalidated agent for which words, or their duration, have a say."""
    made = Floor(BargeInParameters(**{"validate": False, **settings}), hears_words)  # type: ignore[arg-type]
    assert made.speaks_on is speaks_on


def test_without_resume_the_agent_stays_silent() -> None:
    """A false barge-in with resume off leaves nobody speaking."""
    machine = floor(resume=False)
    through(machine, Heard.REPLY_READY, Heard.SPEECH_STARTED)
    assert machine.take(Input(Heard.LOOK_FALSE, 50_000)) == (Action.STOP_SPEAKING,)
    assert machine.state is State.LISTENING


def test_impossible_inputs_are_bugs() -> None:
    """An input that the table holds to be impossible is refused loudly."""
    with pytest.raises(KeyError):
        floor().take(Input(Heard.AGENT_DONE, 1))
