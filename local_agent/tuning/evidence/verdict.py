"""What the part held back says of a proposal, in one word: the first thing that a reviewer asks, and what is written.

better      better beyond chance at something that was asked for, worse at nothing
trade       better beyond chance at something that was asked for, worse at a time, at a class of sound, or at a rate of
            failures as far as its bound allows
unproved    nothing that was asked for can be told from the present setting, or a bound is missed, maybe by chance
worse       worse beyond chance at a rate of failures, or at something while nothing asked for is better; or a bound
            is missed beyond chance
unchanged   the present setting is proposed

A rate of failures counts as it does in the search (proposing.py): whoever bounds it has said how far it may go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from local_agent.tuning.evidence.proposing import SAFETY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_agent.tuning.evidence.resampling import Difference, Interval
    from local_agent.tuning.search.objectives import Bound, Goal


class Kind(StrEnum):
    """The word."""

    BETTER = "better"
    TRADE = "trade"
    UNPROVED = "unproved"
    WORSE = "worse"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, and what it rests on: metrics told apart from the present setting's, and bounds that are not kept.

    `unclear` are rates of failures that are higher than at present, by chance or not: these groups cannot tell.
    """

    kind: Kind
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

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
    missed = [bound for bound in goal.subject_to if not bound.holds(chosen[str(bound.metric)].value)]
    broken = tuple(bound.text for bound in missed)
    if not changed:
        return Verdict(Kind.UNCHANGED, broken=broken)
    better, worse = (
        tuple(name for name, one in differences.items() if one.told_apart and ((one.value or 0) < 0) is less)
        for less in (True, False)
    )
    proved = any(str(metric) in better for metric in goal.metrics)
    bounded = {str(bound.metric) for bound in goal.subject_to}
    fails = any(str(metric) in worse for metric in SAFETY if str(metric) not in bounded)
    if fails or (worse and not proved) or any(_surely(bound, chosen[str(bound.metric)]) for bound in missed):
        kind = Kind.WORSE
    elif broken or not proved:
        kind = Kind.UNPROVED
    else:
        kind = Kind.TRADE if worse else Kind.BETTER
    unclear = tuple(name for name in map(str, SAFETY) if _higher(differences.get(name)))
    return Verdict(kind, better, worse, broken, unclear)


def _higher(told: Difference | None) -> bool:
    return told is not None and not told.told_apart and (told.value or 0) > 0


def _surely(bound: Bound, got: Interval) -> bool:
    """Tell whether a bound is missed by all of a number's interval; without an interval nobody knows."""
    return (
        got.low is not None and got.high is not None and not (bound.holds(got.low) or bound.holds(got.high))
    )
