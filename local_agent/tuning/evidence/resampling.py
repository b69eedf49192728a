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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.metric import Metric

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
    to be seen, so that no number would do.
    """

    value: float | None
    low: float | None
    high: float | None
    groups: int
    told_apart: bool
    more_groups: int | None


def interval(metric: Metric, counts: Counts, seed: int) -> Interval:
    """Return a metric with its interval."""
    value, groups = metric.value(counts), int(np.count_nonzero(metric.chances(counts)))
    if value is None or groups < FEWEST:
        return Interval(value, None, None, groups)
    drawn = _drawn(metric, counts, seed)
    drawn = drawn[~np.isnan(drawn)]
    if metric.is_rate and np.ptp(drawn) == 0:
        low, high = (
            wilson(math.floor(value * groups), groups)[0],
            wilson(math.ceil(value * groups), groups)[1],
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
        return Difference(None, None, None, groups, told_apart=False, more_groups=None)
    value = first - second
    if groups < FEWEST:
        more = FEWEST - groups if value else None
        return Difference(value, None, None, groups, told_apart=False, more_groups=more)
    drawn = _drawn(metric, one, seed) - _drawn(metric, other, seed)
    drawn = drawn[~np.isnan(drawn)]
    low, high = _ends(drawn, groups)
    told_apart = low > 0 or high < 0
    more = None if told_apart or not value else _more(value, float(drawn.std(ddof=1)), groups)
    return Difference(value, low, high, groups, told_apart, more)


def _more(value: float, error: float, groups: int) -> int:
    """Return how many more groups it takes until `value` is so many standard errors as sureness and power ask."""
    needed = (_NORMAL.inv_cdf(_SURE) + _NORMAL.inv_cdf(_POWER)) * error / abs(value)
    return max(1, math.ceil(groups * needed**2) - groups)


def _drawn(metric: Metric, counts: Counts, seed: int) -> Numbers:
    """Return the metric on each draw of the groups that bear on it."""
    bears = metric.chances(counts) > 0
    return metric.values(counts, _weights_among(bears.tobytes(), seed))


@lru_cache(maxsize=8)
def _weights_among(bears: bytes, seed: int) -> Numbers:
    """Return how often each group is drawn where only some bear on a metric (a byte each): the others never are."""
    bearing = np.flatnonzero(np.frombuffer(bears, np.bool_))
    weights = np.zeros((ROUNDS, len(bears)))
    weights[:, bearing] = _weights(len(bearing), seed)
    return weights


@lru_cache(maxsize=8)
def _weights(groups: int, seed: int) -> Numbers:
    """Return how often each group is drawn, [ROUNDS, groups]: the same for the same number of groups and seed."""
    chance = np.random.default_rng([seed, groups])
    return chance.multinomial(groups, np.full(groups, 1 / groups), ROUNDS).astype(np.float64)


def _ends(drawn: Numbers, groups: int) -> tuple[float, float]:
    # np.quantile does this too, and imports masked arrays for it: a tenth of a second of each run.
    ordered = np.sort(drawn)
    low, high = (_between(ordered, share * (len(ordered) - 1)) for share in _shares(groups))
    return low, high


def _between(ordered: Numbers, place: float) -> float:
    """Return the value at a place of an ascending row, linear between two, in the bits of np.quantile."""
    below = math.floor(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    part = place - below
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part  # noqa: PLR2004 - halfway


@lru_cache(maxsize=64)
def _shares(groups: int) -> tuple[float, float]:
    """Return between which shares of the draws the interval of so many groups lies."""
    wide = math.sqrt(groups / (groups - 1)) * _t_quantile(_SURE, groups - 1)
    return _NORMAL.cdf(-wide), _NORMAL.cdf(wide)


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
