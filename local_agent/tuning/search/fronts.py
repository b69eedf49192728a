"""Which settings are worth a look: those that no other beats at everything. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from local_agent.tuning.listening.traces import Places

    Numbers = NDArray[np.float64]


def front(values: Numbers) -> Places:
    """Return which rows of [settings, objectives] no other row beats, ascending; less is better.

    A row beats another that it is nowhere worse than and somewhere better. Of equal rows the first stands for all.
    """
    if not values.size:
        return np.arange(min(len(values), 1))
    rows, first = np.unique(values, axis=0, return_index=True)
    # Rows ascend, so no row is beaten by a later one; whoever is left when its turn comes is unbeaten.
    left = np.arange(len(rows))
    at = 0
    while at < len(left):
        beaten = (rows[left] >= rows[left[at]]).all(axis=1)
        beaten[at] = False
        left = left[~beaten]
        at += 1
    return np.sort(first[left])


def compromise(values: Numbers, present: Sequence[float]) -> list[int]:
    """Return the rows of a front in the order in which to propose them where nobody says what weighs more.

    Rows that beat the present setting (nobody loses) come first; then goes the smaller sum of objectives, each
    counted from the front's best (0) to its worst (1). Equal ones keep their order.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    scaled = (values - low) / np.where(high > low, high - low, 1.0)
    sums = scaled.sum(axis=1)
    now = np.asarray(present)
    beats = (values <= now).all(axis=1) & (values < now).any(axis=1)
    order: list[int] = np.lexsort((np.round(sums, 12), ~beats)).tolist()
    return order
