"""What counts as worse where a setting is to be proposed; whole proposals are in test_result.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from local_agent.parameters import Parameters
from local_agent.tuning.evidence.proposing import _Proof
from local_agent.tuning.judging.counts import Counts
from local_agent.tuning.judging.metric import Metric
from local_agent.tuning.search.objectives import parse_goal


def _counts(groups: int, hits: int) -> Counts:
    """Return two noises of each group, of which the first `hits` groups lose the floor to one."""
    floors = np.zeros((groups, 1, 5), np.int64)
    floors[:, 0, 0], floors[:hits, 0, 1] = 2, 1
    times = np.zeros((0, 3), np.int64)
    names = tuple(f"g{place}" for place in range(groups))
    return Counts(names, ("door",), floors, times, np.zeros((groups, 3), np.int64), times)


@pytest.mark.parametrize(
    ("groups", "hits", "worse"), [(5, 0, False), (5, 1, False), (5, 2, True), (6, 2, False), (6, 6, True)]
)
def test_worse_is_beyond_chance_or_by_more_than_one_trial(groups: int, hits: int, worse: bool) -> None:  # noqa: FBT001 - a case
    """Of six groups chance is asked; of fewer one trial more is forgiven, and two are not."""
    present: Any = None  # this comparison needs neither the part nor the settings
    scale = (np.ones(1), np.zeros(1), np.ones(1))
    proof = _Proof(present, Parameters(), parse_goal("false_barge_in_rate"), 0, _counts(groups, 0), scale)
    assert proof._loses(Metric("false_barge_in_rate"), _counts(groups, hits), _counts(groups, 0)) is worse
