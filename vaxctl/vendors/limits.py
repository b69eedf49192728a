"""The published limits of vendor fields, as data, and the one check against them.

A flat's `limits.py` lists its fields; compile checks every leaf before anything is sent, and the sandbox
refuses what the vendor's document would refuse, from the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

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


def broken(limit: Limit, value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Say in words how `value` breaks `limit`, or return None where it holds."""
    if value is None:
        return None if limit.nullable else f"{limit.path} cannot be null"
    if not _has_form(limit, value):
        return f"{limit.path} takes a {_form_in_words(limit)}, not {value!r}"
    return _out_of_range(limit, value) or _not_a_choice(limit, value) or _too_long(limit, value)


def _has_form(limit: Limit, value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, bool):
        return limit.form == "boolean"
    if limit.form == "integer" and isinstance(value, float):
        return value.is_integer()
    if limit.form == "strings":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, _FORMS[limit.form])


def _form_in_words(limit: Limit) -> str:
    return "list of strings" if limit.form == "strings" else limit.form


def _out_of_range(limit: Limit, value: Any) -> str | None:  # noqa: ANN401
    if limit.form not in {"number", "integer"}:
        return None
    unit = f" {limit.unit}" if limit.unit else ""
    if limit.minimum is not None and value < limit.minimum:
        return f"{limit.path} is at least {limit.minimum:g}{unit}, not {value:g}"
    if limit.exclusive_minimum is not None and value <= limit.exclusive_minimum:
        return f"{limit.path} is over {limit.exclusive_minimum:g}{unit}, not {value:g}"
    if limit.maximum is not None and value > limit.maximum:
        return f"{limit.path} is at most {limit.maximum:g}{unit}, not {value:g}"
    return None


def _not_a_choice(limit: Limit, value: Any) -> str | None:  # noqa: ANN401
    if not limit.choices:
        return None
    bad = [item for item in (value if isinstance(value, list) else [value]) if item not in limit.choices]
    return f"{limit.path} is one of {', '.join(limit.choices)}, not {bad[0]!r}" if bad else None


def _too_long(limit: Limit, value: Any) -> str | None:  # noqa: ANN401
    if limit.max_length is None:
        return None
    longest = max((len(item) for item in (value if isinstance(value, list) else [value])), default=0)
    return f"{limit.path} holds at most {limit.max_length} characters, not {longest}" if longest > limit.max_length else None
