"""JSON objects as their top-level members, each value still the text it came as.

`{"a": 1.50, "b": [ 1 ]}` ↔ `{"a": "1.50", "b": "[ 1 ]"}`. A PATCH that replaces one member thus leaves
every other byte of the object as it was: number forms, key order inside, escapes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_LONGEST_INT = 308  # digits: what a double still holds


def parse(text: bytes | str) -> Any:
    """Read strict JSON: UTF-8, no NaN, no number beyond a double, no endless nest. Raises ValueError."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")  # json alone would also guess at UTF-16 and UTF-32
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_int)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def split(text: str) -> dict[str, str]:
    """Give the members of a JSON object, values as text. `text` must have passed `parse` and be an object."""
    found: dict[str, str] = {}
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        found[key] = text[start:at]
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def join(members: Mapping[str, str]) -> str:
    """Write the JSON object of these members, in their order."""
    return "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in members.items()) + "}"


def dump(value: Any) -> str:
    """One value as JSON text, as compact as the vendors send it."""
    return json.dumps(value, separators=(",", ":"))


def deep_merge(old: Any, new: Any) -> Any:
    """Lay `new` over `old`, object by object; lists and scalars (null too) replace. Neither is changed."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: deep_merge(old.get(key), value) for key, value in new.items()}


def edit(text: str, change: Mapping[str, Any]) -> str:
    """Merge `change` deep into an object; members it does not name keep every byte."""
    members = split(text)
    for key, value in change.items():
        old = parse(members[key]) if key in members else None
        members[key] = dump(deep_merge(old, value))
    return join(members)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise ValueError(f"{text} is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > _LONGEST_INT:
        raise ValueError(f"a number of {len(text)} digits is out of range")
    return int(text)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
