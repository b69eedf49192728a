"""What a key of a scenario wants, in plain words instead of a library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import ErrorDetails

_LIST = "must be a list, each entry with a dash"
_KEYS = "must be keys with values, not a single value or a list"
_WHOLE = "must be a whole number"
_NUMBER = "must be a number"
_TEXT = "must be a text; put it in quotes"
_TRUTH = "must be true or false"

_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "tuple_type": lambda _: _LIST,
    "list_type": lambda _: _LIST,
    "dict_type": lambda _: _KEYS,
    "model_type": lambda _: _KEYS,
    "model_attributes_type": lambda _: _KEYS,
    "int_type": lambda _: _WHOLE,
    "int_from_float": lambda _: _WHOLE,
    "int_parsing": lambda _: _WHOLE,
    "float_type": lambda _: _NUMBER,
    "float_parsing": lambda _: _NUMBER,
    "finite_number": lambda _: _NUMBER,
    "string_type": lambda _: _TEXT,
    "bool_type": lambda _: _TRUTH,
    "bool_parsing": lambda _: _TRUTH,
    "literal_error": lambda context: f"must be one of {_listed(context['expected'])}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "string_pattern_mismatch": lambda _: (
        "must be made of lower-case letters, digits and dashes, no dash first"
    ),
}
"""By the type of pydantic's error; the names are documented and stay (errors/validation_errors)."""


def wanted(error: ErrorDetails) -> str:
    """Return what a value should have been, to stand after its key; pydantic's own words for a kind not known here."""
    words = _WORDS.get(error["type"])
    if words is None:
        return error["msg"][0].lower() + error["msg"][1:]
    return words(error.get("ctx", {}))


def _listed(expected: str) -> str:
    """Return pydantic's "'a', 'b' or 'c'" without its quotes."""
    return expected.replace("'", "").replace(" or ", ", ")
