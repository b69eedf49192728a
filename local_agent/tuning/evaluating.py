"""Settings in, counts out: one set of trials with its probabilities, asked for one setting or for thousands.

Ours is swept (floors.py, turn_ends.py); the presets of other frameworks are replayed by the session itself.
A bench holds the probabilities of one VAD model behind one suppressor: settings that change those need another.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from local_agent.tuning.counts import Tally
from local_agent.tuning.floors import FloorOutcomes, FloorSweep
from local_agent.tuning.replay import replay
from local_agent.tuning.turn_ends import TurnSweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import Parameters
    from local_agent.tuning.counts import Counts
    from local_agent.tuning.replay import Replayed
    from local_agent.tuning.traces import Places, Traces
    from local_agent.tuning.trial import Trial
    from local_agent.tuning.turn_ends import Answers

    Samples = NDArray[np.float32]
    Lane = Callable[[Trial], Samples]
    Part = tuple[Places, Places]


class Bench:
    """Trials and their traces, ready to judge settings.

    `answers` knows the turn-end classifier's answers by the trial's place in `trials`; `lane` gives a trial's
    audio, whole windows, and `classifier` listens to it: both are for presets alone.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        traces: Traces,
        answers: Answers | None = None,
        *,
        lane: Lane | None = None,
        classifier: TurnEndClassifier | None = None,
    ) -> None:
        if len(trials) != len(traces):
            raise ValueError(f"{len(trials)} trials, but traces of {len(traces)}")
        self.trials, self.traces = tuple(trials), traces
        self.answers, self.lane, self.classifier = answers, lane, classifier
        self._over = _where(self.trials, "over_agent")
        self._turn = _where(self.trials, "caller_turn")
        self._tally = Tally(self.trials, traces.sample_rate_hz)
        self._floors = FloorSweep(traces.select(self._over))
        told = None if answers is None else _Placed(answers, self._turn)
        self._turns = TurnSweep(traces.select(self._turn), told)
        self._floor_parts: dict[object, Part] = {}

    def only(self, groups: Iterable[str]) -> Bench:
        """Return the bench of some groups' trials."""
        wanted = set(groups)
        at = np.array([i for i, trial in enumerate(self.trials) if trial.group in wanted], np.int64)
        return Bench(
            [self.trials[i] for i in at],
            self.traces.select(at),
            None if self.answers is None else _Placed(self.answers, at),
            lane=self.lane,
            classifier=self.classifier,
        )

    @property
    def digest(self) -> str:
        """What tells this bench from another: the SHA-256 of its trials and probabilities."""
        found = hashlib.sha256(repr(self.trials).encode())
        found.update(self.traces.probabilities.tobytes())
        found.update(self.traces.lag_windows.tobytes())
        return found.hexdigest()

    def counts(self, parameters: Parameters) -> Counts:
        """Judge one setting.

        Raises ValueError for a mode that asks a classifier where there are no answers, and for the preset
        pipecat, which hears loudness, without lanes.
        """
        return self.grid([parameters])[0]

    def grid(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge many settings, in their order: to each the same counts as alone."""
        return [
            self._tally.counts(self._floor_part(one), turns)
            for one, turns in zip(settings, self._turn_parts(settings), strict=True)
        ]

    def _floor_part(self, parameters: Parameters) -> Part:
        vad = parameters.vad
        key = (vad.preset, vad.threshold, vad.release_threshold, vad.min_speech_ms, parameters.barge_in)
        if key not in self._floor_parts:
            swept = parameters.vad.preset == "vaxctl"
            outcomes = (
                self._floors.outcomes(parameters.vad, parameters.barge_in)
                if swept
                else _outcomes(self._replayed(parameters, self._over, over_agent=True))
            )
            self._floor_parts[key] = self._tally.floors(outcomes)
        return self._floor_parts[key]

    def _turn_parts(self, settings: Sequence[Parameters]) -> list[Part]:
        """Sweep what can be swept together, replay the rest."""
        over = np.zeros((len(settings), len(self._turn)), np.int64)
        alike: dict[bool, list[int]] = {True: [], False: []}
        for place, one in enumerate(settings):
            if one.vad.preset == "vaxctl":
                alike[one.barge_in.validate].append(place)
            else:
                replayed = self._replayed(one, self._turn, over_agent=False)
                over[place] = [trial.over_at for trial in replayed]
        for validate, places in alike.items():
            asked = [(settings[place].vad, settings[place].endpointing) for place in places]
            over[places] = self._turns.over_at_each(asked, validate=validate)
        return self._tally.turns(over)

    def _replayed(self, parameters: Parameters, which: Places, *, over_agent: bool) -> list[Replayed]:
        if parameters.vad.preset == "pipecat" and self.lane is None:
            raise ValueError("the preset pipecat hears loudness, and there are no lanes")
        return [
            replay(
                self.traces,
                int(at),
                parameters,
                over_agent=over_agent,
                lane=None if self.lane is None else self.lane(self.trials[at]),
                classifier=self.classifier,
            )
            for at in which
        ]


class _Placed:
    """Answers for some of the trials, asked by their places among those."""

    def __init__(self, answers: Answers, places: Places) -> None:
        self._answers, self._places = answers, places

    def probability_complete(self, trial: int, onset_sample: int, asked_sample: int) -> float:
        """Pass the question on."""
        return self._answers.probability_complete(int(self._places[trial]), onset_sample, asked_sample)


def _where(trials: Sequence[Trial], situation: str) -> Places:
    return np.array([i for i, trial in enumerate(trials) if trial.situation == situation], np.int64)


def _outcomes(replayed: Sequence[Replayed]) -> FloorOutcomes:
    rows = [(one.paused_at, one.stopped_at, one.taken_at, one.resumes) for one in replayed]
    return FloorOutcomes(*np.array(rows, np.int64).reshape(-1, 4).T)
