"""The profile's keys as a table: for `explain`, the schema, suggestions and documentation."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from functools import cache
from typing import Any

from vaxctl.profile.model import Block, Profile


@dataclass(frozen=True, slots=True)
class Described:
    """One key. `minimum` and `maximum` are inclusive, in `unit`; `choices` is what a closed set holds."""

    path: str
    meaning: str
    default: Any
    unit: str | None
    minimum: float | None
    maximum: float | None
    choices: tuple[Any, ...]
    source: str


@cache
def fields() -> dict[str, Described]:
    """Return every leaf key of the profile by dotted path, in the order of the model."""
    return {described.path: described for described in _described(Profile, "")}


def block_at(path: tuple[str, ...]) -> type[Block] | None:
    """Return the model of the mapping at `path`, or None when no mapping of the profile stands there."""
    block: type[Block] | None = Profile
    for part in path:
        if block is None:
            return None
        info = next((i for n, i in block.model_fields.items() if (i.alias or n) == part), None)
        block = _block_type(info.annotation) if info else None
    return block


def _described(block: type[Block], prefix: str) -> list[Described]:
    found: list[Described] = []
    for name, info in block.model_fields.items():
        path = f"{prefix}{info.alias or name}"
        inner = _block_type(info.annotation)
        found += _described(inner, f"{path}.") if inner else [_one(path, info)]
    return found


def _one(path: str, info: Any) -> Described:
    extra = info.json_schema_extra or {}
    bound = {kind: getattr(m, kind) for m in info.metadata for kind in ("ge", "le") if hasattr(m, kind)}
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return Described(
        path,
        info.description or "",
        list(default) if isinstance(default, tuple) else default,
        extra.get("unit"),
        bound.get("ge"),
        bound.get("le"),
        _choices(info.annotation),
        extra.get("source", ""),
    )


def _parts(annotation: Any) -> list[Any]:
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        return _parts(arguments[0])
    if arguments and typing.get_origin(annotation) is not typing.Literal:
        return [part for argument in arguments for part in _parts(argument)]
    return [annotation]


def _block_type(annotation: Any) -> type[Block] | None:
    return next(
        (part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, Block)), None
    )


def _choices(annotation: Any) -> tuple[Any, ...]:
    literals = [part for part in _parts(annotation) if typing.get_origin(part) is typing.Literal]
    return tuple(value for literal in literals for value in typing.get_args(literal))
