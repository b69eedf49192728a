"""How large the result of one operation of a template would be, and the refusal where that is too much.

Pure: no jinja2 here. The answer is given before anything is made, so it holds on every platform.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vaxctl.prompts.bounds import LARGEST_INTEGER_BITS, LARGEST_VALUE
from vaxctl.prompts.failure import Refused


@dataclass(frozen=True, slots=True)
class FormatStyle:
    """A way to write formats: what starts a field, and a field that is (or could be made) too wide."""

    mark: str
    wide: re.Pattern[str]


PERCENT = FormatStyle("%", re.compile(r"%[^%a-zA-Z]*(?:\d{6}|\*)"))
BRACES = FormatStyle("{", re.compile(r"\{[^{}]*(?:\d{6}|\{)"))


def check_counts(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a width, a repeat or a padding beyond all use: `center(10**9)`."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, int) and abs(value) > LARGEST_VALUE:
            raise Refused("operation", f"{name} was asked for {_count(value)}; at most {LARGEST_VALUE:,}")


def check_format(text: str, given: Any, style: FormatStyle) -> None:
    """Refuse wide fields, and long values that would be put in many times."""
    if style.wide.search(text):
        raise Refused("operation", "a format with a width of six digits or more, or one from an argument")
    check_length(len(text) + text.count(style.mark) * _longest(given), "a format")


def _longest(given: Any, depth: int = 3) -> int:
    """Return the length of the longest text in arguments: `(args, kwargs)`, a tuple, a mapping, a text."""
    if isinstance(given, dict):
        given = tuple(given.values())
    if isinstance(given, (list, tuple)) and depth:
        return max((_longest(one, depth - 1) for one in given), default=0)
    return len(given) if isinstance(given, str) else 0


def check_replace(text: str, args: tuple[Any, ...]) -> None:
    """Refuse a replacement whose text would grow too long; `args` are what to find and what to put."""
    if len(args) > 1 and isinstance(args[0], str) and isinstance(args[1], str):
        check_length(len(text) + text.count(args[0]) * len(args[1]), "replace")


def check_product(left: Any, right: Any) -> None:
    """Refuse a repeat that would be too long, and a number that would be too large."""
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right.bit_length())
    for sequence, times in ((left, right), (right, left)):
        if isinstance(times, int) and length_of(sequence):
            check_length(length_of(sequence) * times, "*")


def check_power(left: Any, right: Any) -> None:
    """Refuse a number that would be too large."""
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() * right)


def _check_bits(bits: int) -> None:
    if bits > LARGEST_INTEGER_BITS:
        raise Refused("operation", f"a number too large (over {LARGEST_INTEGER_BITS:,} bits)")


def length_of(value: Any) -> int:
    """Return the length of a text or list, and 0 for everything else."""
    return len(value) if isinstance(value, (str, list, tuple)) else 0


def check_length(length: int, what: str) -> None:
    """Refuse a length in characters or items; `what` names the operation."""
    if length > LARGEST_VALUE:
        raise Refused(
            "operation", f"{what} would make a value of {_count(length)} items; at most {LARGEST_VALUE:,}"
        )


def checked_text(value: Any, what: str) -> Any:
    """Return the value; refuse it where it is a text that came out too long."""
    if isinstance(value, str):
        check_length(len(value), what)
    return value


def _count(number: int) -> str:
    return f"{number:,}" if number.bit_length() < 64 else "a number of over 64 bits"  # noqa: PLR2004 - the text
