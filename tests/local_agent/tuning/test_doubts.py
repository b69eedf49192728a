"""How many more speakers or calls it takes, by hand; which warnings come when is in test_result.py."""

from __future__ import annotations

import pytest

from local_agent.tuning.evidence.doubts import _in_all, _more_to_see
from local_agent.tuning.evidence.resampling import Difference
from local_agent.tuning.judging.metric import Metric


@pytest.mark.parametrize(
    ("metric", "tellable", "wanted", "more"),
    [
        ("stop_ms_p90", 100.0, 50.0, 30),  # half the error takes four times the groups
        ("false_barge_in_rate", 0.5, 0.1, 80),  # (1 - d) / d: from 1 to 9
    ],
)
def test_a_smaller_difference_takes_more_groups(
    metric: str, tellable: float, wanted: float, more: int
) -> None:
    """Ten groups tell `tellable`; so many more tell what is wanted."""
    told = Difference(0.0, -1.0, 1.0, 10, told_apart=False, more_groups=None, tellable=tellable)
    assert _more_to_see(Metric(metric), told, wanted) == more


def test_both_parts_grow() -> None:
    """What one part lacks is a share of what has to be recorded."""
    assert (_in_all(30, 0.5), _in_all(30, 0.25)) == (60, 120)
