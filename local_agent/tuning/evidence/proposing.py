"""Which of the settings that were tried is worth a change; the present one, where none is.

Worth it is a setting that is better at one thing that is asked for, and worse at none, beyond chance on the
searched part itself: a gain of one trial is not written into anybody's profile. Where fewer than six groups bear on
a metric, chance cannot be told: there a rate that is worse by more than one trial is worse, and a time that is worse
at all.

Nor may it be worse, in the same way, at a rate of failures that nobody named (`SAFETY`): who asks for faster stops
does not thereby ask for more false ones. A bound on such a rate allows it up to there: then the bound judges.

A proposal also has the smaller sum of what is asked for, each counted from the front's best (0) to its worst (1).
Every proposal descends that sum, so that tuning again, and again, ends: no two settings are proposed in turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.tuning.evidence.resampling import FEWEST, Difference, difference
from local_agent.tuning.judging.metric import Metric
from local_agent.tuning.search.fronts import compromise, front
from local_agent.tuning.search.objectives import UNMEASURED
from local_agent.tuning.search.searching import Candidate
from local_agent.tuning.search.space import applied, setting_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from local_agent.parameters import Parameters
    from local_agent.tuning.evidence.parts import Part
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.search.objectives import Goal

    Numbers = NDArray[np.float64]

MOST_PROVED: Final = 40
"""Settings that are tried for a proof, the likeliest first."""
SAFETY: Final = tuple(
    Metric(name)
    for name in (
        "false_barge_in_rate",
        "false_pause_rate",
        "missed_barge_in_rate",
        "premature_cutoff_rate",
        "unanswered_turn_rate",
    )
)
"""The ways in which an agent fails a caller. None of them is given up unasked."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to set, and what came of looking for it.

    `front` holds the settings that keep the bounds and that no other beats. `passed_over` names the rates that
    better settings would have lost at, unasked. `nearest` is, where nothing was found, the gain that the fewest more
    groups would tell: its setting, metric and difference.
    """

    chosen: Candidate
    front: tuple[Candidate, ...]
    passed_over: tuple[str, ...] = ()
    nearest: tuple[Candidate, Metric, Difference] | None = None


def proposal(
    kept: Sequence[Candidate], searched: Part, present: Parameters, goal: Goal, seed: int
) -> Proposal:
    """Choose among candidates that keep the bounds (at least one), by the searched part alone."""
    now = searched.counts(goal.asked(present))
    best = [kept[place] for place in front(np.array([one.values for one in kept]))]
    proof = _Proof(searched, present, goal, seed, now, _scale([one.values for one in best]))
    order = proof.ordered(best)
    as_is = Candidate(
        {path: setting_of(present)[path] for path in kept[0].setting}, goal.values(now), goal.violation(now)
    )
    if as_is.violation:  # it has to change in any case
        safe = next((one for one in order[:MOST_PROVED] if not proof.lost_unasked(one)), None)
        return Proposal(safe or order[0], tuple(best), () if safe else proof.lost_unasked(order[0]))
    found = proof.first(order)
    if found is None and proof.passed_over:
        found = proof.first(proof.mindful(kept))
    nearest = None if found is not None else proof.nearest
    return Proposal(found or as_is, tuple(best), tuple(sorted(proof.passed_over)), nearest)


class _Proof:
    """Compares candidates with the present setting on the searched part."""

    def __init__(
        self,
        searched: Part,
        present: Parameters,
        goal: Goal,
        seed: int,
        now: Counts,
        scale: tuple[Numbers, Numbers, Numbers],
    ) -> None:
        self._part, self._present, self._goal, self._seed, self._now = searched, present, goal, seed, now
        self._worst, self._low, self._span = scale
        named = {str(metric) for metric in goal.metrics}
        self._unasked = [metric for metric in SAFETY if str(metric) not in named]
        self.passed_over: set[str] = set()
        self.nearest: tuple[Candidate, Metric, Difference] | None = None

    def ordered(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates in the order in which to propose them."""
        values = np.array([self._capped(one.values) for one in candidates])
        order = compromise(values, self._capped(self._goal.values(self._now)).tolist())
        return [candidates[place] for place in order]

    def first(self, order: Sequence[Candidate]) -> Candidate | None:
        """Return the first that is worth a change, None where none is."""
        limit = self._sum(self._goal.values(self._now))
        likely = [one for one in order if self._sum(one.values) < limit][:MOST_PROVED]
        self._part.count_all([self._asked(one) for one in likely])
        for one in likely:
            if not self._gains(one):
                continue
            lost = self.lost_unasked(one)
            if not lost:
                return one
            self.passed_over.update(lost)
        return None

    def lost_unasked(self, one: Candidate) -> tuple[str, ...]:
        """Return the rates that nobody named at which a setting is worse.

        Turns are asked about last: where the goal does not, their ends cost answers of the turn-end model.
        """
        floor = [metric for metric in self._unasked if self._goal.about_turns or not metric.about_turns]
        lost = [str(metric) for metric in floor if self._loses(metric, self._counts(one), self._now)]
        if lost or self._goal.about_turns:
            return tuple(lost)
        after = applied(one.setting, self._present)
        self._part.count_all([self._present, after])
        now, then = self._part.counts(self._present), self._part.counts(after)
        return tuple(
            str(metric) for metric in SAFETY if metric.about_turns and self._loses(metric, then, now)
        )

    def mindful(self, kept: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates in the order in which to propose them, had the unasked rates been asked for too."""
        metrics = [one for one in self._unasked if self._goal.about_turns or not one.about_turns]
        judged = self._part.totals([self._asked(one) for one in kept])
        values = np.array(
            [
                [*self._capped(one.values), *_failures(metrics, counts)]
                for one, counts in zip(kept, judged, strict=True)
            ]
        )
        pool = front(values)
        now = [*self._capped(self._goal.values(self._now)), *_failures(metrics, self._now)]
        return [kept[pool[place]] for place in compromise(values[pool], now)]

    def _gains(self, one: Candidate) -> bool:
        """Tell whether a setting is better at something that is asked for, and worse at none."""
        counts, sure = self._counts(one), False
        if any(self._loses(metric, counts, self._now) for metric in self._goal.minimize):
            return False
        for metric in self._goal.minimize:
            told = difference(metric, counts, self._now, self._seed)
            if told.value is not None and told.value < 0:
                sure = sure or told.told_apart
                self._remember(one, metric, told)
        return sure

    def _remember(self, one: Candidate, metric: Metric, told: Difference) -> None:
        if told.more_groups is None:
            return
        least = self.nearest[2].more_groups if self.nearest else None
        if least is None or told.more_groups < least:
            self.nearest = one, metric, told

    def _loses(self, metric: Metric, counts: Counts, now: Counts) -> bool:
        had, got = metric.value(now), metric.value(counts)
        if had is None or got is None:
            return had is not None
        if got <= had:
            return False
        told = difference(metric, counts, now, self._seed)
        if told.groups >= FEWEST:
            return told.told_apart
        return not metric.is_rate or round((got - had) * int(metric.chances(now).sum())) > 1

    def _counts(self, one: Candidate) -> Counts:
        return self._part.counts(self._asked(one))

    def _asked(self, one: Candidate) -> Parameters:
        return self._goal.asked(applied(one.setting, self._present))

    def _capped(self, values: Sequence[float]) -> Numbers:
        return np.minimum(np.asarray(values, np.float64), self._worst)

    def _sum(self, values: Sequence[float]) -> float:
        return round(float(((self._capped(values) - self._low) / self._span).sum()), 12)


def _scale(best: Sequence[Sequence[float]]) -> tuple[Numbers, Numbers, Numbers]:
    """Return for each objective what stands for UNMEASURED, the front's best, and its span.

    What was not measured is worse than anything that was, but must not make all that was look alike. Nothing here
    depends on the present setting, or what is proposed could turn in circles.
    """
    values = np.array(best, np.float64)
    measured = np.where(values < UNMEASURED, values, -np.inf).max(axis=0)
    worst = np.where(np.isfinite(measured), 2 * measured + 1, UNMEASURED)
    of_front = np.minimum(values, worst)
    low, high = of_front.min(axis=0), of_front.max(axis=0)
    return worst, low, np.where(high > low, high - low, 1.0)


def _failures(metrics: Sequence[Metric], counts: Counts) -> list[float]:
    """Return rates, 0 of what nobody tried."""
    return [metric.value(counts) or 0.0 for metric in metrics]
