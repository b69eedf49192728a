"""How each objective moves when one key of the chosen setting moves along its axis and all others stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.tuning.search.objectives import known
from local_agent.tuning.search.space import applied, completed, legal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_agent.parameters import NoiseParameters, Parameters
    from local_agent.tuning.search.searching import Candidate
    from local_agent.tuning.search.space import Setting, Space, Value

    Judge = Callable[[Sequence[Parameters]], Sequence[Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One key's axis: each value with the objectives there, in the goal's order; None where not measured."""

    path: str
    points: tuple[tuple[Value, tuple[float | None, ...]], ...]


def sensitivities(
    chosen: Setting, candidates: Sequence[Candidate], space: Space, present: Parameters, judge: Judge
) -> tuple[Sensitivity, ...]:
    """Return the axes of the space along which more than one value is legal beside the chosen ones.

    A setting that the search tried is looked up; the others are put before `judge` together, but none that asks for a
    suppressor that the search never heard: that would be hours of audio for a picture.
    """
    tried = {tuple(one.setting.items()): one.values for one in candidates}
    heard = {applied(one.setting, present).noise for one in candidates}
    axes: list[tuple[str, list[tuple[Value, Setting]]]] = []
    for path, values in space.axes:
        moved = (
            (value, completed({key: chosen[key] for key, _ in space.axes} | {path: value}))
            for value in values
        )
        axes.append((path, [(value, one) for value, one in moved if _sound(one, space, present, heard)]))
    axes = [(path, points) for path, points in axes if len(points) > 1]
    new = {tuple(one.items()): applied(one, present) for _, points in axes for _, one in points}
    new = {key: parameters for key, parameters in new.items() if key not in tried}
    told = tried | dict(zip(new, judge(list(new.values())) if new else (), strict=True))
    return tuple(
        Sensitivity(path, tuple((value, known(told[tuple(one.items())])) for value, one in points))
        for path, points in axes
    )


def _sound(setting: Setting, space: Space, present: Parameters, heard: set[NoiseParameters]) -> bool:
    parameters = applied(setting, present)
    return legal(parameters) and space.admits(setting) and parameters.noise in heard
