"""Answers of the turn-end model: about the audio that the session would hand over, each asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from local_agent.events import UserTurnEnded
from local_agent.parameters import EndpointingParameters, NoiseParameters, Parameters, VadParameters
from local_agent.simulate.opening import models_for
from local_agent.simulate.speaking import SilentMouth
from local_agent.tuning.judging.answers import FLUSH_EVERY, SmartTurnAnswers
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
    session = models_for(parameters, RATE, classifier).session(SilentMouth())
    for window in lane(trial, RATE).reshape(-1, session.window):
        session.speak()
        session.hear(window)
        if over := [event.at_sample for event in session.events if isinstance(event, UserTurnEnded)]:
            return over[0]
    return -1


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
def test_turns_end_as_in_the_session(corpus: Path, mode: str) -> None:
    """The same audio is asked about at the same moments, so the turns end at the same samples."""
    trials = _turns(corpus)
    for threshold in (0.35, 0.55):
        vad = VadParameters(threshold=threshold, release_threshold=threshold - 0.15)
        endpointing = EndpointingParameters(mode, 400, 1500)  # type: ignore[arg-type]
        parameters = Parameters(vad=vad, endpointing=endpointing)
        ours, theirs = Hearing(), Hearing()
        answers = SmartTurnAnswers(trials, rate_hz=RATE, classifier=ours)
        traces = Scorer(vad, rate_hz=RATE).traces(trials)
        over = TurnSweep(traces, answers).over_at(vad, endpointing)
        assert over.tolist() == [_over(trial, parameters, theirs) for trial in trials]
        asked = {samples.tobytes() for samples in theirs.heard}
        assert ours.heard
        assert {samples.tobytes() for samples in ours.heard} <= asked


class SmartTurnOnce:
    """Smart Turn, which computes its answer about the same samples once."""

    def __init__(self) -> None:
        from local_agent.endpointing.smart_turn import SmartTurn

        self._model = SmartTurn()
        self.told: dict[bytes, float] = {}

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Return Smart Turn's answer."""
        key = samples.tobytes()
        if key not in self.told:
            self.told[key] = self._model.probability_complete(samples, sample_rate_hz)
        return self.told[key]


@pytest.mark.parametrize(
    ("engine", "every", "modes"), [("off", 15, ("semantic", "hybrid")), ("rnnoise", 60, ("hybrid",))]
)
def test_real_turns_end_as_in_the_session(
    real_corpus: Path,
    model: Callable[[str], Path],
    engine: Literal["off", "rnnoise"],
    every: int,
    modes: tuple[str, ...],
) -> None:
    """Real callers' turns, the real turn-end model, the session that `vaxctl simulate` runs: the same samples.

    Behind a suppressor windows come late, but the model hears the line itself: so both are tried.
    """
    model("smart_turn")
    if engine != "off":
        model(engine)
    trials = _turns(real_corpus)[::every]
    noise, vad, smart_turn = NoiseParameters(engine), VadParameters(min_silence_ms=200), SmartTurnOnce()
    traces = Scorer(vad, noise, rate_hz=RATE).traces(trials)
    settings = [(vad, EndpointingParameters(mode, 300, 1500)) for mode in modes]  # type: ignore[arg-type]
    answers = SmartTurnAnswers(trials, rate_hz=RATE, classifier=smart_turn)
    over = TurnSweep(traces, answers).over_at_each(settings)
    asked = len(smart_turn.told)
    for (_, endpointing), ours in zip(settings, over, strict=True):
        parameters = Parameters(vad=vad, noise=noise, endpointing=endpointing)
        assert ours.tolist() == [_over(trial, parameters, smart_turn) for trial in trials]
    assert len({tuple(ours) for ours in over.tolist()}) == len(modes)  # the answers made a difference
    assert len(smart_turn.told) == asked  # the session asked about no sample that the sweep had not


def test_a_question_is_asked_once(corpus: Path, tmp_path: Path) -> None:
    """In one run, in the next one, and by others: another stretch, lane or classifier is another question."""
    trials, cache = _turns(corpus), Cache(tmp_path)

    def answers(name: str = "hearing") -> SmartTurnAnswers:
        return SmartTurnAnswers(trials, rate_hz=RATE, cache=cache, classifier=Hearing(), classifier_id=name)

    first = answers()
    told = [first.probability_complete(0, 6000, 16_000) for _ in range(3)]
    assert len(set(told)) == first.asked == 1
    first.flush()
    second = answers()
    assert second.probability_complete(0, 6000, 16_000) == told[0]
    assert second.asked == 0
    second.probability_complete(1, 6000, 16_000)
    assert second.asked == 1
    second.probability_complete(0, 5000, 16_000)
    assert second.asked == 2
    other = answers("another")
    other.probability_complete(0, 6000, 16_000)
    assert other.asked == 1


def test_two_add_to_one_entry(corpus: Path, tmp_path: Path) -> None:
    """Answers of two runs about one lane end up side by side; a long run keeps them as it goes."""
    trials, cache = _turns(corpus), Cache(tmp_path)
    one, two, three = (
        SmartTurnAnswers(trials, rate_hz=RATE, cache=cache, classifier=Hearing(), classifier_id="x")
        for _ in range(3)
    )
    for number in range(16):
        one.probability_complete(0, 6000, 16_000 + number)
        two.probability_complete(0, 6000, 20_000 + number)
    for number in range(16):
        three.probability_complete(0, 6000, 16_000 + number)
        three.probability_complete(0, 6000, 20_000 + number)
    assert three.asked == 0


def test_questions_of_all_settings_are_asked_together(corpus: Path, tmp_path: Path) -> None:
    """Threads answer as one would; how many there are is told from the start; the sweep then asks nothing."""
    trials, cache = _turns(corpus), Cache(tmp_path)
    traces = Scorer(VadParameters(), rate_hz=RATE).traces(trials)
    settings = [
        (VadParameters(threshold=threshold, min_silence_ms=silence_ms), EndpointingParameters(*end))
        for threshold in (0.35, 0.55)
        for silence_ms in (200, 400)
        for end in (("silence", 300, 2500), ("semantic", 300, 1500), ("hybrid", 500, 2500))
    ]
    told: list[tuple[int, int]] = []
    found = []
    for workers in (1, 3):
        hearing = Hearing()
        answers = SmartTurnAnswers(
            trials,
            rate_hz=RATE,
            cache=cache,
            classifier=hearing,
            classifier_id=f"{workers}",
            workers=workers,
        )
        answers.progress = lambda done, total: told.append((done, total))
        found.append(TurnSweep(traces, answers).over_at_each(settings).tolist())
        assert len(hearing.heard) == len({one.tobytes() for one in hearing.heard}) == answers.asked
        assert told[0] == (0, answers.asked)
        assert told[-1] == (answers.asked, answers.asked)
        kept = SmartTurnAnswers(
            trials, rate_hz=RATE, cache=cache, classifier=Hearing(), classifier_id=f"{workers}"
        )
        assert TurnSweep(traces, kept).over_at_each(settings).tolist() == found[-1]
        assert kept.asked == 0, "all that is asked together is kept at its end"
    assert found[0] == found[1]


def test_a_killed_run_loses_few_answers(corpus: Path, tmp_path: Path) -> None:
    """Answers are kept as they come, though each lane has but a few; nobody flushes a process that is killed."""
    trials = _turns(corpus)

    class Killed(Hearing):
        def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
            if len(self.heard) == 40:
                raise KeyboardInterrupt
            return super().probability_complete(samples, sample_rate_hz)

    def answers(classifier: Hearing) -> SmartTurnAnswers:
        return SmartTurnAnswers(
            trials,
            rate_hz=RATE,
            cache=Cache(tmp_path),
            classifier=classifier,
            classifier_id="x",
        )

    questions = [(number % 2, 6000, 16_000 + number) for number in range(60)]
    with pytest.raises(KeyboardInterrupt):
        answers(Killed()).ask_all(questions)
    again = answers(Hearing())
    again.ask_all(questions)
    assert again.asked == 60 - 40 // FLUSH_EVERY * FLUSH_EVERY


def test_a_nameless_classifier_is_not_cached(tmp_path: Path) -> None:
    """Its answers would be taken for Smart Turn's."""
    with pytest.raises(ValueError, match="name"):
        SmartTurnAnswers([], rate_hz=RATE, cache=Cache(tmp_path), classifier=Hearing())


def test_smart_turn_itself_answers(corpus: Path, tmp_path: Path, model: Callable[[str], Path]) -> None:
    """The real model, opened when it is asked and not when the cache knows."""
    from local_agent.endpointing.smart_turn import SmartTurn

    model("smart_turn")
    trials = _turns(corpus)
    first = SmartTurnAnswers(trials, rate_hz=RATE, cache=Cache(tmp_path))
    answer = first.probability_complete(0, 6000, 20_000)
    heard = lane(trials[0], RATE)[6000:20_000]
    assert answer == SmartTurn().probability_complete(heard, RATE)
    first.flush()
    second = SmartTurnAnswers(trials, rate_hz=RATE, cache=Cache(tmp_path))
    assert second.probability_complete(0, 6000, 20_000) == answer
    assert second._classifier is None
