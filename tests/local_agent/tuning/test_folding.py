"""Folded groups: the same numbers, a bounded number of rows, and intervals as wide as before."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.cluster.folding import bucket_of, folded, sums, with_classes
from local_agent.tuning.evidence.resampling import interval
from local_agent.tuning.judging.counts import Counts, total
from local_agent.tuning.judging.metric import NAMES, Metric
from local_agent.tuning.search.space import Space, applied

if TYPE_CHECKING:
    from local_agent.tuning.judging.evaluating import Bench

SILENCE = Parameters(endpointing=EndpointingParameters("silence"))


def test_a_bucket_is_known_by_name() -> None:
    """The same on every machine, in every run: these are what it was when it was written."""
    assert [bucket_of(name, 1000) for name in ("anna", "ben", "0713.wav")] == [
        "bucket 000732",
        "bucket 000728",
        "bucket 000768",
    ]
    assert bucket_of("anna", 1) == bucket_of("ben", 1) == "bucket 000000"


@pytest.mark.parametrize("buckets", [1, 5, 1024])
def test_folding_changes_no_number(bench: Bench, buckets: int) -> None:
    """Each metric of the whole is the same, and there are no more rows than buckets."""
    counts = bench.counts(SILENCE)
    few = folded(counts, buckets)
    assert len(few.groups) <= min(buckets, len(counts.groups))
    assert [Metric(name).value(few) for name in NAMES] == [Metric(name).value(counts) for name in NAMES]
    assert [Metric(name).chances(few).sum() for name in NAMES] == [
        Metric(name).chances(counts).sum() for name in NAMES
    ]


def test_folding_and_adding_go_in_any_order(bench: Bench) -> None:
    """Parts folded where they were counted add up to the whole folded."""
    groups = sorted({trial.group for trial in bench.trials})
    parts = [bench.only(groups[:9]).counts(SILENCE), bench.only(groups[9:]).counts(SILENCE)]
    assert total(folded(part, 7) for part in parts) == folded(bench.counts(SILENCE), 7)


def test_sums_are_sums_and_share_what_settings_share(bench: Bench) -> None:
    """Setting by setting what + gives; one floor for all settings that differ in silence alone."""
    settings = [applied(one, SILENCE) for one in Space.of().settings(SILENCE)][:39]
    groups = sorted({trial.group for trial in bench.trials})
    classes = bench.counts(SILENCE).classes
    first, second = (
        with_classes([folded(one, 1) for one in part.grid(settings)], classes)
        for part in (bench.only(groups[:9]), bench.only(groups[9:]))
    )
    together = sums(first, second)
    assert together == [a + b for a, b in zip(first, second, strict=True)]
    shared = sums(bench.only(groups[:9]).grid(settings), bench.only(groups[:9]).grid(settings))
    assert len({id(one.floors) for one in shared}) == 3
    assert len(pickle.dumps(shared)) < sum(len(pickle.dumps(one)) for one in shared) / 2


def test_a_class_that_is_not_told_is_a_mistake(bench: Bench) -> None:
    """Counts are never put under another class."""
    counts = bench.counts(SILENCE)
    wide = with_classes([counts], tuple(sorted({*counts.classes, "bell"})))[0]
    assert wide.floors.sum() == counts.floors.sum()
    with pytest.raises(KeyError):
        with_classes([counts], ("bell",))


def test_intervals_of_buckets_are_as_wide() -> None:
    """20,000 calls in 1,024 buckets: a rate's interval keeps its width within a tenth."""
    chance = np.random.default_rng(3)
    groups, nothing = 20_000, np.zeros((0, 3), np.int64)
    floors = np.zeros((groups, 1, 5), np.int64)
    floors[:, 0, 0] = chance.integers(1, 6, groups)
    floors[:, 0, 1] = chance.binomial(floors[:, 0, 0], chance.beta(0.6, 5.4, groups))
    names = tuple(f"call-{number:05}" for number in range(groups))
    counts = Counts(names, ("door",), floors, nothing, np.zeros((groups, 3), np.int64), nothing)
    few = interval(Metric("false_barge_in_rate"), folded(counts, 1024), seed=1)
    rates = floors[:, 0, 1].sum() / floors[:, 0, 0].sum()
    residual = floors[:, 0, 1] - rates * floors[:, 0, 0]
    half_width = 1.96 * np.sqrt((residual**2).sum()) / floors[:, 0, 0].sum()
    assert few.low is not None
    assert few.high is not None
    assert few.groups == 1024
    assert few.value == rates
    assert (few.high - few.low) / 2 == pytest.approx(half_width, rel=0.1)
