"""Why a template did not render, in words for its author."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal[
    "syntax", "undefined", "forbidden", "loader", "operation", "output", "source", "time", "memory", "depth",
    "variables", "died", "error",
]  # fmt: skip

_HELP: dict[str, str] = {
    "syntax": "Variables are written [[ name ]], tags [% if %], comments [# #]; a literal [[ goes between "
    "[% raw %] and [% endraw %].",
    "forbidden": "Templates may read variables and use filters, not reach into Python objects.",
    "loader": "A template is one file: copy the text in.",
    "operation": "Prompts are short; build the text without repeating, padding or counting that far.",
    "output": "Prompts are short; look for a loop that repeats too often.",
    "source": "Shorten the template.",
    "time": "Look for a loop that does not end, or loops inside loops.",
    "memory": "Look for a value that doubles in a loop.",
    "depth": "Look for a macro or loop that calls itself, or for too many brackets inside each other.",
    "variables": "Variables are texts, numbers, true or false, or lists of texts.",
    "died": "Render the template in parts to see which one does it, and report it as a bug of vaxctl.",
    "error": "Check the expression on this line.",
}


class TemplateFailed(InvalidInput):
    """A template cannot be rendered or read. `line` counts from 1, and is None where no line is to blame."""

    def __init__(self, message: str, *, name: str, line: int | None, help: str | None) -> None:  # noqa: A002
        super().__init__(f"{name}:{line}: {message}" if line else f"{name}: {message}", help=help)
        self.name = name
        self.line = line


@dataclass(eq=False)
class Refused(Exception):
    """Internal: a render ended without a text. Crosses the pipe from the worker as its three fields."""

    kind: Kind
    detail: str
    line: int | None = None


def failed(refused: Refused, *, name: str, known: Iterable[str] = ()) -> TemplateFailed:
    """Return what the author of template `name` is told; `known` are the variables that were given."""
    if refused.kind == "undefined":
        return _unknown_variable(refused, name, sorted(known))
    return TemplateFailed(refused.detail, name=name, line=refused.line, help=_HELP[refused.kind])


def _unknown_variable(refused: Refused, name: str, known: list[str]) -> TemplateFailed:
    variable = refused.detail
    close = difflib.get_close_matches(variable, known, n=1)
    there = f"There are: {', '.join(known)}." if known else "No variables were given."
    ask = f"Add it to context_preservation.variables, or ask first: [% if {variable} is defined %]."
    advice = f"Did you mean {close[0]!r}?" if close else f"{there} {ask}"
    return TemplateFailed(f"unknown variable {variable!r}", name=name, line=refused.line, help=advice)
