"""Durations in memory that does not grow."""

from __future__ import annotations

from local_agent.live.stopwatch import Stopwatch


def test_percentiles_are_those_of_the_durations_to_a_bin() -> None:
    """A hundred durations of 1 to 100 tenths of a millisecond."""
    watch = Stopwatch()
    for tenth in range(1, 101):
        watch.add(tenth / 10_000 + 1e-9)
    assert watch.count == 100
    assert watch.percentile_ms(0.5) == 5.01
    assert watch.percentile_ms(0.99) == 9.91
    assert round(watch.longest_ms, 3) == 10.0


def test_longer_than_the_scale() -> None:
    """Half a second is kept as the longest."""
    watch = Stopwatch()
    watch.add(0.5)
    assert watch.percentile_ms(0.99) == 100.0
    assert watch.longest_ms == 500.0


def test_nothing_measured() -> None:
    """A call without a window has no percentile."""
    assert Stopwatch().percentile_ms(0.5) is None
