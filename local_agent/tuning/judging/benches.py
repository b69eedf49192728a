"""The bench that fits settings: probabilities of one detector behind one suppressor, each computed once a corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from local_agent.errors import ModelMissing
from local_agent.simulate.pausing import NO_CLASSIFIER
from local_agent.tuning.judging.answers import SmartTurnAnswers
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.composing import Sounds, lane
from local_agent.tuning.listening.scoring import Scorer
from local_agent.tuning.listening.volumes import volumes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        self._has_turn_model = turn_model_is_here()

    def __call__(self, parameters: Parameters) -> Bench:
        """Return the bench. Raises ModelMissing where a model that the parameters name is not here."""
        if parameters.endpointing.mode != "silence" and not self._has_turn_model:
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
        if self._has_turn_model and self._answers is None:
            self._answers = SmartTurnAnswers(
                self.trials,
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
            volumes=lambda trial: volumes(trial, means.rate_hz, self._sounds, means.cache),
            lane=lambda trial: lane(trial, means.rate_hz, self._sounds),
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
