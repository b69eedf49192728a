"""Counts of more speakers or calls than anybody can hold: groups folded into a bounded number of buckets.

A group's bucket follows from its name alone, so any worker folds alike, and folded counts add up as others do. A
setting's numbers do not change by it, to the integer; only who is drawn together when intervals are made does:
whole buckets of groups instead of groups. Groups are independent and are dealt out by chance, so sums over buckets
scatter as sums over groups do, and the intervals are as wide on average; their width itself is told from so many
buckets instead of from all groups, which with 1,024 is a matter of some 2 to 4 % of it (docs/scale.md). Where no
trial fails, the interval takes a bucket as one chance: wider than the groups would allow.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.tuning.judging.counts import FLOOR_COLUMNS, TURN_COLUMNS, Counts, histogram_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.tuning.listening.traces import Places

BUCKETS: Final = 1_024
"""Draws of these take 16 MB; of a million groups they would take 16 GB."""


def bucket_of(group: str, buckets: int) -> str:
    """Return the name of a group's bucket, one of `buckets`."""
    number = int.from_bytes(hashlib.blake2b(group.encode(), digest_size=8).digest()) % buckets
    return f"bucket {number:06}"


def folded(counts: Counts, buckets: int) -> Counts:
    """Return counts by bucket: of `bucket_of` its groups."""
    names = [bucket_of(group, buckets) for group in counts.groups]
    groups = tuple(sorted(set(names)))
    index = {name: place for place, name in enumerate(groups)}
    row = np.array([index[name] for name in names], np.int64)
    floors = np.zeros((len(groups), len(counts.classes), len(FLOOR_COLUMNS)), np.int64)
    np.add.at(floors, row, counts.floors)
    turns = np.zeros((len(groups), len(TURN_COLUMNS)), np.int64)
    np.add.at(turns, row, counts.turns)
    stops, delays = counts.stop_ms.copy(), counts.delay_ms.copy()
    for times in (stops, delays):
        times[:, 0] = row[times[:, 0]]
    nothing = np.zeros((0, 3), np.int64)
    return Counts(
        groups,
        counts.classes,
        floors,
        histogram_sum(stops, nothing),
        turns,
        histogram_sum(delays, nothing),
    )


def sums(one: Sequence[Counts], other: Sequence[Counts]) -> list[Counts]:
    """Return the sums of two lists, setting by setting; what settings share in both is added once and shared again.

    Of 1,820 settings thirteen at a time have one floor: sharing it makes a sum as small to send as its parts were.
    """
    memo: dict[tuple[int, int], Places] = {}
    return [_sum(a, b, memo) for a, b in zip(one, other, strict=True)]


def _sum(one: Counts, other: Counts, memo: dict[tuple[int, int], Places]) -> Counts:
    if (one.groups, one.classes) != (other.groups, other.classes):
        return one + other

    def once(a: Places, b: Places, *, times: bool) -> Places:
        key = (id(a), id(b))
        if key not in memo:
            memo[key] = histogram_sum(a, b) if times else a + b
        return memo[key]

    return Counts(
        one.groups,
        one.classes,
        once(one.floors, other.floors, times=False),
        once(one.stop_ms, other.stop_ms, times=True),
        once(one.turns, other.turns, times=False),
        once(one.delay_ms, other.delay_ms, times=True),
    )


def with_classes(counts: Sequence[Counts], classes: tuple[str, ...]) -> list[Counts]:
    """Return the same counts among more classes (ascending); what settings shared they share again.

    Raises KeyError where a class is not among them.
    """
    index = {name: place for place, name in enumerate(classes)}
    memo: dict[int, Places] = {}

    def wide(one: Counts) -> Places:
        if id(one.floors) not in memo:
            floors = np.zeros((len(one.groups), len(classes), len(FLOOR_COLUMNS)), np.int64)
            floors[:, [index[name] for name in one.classes]] = one.floors
            memo[id(one.floors)] = floors
        return memo[id(one.floors)]

    return [Counts(one.groups, classes, wide(one), one.stop_ms, one.turns, one.delay_ms) for one in counts]
