"""What a tuning does not prove, and what it costs, in a sentence each: warnings for people, also in the JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from local_agent.tuning.evidence.bearing import LEAST_SOURCES
from local_agent.tuning.evidence.resampling import FEWEST
from local_agent.tuning.judging.metric import WORST, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from local_agent.tuning.evidence.proposing import Proposal
    from local_agent.tuning.evidence.resampling import Difference, Interval
    from local_agent.tuning.search.objectives import Goal

_Told = TypeVar("_Told", bound="Hashable")

LARGE_RATE: Final = 0.1
LARGE_SHARE: Final = 0.25
"""A change of ten points of a rate, or of a quarter of a time, is one that nobody wants to miss."""
TRIFLE: Final = 0.1
"""To tell a tenth of what a corpus can tell takes a hundred of it: no advice that helps anybody."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What doubts are taken from: what was asked, and what both parts gave for it.

    `held_back` is the share that was; `classes` the sources of each class of ignorable sound on the smaller part.
    """

    goal: Goal
    held_back: float
    searched: Mapping[str, Interval]
    present: Mapping[str, Interval]
    chosen: Mapping[str, Interval]
    differences: Mapping[str, Difference]
    classes: Mapping[str, int]


def doubts(found: Evidence, made: Proposal, *, changed: bool) -> tuple[str, ...]:
    """Return the warnings; `changed` tells whether anything but the present setting is proposed."""
    return (
        *_broken_bounds(found),
        *_unproved(found, made, changed=changed),
        *_passed_over(made),
        *_too_few(found),
        *_not_told(found),
        *_blind(found),
        *_without_value(found),
        *_small_classes(found),
        *_worse(found),
    )


def _broken_bounds(found: Evidence) -> Iterator[str]:
    """Say which bounds the chosen setting kept where it was found, and not on what was held back."""
    for bound in found.goal.subject_to:
        value = found.chosen[str(bound.metric)].value
        if value is not None and not bound.holds(value):
            got = f"{100 * value:.1f} %" if bound.metric.is_rate else f"{value:.0f} ms"
            yield f"{bound.text} holds on the part that was searched, not on the one held back: {got}"


def _unproved(found: Evidence, made: Proposal, *, changed: bool) -> Iterator[str]:
    if changed or all(
        one.values == made.chosen.values for one in made.front
    ):  # nothing is better even by chance
        return
    said = "nothing that was tried is better beyond chance, at no cost, on the part that was searched"
    if made.nearest is not None:
        candidate, metric, told = made.nearest
        values = ", ".join(f"{path} {value}" for path, value in candidate.setting.items())
        groups, more = found.searched[str(metric)].groups, told.more_groups or 0
        said += (
            f". The nearest is {values}: {metric} {_amount(metric, told.value or 0.0)} less on {groups} speakers "
            f"or calls; at least {_rounded(_in_all(more, 1 - found.held_back))} more like these would tell"
        )
    yield said


def _passed_over(made: Proposal) -> Iterator[str]:
    if made.passed_over:
        rates = " and ".join(made.passed_over)
        yield (
            f"settings that are better at what was asked for were passed over: they are worse at {rates}. To allow "
            f"that, bound it: --subject-to '{made.passed_over[0]}<=…'"
        )


def _too_few(found: Evidence) -> Iterator[str]:
    """Say of what nothing can be told, whatever the numbers are."""
    for names, (searched, held_back) in _alike(found, _few):
        least = math.ceil(FEWEST / min(found.held_back, 1 - found.held_back))
        more = max(least - searched - held_back, 1)
        yield (
            f"{names}: {_groups(searched)} searched and {held_back} held back. Under {FEWEST} on either "
            f"part nothing can be told; it takes at least {more} more"
        )


def _few(found: Evidence, metric: Metric) -> tuple[int, int] | None:
    searched, held_back = (part[str(metric)].groups for part in (found.searched, found.present))
    return (searched, held_back) if min(searched, held_back) < FEWEST else None


def _not_told(found: Evidence) -> Iterator[str]:
    """Say which differences may be chance, and how many more speakers or calls would tell."""
    told = []
    for metric in found.goal.minimize:
        one = found.differences[str(metric)]
        if one.more_groups is not None and not _few(found, metric) and not _trifling(one):
            way = "less" if (one.value or 0.0) < 0 else "more"
            more = _rounded(_in_all(one.more_groups, found.held_back))
            told.append(f"{metric} {_amount(metric, one.value or 0.0)} {way} ({one.groups}; {more} more)")
    if told:
        yield (
            "on what was held back these differences may be chance (speakers or calls that bear on them; about how "
            f"many more would tell): {', '.join(told)}"
        )


def _blind(found: Evidence) -> Iterator[str]:
    """Say where no difference is seen, but one that matters could have been missed."""
    told = []
    for metric in found.goal.minimize:
        one = found.differences[str(metric)]
        if one.tellable is None or not _trifling(one):
            continue
        wanted = _wanted(metric, found.present[str(metric)].value or 0.0)
        if one.tellable > wanted > 0:
            more = _rounded(_in_all(_more_to_see(metric, one, wanted), found.held_back))
            told.append(
                f"{metric} under {_amount(metric, one.tellable)} ({one.groups}; {more} more for "
                f"{_amount(metric, wanted)})"
            )
    if told:
        yield (
            "no difference to be seen, but one could be missed (speakers or calls that bear on it; about how many "
            f"more would tell a smaller one): {', '.join(told)}"
        )


def _trifling(told: Difference) -> bool:
    """Tell whether there is nothing to be seen: less than a tenth of what these groups could tell."""
    return (
        told.value is not None and not told.told_apart and abs(told.value) <= TRIFLE * (told.tellable or 0.0)
    )


def _wanted(metric: Metric, had: float) -> float:
    """Return the least change that matters: a rate's fall to nothing or LARGE_RATE, LARGE_SHARE of a time."""
    return min(had or 1.0, LARGE_RATE) if metric.is_rate else LARGE_SHARE * had


def _more_to_see(metric: Metric, told: Difference, wanted: float) -> int:
    """Return how many more groups held back would tell a smaller difference: `tellable` (resampling.py) turned round.

    A time's goes with one over the root of the groups, a rate's least d with (1 - d) / d as the groups.
    """
    size = told.tellable or 0.0
    times = (1 - wanted) * size / (wanted * (1 - min(size, 0.99))) if metric.is_rate else (size / wanted) ** 2
    return max(math.ceil(told.groups * times) - told.groups, 1)


def _without_value(found: Evidence) -> Iterator[str]:
    """Say why something that bears trials has no value."""
    for metric in found.goal.metrics:
        parts = {"searched": found.searched, "held back": found.chosen}
        empty = [
            f"of {part[str(metric)].groups} {name}"
            for name, part in parts.items()
            if part[str(metric)].value is None and part[str(metric)].groups
        ]
        if empty:
            what = "turn was over" if metric.about_turns else "caller got the floor"
            yield f"{metric} has no value: with the chosen setting no {what} ({', '.join(empty)} speakers or calls)"


def _small_classes(found: Evidence) -> Iterator[str]:
    asked = any(metric.name == WORST for metric in found.goal.metrics)
    if asked and max(found.classes.values(), default=0) < LEAST_SOURCES:
        yield (
            f"no class of sound has {LEAST_SOURCES} sources on each part: {WORST} may be about a single source"
        )


def _worse(found: Evidence) -> Iterator[str]:
    for name, told in found.differences.items():
        if told.told_apart and (told.value or 0) > 0:
            metric = Metric(name.partition("[")[0])
            value, low, high = (_amount(metric, one or 0.0) for one in (told.value, told.low, told.high))
            yield f"{name} gets worse: by {value} ({low} to {high})"


# -- words


def _alike(found: Evidence, told: Callable[[Evidence, Metric], _Told | None]) -> Iterable[tuple[str, _Told]]:
    """Return what is told of metrics, those of which the same is told together."""
    names: dict[_Told, list[str]] = {}
    for metric in found.goal.metrics:
        one = told(found, metric)
        if one is not None:
            names.setdefault(one, []).append(str(metric))
    return [(", ".join(metrics), one) for one, metrics in names.items()]


def _groups(number: int) -> str:
    return f"{number} speaker or call" if number == 1 else f"{number} speakers or calls"


def _in_all(more: int, share: float) -> int:
    """Return how many more it takes of which a share goes to the part that lacks them."""
    return math.ceil(more / share)


def _rounded(number: int) -> str:
    """Return a number as exact as such estimates are: two digits."""
    digits = max(len(str(number)) - 2, 0)
    return f"{math.ceil(number / 10**digits) * 10**digits:,}"


def _amount(metric: Metric, value: float) -> str:
    """Return the size of a difference in words."""
    size = abs(value)
    return f"{100 * size:.1f} points" if metric.is_rate else f"{size:.0f} ms"
