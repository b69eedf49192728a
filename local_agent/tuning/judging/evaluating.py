"""Settings in, counts out: one set of trials with its probabilities, asked for one setting or for thousands.

Ours is swept (floors.py, turn_ends.py); the presets of other frameworks are replayed by the session itself.
A bench holds the probabilities of one VAD model behind one suppressor: settings that change those need another.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from local_agent.tuning.judging.counts import Counts, Tally
from local_agent.tuning.judging.floors import FloorOutcomes, FloorSweep
from local_agent.tuning.judging.replay import Replayed, replay
from local_agent.tuning.judging.turn_ends import AsksTogether, TurnSweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import Parameters
    from local_agent.tuning.judging.turn_ends import Answers, Question
    from local_agent.tuning.listening.traces import Places, Traces
    from local_agent.tuning.listening.trial import Trial

    Samples = NDArray[np.float32]
    Lane = Callable[[Trial], Samples]
    Part = tuple[Places, Places]


_REPLAYED: Final = "replayed counts 1"
"""What is kept, and the version of it: another whenever the session decides otherwise than before."""


class Kept(Protocol):
    """Somewhere to keep bytes by a key."""

    def get(self, key: str, /) -> bytes | None:
        """Return what is kept, None where nothing is."""

    def put(self, key: str, payload: bytes, /) -> None:
        """Keep it."""


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
    def groups_per_row(self) -> float:
        """How many groups one row of `counts` stands for."""

    @property
    def has_answers(self) -> bool:
        """Whether a turn-end model can be asked."""

    @property
    def has_lanes(self) -> bool:
        """Whether presets that hear loudness can be replayed."""

    @property
    def has_classifier(self) -> bool:
        """Whether presets can ask a turn-end model."""

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

    `answers` knows the turn-end classifier's answers by the trial's place in `trials`; `lane` gives a trial's
    audio, whole windows, and `classifier` listens to it; `kept` keeps what a replay counted, which takes some
    seconds an hour. These three are for presets alone.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        traces: Traces,
        answers: Answers | None = None,
        *,
        lane: Lane | None = None,
        classifier: TurnEndClassifier | None = None,
        kept: Kept | None = None,
    ) -> None:
        if len(trials) != len(traces):
            raise ValueError(f"{len(trials)} trials, but traces of {len(traces)}")
        self.trials, self.traces = tuple(trials), traces
        self.answers, self.lane, self.classifier, self.kept = answers, lane, classifier, kept
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
            kept=self.kept,
        )

    @property
    def hours(self) -> float:
        """How many hours of lanes are judged."""
        traces = self.traces
        return int(traces.lane_windows.sum()) * traces.window_samples / traces.sample_rate_hz / 3600

    @property
    def groups_per_row(self) -> float:
        """How many groups one row of `counts` stands for: each stands for itself."""
        return 1.0

    @property
    def has_answers(self) -> bool:
        """Whether a turn-end model can be asked."""
        return self.answers is not None

    @property
    def has_lanes(self) -> bool:
        """Whether presets that hear loudness can be replayed."""
        return self.lane is not None

    @property
    def has_classifier(self) -> bool:
        """Whether presets can ask a turn-end model."""
        return self.classifier is not None

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
        swept = [place for place, one in enumerate(settings) if one.vad.preset == "vaxctl"]
        parts = self._turn_parts([settings[place] for place in swept])
        found = {
            place: self._tally.counts(self._floor_part(settings[place]), turns)
            for place, turns in zip(swept, parts, strict=True)
        }
        return [found[at] if at in found else self._by_session(one) for at, one in enumerate(settings)]

    def outcomes(self, parameters: Parameters) -> list[Replayed]:
        """Return what becomes of each trial under one setting, in the order of `trials`. Raises as `counts` does."""
        places = np.concatenate([self._over, self._turn]).tolist()
        if parameters.vad.preset == "vaxctl":
            floors = self._floors.outcomes(parameters.vad, parameters.barge_in)
            columns = (floors.paused_at, floors.stopped_at, floors.taken_at, floors.resumes)
            rows = [Replayed(*row) for row in np.stack(columns, axis=-1).tolist()]
            validate = parameters.barge_in.validate
            over_at = self._turns.over_at(parameters.vad, parameters.endpointing, validate=validate)
            rows += [Replayed(over_at=at) for at in over_at.tolist()]
        else:
            rows = self._replayed(parameters, self._over, over_agent=True)
            rows += self._replayed(parameters, self._turn, over_agent=False)
        found = dict(zip(places, rows, strict=True))
        return [found[place] for place in range(len(self.trials))]

    def totals(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge many settings; here by group, which costs nothing more."""
        return self.grid(settings)

    def _floor_part(self, parameters: Parameters) -> Part:
        vad = parameters.vad
        key = (vad.threshold, vad.release_threshold, vad.min_speech_ms, parameters.barge_in)
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

    def _by_session(self, parameters: Parameters) -> Counts:
        """Replay one setting, unless what was counted then is kept."""
        told = (_REPLAYED, self.digest, parameters, self.lane is None, self.classifier is None)
        key = hashlib.sha256(repr(told).encode()).hexdigest()
        kept = None if self.kept is None else self.kept.get(key)
        if kept is not None:
            return Counts.from_json(json.loads(kept))
        rows = self._replayed(parameters, self._over, over_agent=True)
        turns = [one.over_at for one in self._replayed(parameters, self._turn, over_agent=False)]
        over = np.array(turns, np.int64).reshape(1, -1)
        counts = self._tally.counts(self._tally.floors(_outcomes(rows)), self._tally.turns(over)[0])
        if self.kept is not None:
            self.kept.put(key, json.dumps(counts.as_json()).encode())
        return counts

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

    def probability_complete(self, trial: int, onset_sample: int, heard_to: int) -> float:
        """Pass the question on."""
        return self._answers.probability_complete(int(self._places[trial]), onset_sample, heard_to)

    def ask_all(self, questions: Iterable[Question]) -> None:
        """Pass them on, if they can be asked together."""
        if isinstance(self._answers, AsksTogether):
            self._answers.ask_all((int(self._places[trial]), onset, to) for trial, onset, to in questions)


def _where(trials: Sequence[Trial], situation: str) -> Places:
    return np.array([i for i, trial in enumerate(trials) if trial.situation == situation], np.int64)


def _outcomes(replayed: Sequence[Replayed]) -> FloorOutcomes:
    rows = [(one.paused_at, one.stopped_at, one.taken_at, one.resumes) for one in replayed]
    return FloorOutcomes(*np.array(rows, np.int64).reshape(-1, 4).T)
