"""How each objective moves when one key of the chosen setting moves along its axis and all others stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.tuning.search.objectives import known
from local_agent.tuning.search.space import applied, completed, legal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.search.searching import Candidate
    from local_agent.tuning.search.space import Setting, Space, Value

    Judge = Callable[[Parameters], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One key's axis: each value with the objectives there, in the goal's order; None where not measured."""

    path: str
    points: tuple[tuple[Value, tuple[float | None, ...]], ...]


def sensitivities(
    chosen: Setting, candidates: Sequence[Candidate], space: Space, present: Parameters, judge: Judge
) -> tuple[Sensitivity, ...]:
    """Return the axes of the space along which more than one value is legal beside the chosen ones.

    A setting that the search tried is looked up; another is put before `judge`, but not where it asks for a
    suppressor that the search never heard: that would be hours of audio for a picture.
    """
    tried = {tuple(one.setting.items()): one.values for one in candidates}
    heard = {applied(one.setting, present).noise for one in candidates}

    def points(path: str, values: Sequence[Value]) -> Iterator[tuple[Value, tuple[float | None, ...]]]:
        for value in values:
            setting = completed({key: chosen[key] for key, _ in space.axes} | {path: value})
            parameters = applied(setting, present)
            if not legal(parameters) or not space.admits(setting) or parameters.noise not in heard:
                continue
            found = tried.get(tuple(setting.items()))
            yield value, known(judge(parameters) if found is None else found)

    axes = [Sensitivity(path, tuple(points(path, values))) for path, values in space.axes]
    return tuple(axis for axis in axes if len(axis.points) > 1)
