"""Answers of the turn-end model: about the audio that the session would hand over, each asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.events import UserTurnEnded
from local_agent.parameters import EndpointingParameters, Parameters, VadParameters
from local_agent.simulate.opening import Models, network_for
from local_agent.simulate.speaking import SilentMouth
from local_agent.tuning.judging.answers import SmartTurnAnswers
from local_agent.tuning.judging.turn_ends import TurnSweep
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.composing import lane
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.listening.scoring import Scorer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.tuning.listening.trial import Trial

RATE = 8000


class Hearing:
    """A classifier whose answer depends on every sample it was given; it keeps what it was asked."""

    def __init__(self) -> None:
        self.heard: list[np.ndarray] = []

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Answer by a hash of the samples."""
        self.heard.append(samples.copy())
        return hash(samples.tobytes() + bytes([sample_rate_hz % 251])) % 1000 / 999


def _turns(corpus: Path) -> list[Trial]:
    return [trial for trial in trials_of(corpus, seed=2) if trial.situation == "caller_turn"]


def _over(trial: Trial, parameters: Parameters, classifier: TurnEndClassifier) -> int:
    models = Models(parameters, RATE, network_for(parameters.vad, RATE), classifier)
    session = models.session(SilentMouth())
    for window in lane(trial, RATE).reshape(-1, session.window):
        session.speak()
        session.hear(window)
    return next((e.at_sample for e in session.events if isinstance(e, UserTurnEnded)), -1)


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
def test_turns_end_as_in_the_session(corpus: Path, mode: str) -> None:
    """The same audio is asked about at the same moments, so the turns end at the same samples."""
    trials = _turns(corpus)
    for threshold in (0.35, 0.55):
        vad = VadParameters(threshold=threshold, release_threshold=threshold - 0.15)
        endpointing = EndpointingParameters(mode, 400, 1500)  # type: ignore[arg-type]
        parameters = Parameters(vad=vad, endpointing=endpointing)
        ours, theirs = Hearing(), Hearing()
        answers = SmartTurnAnswers(trials, vad, rate_hz=RATE, classifier=ours)
        traces = Scorer(vad, rate_hz=RATE).traces(trials)
        over = TurnSweep(traces, answers).over_at(vad, endpointing)
        assert over.tolist() == [_over(trial, parameters, theirs) for trial in trials]
        asked = {samples.tobytes() for samples in theirs.heard}
        assert ours.heard
        assert {samples.tobytes() for samples in ours.heard} <= asked


def test_a_question_is_asked_once(corpus: Path, tmp_path: Path) -> None:
    """In one run, in the next one, and by others: another pre-roll, lane or classifier is another question."""
    trials, vad, cache = _turns(corpus), VadParameters(), Cache(tmp_path)

    def answers(name: str = "hearing", of: VadParameters = vad) -> SmartTurnAnswers:
        return SmartTurnAnswers(
            trials, of, rate_hz=RATE, cache=cache, classifier=Hearing(), classifier_id=name
        )

    first = answers()
    told = [first.probability_complete(0, 6000, 16_000) for _ in range(3)]
    assert len(set(told)) == first.asked == 1
    first.flush()
    second = answers()
    assert second.probability_complete(0, 6000, 16_000) == told[0]
    assert second.asked == 0
    second.probability_complete(1, 6000, 16_000)
    assert second.asked == 1
    for other in (answers("another"), answers(of=VadParameters(pre_roll_ms=100))):
        other.probability_complete(0, 6000, 16_000)
        assert other.asked == 1


def test_two_add_to_one_entry(corpus: Path, tmp_path: Path) -> None:
    """Answers of two runs about one lane end up side by side; a long run keeps them as it goes."""
    trials, vad, cache = _turns(corpus), VadParameters(), Cache(tmp_path)
    one, two, three = (
        SmartTurnAnswers(trials, vad, rate_hz=RATE, cache=cache, classifier=Hearing(), classifier_id="x")
        for _ in range(3)
    )
    for number in range(16):
        one.probability_complete(0, 6000, 16_000 + number)
        two.probability_complete(0, 6000, 20_000 + number)
    for number in range(16):
        three.probability_complete(0, 6000, 16_000 + number)
        three.probability_complete(0, 6000, 20_000 + number)
    assert three.asked == 0


def test_a_nameless_classifier_is_not_cached(tmp_path: Path) -> None:
    """Its answers would be taken for Smart Turn's."""
    with pytest.raises(ValueError, match="name"):
        SmartTurnAnswers([], VadParameters(), rate_hz=RATE, cache=Cache(tmp_path), classifier=Hearing())


def test_smart_turn_itself_answers(corpus: Path, tmp_path: Path, model: Callable[[str], Path]) -> None:
    """The real model, opened when it is asked and not when the cache knows."""
    from local_agent.endpointing.smart_turn import SmartTurn

    model("smart_turn")
    trials, vad = _turns(corpus), VadParameters()
    first = SmartTurnAnswers(trials, vad, rate_hz=RATE, cache=Cache(tmp_path))
    answer = first.probability_complete(0, 6000, 20_000)
    heard = lane(trials[0], RATE)[6000 - 300 * 8 : 20_000]
    assert answer == SmartTurn().probability_complete(heard, RATE)
    first.flush()
    second = SmartTurnAnswers(trials, vad, rate_hz=RATE, cache=Cache(tmp_path))
    assert second.probability_complete(0, 6000, 20_000) == answer
    assert second._classifier is None
