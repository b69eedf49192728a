"""Sounds that nobody looked at twice: noise gets no reply, words over a protected turn do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent import events
from local_agent.dialogue.responder import Reply
from local_agent.simulate.speaking import RecordedMouth, RespondingMouth, SilentMouth

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.record import SpokenTurn

RATE, WINDOW = 16_000, 512
BARK, WORD = (0.85, 8), (1.0, 8)
"""Eight windows pass the gate; certain for 71 ms, and for 256 ms."""
LISTENING = (0.0, 200)
"""The agent's six seconds, and a little more."""


class Hears:
    """Knows words, or None."""

    def __init__(self, text: str | None) -> None:
        self.text, self.asked = text, 0

    def said(self, samples: np.ndarray, sample_rate_hz: int, end_sample: int) -> str | None:
        """Return the words."""
        del samples, sample_rate_hz, end_sample
        self.asked += 1
        return self.text


class Greets:
    """Greets two seconds into the call, and answers what is said."""

    def __init__(self, prompt: SpokenTurn) -> None:
        self.heard: list[str] = []
        self._prompt = prompt

    def first(self) -> Reply:
        """Greet late."""
        return Reply("hello", latency_ms=2000)

    def reply(self, heard: object, context: object) -> Reply:
        """Answer."""
        del context
        self.heard.append(heard.text)  # type: ignore[attr-defined]
        return Reply("answer")

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Say anything."""
        del text, sample_rate_hz
        return self._prompt


@pytest.mark.parametrize(
    ("sound", "text", "replied"),
    [
        (BARK, None, False),
        (WORD, None, True),
        (BARK, "no", True),
        (BARK, "", False),
        (WORD, "", False),
        ((1.0, 16), "", True),
    ],
)
def test_a_noise_gets_no_reply(
    call: Callable, sound: tuple[float, int], text: str | None, *, replied: bool
) -> None:
    """Sound decides where nobody knows words; with words, they do; a long certain sound always is a turn."""
    made = call(words=Hears(text)).hear(LISTENING, sound, (0.0, 40))
    assert len(made.of(events.UserTurnEnded)) == replied
    dismissed = made.of(events.CallerTurnDismissed)
    assert len(dismissed) == (not replied)
    for event in dismissed:
        assert (event.onset_sample, event.reason) == (200 * WINDOW, "noise")


def test_words_are_asked_for_only_in_doubt(call: Callable) -> None:
    """Certain speech is transcribed once, for the reply."""
    words = Hears("I would like to book")
    call(words=words).hear(LISTENING, (1.0, 40), (0.0, 40))
    assert words.asked == 1


def test_without_validation_every_sound_is_a_turn(call: Callable) -> None:
    """A platform without a second look answers the bark."""
    made = call(validate=False).hear(LISTENING, BARK, (0.0, 40))
    assert made.of(events.UserTurnEnded)


def test_a_noise_does_not_cost_the_greeting(call: Callable, prompt: SpokenTurn) -> None:
    """A bark before the greeting delays it until the bark is known for one; it is then said."""
    mouth = RespondingMouth(greets := Greets(prompt), greets, RATE)
    made = call(mouth=mouth).hear((0.0, 55), BARK, (0.0, 40))
    (dismissed,), (began,) = made.of(events.CallerTurnDismissed), made.of(events.AgentSpeechStarted)
    assert began.at_sample == dismissed.at_sample > 2 * RATE
    assert greets.heard == []
    quiet = call(mouth=RespondingMouth(greets, greets, RATE)).hear((0.0, 5), BARK, (0.0, 70))
    assert quiet.of(events.AgentSpeechStarted)[0].at_sample == 2 * RATE


def test_a_noise_does_not_put_off_the_reminder(call: Callable, prompt: SpokenTurn) -> None:
    """Ten seconds of nobody saying anything are ten seconds, whoever barks."""
    mouth = RespondingMouth(answers := Greets(prompt), answers, RATE)
    made = call(mouth=mouth).hear((0.0, 62), LISTENING, BARK, (0.0, 500))
    (reminded,), (finished, *_) = made.of(events.CallerReminded), made.of(events.AgentSpeechFinished)
    assert reminded.at_sample == finished.at_sample + 10 * RATE


def test_the_call_ends_although_somebody_barks(call: Callable) -> None:
    """A noise is no sign of life: the call ends 30 s after the last word."""
    made = call(mouth=SilentMouth()).hear(*[BARK, (0.0, 92)] * 12)
    (ended,) = made.of(events.CallEnded)
    assert (ended.at_sample, ended.reason) == (30 * RATE, "hang_up")


@pytest.mark.parametrize("barge_in", [{"enabled": False}, {"protect_first_message": True}])
def test_what_is_said_over_a_protected_turn_is_answered_after_it(
    call: Callable, prompt: SpokenTurn, barge_in: dict[str, bool]
) -> None:
    """The agent speaks to its end, then replies at once to what ended long before."""
    made = call(mouth=RecordedMouth([(0, prompt), (0, prompt)]), words=Hears("who is this"), **barge_in).hear(
        (0.0, 20), (1.0, 30), (0.0, 200)
    )
    (finished, *_), (ended,) = made.of(events.AgentSpeechFinished), made.of(events.UserTurnEnded)
    assert finished.at_sample == len(prompt.samples)
    assert 0 <= ended.at_sample - finished.at_sample <= WINDOW
    assert ended.offset_sample == 50 * WINDOW
    assert len(made.of(events.AgentSpeechStarted)) == 2


@pytest.mark.parametrize(("sound", "text"), [((1.0, 20), "mm-hmm"), (BARK, None)])
def test_backchannels_and_noise_over_a_protected_turn_get_no_reply(
    call: Callable, sound: tuple[float, int], text: str | None
) -> None:
    """What would not have stopped an agent that may be stopped asks for nothing here either."""
    words = Hears(text)
    made = call(words=words, protect_first_message=True, ignore_phrases=("mm-hmm",)).hear(
        (0.0, 20), sound, (0.0, 220)
    )
    assert made.of(events.UserTurnEnded) == []
    assert made.of(events.CallerTurnDismissed)


def test_the_agents_own_echo_over_a_protected_turn_gets_no_reply(call: Callable, prompt: SpokenTurn) -> None:
    """What comes back 100 ms late is no caller, and its tail after the turn is none."""
    chance = np.random.default_rng(4)
    prompt.samples[:] = chance.normal(0, 0.1, 6 * RATE)
    line = np.concatenate([np.zeros(1600), prompt.samples * 0.2, np.zeros(3 * RATE)])
    line += chance.normal(0, 0.004, len(line))
    made = call(enabled=False)
    for at in range(0, 8 * RATE, WINDOW):
        made._stream.next = 0.95 if 1600 < at < len(prompt.samples) + 1600 else 0.0
        made.session.speak()
        made.session.hear(line[at : at + WINDOW].astype(np.float32))
    assert made.of(events.AgentSpeechFinished)
    assert made.of(events.UserTurnEnded) == []


def test_a_radio_that_plays_on_stops_the_agent_once(call: Callable) -> None:
    """Speech without words, known to have none, is not looked at again until it has paused."""
    made = call(words=Hears("")).hear((0.0, 10), (1.0, 120))
    assert len(made.of(events.AgentSpeechPaused)) == 1
    (false,) = made.of(events.FalseBargeIn)
    assert false.reason == "no-words"
    made.hear((0.0, 4), (1.0, 20))
    assert len(made.of(events.AgentSpeechPaused)) == 2
