"""pydantic's errors in our words: what is wrong, at which key, and what was probably meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vaxctl.source.document import closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError

    from vaxctl.source.document import KeyPath


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error of shape, at `path` (or at the key there)."""

    path: KeyPath
    message: str
    help: str | None = None
    on_key: bool = False


def complaints(error: ValidationError, data: dict[str, Any]) -> list[Complaint]:
    """Translate a validation error of `data`, one complaint per place."""
    found: dict[KeyPath, Complaint] = {}
    for detail in error.errors(include_url=False):
        complaint = _complaint(detail, data)
        found.setdefault(complaint.path, complaint)
    return list(found.values())


def _complaint(detail: Any, data: dict[str, Any]) -> Complaint:
    path = _present_part(detail["loc"], data)
    dotted = ".".join(str(part) for part in path) or "the profile"
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        missing = detail["loc"][-1]
        return Complaint(
            path, f"{dotted} needs the key {missing!r}", _missing_help(str(missing)), on_key=True
        )
    if kind in _RANGE:
        return Complaint(path, _range_message(dotted), _unit_hint(path, detail["input"]))
    if kind in {"literal_error", "enum"}:
        return _not_a_choice(dotted, path, detail["input"], context["expected"])
    if kind in {"value_error", "assertion_error"}:
        return Complaint(path, f"{dotted}: {context['error']}", on_key=True)
    return Complaint(
        path, f"{dotted} takes {_wanted(kind, path)}, not {_shown(detail['input'])}", _form_hint(detail)
    )


_RANGE = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}

_WANTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text",
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "tuple_type": "a list",
    "string_too_short": "some text",
    "string_too_long": "a shorter text",
    "too_short": "more entries",
}


_NAME_FORM = "letters a-z and A-Z, digits, dots, dashes, underscores and spaces, a letter or digit first"


def _wanted(kind: str, path: KeyPath) -> str:
    if path[-1:] in {("agent_id",), ("assistant_id",)}:
        return "an id, or a mapping of environments to ids"
    if kind == "string_pattern_mismatch":
        return "a tag like en-GB" if path[-1:] == ("language",) else _NAME_FORM
    return _WANTED.get(kind, f"something else ({kind.replace('_', ' ')})")


def _shown(value: Any) -> str:
    text = {None: "null", True: "true", False: "false"}.get(value, "") if _is_word(value) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 - what fits a line


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _present_part(loc: Iterable[str | int], data: Any) -> KeyPath:
    """Return the longest part of pydantic's location that stands in the data: union tags fall off."""
    path: list[str | int] = []
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        path.append(part)
    return tuple(path)


def _unknown_key(path: KeyPath) -> Complaint:
    parent, key = path[:-1], str(path[-1])
    near = closest(key, _keys_of(parent))
    if near is not None:
        advice: str | None = f"did you mean {near}?"
    else:
        home = _homes().get(key)
        advice = f"it belongs under {home}" if home else f"known here: {', '.join(sorted(_keys_of(parent)))}"
    return Complaint(path, f"unknown key {key!r}", advice, on_key=True)


def _keys_of(parent: KeyPath) -> list[str]:
    field_model = _model_at(parent)
    keys = [info.alias or name for name, info in field_model.model_fields.items()] if field_model else []
    return [*keys, "extends", "environments", "vad_config"] if not parent else keys


def _model_at(path: KeyPath) -> Any:
    from vaxctl.profile.fields import block_at

    return block_at(tuple(str(part) for part in path))


def _homes() -> dict[str, str]:
    from vaxctl.profile.fields import fields

    return {path.rsplit(".", 1)[-1]: path.rsplit(".", 1)[0] for path in fields() if "." in path}


def _missing_help(key: str) -> str | None:
    return "add `schema: vaxctl/v1` as the first line" if key == "schema" else None


def _range_message(dotted: str) -> str:
    from vaxctl.profile.fields import fields

    described = fields()[dotted]
    unit = f" {described.unit}" if described.unit not in (None, "probability", "ratio") else ""
    return f"{dotted} is between {described.minimum:g} and {described.maximum:g}{unit}"


def _unit_hint(path: KeyPath, value: Any) -> str | None:
    name = str(path[-1]) if path else ""
    if name.endswith("threshold") and isinstance(value, int | float) and 1 < value <= 100:  # noqa: PLR2004 - per cent
        return f"a probability, not per cent: {value / 100:g}"
    if name.endswith("_ms"):
        return "the unit is milliseconds"
    return None


def _not_a_choice(dotted: str, path: KeyPath, value: Any, expected: str) -> Complaint:
    words = expected.replace("'", "")
    if path == ("schema",):
        return Complaint(path, f"this version reads {words}, not {_shown(value)}", f"write `schema: {words}`")
    options = [word.strip() for part in words.split(",") for word in part.split(" or ")]
    near = closest(str(value), options)
    return Complaint(
        path, f"{dotted} is {words}, not {_shown(value)}", f"did you mean {near}?" if near else None
    )


def _form_hint(detail: Any) -> str | None:
    value, kind = detail["input"], detail["type"]
    if isinstance(value, str) and kind in {"float_type", "int_type", "bool_type"}:
        return "remove the quotes" if _is_number(value) or value in {"true", "false"} else None
    if isinstance(value, float) and kind.startswith("int"):
        meant_seconds = str(detail["loc"][-1]).endswith("_ms") and value < _SURELY_SECONDS
        return f"the unit is milliseconds: {value * 1000:g}" if meant_seconds else None
    return None


_SURELY_SECONDS = 20
"""No delay of a voice agent is 20 ms or 20 s long: a fraction under it was meant in seconds."""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
