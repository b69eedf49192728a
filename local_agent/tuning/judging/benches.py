"""The bench that fits settings: probabilities of one detector behind one suppressor, each computed once a corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from local_agent.errors import ModelMissing
from local_agent.simulate.opening import NO_CLASSIFIER
from local_agent.tuning.judging.answers import SmartTurnAnswers
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.composing import Sounds, lane
from local_agent.tuning.listening.scoring import Scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import Parameters
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.trial import Trial

    Tell = Callable[[str, int, int], None]

TURN_MODEL: Final = "smart_turn"


def _nothing(what: str, done: int, total: int) -> None:
    del what, done, total


@dataclass(frozen=True, slots=True)
class Means:
    """How a corpus is listened to: at which rate, with which cache, by how many threads of suppressor and turn-end model.

    `tell` is told what is under way, how much of it is done, and how much there is (0: nobody knows).
    """

    rate_hz: int
    cache: Cache | None = None
    sounds: Sounds | None = None
    workers: int = 1
    tell: Tell = _nothing


class Benches:
    """Makes the bench for parameters when it is first asked for, and keeps it.

    Without the turn-end model benches know no answers: turns end by silence alone (`fitting`).
    """

    def __init__(self, trials: Sequence[Trial], means: Means) -> None:
        self.trials, self._means = tuple(trials), means
        self._sounds = means.sounds or Sounds()
        self._made: dict[object, Bench] = {}
        self._answers: SmartTurnAnswers | None = None
        self._classifier: _Opened | None = None
        if turn_model_is_here():
            self._classifier = _Opened(means.tell)

    def __call__(self, parameters: Parameters) -> Bench:
        """Return the bench. Raises ModelMissing where a model that the parameters name is not here."""
        if parameters.endpointing.mode != "silence" and self._classifier is None:
            from local_agent.models.cache import model_path

            model_path(TURN_MODEL)
        vad = parameters.vad
        key = (vad.model, vad.reset_after_quiet_ms, parameters.noise)
        if key not in self._made:
            self._made[key] = self._opened(parameters)
        return self._made[key]

    def close(self) -> None:
        """Keep what the turn-end model said since the last time."""
        if self._answers is not None:
            self._answers.flush()

    def _opened(self, parameters: Parameters) -> Bench:
        means = self._means
        scorer = Scorer(
            parameters.vad,
            parameters.noise,
            rate_hz=means.rate_hz,
            cache=means.cache,
            sounds=self._sounds,
            workers=means.workers,
        )
        behind = "" if parameters.noise.engine == "off" else f" behind {parameters.noise.engine}"
        traces = scorer.traces(
            self.trials,
            lambda at: means.tell(f"listening{behind}", at.reused + at.scored, at.trials),
        )
        if self._classifier is not None and self._answers is None:
            self._answers = SmartTurnAnswers(
                self.trials,
                parameters.vad,
                rate_hz=means.rate_hz,
                cache=means.cache,
                sounds=self._sounds,
                workers=means.workers,
            )
            self._answers.progress = lambda done, total: means.tell("asking the turn-end model", done, total)
        return Bench(
            self.trials,
            traces,
            self._answers,
            lane=lambda trial: lane(trial, means.rate_hz, self._sounds),
            classifier=self._classifier,
            kept=means.cache,
        )


def fitting(present: Parameters) -> tuple[Parameters, tuple[str, ...]]:
    """Return the present parameters as they can be judged here, and notes on what is not as they say."""
    notes = [f"emulated: {one.setting} {one.wanted} by {one.used}" for one in present.emulated]
    if present.endpointing.mode != "silence" and not turn_model_is_here():
        silence = replace(present.endpointing, mode="silence")
        return replace(present, endpointing=silence), (*notes, NO_CLASSIFIER)
    return present, tuple(notes)


def turn_model_is_here() -> bool:
    """Tell whether the turn-end model can be asked. Raises ModelCorrupt where it is not what it should be."""
    from local_agent.models.cache import model_path

    try:
        model_path(TURN_MODEL)
    except ModelMissing:
        return False
    return True


class _Opened:
    """The turn-end model for presets, opened at the first question: a run whose counts are all kept asks none.

    It tells how much was asked; how much there is depends on what the session makes of the answers.
    """

    def __init__(self, tell: Tell) -> None:
        self._model: TurnEndClassifier | None = None
        self._tell, self._asked = tell, 0

    def probability_complete(self, samples: NDArray[np.float32], sample_rate_hz: int) -> float:
        """Pass the question on."""
        if self._model is None:
            from local_agent.endpointing.smart_turn import SmartTurn

            self._model = SmartTurn()
        self._tell("asking the turn-end model for presets", self._asked, 0)
        self._asked += 1
        return self._model.probability_complete(samples, sample_rate_hz)
