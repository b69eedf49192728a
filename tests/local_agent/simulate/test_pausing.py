"""The end of the caller's turn: what the classifier hears, how often it is asked, and what dictation does."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent import events
from local_agent.errors import UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.record import SpokenTurn
from local_agent.simulate.pausing import ASKED_ABOUT_S, GATE_LAG_MS, CallerTurnEnd
from local_agent.simulate.speaking import RecordedMouth

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = 16_000
MS = RATE // 1000


class Asked:
    """A classifier that keeps what it was asked about."""

    def __init__(self, answer: float) -> None:
        self.answer, self.heard = answer, []

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Return the answer."""
        self.heard.append(samples)
        return self.answer


class Turn:
    """A turn of speech from sample 0, whose samples count up, followed in steps of 32 ms."""

    def __init__(self, classifier: Asked | None, mode: str = "semantic", said: str | None = None) -> None:
        parameters = Parameters(endpointing=EndpointingParameters(mode, 400, 2500))  # type: ignore[arg-type]
        self.ends = CallerTurnEnd(parameters, RATE, classifier)
        self.said = said

    def after(self, quiet_from: int | None, pause_ms: int) -> int | None:
        """Return when the turn is over, as known so long into a pause."""
        over = self.ends.over_at(None, 0, self._audio, self._words)
        for heard_ms in range(32, pause_ms + 1, 32):
            over = self.ends.over_at(quiet_from, (quiet_from or 0) + heard_ms * MS, self._audio, self._words)
        return over

    @staticmethod
    def _audio(end_sample: int) -> np.ndarray:
        return np.arange(end_sample, dtype=np.float32)

    def _words(self) -> str | None:
        return self.said


def test_the_classifier_hears_as_much_silence_as_it_is_asked_after() -> None:
    """What is handed over ends 200 ms after the last sound, which lies 100 ms before the last speech frame."""
    asked = Asked(0.9)
    quiet_from = RATE
    Turn(asked).after(quiet_from, 1000)
    (heard,) = asked.heard
    assert heard[-1] == quiet_from + (200 - GATE_LAG_MS) * MS - 1


def test_no_more_than_the_last_seconds_are_handed_over() -> None:
    """A turn of 20 s is asked about by its end."""
    asked = Asked(0.9)
    Turn(asked).after(20 * RATE, 320)
    assert len(asked.heard[0]) == ASKED_ABOUT_S * RATE


def test_a_pause_is_asked_about_once_and_a_new_one_again() -> None:
    """Not before 200 ms, not again on longer silence, again when speech has come in between."""
    asked = Asked(0.1)
    turn = Turn(asked)
    turn.after(RATE, 192)
    assert len(asked.heard) == 0
    turn.after(RATE, 2000)
    assert len(asked.heard) == 1
    turn.after(3 * RATE, 2000)
    assert len(asked.heard) == 2


def test_nothing_adds_up() -> None:
    """Both delays count from the last speech frame, however late the answer came."""
    for answer, ms in ((0.9, 400), (0.1, 2500)):
        assert Turn(Asked(answer)).after(RATE, 320) == RATE + ms * MS
    assert Turn(Asked(0.9)).after(RATE, 192) == RATE + 2500 * MS
    assert Turn(None, "silence").after(RATE, 64) == RATE + 400 * MS


def test_while_the_caller_speaks_nothing_is_over() -> None:
    """A turn without a pause has no end yet."""
    turn = Turn(Asked(0.9))
    turn.after(RATE, 320)
    assert turn.after(None, 0) is None


def test_a_question_for_a_number_waits_where_nobody_knows_words() -> None:
    """And only there: "no, thanks" to the same question is over as soon as it sounds so."""
    for said, ms, reason in ((None, 2500, "dictation"), ("no, thanks", 400, "semantic")):
        turn = Turn(Asked(0.9), said=said)
        turn.ends.agent_said("What is your phone number?")
        assert turn.after(RATE, 320) == RATE + ms * MS
        assert turn.ends.reason == reason
        turn.ends.agent_said("Thank you, goodbye.")
        turn.ends.begin()
        assert turn.after(RATE, 320) == RATE + 400 * MS


@pytest.mark.parametrize("answer", [float("nan"), -0.1, 1.5])
def test_an_answer_that_is_no_probability_is_refused(answer: float) -> None:
    """A classifier that answers in percent, or not at all, must not cut people off silently."""
    with pytest.raises(UnusableInput, match="classifier"):
        Turn(Asked(answer)).after(RATE, 320)


@pytest.mark.parametrize(
    ("text", "reason", "ms"),
    [("What is your phone number?", "dictation", 2500), ("Would Tuesday suit you?", "semantic", 400)],
)
def test_a_call_tells_what_the_agent_asked_and_hands_over_the_pause(
    call: Callable, text: str, reason: str, ms: int
) -> None:
    """The session passes the agent's words on, and the turn's sound up to 100 ms after the last speech frame."""
    asked = Asked(0.9)
    spoken = SpokenTurn(text, np.full(RATE, 0.1, np.float32))
    made = call(mouth=RecordedMouth([(0, spoken)]), classifier=asked)
    made.hear((0.0, 50), (1.0, 40), (0.0, 90))
    (ended,) = made.of(events.UserTurnEnded)
    assert ended.reason == reason
    assert 0 <= ended.at_sample - ended.offset_sample - ms * MS < 512
    pre_roll = 300 * MS
    assert [len(heard) for heard in asked.heard] == [pre_roll + 40 * 512 + (200 - GATE_LAG_MS) * MS]
