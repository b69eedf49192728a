"""How sure a number is: intervals from drawing groups again, of single settings and of the difference of two.

Trials of one speaker or call are alike, so groups are drawn, with all their trials, and never trials or frames:
as many groups as there are, `ROUNDS` times, among those that bear on the metric. Two settings are compared on the
same draws (paired by group), which takes out what both have in common: how hard the groups are.

The interval is the percentile interval, expanded for few groups as T. Hesterberg, "What Teachers Should Know About
the Bootstrap" (The American Statistician 69, 2015) has it: the plain one is too narrow by about the factor
sqrt((n-1)/n) and z/t. BCa was tried and left: its acceleration comes from a jackknife, which does not hold for
medians and 90th percentiles. Held against
generated groups with a known truth (`benchmarks/tune.py --intervals`).

Where no draw differs (no hit at all, say) drawing again says nothing; then a rate's interval is Wilson's over as
many chances as there are groups, as if a group's trials were one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.metrics.intervals import wilson
from local_agent.tuning.judging.metric import WORST, Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.tuning.judging.counts import Counts

    Numbers = NDArray[np.float64]

ROUNDS: Final = 2000
_NORMAL: Final = NormalDist()
_SURE: Final = 0.975
"""Intervals are 95 %, two-sided."""
_POWER: Final = 0.8
"""How likely the groups that are asked for show a difference that is as large as it seems."""
FEWEST: Final = 6
"""Groups that it takes to say anything: were there no difference, five would still all point one way with a chance
of one in sixteen, six with one in thirty-two, the first that is under 5 %. Of fewer there is no interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its 95 % interval, None where there is none; `groups` bear on it."""

    value: float | None
    low: float | None
    high: float | None
    groups: int


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one setting's number exceeds another's, paired by group.

    `told_apart` says that the interval leaves out 0. Where it does not, `more_groups` is how many more groups like
    these it would take, four times in five, to tell a difference of this size; None where there is no difference
    to be seen, so that no number would do. Under FEWEST groups it is what is missing of those: a lower bound.

    `tellable` is how large a difference would have to be for groups like these to show it four times in five; None
    where there are too few to show any.
    """

    value: float | None
    low: float | None
    high: float | None
    groups: int
    told_apart: bool
    more_groups: int | None
    tellable: float | None


def interval(metric: Metric, counts: Counts, seed: int) -> Interval:
    """Return a metric with its interval."""
    value, groups = metric.value(counts), int(np.count_nonzero(metric.chances(counts)))
    if value is None or groups < FEWEST:
        return Interval(value, None, None, groups)
    drawn = _drawn(metric, counts, seed)
    drawn = drawn[~np.isnan(drawn)]
    if metric.is_rate and np.ptp(drawn) == 0:
        chances = _least_chances(metric, counts)
        low, high = (
            wilson(math.floor(value * chances), chances)[0],
            wilson(math.ceil(value * chances), chances)[1],
        )
        return Interval(value, low, high, groups)
    return Interval(value, *_ends(drawn, groups), groups)


def difference(metric: Metric, one: Counts, other: Counts, seed: int) -> Difference:
    """Compare two settings on the same trials.

    Raises ValueError where they were not counted on the same groups.
    """
    if one.groups != other.groups or not np.array_equal(metric.chances(one), metric.chances(other)):
        raise ValueError("two settings are compared on the same trials only")
    first, second = metric.value(one), metric.value(other)
    groups = int(np.count_nonzero(metric.chances(one)))
    if first is None or second is None:
        return Difference(None, None, None, groups, told_apart=False, more_groups=None, tellable=None)
    value = first - second
    if groups < FEWEST:
        more = FEWEST - groups if value else None
        return Difference(value, None, None, groups, told_apart=False, more_groups=more, tellable=None)
    drawn = _drawn(metric, one, seed) - _drawn(metric, other, seed)
    drawn = drawn[~np.isnan(drawn)]
    low, high = _ends(drawn, groups)
    told_apart = low > 0 or high < 0
    error = float(drawn.std(ddof=1))
    more = None if told_apart or not value else _more(value, error, groups)
    return Difference(value, low, high, groups, told_apart, more, _tellable(metric, other, seed, error))


def _tellable(metric: Metric, counts: Counts, seed: int, error: float) -> float:
    """Return the difference that is as many standard errors as sureness and power ask.

    `error` is that of the paired difference. Where two settings differ nowhere, or in a trial or two, it is 0 or
    says little of others that differ more; then a setting is compared that might be:

    - Of a rate, d of the chances change, all one way, which is the easiest to tell: the error is sqrt(d (1-d) / n),
      and d = z^2 / (n + z^2) is z errors. It is the least that can be told whatever the error. n is how many trials
      by themselves tell as much as these (of 0 % or 100 % as many as groups, as if a group's trials were one).
    - Of a time, one that has nothing in common with this one but its error: sqrt(2) of it.
    """
    single = _drawn(metric, counts, seed)
    own = float(single[~np.isnan(single)].std(ddof=1))
    groups = int(np.count_nonzero(metric.chances(counts)))
    z = _wide(groups) + _NORMAL.inv_cdf(_POWER)
    if not metric.is_rate:
        return z * (error or math.sqrt(2) * own)
    value, chances = metric.value(counts) or 0.0, float(_least_chances(metric, counts))
    if own > 0:
        trials = float(metric.chances(counts).sum())
        chances = min(max(value * (1 - value) / own**2, chances), trials)
    return min(max(z * error, z**2 / (chances + z**2)), 1.0)


def _least_chances(metric: Metric, counts: Counts) -> int:
    """Return how many groups bear on a metric; on the worst of some classes no more than on the least of those."""
    if metric.name != WORST:
        return int(np.count_nonzero(metric.chances(counts)))
    names = counts.classes if metric.among is None else metric.among
    sizes = (int(np.count_nonzero(Metric("false_barge_in_rate", name).chances(counts))) for name in names)
    return min(size for size in sizes if size)


def _more(value: float, error: float, groups: int) -> int:
    """Return how many more groups it takes until `value` is so many standard errors as sureness and power ask."""
    needed = (_NORMAL.inv_cdf(_SURE) + _NORMAL.inv_cdf(_POWER)) * error / abs(value)
    return max(1, math.ceil(groups * needed**2) - groups)


def _drawn(metric: Metric, counts: Counts, seed: int) -> Numbers:
    """Return the metric on each draw of the groups that bear on it."""
    bearing = np.flatnonzero(metric.chances(counts))
    weights = np.zeros((ROUNDS, len(counts.groups)))
    weights[:, bearing] = _weights(len(bearing), seed)
    return metric.values(counts, weights)


@lru_cache(maxsize=8)
def _weights(groups: int, seed: int) -> Numbers:
    """Return how often each group is drawn, [ROUNDS, groups]: the same for the same number of groups and seed."""
    chance = np.random.default_rng([seed, groups])
    return chance.multinomial(groups, np.full(groups, 1 / groups), ROUNDS).astype(np.float64)


def _ends(drawn: Numbers, groups: int) -> tuple[float, float]:
    low, high = np.quantile(drawn, _shares(groups))
    return float(low), float(high)


@lru_cache(maxsize=64)
def _shares(groups: int) -> tuple[float, float]:
    """Return between which shares of the draws the interval of so many groups lies."""
    return _NORMAL.cdf(-_wide(groups)), _NORMAL.cdf(_wide(groups))


def _wide(groups: int) -> float:
    """Return how many standard errors of the draws an interval of so many groups reaches to either side."""
    return math.sqrt(groups / (groups - 1)) * _t_quantile(_SURE, groups - 1)


def _t_quantile(share: float, freedom: int) -> float:
    """Return Student's t at a share, by Hill's expansion about the normal; good from 5 degrees of freedom on.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5.
    """
    z = _NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))
