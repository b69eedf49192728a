"""YAML 1.2 as plain data with the position of every value, or the finding that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from local_agent.scenarios.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

Path_ = tuple[str | int, ...]
Positions = dict[Path_, tuple[int, int]]
LARGEST_BYTES = 1_000_000
DEEPEST = 20
MOST_VALUES = 50_000


def read_located(path: Path) -> tuple[Any, Positions, list[Finding]]:
    """Return a file's data, the (line, column) of each key or item, and what kept it from being read."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        return None, {}, [Finding(path, 1, 1, f"cannot be read: {problem.strerror or problem}")]
    if len(raw) > LARGEST_BYTES:
        message = f"{len(raw)} bytes are too many for a scenario (limit {LARGEST_BYTES})"
        return None, {}, [Finding(path, 1, 1, message)]
    try:
        tree = YAML(typ="rt").load(raw.decode("utf-8"))
        positions: Positions = {(): (1, 1)}
        return _plain(tree, (), positions), positions, []
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        return None, {}, [Finding(path, line, 1, "is not UTF-8 text", "save the file as UTF-8")]
    except MarkedYAMLError as problem:
        return None, {}, [_unreadable(path, problem)]
    except (YAMLError, RecursionError, ValueError) as problem:
        return None, {}, [Finding(path, 1, 1, f"no YAML: {str(problem).splitlines()[0]}")]


def _unreadable(path: Path, problem: MarkedYAMLError) -> Finding:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Finding(path, line, column, f"no YAML: {problem.problem or problem.context}")


def _plain(node: Any, at: Path_, positions: Positions) -> Any:
    if len(positions) > MOST_VALUES:  # aliases of aliases grow without end
        raise ValueError(f"more than {MOST_VALUES} values")
    if len(at) > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST} levels")
    if isinstance(node, dict):
        plain = {}
        for key, value in node.items():
            place = (*at, str(key))
            line, column = node.lc.key(key) if key in (node.lc.data or {}) else (0, 0)  # type: ignore[attr-defined]
            positions[place] = (line + 1, column + 1)
            plain[str(key)] = _plain(value, place, positions)
        return plain
    if isinstance(node, list):
        for number in range(len(node)):
            line, column = node.lc.item(number)  # type: ignore[attr-defined]
            positions[(*at, number)] = (line + 1, column + 1)
        return [_plain(value, (*at, number), positions) for number, value in enumerate(node)]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def nearest(place: Path_, positions: Positions) -> tuple[int, int]:
    """Return the position of a place, or of what it stands in where the place itself is missing."""
    while place not in positions:
        place = place[:-1]
    return positions[place]
