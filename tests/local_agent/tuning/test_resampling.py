"""Intervals: known cases, what pairing gains, and how much more it would take."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.metrics.intervals import wilson
from local_agent.tuning.evidence.resampling import _between, _t_quantile, _wide, difference, interval
from local_agent.tuning.evidence.result import _Judge
from local_agent.tuning.judging.counts import Counts
from local_agent.tuning.judging.metric import Metric

RATE = Metric("false_barge_in_rate")


def _counts(chances: list[int], hits: list[int], stops: list[tuple[int, int, int]] | None = None) -> Counts:
    floors = np.zeros((len(chances), 1, 5), np.int64)
    floors[:, 0, 0], floors[:, 0, 1], floors[:, 0, 3] = chances, hits, chances
    return Counts(
        tuple(f"g{place:03}" for place in range(len(chances))),
        ("door",),
        floors,
        np.array(stops or [], np.int64).reshape(-1, 3),
        np.zeros((len(chances), 3), np.int64),
        np.zeros((0, 3), np.int64),
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], share: float) -> None:
    """To the last bit, at both ends too."""
    ordered = np.sort(np.array(values))
    assert _between(ordered, share * (len(ordered) - 1)) == np.quantile(ordered, share)


def test_whole_groups_are_drawn() -> None:
    """Ten trials of one group that fall together are one piece of evidence, not ten."""
    together = _counts([10] * 20, [10, 0] * 10)
    apart = _counts([1] * 200, [1, 0] * 100)
    one, other = interval(RATE, together, 1), interval(RATE, apart, 1)
    assert one.value == other.value == 0.5
    assert (one.groups, other.groups) == (20, 200)
    assert one.low is not None
    assert one.high is not None
    assert other.low is not None
    assert other.high is not None
    assert (one.high - one.low) / (other.high - other.low) == pytest.approx(math.sqrt(10), rel=0.15)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_an_interval_holds_its_value(rows: list[tuple[int, int]]) -> None:
    """Low, value and high ascend, and lie within a rate's range."""
    counts = _counts([n for n, _ in rows], [min(n, k) for n, k in rows])
    found = interval(RATE, counts, 3)
    if found.low is None or found.high is None or found.value is None:
        assert sum(n > 0 for n, _ in rows) < 6
    else:
        assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("hit", "low", "high"), [(0, 0, 0), (4, 10, 10), (2, 5, 5), (1, 2, 3)])
def test_without_a_difference_to_draw_from(hit: int, low: int, high: int) -> None:
    """No hit in ten groups is no proof of none: as sure as ten chances make one."""
    found = interval(RATE, _counts([4] * 10, [hit] * 10), 1)
    assert (found.low, found.high) == (wilson(low, 10)[0], wilson(high, 10)[1])


def test_groups_that_bear_on_nothing_do_not_count() -> None:
    """Speakers say nothing of noise: neither in the number of groups nor in the interval."""
    few = _counts([2] * 8, [2, 0] * 4)
    padded = few + replace(_counts([0] * 30, [0] * 30), groups=tuple(f"x{i:02}" for i in range(30)))
    assert interval(RATE, padded, 1) == interval(RATE, few, 1)


def test_too_few_groups() -> None:
    """Five groups tell nothing of others, and say how many are missing; none tells nothing at all."""
    few, others = _counts([5] * 5, [1, 0, 2, 0, 1]), _counts([5] * 5, [3, 2, 2, 4, 1])
    assert interval(RATE, few, 1).low is None
    assert interval(RATE, _counts([5] * 6, [1, 0, 2, 0, 1, 2]), 1).low is not None
    found = difference(RATE, few, others, 1)
    assert (found.low, found.told_apart, found.more_groups) == (None, False, 1)
    assert difference(RATE, few, few, 1).more_groups is None
    assert interval(RATE, _counts([0], [0]), 1).value is None
    assert difference(RATE, _counts([0, 0], [0, 0]), _counts([0, 0], [0, 0]), 1).value is None


def test_times_have_intervals() -> None:
    """A median's interval lies among the times."""
    stops = [(group, 100 + 20 * group, 2) for group in range(15)]
    found = interval(Metric("stop_ms_p50"), _counts([2] * 15, [0] * 15, stops), 1)
    assert found.value == 240
    assert found.low is not None
    assert found.high is not None
    assert 100 <= found.low < 240 < found.high <= 380


def test_pairing_tells_apart_what_two_intervals_do_not() -> None:
    """Where every group gains a little, the difference is sure though the groups differ widely."""
    hits = np.arange(30) * 2
    one, other = _counts([100] * 30, (hits + 5).tolist()), _counts([100] * 30, hits.tolist())
    first, second = interval(RATE, one, 1), interval(RATE, other, 1)
    assert first.low is not None
    assert second.high is not None
    assert first.low < second.high
    found = difference(RATE, one, other, 1)
    assert found.value == pytest.approx(0.05)
    assert found.told_apart
    assert found.more_groups is None


def test_how_many_more_groups_it_takes() -> None:
    """Too few to tell apart says how many more; with as many more of the same kind, they are told apart."""
    chance = np.random.default_rng(4)
    hits = chance.binomial(10, 0.5, 12)
    gains = np.array([-3, 5, -3, 5, 0, 0, 2, -2, 0, 1, -1, 0])
    one = _counts([20] * 12, (hits + 5 + gains).tolist())
    other = _counts([20] * 12, (hits + 5).tolist())
    few = difference(RATE, one, other, 1)
    assert few.value
    assert not few.told_apart
    assert few.more_groups is not None
    assert few.more_groups > 0
    times = -(-(12 + few.more_groups) // 12)
    many = difference(
        RATE,
        _counts([20] * 12 * times, (hits + 5 + gains).tolist() * times),
        _counts([20] * 12 * times, (hits + 5).tolist() * times),
        1,
    )
    assert many.told_apart
    none = difference(RATE, one, one, 1)
    assert (none.value, none.told_apart, none.more_groups) == (0, False, None)


@pytest.mark.parametrize(("groups", "trials"), [(11, 5), (60, 2)])
@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_what_could_be_told_is_told(groups: int, trials: int, rate: float) -> None:
    """Of settings that differ by the tellable difference at least four in five are told apart, of equal ones few.

    Speakers are alike in what they add (likeness 0.2), so that their trials are not by themselves.
    """
    chance, told, none, runs = np.random.default_rng(3), 0, 0, 60
    for _ in range(runs):
        had = chance.binomial(trials, chance.beta(9 * rate, 9 * (1 - rate), groups) if rate else 0.0, groups)
        now = _counts([trials] * groups, had.tolist())
        size = difference(RATE, now, now, 1).tellable
        assert size is not None
        own = chance.beta(4 * size, 4 * (1 - size), groups)
        more = np.minimum(chance.binomial(trials, own), trials - had)
        told += difference(RATE, _counts([trials] * groups, (had + more).tolist()), now, 1).told_apart
        moved = chance.permutation(had)
        none += difference(RATE, _counts([trials] * groups, moved.tolist()), now, 1).told_apart
    assert told >= 0.75 * runs
    assert none <= 0.12 * runs


def test_more_groups_tell_less_of_a_difference() -> None:
    """Four times the groups tell half of a time's difference; too few tell none at all."""
    sizes = []
    for groups in (12, 48):
        stops = [(group, 100 + 10 * (group % 12), 3) for group in range(groups)]
        counts = _counts([3] * groups, [0] * groups, stops)
        sizes.append(difference(Metric("stop_ms_p50"), counts, counts, 1).tellable or 0.0)
    assert sizes[0] / sizes[1] == pytest.approx(2, rel=0.25)
    few = _counts([3] * 5, [1] * 5)
    assert difference(RATE, few, few, 1).tellable is None


def test_the_worst_class_is_as_sure_as_its_sources() -> None:
    """No failure in ten classes of seven sources each is as sure as seven chances make one, not seventy."""
    floors = np.zeros((70, 10, 5), np.int64)
    floors[np.arange(70), np.arange(70) % 10, 0] = 2
    counts = Counts(
        tuple(f"g{place:03}" for place in range(70)),
        tuple("abcdefghij"),
        floors,
        np.zeros((0, 3), np.int64),
        np.zeros((70, 3), np.int64),
        np.zeros((0, 3), np.int64),
    )
    found = interval(Metric("worst_class_false_barge_in_rate"), counts, 1)
    assert (found.low, found.high) == wilson(0, 7)


def test_only_the_same_trials_are_compared() -> None:
    """Other groups, or other trials in them, cannot be paired."""
    for other in (_counts([5] * 3, [1] * 3), _counts([4] * 2, [1] * 2)):
        with pytest.raises(ValueError, match="same trials"):
            difference(RATE, _counts([5] * 2, [1] * 2), other, 1)


def test_a_seed_is_its_draws() -> None:
    """The same seed gives the same interval, another one another."""
    chance = np.random.default_rng(2)
    counts = _counts(chance.integers(50, 90, 40).tolist(), chance.integers(0, 50, 40).tolist())
    assert interval(RATE, counts, 5) == interval(RATE, counts, 5) != interval(RATE, counts, 6)


@pytest.mark.parametrize(("freedom", "wanted"), [(5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)])
def test_student(freedom: int, wanted: float) -> None:
    """Student's t as every table has it."""
    assert _t_quantile(0.975, freedom) == pytest.approx(wanted, rel=0.001)


@pytest.mark.parametrize(("groups", "errors"), [(6, 2.8159), (10, 2.3845), (1_000, 1.9633)])
def test_few_groups_widen_the_interval(groups: int, errors: float) -> None:
    """Student's t instead of the normal, and the draws' spread as of a sample: sqrt(n / (n - 1)) t, from tables."""
    assert _wide(groups) == pytest.approx(errors, rel=0.001)


def test_what_a_row_stands_for_is_told() -> None:
    """Behind a cluster a row may be a bucket: four speakers a row take four times as many more speakers."""
    rows, more = _counts([2] * 10, [1] * 10), _counts([2] * 10, [0] + [1] * 9)
    plain = difference(RATE, rows, more, 0)
    buckets: Any = SimpleNamespace(groups=lambda _: 40)
    nobody: Any = None
    judge = _Judge(nobody, nobody, (RATE,), (nobody, buckets), 0)
    told = judge._compared(RATE, rows, more)
    assert plain.more_groups is not None
    assert (told.groups, told.more_groups) == (40, 4 * plain.more_groups)
    assert (told.value, told.low, told.high) == (plain.value, plain.low, plain.high)
