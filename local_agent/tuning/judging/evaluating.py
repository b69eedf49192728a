"""Settings in, counts out: one set of trials with its probabilities, asked for one setting or for thousands.

A bench holds the probabilities of one VAD model behind one suppressor: settings that change those need another.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import numpy as np

from local_agent.tuning.judging.counts import Counts, Tally
from local_agent.tuning.judging.floors import FloorSweep
from local_agent.tuning.judging.outcome import Outcome
from local_agent.tuning.judging.turn_ends import AsksTogether, TurnSweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from local_agent.parameters import Parameters
    from local_agent.tuning.judging.turn_ends import Answers, Question
    from local_agent.tuning.listening.traces import Places, Traces
    from local_agent.tuning.listening.trial import Trial

    Samples = NDArray[np.float32]
    Lane = Callable[[Trial], Samples]
    VolumesOf = Callable[[Trial], NDArray[np.float64]]
    Part = tuple[Places, Places]


class Judging(Protocol):
    """What a tuning needs of a bench, wherever its trials are judged (here, or on a cluster)."""

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials; what they sound like need not be known here."""

    @property
    def hours(self) -> float:
        """How many hours of lanes are judged."""

    @property
    def digest(self) -> str:
        """What tells this bench from another."""

    @property
    def has_answers(self) -> bool:
        """Whether a turn-end model can be asked."""

    @property
    def has_volumes(self) -> bool:
        """Whether presets that hear loudness can be judged."""

    def only(self, groups: Iterable[str], /) -> Judging:
        """Return the bench of some groups' trials."""

    def counts(self, parameters: Parameters, /) -> Counts:
        """Judge one setting."""

    def grid(self, settings: Sequence[Parameters], /) -> list[Counts]:
        """Judge many settings, in their order."""

    def totals(self, settings: Sequence[Parameters], /) -> list[Counts]:
        """Judge many settings; by group or all groups together, as costs less."""


class Bench:
    """Trials and their traces, ready to judge settings.

    `answers` knows the turn-end classifier's answers by the trial's place in `trials`; `volumes` gives a trial's
    loudness window by window, for the preset pipecat alone. `lane` gives a trial's audio, whole windows, for who
    shows single trials.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        traces: Traces,
        answers: Answers | None = None,
        *,
        volumes: VolumesOf | None = None,
        lane: Lane | None = None,
    ) -> None:
        if len(trials) != len(traces):
            raise ValueError(f"{len(trials)} trials, but traces of {len(traces)}")
        self.trials, self.traces = tuple(trials), traces
        self.answers, self.volumes, self.lane = answers, volumes, lane
        self._over = _where(self.trials, "over_agent")
        self._turn = _where(self.trials, "caller_turn")
        self._tally = Tally(self.trials, traces.sample_rate_hz)
        self._floors = FloorSweep(traces.select(self._over), volumes=self._volumes_of(self._over))
        told = None if answers is None else _Placed(answers, self._turn)
        self._turns = TurnSweep(traces.select(self._turn), told, self._volumes_of(self._turn))
        self._floor_parts: dict[object, Part] = {}

    def only(self, groups: Iterable[str]) -> Bench:
        """Return the bench of some groups' trials."""
        wanted = set(groups)
        at = np.array([i for i, trial in enumerate(self.trials) if trial.group in wanted], np.int64)
        return Bench(
            [self.trials[i] for i in at],
            self.traces.select(at),
            None if self.answers is None else _Placed(self.answers, at),
            volumes=self.volumes,
            lane=self.lane,
        )

    @property
    def hours(self) -> float:
        """How many hours of lanes are judged."""
        traces = self.traces
        return int(traces.lane_windows.sum()) * traces.window_samples / traces.sample_rate_hz / 3600

    @property
    def has_answers(self) -> bool:
        """Whether a turn-end model can be asked."""
        return self.answers is not None

    @property
    def has_volumes(self) -> bool:
        """Whether presets that hear loudness can be judged."""
        return self.volumes is not None

    @property
    def digest(self) -> str:
        """What tells this bench from another: the SHA-256 of its trials and probabilities."""
        found = hashlib.sha256(repr(self.trials).encode())
        found.update(self.traces.probabilities.tobytes())
        found.update(self.traces.lag_windows.tobytes())
        return found.hexdigest()

    def counts(self, parameters: Parameters) -> Counts:
        """Judge one setting.

        Raises ValueError for a mode that asks a classifier where there are no answers, for another framework's
        preset with a second look or `min_words`, and for pipecat's, which hears loudness, without volumes.
        """
        return self.grid([parameters])[0]

    def grid(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge many settings, in their order: to each the same counts as alone."""
        turns = self._turn_parts(settings)
        return [
            self._tally.counts(self._floor_part(one), part) for one, part in zip(settings, turns, strict=True)
        ]

    def outcomes(self, parameters: Parameters) -> list[Outcome]:
        """Return what becomes of each trial under one setting, in the order of `trials`. Raises as `counts` does."""
        places = np.concatenate([self._over, self._turn]).tolist()
        floors = self._floors.outcomes(parameters.vad, parameters.barge_in)
        columns = (floors.paused_at, floors.stopped_at, floors.taken_at, floors.resumes)
        rows = [Outcome(*row) for row in np.stack(columns, axis=-1).tolist()]
        validate = parameters.barge_in.validate
        over_at = self._turns.over_at(parameters.vad, parameters.endpointing, validate=validate)
        rows += [Outcome(over_at=at) for at in over_at.tolist()]
        found = dict(zip(places, rows, strict=True))
        return [found[place] for place in range(len(self.trials))]

    def totals(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge many settings; here by group, which costs nothing more."""
        return self.grid(settings)

    def _floor_part(self, parameters: Parameters) -> Part:
        vad = parameters.vad
        key = (vad.preset, vad.threshold, vad.release_threshold, vad.min_speech_ms, parameters.barge_in)
        if key not in self._floor_parts:
            outcomes = self._floors.outcomes(vad, parameters.barge_in)
            self._floor_parts[key] = self._tally.floors(outcomes)
        return self._floor_parts[key]

    def _turn_parts(self, settings: Sequence[Parameters]) -> list[Part]:
        """Sweep together what is validated, and what is not."""
        over = np.zeros((len(settings), len(self._turn)), np.int64)
        for validate in (True, False):
            places = [place for place, one in enumerate(settings) if one.barge_in.validate is validate]
            asked = [(settings[place].vad, settings[place].endpointing) for place in places]
            over[places] = self._turns.over_at_each(asked, validate=validate)
        return self._tally.turns(over)

    def _volumes_of(self, places: Places) -> Callable[[int], NDArray[np.float64]] | None:
        """Return the volumes of some of the trials, asked by their places among those."""
        volumes = self.volumes
        return None if volumes is None else lambda place: volumes(self.trials[places[place]])


class _Placed:
    """Answers for some of the trials, asked by their places among those."""

    def __init__(self, answers: Answers, places: Places) -> None:
        self._answers, self._places = answers, places

    def probability_complete(self, trial: int, from_sample: int, to_sample: int) -> float:
        """Pass the question on."""
        return self._answers.probability_complete(int(self._places[trial]), from_sample, to_sample)

    def ask_all(self, questions: Iterable[Question]) -> None:
        """Pass them on, if they can be asked together."""
        if isinstance(self._answers, AsksTogether):
            self._answers.ask_all((int(self._places[trial]), start, end) for trial, start, end in questions)


def _where(trials: Sequence[Trial], situation: str) -> Places:
    return np.array([i for i, trial in enumerate(trials) if trial.situation == situation], np.int64)
