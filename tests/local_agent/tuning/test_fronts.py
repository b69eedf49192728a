"""Fronts: against the definition, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.tuning.search.fronts import compromise, front

rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 5)] * width), min_size=1, max_size=40)
)


def _beats(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


@given(rows)
def test_the_front_is_what_nothing_beats(values: list[tuple[int, ...]]) -> None:
    """Exactly the unbeaten rows, the first of equal ones."""
    wanted = [
        at
        for at, row in enumerate(values)
        if not any(_beats(other, row) for other in values) and row not in values[:at]
    ]
    assert front(np.array(values, float)).tolist() == wanted


def test_nothing_has_no_front() -> None:
    """Of no rows none is best."""
    assert front(np.zeros((0, 2))).tolist() == []


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        ([0.5, 500.0], 1),  # only the second beats it
        ([0.9, 900.0], 1),  # all do: the nearest to both ends
        ([0.0, 0.0], 1),  # none does: the same
        ([0.1, 900.0], 1),  # the first is as good, which is no reason to prefer it
        ([0.2, 900.0], 0),  # the first beats it, the nearest to both ends would lose something
    ],
)
def test_compromise(present: list[float], wanted: int) -> None:
    """Nobody loses where that can be; then the smallest sum of scaled objectives."""
    assert compromise(np.array([[0.1, 900.0], [0.3, 300.0], [0.9, 200.0]]), present)[0] == wanted


def test_a_single_row_is_its_own_compromise() -> None:
    """Nothing to scale by is no division by zero."""
    assert compromise(np.array([[0.2, 300.0]]), [0.1, 100.0]) == [0]
