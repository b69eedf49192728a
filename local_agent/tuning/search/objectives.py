"""What a user wants of settings: metrics to make small, and bounds to keep. Read before anything is computed.

    --minimize METRIC[,METRIC ...]
    --subject-to 'METRIC OP NUMBER'      OP is one of <= >= < >; NUMBER may end in %

METRIC is a name of judging/metric.py, of one class of sound where brackets say so: `false_barge_in_rate[sneeze]`. What was
not measured keeps no bound, and is the worst that a metric to be minimised can be.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from local_agent.errors import UnusableInput
from local_agent.tuning.judging.metric import FLOOR_RATES, NAMES, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.judging.counts import Counts

_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_METRIC: Final = re.compile(r"\s*(\w+)\s*(?:\[\s*([^\[\]]+?)\s*\])?\s*", re.ASCII)
_BOUND: Final = re.compile(r"(.+?)(<=|>=|<|>)\s*(\d+(?:\.\d+)?|\.\d+)\s*(%?)\s*", re.ASCII)
_ADD: Final = "add such audio to the corpus (docs/tune.md), or ask for other metrics"
DEFAULT: Final = "false_barge_in_rate,missed_barge_in_rate,false_pause_rate,stop_ms_p50"
"""What is minimised where nobody says otherwise: the ways in which barge-in annoys. Without the pauses the second
look would hide what a low threshold does: an agent that falls silent at every noise, if only for half a second. The
median, as a modest corpus can tell one from another: on ten speakers differences of a 90th percentile under some
200 ms go unseen (docs/tune.md)."""
UNMEASURED: Final = 1e9
"""Stands for a number that nobody could take: more than any rate or any time in milliseconds."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What one metric must be."""

    text: str
    metric: Metric
    sign: str
    limit: float

    def violation(self, counts: Counts) -> float:
        """Return by how much of the limit (or of 1, where the limit is less) it is missed; 0 where it holds."""
        got = self.metric.value(counts)
        if got is None:
            return UNMEASURED
        if self.holds(got):
            return 0.0
        return max(abs(got - self.limit) / max(abs(self.limit), 1.0), 1e-9)

    def holds(self, value: float | None) -> bool:
        """Tell whether a value of the metric keeps the bound; what was not measured keeps none."""
        return value is not None and _OPERATORS[self.sign](value, self.limit)


@dataclass(frozen=True, slots=True)
class Goal:
    """Everything that is wanted."""

    minimize: tuple[Metric, ...]
    subject_to: tuple[Bound, ...] = ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return each metric that is named, once, as named."""
        return tuple(dict.fromkeys((*self.minimize, *(bound.metric for bound in self.subject_to))))

    @property
    def about_turns(self) -> bool:
        """Whether any of it is measured on the caller's turns."""
        return any(metric.about_turns for metric in self.metrics)

    @property
    def about_floor(self) -> bool:
        """Whether any of it is measured over the agent."""
        return not all(metric.about_turns for metric in self.metrics)

    def asked(self, parameters: Parameters) -> Parameters:
        """Return the parameters to judge by: without the turn-end model's word where nothing asks about turns.

        What happens over the agent does not depend on it, and each of its answers takes some 55 ms.
        """
        if self.about_turns:
            return parameters
        return replace(parameters, endpointing=replace(parameters.endpointing, mode="silence"))

    def values(self, counts: Counts) -> tuple[float, ...]:
        """Return what is to be made small, UNMEASURED where nothing was measured."""
        found = (metric.value(counts) for metric in self.minimize)
        return tuple(UNMEASURED if value is None else value for value in found)

    def violation(self, counts: Counts) -> float:
        """Return how far the bounds are missed in all; 0 where all of them hold."""
        return sum(bound.violation(counts) for bound in self.subject_to)

    def check_measurable(self, counts: Counts) -> None:
        """Raise UnusableInput where a metric has nothing to be measured on in this corpus."""
        for metric in self.metrics:
            if not metric.chances(counts).any():
                raise UnusableInput(f"{metric} cannot be measured: {_missing(metric, counts)}", help=_ADD)


def known(values: Iterable[float]) -> tuple[float | None, ...]:
    """Return values of objectives with None where nothing was measured."""
    return tuple(None if value >= UNMEASURED else value for value in values)


def parse_goal(minimize: str = DEFAULT, subject_to: Iterable[str] = ()) -> Goal:
    """Read what a user wants. Raises UnusableInput that says what is wrong with it."""
    names = re.split(r",(?![^\[]*\])", minimize)
    metrics = tuple(_metric(minimize, name) for name in names)
    if len(set(metrics)) != len(metrics):
        raise UnusableInput(f"--minimize {minimize!r} names a metric twice", help="name each once")
    return Goal(metrics, tuple(parse_bound(text) for text in subject_to))


def parse_bound(text: str) -> Bound:
    """Read one bound. Raises UnusableInput that says what is wrong with it."""
    match = _BOUND.fullmatch(text.strip())
    if match is None:
        raise UnusableInput(
            f"{text!r} is no bound",
            help="METRIC<=NUMBER (or >=, <, >), for instance 'false_barge_in_rate<=0.03'",
        )
    name, sign, number, percent = match.groups()
    metric, value = _metric(text, name), float(number) / (100 if percent else 1)
    if metric.is_rate and value > 1:
        raise UnusableInput(
            f"{text!r} bounds a rate by {100 * value:g} %", help=f"write {number}% or {float(number) / 100:g}"
        )
    if percent and not metric.is_rate:
        raise UnusableInput(
            f"{text!r} bounds milliseconds by per cent", help="write a number of milliseconds"
        )
    return Bound(text.strip(), metric, sign, value)


def _metric(text: str, part: str) -> Metric:
    match = _METRIC.fullmatch(part)
    name, sound_class = match.groups() if match else (part.strip(), None)
    if name not in NAMES:
        raise UnusableInput(f"{text!r}: there is no metric {name!r}", help=f"known: {', '.join(NAMES)}")
    if sound_class is not None and name not in FLOOR_RATES:
        raise UnusableInput(
            f"{text!r}: {name} is not counted by class of sound", help=f"by class: {', '.join(FLOOR_RATES)}"
        )
    return Metric(name, sound_class)


def _missing(metric: Metric, counts: Counts) -> str:
    if metric.sound_class is not None and metric.sound_class not in counts.classes:
        return f"no class {metric.sound_class!r}; there are: {_listed(counts.classes)}"
    if metric.about_turns:
        return "the corpus has no caller's turn"
    spoken = metric.name.startswith(("missed", "stop_ms"))
    return f"the corpus has no {'speech' if spoken else 'noise'} over the agent"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
