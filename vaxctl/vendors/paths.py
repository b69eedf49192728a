"""Paths into a vendor's JSON, and reading, laying and removing a leaf there without touching the original.

A step is a key of an object, or `Where("role", "system")`: the first element of a list whose `role` is
`system`. As text: `model.messages[role=system].content`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Where:
    """The first element of a list with `key` equal to `value`. A new one goes to the front when `first` is set."""

    key: str
    value: str
    first: bool = False


Step = str | Where
LeafPath = tuple[Step, ...]


class _Missing:
    """Nothing stands there. Distinct from null, which vendors use to mean "cleared"."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __deepcopy__(self, memo: object) -> _Missing:
        return self


MISSING: Final = _Missing()

_STEP = re.compile(r"([^.\[\]]+)|\[([^=\]]+)=([^\]]*)\]")


@lru_cache(maxsize=4096)
def parse(text: str) -> LeafPath:
    """Return the path that `text` writes. Elements looked up by `role` are made at the front."""
    return tuple(name or Where(key, value, first=key == "role") for name, key, value in _STEP.findall(text))


@lru_cache(maxsize=4096)
def as_text(path: LeafPath) -> str:
    """Return `model.messages[role=system].content` for such a path."""
    parts = [f"[{step.key}={step.value}]" if isinstance(step, Where) else f".{step}" for step in path]
    return "".join(parts).lstrip(".")


def get(tree: Any, path: LeafPath) -> Any:
    """Return what stands at `path`, or MISSING."""
    for step in path:
        is_usual = isinstance(tree, dict) and isinstance(step, str)
        tree = tree.get(step, MISSING) if is_usual else _child(tree, step)
        if tree is MISSING:
            return MISSING
    return tree


def emptied(before: Any, after: Any) -> str | None:
    """Say that a list loses all it holds, for lists that nobody has other words for; else None."""
    if after != [] or not isinstance(before, list) or not before:
        return None
    return "the one entry is taken out" if len(before) == 1 else f"all {len(before)} entries are taken out"


def lay(tree: Any, path: LeafPath, value: Any) -> Any:
    """Return a copy of `tree` with `value` at `path`; objects and list elements on the way are made."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    child = _child(tree, step)
    laid = lay({} if child is MISSING or child is None else child, rest, value) if rest else value
    if isinstance(step, str):
        return {**(tree if isinstance(tree, dict) else {}), step: laid}
    return _with_element(tree if isinstance(tree, list) else [], step, laid)


def remove(tree: Any, path: LeafPath) -> Any:
    """Return a copy of `tree` without what stands at `path`; nothing else goes with it."""
    step, rest = path[0], path[1:]
    child = _child(tree, step)
    if child is MISSING:
        return tree
    if isinstance(step, str):
        return {**tree, step: remove(child, rest)} if rest else {k: v for k, v in tree.items() if k != step}
    at = _index(tree, step)
    return [*tree[:at], *([remove(child, rest)] if rest else []), *tree[at + 1 :]]


def _child(tree: Any, step: Step) -> Any:
    if isinstance(step, str):
        return tree.get(step, MISSING) if isinstance(tree, dict) else MISSING
    at = _index(tree, step)
    return MISSING if at is None else tree[at]


def _index(tree: Any, step: Where) -> Any:
    if not isinstance(tree, list):
        return None
    matches = (
        i for i, item in enumerate(tree) if isinstance(item, dict) and item.get(step.key) == step.value
    )
    return next(matches, None)


def _with_element(items: list[Any], step: Where, element: Any) -> list[Any]:
    at = _index(items, step)
    if at is not None:
        return [*items[:at], element, *items[at + 1 :]]
    named = {step.key: step.value, **element} if isinstance(element, dict) else element
    return [named, *items] if step.first else [*items, named]
