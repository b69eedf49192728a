"""Faults that show only when a scenario is played, told with the place in its file that asked for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_agent.errors import UnusableInput
from local_agent.scenarios.finding import Finding
from local_agent.scenarios.located import nearest, read_located
from local_agent.scenarios.reading import ScenarioUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_agent.scenarios.located import Path_
    from local_agent.scenarios.model import Scenario


@contextmanager
def told_at(scenario: Scenario, place: Path_) -> Iterator[None]:
    """Turn an UnusableInput within into a ScenarioUnusable with file, line and column of `place`.

    `place` is a path of keys and numbers: ("caller", 0, "audio"). A scenario that came from no file keeps the
    exception as it is. The file is read again for its positions: only a run that fails pays for them.
    """
    try:
        yield
    except ScenarioUnusable:
        raise
    except UnusableInput as error:
        if scenario.origin is None:
            raise
        _, positions, _ = read_located(scenario.origin)
        line, column = nearest(place, {(): (1, 1), **positions})
        raise ScenarioUnusable([Finding(scenario.origin, line, column, error.message, error.help)]) from error
