"""A tuning from beginning to end: split, search one part, report on the other, beside settings that are known.

The search sees the searched groups only. What is proposed is then judged once on the groups held back, and so are
the present profile, the published good settings, and the presets of two other frameworks, all on the same trials.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local_agent.errors import LocalAgentError
from local_agent.tuning.evidence.bearing import (
    Bearing,
    among,
    counted_classes,
    goal_among,
    sources_of_classes,
)
from local_agent.tuning.evidence.doubts import Evidence, doubts
from local_agent.tuning.evidence.known_settings import known_settings
from local_agent.tuning.evidence.parts import Part
from local_agent.tuning.evidence.proposing import proposal
from local_agent.tuning.evidence.resampling import Difference, Interval, difference, interval
from local_agent.tuning.evidence.splitting import split
from local_agent.tuning.evidence.verdict import Verdict, verdict
from local_agent.tuning.judging.metric import NAMES, WORST, Metric
from local_agent.tuning.search.objectives import known
from local_agent.tuning.search.searching import Candidate, exhaustive, guided
from local_agent.tuning.search.sensitivity import Sensitivity, sensitivities
from local_agent.tuning.search.space import applied, setting_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.evidence.splitting import Split
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Judging
    from local_agent.tuning.listening.trial import Trial
    from local_agent.tuning.search.objectives import Goal
    from local_agent.tuning.search.searching import BenchFor, Progress, Walk
    from local_agent.tuning.search.space import Setting, Space


class NothingSatisfies(LocalAgentError):
    """No setting that was tried keeps the bounds; the help says how near the nearest came."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One setting on both parts.

    `worst_class` is the class of sound that does worst on the part held back, None where there is none; `note` says
    what about the setting is not as its name has it, "" where nothing is.
    """

    name: str
    setting: Setting
    searched: dict[str, Interval]
    held_back: dict[str, Interval]
    by_class: dict[str, dict[str, Interval]]
    worst_class: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was listened to: how much of it, on either side of the split.

    `left_out` are the classes of sound that are never the worst
    one, with how many sources each has on the part that has fewer: too few to stand for their class.
    """

    hours: float
    trials: dict[str, int]
    classes: dict[str, int]
    left_out: dict[str, int]
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """Everything that a tuning found.

    `differences` is what the chosen setting changes against the present one on what was held back, and `verdict`
    what that comes to; `front` holds
    the settings that no other beat on the searched part, with their objectives there and on the part held back.
    `sensitivities` are of the searched part too: looking there costs the evidence nothing. `space` is what was
    searched, limits of a target taken off.
    """

    goal: Goal
    tried: int
    baseline: Row
    chosen: Row
    differences: dict[str, Difference]
    verdict: Verdict
    front: tuple[tuple[Setting, tuple[float | None, ...], tuple[float | None, ...]], ...]
    others: tuple[Row, ...]
    corpus: Corpus
    warnings: tuple[str, ...]
    seed: int
    space: Space
    sensitivities: tuple[Sensitivity, ...]


def tune(
    benches: BenchFor,
    present: Parameters,
    space: Space,
    goal: Goal,
    *,
    seed: int,
    held_back: float = 0.5,
    walk: Walk | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Find settings for a goal, and their evidence.

    `benches` gives the bench of the whole corpus for a VAD model and a suppressor; with `walk` the space is walked
    through, else all of it is tried. Raises UnusableInput where the corpus cannot tell what is asked (no such
    audio, one group only), NothingSatisfies where no setting keeps the bounds on the searched part.
    """
    trials = benches(present).trials
    parts = split(trials, seed=seed, held_back=held_back)
    sources = sources_of_classes(trials, parts)
    goal = goal_among(goal, counted_classes(sources))
    search, report = Part(benches, parts.searched), Part(benches, parts.held_back)
    for part in (search, report):
        goal.check_measurable(part.counts(goal.asked(present)))
    candidates = (
        exhaustive(search.bench, space, goal, present)
        if walk is None
        else guided(search.bench, space, goal, present, walk, progress=progress)
    )
    asked = _Question(present, space, goal, seed, held_back, parts, sources)
    return _judged(candidates, search, report, asked)


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked of the search, and of what corpus, dealt out how."""

    present: Parameters
    space: Space
    goal: Goal
    seed: int
    held_back: float
    split: Split
    sources: dict[str, int]


def _judged(candidates: Sequence[Candidate], search: Part, report: Part, asked: _Question) -> Tuning:
    """Choose among what was tried, and judge it on what was held back, beside settings that are known."""
    present, goal, seed = asked.present, asked.goal, asked.seed
    made = proposal(_keeping(candidates, search, asked), search, present, goal, seed)
    whole, after = search.whole(present), applied(made.chosen.setting, present)
    others = known_settings(present, whole)
    for part in (search, report):
        part.count_all([present, after, *(one.parameters for one in others)])
    on_front = report.totals([goal.asked(applied(one.setting, present)) for one in made.front])
    judge = _Judge.of(search, report, asked, whole.trials)
    baseline, chosen = judge.row("present", present), judge.row("chosen", after, made.chosen.setting)
    differences = judge.differences(after, present)
    evidence = Evidence(
        goal,
        asked.held_back,
        chosen.searched,
        baseline.held_back,
        chosen.held_back,
        differences,
        asked.sources,
    )
    return Tuning(
        goal,
        len(candidates),
        baseline,
        chosen,
        differences,
        verdict(goal, differences, chosen.held_back, changed=after != present),
        tuple(
            (one.setting, known(one.values), known(goal.values(counts)))
            for one, counts in zip(made.front, on_front, strict=True)
        ),
        tuple(judge.row(one.name, one.parameters, note=one.note) for one in others),
        _corpus(whole, asked),
        doubts(evidence, made, changed=after != present),
        seed,
        asked.space,
        sensitivities(
            made.chosen.setting,
            candidates,
            asked.space,
            present,
            lambda some: [goal.values(counts) for counts in search.totals([goal.asked(one) for one in some])],
        ),
    )


def _keeping(candidates: Sequence[Candidate], search: Part, asked: _Question) -> list[Candidate]:
    """Return the candidates that keep the bounds. Raises NothingSatisfies where none does."""
    goal = asked.goal
    kept = [one for one in candidates if not one.violation]
    if not kept:
        nearest = min(candidates, key=lambda one: one.violation)
        said = ", ".join(f"{path} {value}" for path, value in nearest.setting.items())
        bounds = "; ".join(bound.text for bound in goal.subject_to)
        near = search.counts(goal.asked(applied(nearest.setting, asked.present)))
        raise NothingSatisfies(
            f"none of {len(candidates)} settings keeps the bounds: {bounds}",
            help=f"the nearest is {said}: {_got(goal, near)}; loosen a bound, or search more (--grid)",
        )
    return kept


def _got(goal: Goal, counts: Counts) -> str:
    """Say what a setting makes of each bound."""
    said = []
    for bound in goal.subject_to:
        value = bound.metric.value(counts)
        rounded = "not measured"
        if value is not None:
            rounded = f"{100 * value:.1f} %" if bound.metric.is_rate else f"{value:.0f} ms"
        said.append(f"{bound.metric} {rounded}{' (kept)' if bound.holds(value) else ''}")
    return ", ".join(said)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges settings on both parts: `metrics` are all there are, and those of the goal that ask for one class."""

    search: Part
    report: Part
    metrics: tuple[Metric, ...]
    bearing: tuple[Bearing, Bearing]
    seed: int

    @classmethod
    def of(cls, search: Part, report: Part, asked: _Question, trials: Sequence[Trial]) -> _Judge:
        """Return the judge of what was asked."""
        classes = counted_classes(asked.sources)
        every = (among(Metric(name), classes) for name in NAMES)
        metrics = tuple(dict.fromkeys((*every, *asked.goal.metrics)))
        bearing = (Bearing(trials, asked.split.searched), Bearing(trials, asked.split.held_back))
        return cls(search, report, metrics, bearing, asked.seed)

    def row(self, name: str, parameters: Parameters, setting: Setting | None = None, note: str = "") -> Row:
        """Judge one setting on both parts, with intervals."""
        counts = self.report.counts(parameters)
        searched, held_back = self.bearing
        return Row(
            name,
            setting_of(parameters) if setting is None else setting,
            {str(one): self._measured(one, self.search.counts(parameters), searched) for one in self.metrics},
            {str(one): self._measured(one, counts, held_back) for one in self.metrics},
            {sound: self._of_class(counts, sound) for sound in counts.classes},
            next(one for one in self.metrics if one.name == WORST).worst_class(counts),
            note,
        )

    def differences(self, after: Parameters, before: Parameters) -> dict[str, Difference]:
        """Compare two settings on the part held back."""
        one, other = self.report.counts(after), self.report.counts(before)
        return {str(metric): self._compared(metric, one, other) for metric in self.metrics}

    def _compared(self, metric: Metric, one: Counts, other: Counts) -> Difference:
        """Compare by rows, and tell it in groups: behind a cluster a row may stand for several."""
        told, groups = difference(metric, one, other, self.seed), self.bearing[1].groups(metric)
        more = told.more_groups
        scaled = None if more is None else math.ceil(more * groups / max(told.groups, 1))
        return replace(told, groups=groups, more_groups=scaled)

    def _measured(self, metric: Metric, counts: Counts, bearing: Bearing) -> Interval:
        return replace(interval(metric, counts, self.seed), groups=bearing.groups(metric))

    def _of_class(self, counts: Counts, sound: str) -> dict[str, Interval]:
        metrics = [Metric(name, sound) for name in ("false_barge_in_rate", "missed_barge_in_rate")]
        return {
            metric.name: self._measured(metric, counts, self.bearing[1])
            for metric in metrics
            if metric.chances(counts).any()
        }


def _corpus(whole: Judging, asked: _Question) -> Corpus:
    kinds = Counter(trial.situation for trial in whole.trials)
    classes = Counter(trial.sound_class for trial in whole.trials if trial.situation == "over_agent")
    counted = counted_classes(asked.sources)
    return Corpus(
        whole.hours,
        dict(sorted(kinds.items())),
        dict(sorted(classes.items())),
        {name: n for name, n in asked.sources.items() if name not in counted},
        asked.split,
    )
