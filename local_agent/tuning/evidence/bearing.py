"""How many speakers, calls and sources of noise bear on a metric, and which classes of sound the worst is sought in.

Told from the trials, not from counts: behind a cluster one row of counts may stand for several groups.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from local_agent.tuning.judging.metric import TIMES, WORST, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_agent.tuning.evidence.splitting import Split
    from local_agent.tuning.listening.trial import Trial
    from local_agent.tuning.search.objectives import Goal

LEAST_SOURCES: Final = 6
"""Sources that a class of sound needs on each part to stand for its class in the worst class: the number from which
intervals are told (resampling.py). A class of one source is that source; its rate is 0 or 100 %, and would be the
worst whatever anybody sets."""


class Bearing:
    """The groups of one part, by what they hold."""

    def __init__(self, trials: Sequence[Trial], groups: Sequence[str]) -> None:
        part = set(groups)
        self._held: dict[tuple[str, bool, str], set[str]] = defaultdict(set)
        for trial in trials:
            if trial.group in part:
                self._held[trial.situation, trial.meaningful, trial.sound_class].add(trial.group)

    def groups(self, metric: Metric) -> int:
        """Return how many groups have a trial that the metric counts."""
        if metric.about_turns:
            kinds = [key for key in self._held if key[0] == "caller_turn"]
        else:
            spoken = metric.name in TIMES or metric.name == "missed_barge_in_rate"
            kinds = [key for key in self._held if key[:2] == ("over_agent", spoken)]
        if metric.sound_class is not None:
            kinds = [key for key in kinds if key[2] == metric.sound_class]
        elif metric.name == WORST and metric.among is not None:
            kinds = [key for key in kinds if key[2] in metric.among]
        return len(set().union(*(self._held[key] for key in kinds)))

    def sources(self) -> dict[str, int]:
        """Return the sources of each class of sound that should not take the floor."""
        return {
            key[2]: len(groups)
            for key, groups in sorted(self._held.items())
            if key[:2] == ("over_agent", False)
        }


def sources_of_classes(trials: Sequence[Trial], parts: Split) -> dict[str, int]:
    """Return for each class of ignorable sound its sources on the part that has fewer of them."""
    searched, held_back = (Bearing(trials, part).sources() for part in (parts.searched, parts.held_back))
    return {
        name: min(searched.get(name, 0), held_back.get(name, 0)) for name in sorted({*searched, *held_back})
    }


def counted_classes(sources: Mapping[str, int]) -> tuple[str, ...]:
    """Return the classes that the worst one is sought in: those of LEAST_SOURCES; all, where none has them."""
    return tuple(name for name, n in sources.items() if n >= LEAST_SOURCES) or tuple(sources)


def among(metric: Metric, classes: tuple[str, ...]) -> Metric:
    """Return the metric, the worst class sought among these."""
    return replace(metric, among=classes) if metric.name == WORST else metric


def goal_among(goal: Goal, classes: tuple[str, ...]) -> Goal:
    """Return the goal, the worst class sought among these."""
    return replace(
        goal,
        minimize=tuple(among(metric, classes) for metric in goal.minimize),
        subject_to=tuple(replace(bound, metric=among(bound.metric, classes)) for bound in goal.subject_to),
    )
