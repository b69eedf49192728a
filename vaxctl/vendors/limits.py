"""The published limits of vendor fields, as data, and the one check against them.

A flat's `limits.py` lists its fields; compile checks every leaf before anything is sent, and the sandbox
refuses what the vendor's document would refuse, from the same tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Form = Literal["number", "integer", "boolean", "string", "strings", "object", "array"]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a vendor's document allows at one path.

    `minimum` and `maximum` are inclusive and in the vendor's own unit (`unit`, for messages: "s", "ms").
    `nullable` says whether null is a legal value there. `choices` is a closed set. `max_length` counts
    characters of a string, or of each string of a list. `source` names the document, `read_on` its date.
    """

    path: str
    form: Form
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    nullable: bool = False
    unit: str = ""
    source: str = ""
    read_on: str = ""


_FORMS: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "string": (str,),
    "strings": (list,),
    "object": (dict,),
    "array": (list,),
}


_IN_WORDS: Mapping[str, str] = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "a boolean",
    "string": "a string",
    "strings": "a list of strings",
    "object": "an object",
    "array": "an array",
}

_LISTED = 15
"""Choices up to this many are all said; of more, the first few, the count, and the nearest one."""
_FIRST = 3
_SHOWN_CHARACTERS = 60
_LONG_NUMBER = 10**20


def broken(limit: Limit, value: Any) -> str | None:
    """Say in words how `value` breaks `limit`, or return None where it holds."""
    if value is None:
        return None if limit.nullable else f"{limit.path} cannot be null"
    if not _has_form(limit, value):
        return f"{limit.path} takes {_IN_WORDS[limit.form]}, not {_shown(value)}"
    return _out_of_range(limit, value) or _not_a_choice(limit, value) or _too_long(limit, value)


def _has_form(limit: Limit, value: Any) -> bool:
    if isinstance(value, bool):
        return limit.form == "boolean"
    if limit.form == "integer" and isinstance(value, float):
        return value.is_integer()
    if limit.form == "strings":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, _FORMS[limit.form])


def _shown(value: Any) -> str:
    """Return a value as a message can hold it: whole numbers without a point, anything long cut short."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _LONG_NUMBER else "a number of more than 20 digits"
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 3]}..."


def _out_of_range(limit: Limit, value: Any) -> str | None:
    if limit.form not in {"number", "integer"}:
        return None
    unit = f" {limit.unit}" if limit.unit else ""
    if limit.minimum is not None and value < limit.minimum:
        return f"{limit.path} is at least {limit.minimum:g}{unit}, not {_shown(value)}"
    if limit.exclusive_minimum is not None and value <= limit.exclusive_minimum:
        return f"{limit.path} is over {limit.exclusive_minimum:g}{unit}, not {_shown(value)}"
    if limit.maximum is not None and value > limit.maximum:
        return f"{limit.path} is at most {limit.maximum:g}{unit}, not {_shown(value)}"
    return None


def _not_a_choice(limit: Limit, value: Any) -> str | None:
    if not limit.choices:
        return None
    bad = [item for item in (value if isinstance(value, list) else [value]) if item not in limit.choices]
    if not bad:
        return None
    return (
        f"{limit.path} is one of {_listed(limit.choices)}, not {_shown(bad[0])}{_near(bad[0], limit.choices)}"
    )


def _listed(choices: tuple[str, ...]) -> str:
    if len(choices) <= _LISTED:
        return ", ".join(choices)
    return f"{', '.join(choices[:_FIRST])} and {len(choices) - _FIRST} more"


def _near(value: Any, choices: tuple[str, ...]) -> str:
    if len(choices) <= _LISTED or not isinstance(value, str):
        return ""
    import difflib

    by_small = {choice.lower(): choice for choice in choices}
    small = value[:_SHOWN_CHARACTERS].lower()
    kin = [choice for choice in by_small if choice[:3] == small[:3]]  # en-xx is English, not es-mx
    near = difflib.get_close_matches(small, kin or by_small, n=1)
    return f"; did you mean {by_small[near[0]]}?" if near else ""


def _too_long(limit: Limit, value: Any) -> str | None:
    if limit.max_length is None:
        return None
    longest = max((len(item) for item in (value if isinstance(value, list) else [value])), default=0)
    return (
        f"{limit.path} holds at most {limit.max_length} characters, not {longest}"
        if longest > limit.max_length
        else None
    )
