"""Which part of a corpus is searched, and which is held back to report on: whole groups, never a part of one.

A group is a speaker or a call. Groups are told apart by what is in them (which situations, which classes of
sound), and each such kind is dealt out by the hash of seed and name, so that both parts hold about the same as far
as groups allow. A group keeps its place among its kind whatever the order in which trials come.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.errors import UnusableInput
from local_agent.tuning.listening.trial import SORTS, groups_by_sort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.tuning.listening.trial import Trial

    Kind = tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The groups of both parts, ascending."""

    searched: tuple[str, ...]
    held_back: tuple[str, ...]


def split(trials: Sequence[Trial], *, seed: int, held_back: float = 0.5) -> Split:
    """Deal the groups out; `held_back` (0 to 1) is the share that is not searched.

    Raises UnusableInput where all trials of a sort come from one group, so that one part would have none.
    """
    if not 0 < held_back < 1:
        raise UnusableInput(f"{held_back:g} cannot be held back", help="give a share between 0 and 1")
    _check(trials)
    kept: list[str] = []
    owed = 0.0
    for _, groups in sorted(_by_kind(trials).items()):
        groups.sort(key=lambda group: hashlib.sha256(f"{seed}\0{group}".encode()).digest())
        owed += len(groups) * held_back
        count = min(max(math.floor(owed + 0.5), 0), len(groups))
        owed -= count
        kept += groups[:count]
    back = set(kept)
    every = sorted({trial.group for trial in trials})
    return _both_see_all(trials, [g for g in every if g not in back], sorted(back), seed)


def _by_kind(trials: Sequence[Trial]) -> dict[Kind, list[str]]:
    contents: dict[str, set[tuple[str, str, bool]]] = defaultdict(set)
    for trial in trials:
        contents[trial.group].add((trial.situation, trial.sound_class, trial.meaningful))
    kinds: dict[Kind, list[str]] = defaultdict(list)
    for group in sorted(contents):
        kinds[tuple(sorted(contents[group]))].append(group)
    return kinds


def _check(trials: Sequence[Trial]) -> None:
    for sort, groups in sorted(groups_by_sort(trials).items()):
        if len(groups) == 1:
            raise UnusableInput(
                f"all {SORTS.get(sort, 'trials')} come from one speaker or call ({min(groups)})",
                help="tuning needs two at least: one to search on, one to report on",
            )
    if len({trial.group for trial in trials}) < 2:  # noqa: PLR2004 - two parts
        raise UnusableInput("the corpus is empty", help="docs/corpus.md says what a corpus holds")


def _both_see_all(trials: Sequence[Trial], searched: list[str], back: list[str], seed: int) -> Split:
    """Move the fewest groups that it takes until each sort of trial is on both sides."""
    for _, groups in sorted(groups_by_sort(trials).items()):
        ordered = sorted(groups, key=lambda group: hashlib.sha256(f"{seed}\0{group}".encode()).digest())
        for here, there in ((searched, back), (back, searched)):
            if not groups & set(here):
                here.append(ordered[0])
                there.remove(ordered[0])
    return Split(tuple(sorted(searched)), tuple(sorted(back)))
