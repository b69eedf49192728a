"""A tuning from beginning to end: split, search one part, report on the other, beside settings that are known.

The search sees the searched groups only. What is proposed is then judged once on the groups held back, and so are
the present profile, the published good settings, and the presets of two other frameworks, all on the same trials.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.errors import LocalAgentError
from local_agent.tuning.evidence.known_settings import known_settings
from local_agent.tuning.evidence.resampling import Difference, Interval, difference, interval
from local_agent.tuning.evidence.splitting import split
from local_agent.tuning.judging.metric import NAMES, Metric
from local_agent.tuning.search.fronts import compromise, front
from local_agent.tuning.search.objectives import known
from local_agent.tuning.search.searching import Candidate, exhaustive, guided
from local_agent.tuning.search.sensitivity import Sensitivity, sensitivities
from local_agent.tuning.search.space import applied, setting_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.evidence.splitting import Split
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Judging
    from local_agent.tuning.search.objectives import Goal
    from local_agent.tuning.search.searching import Benches, Progress, Walk
    from local_agent.tuning.search.space import Setting, Space

METRICS: Final = tuple(Metric(name) for name in NAMES)


class NothingSatisfies(LocalAgentError):
    """No setting that was tried keeps the bounds; the help says how near the nearest came."""


MOST_PROVED: Final = 40
"""Settings of the front that are tried for a proof, the likeliest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One setting on both parts. `note` says what about it is not as its name has it, "" where nothing is."""

    name: str
    setting: Setting
    searched: dict[str, Interval]
    held_back: dict[str, Interval]
    by_class: dict[str, dict[str, Interval]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was listened to: how much of it, on either side of the split."""

    hours: float
    trials: dict[str, int]
    classes: dict[str, int]
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """Everything that a tuning found.

    `differences` is what the chosen setting changes against the present one on what was held back; `front` holds
    the settings that no other beat on the searched part, with their objectives there and on the part held back.
    `sensitivities` are of the searched part too: looking there costs the evidence nothing. `space` is what was
    searched, limits of a target taken off.
    """

    goal: Goal
    tried: int
    baseline: Row
    chosen: Row
    differences: dict[str, Difference]
    front: tuple[tuple[Setting, tuple[float | None, ...], tuple[float | None, ...]], ...]
    others: tuple[Row, ...]
    corpus: Corpus
    warnings: tuple[str, ...]
    seed: int
    space: Space
    sensitivities: tuple[Sensitivity, ...]


def tune(
    benches: Benches,
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
    whole = benches(present)
    parts = split(whole.trials, seed=seed, held_back=held_back)
    search, report = _Parts(benches, parts.searched), _Parts(benches, parts.held_back)
    for part in (search, report):
        goal.check_measurable(part.counts(goal.asked(present)))
    candidates = (
        exhaustive(search.bench, space, goal, present)
        if walk is None
        else guided(search.bench, space, goal, present, walk, progress=progress)
    )
    return _judged(candidates, search, report, _Question(present, space, goal, seed, held_back, parts))


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked of the search, and how the corpus was dealt out."""

    present: Parameters
    space: Space
    goal: Goal
    seed: int
    held_back: float
    split: Split


def _judged(candidates: Sequence[Candidate], search: _Parts, report: _Parts, asked: _Question) -> Tuning:
    """Choose among what was tried, and judge it on what was held back, beside settings that are known."""
    present, goal, seed = asked.present, asked.goal, asked.seed
    best, order = _front(candidates, search, asked)
    chosen = _proposed(order, candidates, search, asked)
    whole, after = search.whole(present), applied(chosen.setting, present)
    others = known_settings(present, whole)
    for part in (search, report):
        part.count_all([present, after, *(one.parameters for one in others)])
    on_front = report.totals([goal.asked(applied(one.setting, present)) for one in best])
    judge = _Judge(search, report, _told(goal), seed)
    differences = {
        str(metric): difference(metric, report.counts(after), report.counts(present), seed)
        for metric in _told(goal)
    }
    return Tuning(
        goal,
        len(candidates),
        judge.row("present", present),
        judge.row("chosen", after, chosen.setting),
        differences,
        tuple(
            (one.setting, known(one.values), known(goal.values(counts)))
            for one, counts in zip(best, on_front, strict=True)
        ),
        tuple(judge.row(one.name, one.parameters, note=one.note) for one in others),
        _corpus(whole, asked.split),
        (
            *_broken_bounds(goal, report.counts(after)),
            *([_unproved(len(asked.split.searched))] if after == present and len(best) > 1 else []),
            *_warnings(goal, differences, asked.held_back, report.bench(present).groups_per_row),
        ),
        seed,
        asked.space,
        sensitivities(
            chosen.setting,
            candidates,
            asked.space,
            present,
            lambda one: goal.values(search.counts(goal.asked(one))),
        ),
    )


def _told(goal: Goal) -> tuple[Metric, ...]:
    """Return every metric of a row: all of them, and those of the goal that ask for one class."""
    return tuple(dict.fromkeys((*METRICS, *goal.metrics)))


def _front(
    candidates: Sequence[Candidate], search: _Parts, asked: _Question
) -> tuple[list[Candidate], list[Candidate]]:
    """Return the front of what keeps the bounds, and the same with the first to propose first."""
    goal, present = asked.goal, asked.present
    kept = [one for one in candidates if not one.violation]
    if not kept:
        nearest = min(candidates, key=lambda one: one.violation)
        said = ", ".join(f"{path} {value}" for path, value in nearest.setting.items())
        bounds = "; ".join(bound.text for bound in goal.subject_to)
        near = search.counts(goal.asked(applied(nearest.setting, present)))
        raise NothingSatisfies(
            f"none of {len(candidates)} settings keeps the bounds: {bounds}",
            help=f"the nearest is {said}: {_got(goal, near)}; loosen a bound, or search more (--grid)",
        )
    best = [kept[place] for place in front(np.array([one.values for one in kept]))]
    now = goal.values(search.counts(goal.asked(present)))
    order = compromise(np.array([one.values for one in best]), now)
    return best, [best[place] for place in order]


def _got(goal: Goal, counts: Counts) -> str:
    """Say what a setting makes of each bound."""
    said = []
    for bound in goal.subject_to:
        value = bound.metric.value(counts)
        got = (
            "not measured"
            if value is None
            else f"{100 * value:.1f} %"
            if bound.metric.is_rate
            else f"{value:.0f} ms"
        )
        said.append(f"{bound.metric} {got}{' (kept)' if bound.holds(value) else ''}")
    return ", ".join(said)


def _proposed(
    order: Sequence[Candidate],
    candidates: Sequence[Candidate],
    search: _Parts,
    asked: _Question,
) -> Candidate:
    """Return the first setting that is worth a change; the present one where there is none.

    Worth it is a setting that does better at one thing that is asked for, and worse at none, beyond chance on
    the searched part itself: a gain of one trial is not written into anybody's profile. A present setting that
    breaks a bound has to change in any case.
    """
    present, goal = asked.present, asked.goal
    as_is = next((one for one in candidates if applied(one.setting, present) == present), None)
    if as_is is not None and as_is.violation:
        return order[0]
    now = search.counts(goal.asked(present))
    for one in order[:MOST_PROVED]:
        counts = search.counts(goal.asked(applied(one.setting, present)))
        told = [difference(metric, counts, now, asked.seed) for metric in goal.minimize]
        sure = [found.value for found in told if found.told_apart and found.value is not None]
        if sure and max(sure) < 0:
            return one
    return as_is or order[0]  # a present setting that was not tried cannot be proposed


class _Parts:
    """The benches of one part of the corpus, each cut out once; what was counted is kept."""

    def __init__(self, benches: Benches, groups: Sequence[str]) -> None:
        self._benches, self._groups = benches, groups
        self._cut: dict[Judging, Judging] = {}
        self._counted: dict[Parameters, Counts] = {}

    def whole(self, parameters: Parameters) -> Judging:
        """Return the bench of all of the corpus that fits these parameters."""
        return self._benches(parameters)

    def bench(self, parameters: Parameters) -> Judging:
        """Return the part of the bench that fits these parameters."""
        whole = self._benches(parameters)
        if whole not in self._cut:
            self._cut[whole] = whole.only(self._groups)
        return self._cut[whole]

    def counts(self, parameters: Parameters) -> Counts:
        """Judge one setting on this part."""
        self.count_all([parameters])
        return self._counted[parameters]

    def count_all(self, settings: Sequence[Parameters]) -> None:
        """Judge settings together, so that each pass over a part that lies elsewhere is worth it."""
        new = [one for one in dict.fromkeys(settings) if one not in self._counted]
        for bench, some in self._by_bench(new):
            self._counted.update(zip(some, bench.grid(some), strict=True))

    def totals(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge settings of which nothing but the whole numbers is asked."""
        found: dict[Parameters, Counts] = {}
        for bench, some in self._by_bench(settings):
            found.update(zip(some, bench.totals(some), strict=True))
        return [found[one] for one in settings]

    def _by_bench(self, settings: Sequence[Parameters]) -> list[tuple[Judging, list[Parameters]]]:
        by_bench: dict[Judging, list[Parameters]] = {}
        for one in settings:
            by_bench.setdefault(self.bench(one), []).append(one)
        return list(by_bench.items())


@dataclass(frozen=True, slots=True)
class _Judge:
    search: _Parts
    report: _Parts
    metrics: tuple[Metric, ...]
    seed: int

    def row(self, name: str, parameters: Parameters, setting: Setting | None = None, note: str = "") -> Row:
        """Judge one setting on both parts, with intervals."""
        counts = self.report.counts(parameters)
        return Row(
            name,
            setting_of(parameters) if setting is None else setting,
            self._measured(self.search.counts(parameters)),
            self._measured(counts),
            {sound: self._of_class(counts, sound) for sound in counts.classes},
            note,
        )

    def _measured(self, counts: Counts) -> dict[str, Interval]:
        return {str(metric): interval(metric, counts, self.seed) for metric in self.metrics}

    def _of_class(self, counts: Counts, sound: str) -> dict[str, Interval]:
        metrics = [Metric(name, sound) for name in ("false_barge_in_rate", "missed_barge_in_rate")]
        return {
            metric.name: interval(metric, counts, self.seed)
            for metric in metrics
            if metric.chances(counts).any()
        }


def _corpus(whole: Judging, parts: Split) -> Corpus:
    kinds = Counter(trial.situation for trial in whole.trials)
    classes = Counter(trial.sound_class for trial in whole.trials if trial.situation == "over_agent")
    return Corpus(whole.hours, dict(sorted(kinds.items())), dict(sorted(classes.items())), parts)


def _unproved(groups: int) -> str:
    return (
        f"nothing that was tried is better beyond chance on the {groups} speakers or calls that were searched; "
        "with more of them something may be"
    )


def _broken_bounds(goal: Goal, held_back: Counts) -> Iterator[str]:
    """Say which bounds the chosen setting kept where it was found, and not on what was held back."""
    for bound in goal.subject_to:
        value = bound.metric.value(held_back)
        if bound.violation(held_back) and value is not None:
            got = f"{100 * value:.1f} %" if bound.metric.is_rate else f"{value:.0f} ms"
            yield f"{bound.text} holds on the part that was searched, not on the one held back: {got}"


def _warnings(
    goal: Goal, differences: dict[str, Difference], held_back: float, groups_per_row: float
) -> list[str]:
    """Say where the corpus is too small to tell the chosen setting from the present one, and what got worse.

    Intervals count rows; where groups are folded a row stands for several.
    """
    found = []
    wanted = [differences[str(metric)] for metric in goal.minimize]
    if any(told.value for told in wanted) and not any(
        told.told_apart and (told.value or 0) < 0 for told in wanted
    ):
        found.append("on what was held back nothing that was asked for is better beyond chance")
    for metric in goal.minimize:
        told = differences[str(metric)]
        if told.more_groups is not None:
            more = math.ceil(told.more_groups * groups_per_row / held_back)
            groups = round(told.groups * groups_per_row)
            found.append(
                f"{metric}: the {groups} speakers or calls held back are too few to tell the chosen setting "
                f"from the present one; it would take about {more} more like these"
            )
    for name, told in differences.items():
        if told.told_apart and (told.value or 0) > 0:
            found.append(f"{name} gets worse: by {_said(name, told)}")
    return found


def _said(name: str, told: Difference) -> str:
    """Return a difference in words, its interval in brackets."""
    numbers = (told.value or 0.0, told.low or 0.0, told.high or 0.0)
    if "_ms" in name:
        value, low, high = (f"{number:.0f} ms" for number in numbers)
    else:
        value, low, high = (f"{100 * number:.1f} points" for number in numbers)
    return f"{value} ({low} to {high})"
