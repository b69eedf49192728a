"""Who has the floor: a table of states and inputs, and the little memory that goes with it. Pure.

    LISTENING   nobody speaks; the agent waits for the caller
    CALLER      the caller has the floor, speaking or pausing
    REPLYING    the caller's turn is over; the reply is in the making
    DOUBTING    something was heard while the reply is in the making: it goes on being made, and is held back
    SPEAKING    the agent speaks
    OVERHEARD   the agent speaks on while something is heard: unvalidated, and words are to decide
    SUSPENDED   the agent fell silent because something was heard; the second look is under way
    ENDED       the call is over

Three rules run through the table. The agent falls silent at once, and gives the floor away only after the second look
(unvalidated it does both at once, or speaks on until there are words enough);
a noise never costs a reply: what is in the making when somebody coughs is kept, and spoken once the cough is known for one;
and a noise never gets one: a caller's turn with nothing in it (turn/doubt.py) goes back to LISTENING.

`TABLE` holds what happens for each pair of state and input; `IMPOSSIBLE` holds the pairs that cannot occur, with the
reason. Every pair stands in exactly one of them (tests/local_agent/turn/test_machine.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from local_agent import events

if TYPE_CHECKING:
    from local_agent.parameters import BargeInParameters


class State(StrEnum):
    """Who has the floor."""

    LISTENING = "listening"
    CALLER = "caller"
    REPLYING = "replying"
    DOUBTING = "doubting"
    SPEAKING = "speaking"
    OVERHEARD = "overheard"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Heard(StrEnum):
    """What can happen to the machine."""

    SPEECH_STARTED = "speech-started"
    SPEECH_STOPPED = "speech-stopped"
    TURN_OVER = "turn-over"
    REPLY_READY = "reply-ready"
    AGENT_DONE = "agent-done"
    LOOK_BARGE_IN = "look-barge-in"
    LOOK_FALSE = "look-false"
    AUDIO_ENDED = "audio-ended"


class Action(StrEnum):
    """What the machine wants done, in this order when there are several."""

    PAUSE_SPEAKING = "pause-speaking"
    STOP_SPEAKING = "stop-speaking"
    RESUME_SPEAKING = "resume-speaking"
    START_SPEAKING = "start-speaking"
    LOOK_AGAIN = "look-again"
    CANCEL_REPLY = "cancel-reply"
    MAKE_REPLY = "make-reply"


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `onset_sample`, `played_samples` and `reason` are given where the input has them."""

    what: Heard
    at_sample: int
    onset_sample: int = 0
    played_samples: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one input."""

    state: State
    actions: tuple[Action, ...] = ()
    events: tuple[events.Event, ...] = ()


@dataclass(slots=True)
class Floor:
    """The machine: its state, and what it must remember between inputs.

    `turn` numbers the agent's turns from 0 (-1 before the first). `reply_waits` says that a finished reply is held
    back while something heard is being looked at; `hears_words` that somebody can tell what the caller says.
    """

    barge_in: BargeInParameters
    hears_words: bool = False
    state: State = State.LISTENING
    turn: int = -1
    onset_sample: int = 0
    paused_at: int = 0
    reply_waits: bool = False
    history: list[events.Event] = field(default_factory=list)

    def take(self, given: Input) -> tuple[Action, ...]:
        """Take in one input; change state, remember the events, and return what is to be done.

        Raises KeyError for a pair that the table holds to be impossible: a bug of the caller.
        """
        step = TABLE[self.state, given.what](self, given)
        self.state = step.state
        self.history.extend(step.events)
        return step.actions

    @property
    def interruptible(self) -> bool:
        """Whether what is heard now may stop the agent."""
        protected = self.barge_in.protect_first_message and self.turn == 0
        return self.barge_in.enabled and not protected

    @property
    def speaks_on(self) -> bool:
        """Whether, unvalidated, the agent speaks on until words (or as much speech) are there."""
        settings = self.barge_in
        phrases = self.hears_words and bool(settings.ignore_phrases or settings.interrupt_phrases)
        return not settings.validate and (settings.min_words > 0 or phrases)


def _stay(floor: Floor, given: Input) -> Step:
    del given
    return Step(floor.state)


def _caller_begins(floor: Floor, given: Input) -> Step:
    floor.onset_sample = given.onset_sample
    return Step(State.CALLER)


def _caller_dismissed(floor: Floor, given: Input) -> Step:
    dismissed = events.CallerTurnDismissed(given.at_sample, floor.onset_sample, given.reason)
    return Step(State.LISTENING, (), (dismissed,))


def _turn_over(floor: Floor, given: Input) -> Step:
    del floor
    ended = events.UserTurnEnded(given.at_sample, given.onset_sample, given.reason)
    return Step(State.REPLYING, (Action.MAKE_REPLY,), (ended,))


def _doubt(floor: Floor, given: Input) -> Step:
    floor.onset_sample = given.onset_sample
    return Step(State.DOUBTING, (Action.LOOK_AGAIN,))


def _hold_reply(floor: Floor, given: Input) -> Step:
    del given
    floor.reply_waits = True
    return Step(State.DOUBTING)


def _doubt_confirmed(floor: Floor, given: Input) -> Step:
    """Give the floor back: the reply was made for half of what the caller wanted to say."""
    del given
    floor.reply_waits = False
    return Step(State.CALLER, (Action.CANCEL_REPLY,))


def _doubt_unfounded(floor: Floor, given: Input) -> Step:
    if floor.reply_waits:
        floor.reply_waits = False
        return _begin_speaking(floor, given)
    return Step(State.REPLYING)


def _begin_speaking(floor: Floor, given: Input) -> Step:
    floor.turn += 1
    began = events.AgentSpeechStarted(given.at_sample, floor.turn)
    return Step(State.SPEAKING, (Action.START_SPEAKING,), (began,))


def _speech_over_agent(floor: Floor, given: Input) -> Step:
    if not floor.interruptible:
        return Step(State.SPEAKING)
    if floor.speaks_on:
        floor.onset_sample = given.onset_sample
        return Step(State.OVERHEARD, (Action.LOOK_AGAIN,))
    floor.onset_sample, floor.paused_at = given.onset_sample, given.played_samples
    paused = events.AgentSpeechPaused(given.at_sample, floor.turn, given.played_samples)
    if floor.barge_in.validate:
        return Step(State.SUSPENDED, (Action.PAUSE_SPEAKING, Action.LOOK_AGAIN), (paused,))
    return Step(State.CALLER, (Action.STOP_SPEAKING,), (paused, _taken(floor, given, "unvalidated")))


def _overheard_enough(floor: Floor, given: Input) -> Step:
    floor.paused_at = given.played_samples
    paused = events.AgentSpeechPaused(given.at_sample, floor.turn, given.played_samples)
    return Step(State.CALLER, (Action.STOP_SPEAKING,), (paused, _taken(floor, given, given.reason)))


def _overheard_nothing(floor: Floor, given: Input) -> Step:
    """Speak on: nobody noticed anything, so there is nothing to tell."""
    del floor, given
    return Step(State.SPEAKING)


def _floor_taken(floor: Floor, given: Input) -> Step:
    return Step(State.CALLER, (Action.STOP_SPEAKING,), (_taken(floor, given, given.reason),))


def _taken(floor: Floor, given: Input, reason: str) -> events.BargeIn:
    return events.BargeIn(given.at_sample, floor.turn, floor.onset_sample, floor.paused_at, reason)


def _floor_kept(floor: Floor, given: Input) -> Step:
    false = events.FalseBargeIn(given.at_sample, floor.turn, floor.onset_sample, given.reason)
    if not floor.barge_in.resume:
        return Step(State.LISTENING, (Action.STOP_SPEAKING,), (false,))
    resumed = events.AgentSpeechResumed(given.at_sample, floor.turn, floor.paused_at)
    return Step(State.SPEAKING, (Action.RESUME_SPEAKING,), (false, resumed))


def _agent_done(floor: Floor, given: Input) -> Step:
    return Step(State.LISTENING, (), (events.AgentSpeechFinished(given.at_sample, floor.turn),))


def _ends(floor: Floor, given: Input) -> Step:
    del floor
    return Step(State.ENDED, (), (events.CallEnded(given.at_sample, given.reason or "end_of_audio"),))


Handler = Callable[[Floor, Input], Step]

_ROWS: Final[Mapping[State, Mapping[Heard, Handler]]] = {
    State.LISTENING: {
        Heard.SPEECH_STARTED: _caller_begins,
        Heard.SPEECH_STOPPED: _stay,  # of a speech that did not stop the agent, and outlasted it
        Heard.REPLY_READY: _begin_speaking,  # the agent speaks first, or reminds
    },
    State.CALLER: {
        Heard.SPEECH_STARTED: _stay,
        Heard.SPEECH_STOPPED: _stay,
        Heard.TURN_OVER: _turn_over,
        Heard.LOOK_FALSE: _caller_dismissed,  # what opened the turn was a noise
    },
    State.REPLYING: {
        Heard.SPEECH_STARTED: _doubt,
        Heard.SPEECH_STOPPED: _stay,
        Heard.REPLY_READY: _begin_speaking,
    },
    State.DOUBTING: {
        Heard.SPEECH_STARTED: _stay,
        Heard.SPEECH_STOPPED: _stay,
        Heard.REPLY_READY: _hold_reply,
        Heard.LOOK_BARGE_IN: _doubt_confirmed,
        Heard.LOOK_FALSE: _doubt_unfounded,
    },
    State.SPEAKING: {
        Heard.SPEECH_STARTED: _speech_over_agent,
        Heard.SPEECH_STOPPED: _stay,
        Heard.AGENT_DONE: _agent_done,
    },
    State.OVERHEARD: {
        Heard.SPEECH_STARTED: _stay,
        Heard.SPEECH_STOPPED: _stay,
        Heard.AGENT_DONE: _agent_done,
        Heard.LOOK_BARGE_IN: _overheard_enough,
        Heard.LOOK_FALSE: _overheard_nothing,
    },
    State.SUSPENDED: {
        Heard.SPEECH_STARTED: _stay,
        Heard.SPEECH_STOPPED: _stay,
        Heard.LOOK_BARGE_IN: _floor_taken,
        Heard.LOOK_FALSE: _floor_kept,
    },
    State.ENDED: {},
}

TABLE: Final[Mapping[tuple[State, Heard], Handler]] = {
    **{(state, what): handler for state, row in _ROWS.items() for what, handler in row.items()},
    **{(state, Heard.AUDIO_ENDED): _ends for state in State if state is not State.ENDED},
}

_NO_TURN = "only a caller's turn can be over"
_NO_LOOK = "nothing is being looked at"
_SILENT = "the agent does not speak"
_NO_REPLY = "a reply is asked for only when the caller's turn is over"

IMPOSSIBLE: Final[Mapping[tuple[State, Heard], str]] = {
    **{(state, Heard.TURN_OVER): _NO_TURN for state in State if state is not State.CALLER},
    **{
        (state, Heard.LOOK_BARGE_IN): _NO_LOOK
        for state in State
        if state not in {State.DOUBTING, State.OVERHEARD, State.SUSPENDED}
    },
    **{
        (state, Heard.LOOK_FALSE): _NO_LOOK
        for state in State
        if state not in {State.CALLER, State.DOUBTING, State.OVERHEARD, State.SUSPENDED}
    },
    **{
        (state, Heard.AGENT_DONE): _SILENT
        for state in State
        if state not in {State.SPEAKING, State.OVERHEARD}
    },
    **{
        (state, Heard.REPLY_READY): _NO_REPLY
        for state in (State.CALLER, State.SPEAKING, State.OVERHEARD, State.SUSPENDED)
    },
    **{(State.ENDED, what): "the call is over" for what in Heard},
}
