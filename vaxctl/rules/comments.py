"""The comments of a YAML text, by line. A `#` inside a quoted or block text is none."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HASH = re.compile(r"(?:^|(?<=\s))#")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its line and column, from 1, its text with the `#`, whether it is alone on its line."""

    line: int
    column: int
    text: str
    alone: bool


def comments_of(lines: Sequence[str]) -> list[Comment]:
    """Return the comments in order; none of a text that is no YAML."""
    bare = _without_scalars(lines)
    found = [(number, bare[number - 1], _HASH.search(bare[number - 1])) for number in range(1, len(bare) + 1)]
    return [
        Comment(number, at.start() + 1, lines[number - 1][at.start() :], alone=not text[: at.start()].strip())
        for number, text, at in found
        if at is not None
    ]


def _without_scalars(lines: Sequence[str]) -> list[str]:
    """Return the lines with every scalar written over, character by character, so that columns stay."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    bare = list(lines)
    try:
        for event in YAML(typ="safe", pure=False).parse(io.StringIO("\n".join(lines))):
            if type(event).__name__ == "ScalarEvent":
                _write_over(bare, event.start_mark, event.end_mark, block=event.style in ("|", ">"))
    except YAMLError:
        return []
    return bare


def _write_over(bare: list[str], start: object, end: object, *, block: bool) -> None:
    """Put `x` over a scalar. The first line of a block text is its header, which may carry a comment."""
    first, last = start.line, end.line  # type: ignore[attr-defined]  # ruamel's marks share no typed base
    for number in range(first + 1 if block else first, min(last + 1, len(bare))):
        text = bare[number]
        left = start.column if number == first else 0  # type: ignore[attr-defined]
        right = min(end.column, len(text)) if number == last else len(text)  # type: ignore[attr-defined]
        bare[number] = text[:left] + "x" * (right - left) + text[right:]
