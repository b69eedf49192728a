"""Intervals and percentiles against values that others published."""

from __future__ import annotations

import pytest

from local_agent.metrics.intervals import Rate, percentile, wilson


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_equals_newcombe(count: int, n: int, low: float, high: float) -> None:
    """The four examples of Newcombe (Statistics in Medicine 17, 1998), method 3, to four digits."""
    assert wilson(count, n) == pytest.approx((low, high), abs=6e-5)


def test_wilson_keeps_its_ends() -> None:
    """All of n mirrors none of n, to the exact ends; what is no share is refused."""
    low, high = wilson(20, 20)
    assert (1 - high, 1 - low) == pytest.approx(wilson(0, 20))
    assert high == 1.0
    for count, n in ((1, 0), (-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="no share"):
            wilson(count, n)


def test_nothing_measured_has_no_value() -> None:
    """A rate of no chances and a percentile of no values are None, not 0."""
    assert Rate(0, 0).value is None
    assert Rate(0, 0).interval is None
    assert percentile([], 0.5) is None
    assert percentile([30.0, 10.0, 20.0, 40.0], 0.5) == 25.0
    assert percentile([7.0], 0.9) == 7.0
