"""Finds the limit that holds at a place in a vendor's JSON, and reads a whole body against a table of them.

Both flats list their limits by path and hand the table here. Paths in a table are dotted, and carry what a
plain path cannot say:

- `hooks[].options.timeoutSeconds`: every element of a list;
- `transcriber[provider=deepgram].endpointing`: only where the object's own `provider` says so, because the
  same name means milliseconds at one provider and seconds at the next;
- `language<string>` beside `language<strings>`: a field with two forms has a row for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vaxctl.vendors.limits import Limit, broken

Position = tuple[str | int, ...]
"""Where a value stands in a body: keys and list indexes from the outside in."""

ANY = -1
"""The step that stands for every element of a list."""

_STEP = re.compile(
    r"(?P<name>[^.\[\]<>]+)(?P<index>\[\d*\])?(?:\[(?P<key>\w+)=(?P<value>[^\]]*)\])?(?:<\w+>)?(?:\.|$)"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """The object at `depth` steps from the outside must have `value` at `key`."""

    depth: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One limit of a table, with what must be true of the body for it to apply."""

    limit: Limit
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The limits of one kind of resource, ready to be asked. Build it with `table_of`."""

    rows: Mapping[Position, tuple[Row, ...]]

    def find(self, path: str, body: Mapping[str, Any]) -> Limit | None:
        """Return the limit at `path` of `body`; None where the table says nothing.

        `path` is concrete (`hooks[0].do[1].type`), open (`hooks[].do[].type`), or as in the table: a
        selector in the path counts as said, whatever the body holds.
        """
        position, said = read_path(path)
        return self.at(position, body, said)

    def at(self, position: Position, body: Any, said: tuple[Condition, ...] = ()) -> Limit | None:
        """Return the limit at a position: a row whose conditions hold, the one of the value's form first."""
        rows = self.rows.get(_open(position))
        return None if rows is None else _fitting(rows, position, body, said)

    def findings(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Say in words which values of a body, whole or partial, break a limit, in the body's own order."""
        found: list[str] = []
        self._go_down(body, (), (), body, found)
        return tuple(found)

    def _go_down(
        self, holder: Any, position: Position, opened: Position, body: Any, found: list[str]
    ) -> None:
        """Add what breaks a limit below `holder`, at `position` of `body` (`opened`: list indexes as ANY)."""
        is_list = isinstance(holder, list)
        for step, value in enumerate(holder) if is_list else holder.items():
            here, row = (*position, step), (*opened, ANY if is_list else step)
            rows = self.rows.get(row)
            limit = None if rows is None else _fitting(rows, here, body)
            if limit is not None and broken(limit, value) is not None:
                found.append(broken(replace(limit, path=written(here)), value) or "")
            if isinstance(value, dict | list):
                self._go_down(value, here, row, body, found)


def closed_objects(limits: Mapping[str, Limit], paths: tuple[str, ...]) -> Mapping[Position, frozenset[str]]:
    """Return the keys of the objects at `paths`: a table lists them all, as their documents do.

    A path's position is open (`hooks[].options`); what a selector says of a row does not count.
    """
    rows = [read_path(path)[0] for path in limits]
    wanted = [read_path(path)[0] for path in paths]
    return {
        at: frozenset(str(row[len(at)]) for row in rows if len(row) > len(at) and row[: len(at)] == at)
        for at in wanted
    }


def unknown_children(closed: Mapping[Position, frozenset[str]], body: Any) -> tuple[str, ...]:
    """Return the paths of keys in a body that their closed object does not have, in the body's own order."""
    found = []
    for position, _ in positions(body):
        known = closed.get(_open(position[:-1]))
        if known is not None and position[-1] not in known:
            found.append(written(position))
    return tuple(found)


def keys_beside(closed: Mapping[Position, frozenset[str]], path: str) -> frozenset[str]:
    """Return the keys of the closed object that `path` leads into; none where it is not closed."""
    return closed.get(_open(read_path(path)[0][:-1]), frozenset())


def table_of(limits: Mapping[str, Limit]) -> LimitTable:
    """Index a flat's limits by the open position their paths name."""
    rows: dict[Position, tuple[Row, ...]] = {}
    for path, limit in limits.items():
        position, conditions = read_path(path)
        rows[position] = (*rows.get(position, ()), Row(limit, conditions))
    return LimitTable(rows)


def by_path(*groups: tuple[Limit, ...]) -> Mapping[str, Limit]:
    """Put groups of limits into one mapping by path; a path listed twice is a mistake in the table.

    Raises ValueError for it.
    """
    limits: dict[str, Limit] = {}
    for limit in (limit for group in groups for limit in group):
        if limit.path in limits:
            raise ValueError(f"{limit.path} is listed twice")
        limits[limit.path] = limit
    return limits


def words(text: str) -> tuple[str, ...]:
    """Split a block of words: long lists of keys and codes stay readable, many to a line."""
    return tuple(text.split())


def missing(required: Mapping[str, tuple[str, ...]], body: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which required keys are absent from the objects a body does hold.

    `required` maps the path of an object, in the notation of the tables, to the keys the vendor's document
    requires there. For bodies about to be sent; a few leaves on their own are no whole objects.
    """
    rules = [(*read_path(path), keys) for path, keys in required.items()]
    found = []
    for position, value in positions(body):
        if not isinstance(value, Mapping):
            continue
        for place, conditions, keys in rules:
            if place == _open(position) and all(_holds(c, position, body) for c in conditions):
                found += [f"{written((*position, key))} is required" for key in keys if key not in value]
    return tuple(found)


def read_path(path: str) -> tuple[Position, tuple[Condition, ...]]:
    """Split a path into its position and the conditions of its selectors.

    Raises ValueError where it is not written in the notation of this module.
    """
    steps: list[str | int] = []
    conditions: list[Condition] = []
    end = 0
    while end < len(path):
        match = _STEP.match(path, end)
        if match is None:
            raise ValueError(f"{path!r} is no path")
        end = match.end()
        steps.append(match["name"])
        if match["index"]:
            steps.append(int(match["index"][1:-1] or ANY))
        if match["key"]:
            conditions.append(Condition(len(steps), match["key"], match["value"]))
    return tuple(steps), tuple(conditions)


def written(position: Position) -> str:
    """Write a position as people read it: `hooks[0].options.timeoutSeconds`."""
    text = ""
    for step in position:
        index = "" if step == ANY else step
        text += f"[{index}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def positions(body: Any) -> Iterator[tuple[Position, Any]]:
    """Yield every value inside a body with its position, containers before what they hold."""
    return _below(body, ())


def value_at(body: Any, position: Position) -> Any:
    """Return the value at a position, None where there is none. An open list step has no one value."""
    value = body
    for step in position:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def _below(value: Any, position: Position) -> Iterator[tuple[Position, Any]]:
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for step, item in items:
        inner = (*position, step)
        yield inner, item
        yield from _below(item, inner)


def _open(position: Position) -> Position:
    for step in position:
        if isinstance(step, int):
            return tuple(ANY if isinstance(step, int) else step for step in position)
    return position


def _fitting(
    rows: tuple[Row, ...], position: Position, body: Any, said: tuple[Condition, ...] = ()
) -> Limit | None:
    if len(rows) == 1 and not rows[0].conditions:
        return rows[0].limit
    fitting = [row for row in rows if all(_applies(c, position, body, said) for c in row.conditions)]
    if len(fitting) > 1:
        # More conditions make a row more particular; among equals the form of the value decides.
        most = max(len(row.conditions) for row in fitting)
        fitting = [row for row in fitting if len(row.conditions) == most]
        value = value_at(body, position)
        fitting = [row for row in fitting if _same_form(row.limit, value)] or fitting
    return fitting[0].limit if fitting else None


def _applies(condition: Condition, position: Position, body: Any, said: tuple[Condition, ...]) -> bool:
    named = [other for other in said if (other.depth, other.key) == (condition.depth, condition.key)]
    return condition in named if named else _holds(condition, position, body)


def _holds(condition: Condition, position: Position, body: Any) -> bool:
    holder = value_at(body, position[: condition.depth])
    return isinstance(holder, Mapping) and holder.get(condition.key) == condition.value


def _same_form(limit: Limit, value: Any) -> bool:
    # A limit stripped of its ranges breaks on the form alone.
    return value is not None and broken(Limit(limit.path, limit.form), value) is None
