"""Metrics: their values against plain arithmetic on the trials' own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.metrics.intervals import percentile
from local_agent.tuning.judging.counts import Counts
from local_agent.tuning.judging.metric import NAMES, Metric

counted = st.integers(0, 6)


@st.composite
def tables(draw: st.DrawFn) -> Counts:
    """Draw counts of up to four groups and three classes, hits never above chances."""
    groups, classes = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    floors = np.zeros((groups, classes, 5), np.int64)
    turns = np.zeros((groups, 3), np.int64)
    stops, delays = [], []
    for group in range(groups):
        for place in range(classes):
            n, m = draw(counted), draw(counted)
            floors[group, place] = (
                n,
                draw(st.integers(0, n)),
                draw(st.integers(0, n)),
                m,
                draw(st.integers(0, m)),
            )
        n = draw(counted)
        cut = draw(st.integers(0, n))
        turns[group] = (n, cut, draw(st.integers(0, n - cut)))
        for times in (stops, delays):
            picked = draw(st.lists(st.integers(0, 900), max_size=4, unique=True))
            times += [(group, ms, draw(st.integers(1, 3))) for ms in sorted(picked)]
    return Counts(
        tuple("abcd"[:groups]),
        tuple("xyz"[:classes]),
        floors,
        np.array(stops, np.int64).reshape(-1, 3),
        turns,
        np.array(delays, np.int64).reshape(-1, 3),
    )


def _rate(hits: float, chances: float) -> float | None:
    return hits / chances if chances else None


@given(tables())
def test_rates_are_shares(counts: Counts) -> None:
    """Each rate is its hits over its chances; None where there was no chance."""
    floors, turns = counts.floors.sum(axis=(0, 1)), counts.turns.sum(axis=0)
    assert Metric("false_barge_in_rate").value(counts) == _rate(floors[1], floors[0])
    assert Metric("false_pause_rate").value(counts) == _rate(floors[2], floors[0])
    assert Metric("missed_barge_in_rate").value(counts) == _rate(floors[4], floors[3])
    assert Metric("premature_cutoff_rate").value(counts) == _rate(turns[1], turns[0])
    assert Metric("unanswered_turn_rate").value(counts) == _rate(turns[2], turns[0])


@given(tables())
def test_classes(counts: Counts) -> None:
    """A class counts its own sounds, and the worst of them is the worst."""
    rates = {}
    for place, name in enumerate(counts.classes):
        n, hits = counts.floors[:, place, :2].sum(axis=0)
        assert Metric("false_barge_in_rate", name).value(counts) == _rate(hits, n)
        rates[name] = _rate(hits, n)
    known = [rate for rate in rates.values() if rate is not None]
    assert Metric("worst_class_false_barge_in_rate").value(counts) == (max(known) if known else None)
    assert Metric("false_barge_in_rate", "unheard").value(counts) is None


@given(tables(), st.sets(st.sampled_from("xyz")))
def test_the_worst_of_some_classes(counts: Counts, some: set[str]) -> None:
    """It ranges over the classes that it is told, in value, draws and trials alike, and names the one."""
    metric = Metric("worst_class_false_barge_in_rate", among=tuple(sorted(some)))
    rates = {
        name: Metric("false_barge_in_rate", name).value(counts) for name in counts.classes if name in some
    }
    known = {name: rate for name, rate in rates.items() if rate is not None}
    assert metric.value(counts) == max(known.values(), default=None)
    once = metric.values(counts, np.ones((1, len(counts.groups))))[0]
    assert np.isnan(once) if not known else once == max(known.values())
    worst = metric.worst_class(counts)
    assert (worst is None) == (not known)
    assert worst is None or known[worst] == max(known.values())
    places = [place for place, name in enumerate(counts.classes) if name in some]
    assert metric.chances(counts).tolist() == counts.floors[:, places, 0].sum(axis=1).tolist()


@given(tables())
def test_percentiles_are_those_of_the_times(counts: Counts) -> None:
    """A histogram's percentile is that of the list it was made of."""
    for kind, name in (("stop_ms", "stop_ms"), ("delay_ms", "response_delay_ms")):
        times = [float(ms) for _, ms, n in getattr(counts, kind).tolist() for _ in range(n)]
        for part, share in (("p50", 0.5), ("p90", 0.9)):
            wanted = percentile(times, share)
            got = Metric(f"{name}_{part}").value(counts)
            assert (got is None and wanted is None) or got == pytest.approx(wanted)


@given(tables(), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_weights_are_groups_counted_so_often(counts: Counts, often: list[int]) -> None:
    """A group of weight 3 counts as three such groups, one of weight 0 as none."""
    weights = np.array([often[: len(counts.groups)]], np.float64)
    scale = weights[0].astype(np.int64)
    stops, delays = counts.stop_ms.copy(), counts.delay_ms.copy()
    for times in (stops, delays):
        times[:, 2] *= scale[times[:, 0]]
    repeated = Counts(
        counts.groups,
        counts.classes,
        counts.floors * scale[:, None, None],
        stops[stops[:, 2] > 0],
        counts.turns * scale[:, None],
        delays[delays[:, 2] > 0],
    )
    for name in NAMES:
        got, wanted = Metric(name).values(counts, weights)[0], Metric(name).value(repeated)
        assert (np.isnan(got) and wanted is None) or got == pytest.approx(wanted)
        once = Metric(name).values(counts, np.ones((1, len(counts.groups))))[0]
        alone = Metric(name).value(counts)
        assert (np.isnan(once) and alone is None) or once == alone


def test_names() -> None:
    """A metric is written as users write it, and knows whether it is a share."""
    assert str(Metric("false_barge_in_rate", "sneeze")) == "false_barge_in_rate[sneeze]"
    assert Metric("false_barge_in_rate").is_rate
    assert not Metric("stop_ms_p90").is_rate
