"""What the part held back says of a proposal, in one word: the first thing that a reviewer asks, and what is written.

better      better beyond chance at something that was asked for, worse at nothing
trade       better beyond chance at something that was asked for, worse at something else
unproved    nothing that was asked for can be told from the present setting
worse       worse beyond chance, and better at nothing that was asked for; or a bound is not kept
unchanged   the present setting is proposed
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_agent.tuning.evidence.resampling import Difference, Interval
    from local_agent.tuning.search.objectives import Goal


class Kind(StrEnum):
    """The word."""

    BETTER = "better"
    TRADE = "trade"
    UNPROVED = "unproved"
    WORSE = "worse"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, and what it rests on: metrics told apart from the present setting's, and bounds that are not kept."""

    kind: Kind
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def refuted(self) -> bool:
        """Whether the audio held back speaks against the proposal: then it belongs in nobody's profile."""
        return self.kind is Kind.WORSE


def verdict(
    goal: Goal, differences: Mapping[str, Difference], chosen: Mapping[str, Interval], *, changed: bool
) -> Verdict:
    """Judge a proposal by the part held back: `differences` against the present setting, `chosen` its own numbers.

    `changed` tells whether it is another setting than the present one.
    """
    broken = tuple(
        bound.text for bound in goal.subject_to if not bound.holds(chosen[str(bound.metric)].value)
    )
    if not changed:
        return Verdict(Kind.UNCHANGED, broken=broken)
    better, worse = (
        tuple(name for name, one in differences.items() if one.told_apart and ((one.value or 0) < 0) is less)
        for less in (True, False)
    )
    proved = any(str(metric) in better for metric in goal.metrics)
    if broken or (worse and not proved):
        kind = Kind.WORSE
    elif worse:
        kind = Kind.TRADE
    else:
        kind = Kind.BETTER if proved else Kind.UNPROVED
    return Verdict(kind, better, worse, broken)
