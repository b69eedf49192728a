"""Findings as GitHub Actions workflow commands, which become annotations in a pull request.

Escaping as documented for the toolkit: `%`, CR and LF in the message; `:` and `,` too in a property.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaxctl.diagnostics import Diagnostic

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_DATA = str.maketrans(_ESCAPES)
_PROPERTY = str.maketrans({**_ESCAPES, ":": "%3A", ",": "%2C"})
_STYLE = Style()


def listing(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one workflow command for each finding, one on a line; empty if there is none."""
    return "\n".join(annotation(diagnostic) for diagnostic in diagnostics)


def annotation(diagnostic: Diagnostic) -> str:
    """Return the workflow command of one finding, titled with its rule; the help follows the message."""
    at = diagnostic.location
    properties = {"file": at.file, "line": max(at.line, 1), "col": max(at.column, 1)}
    if at.end_column is not None and at.end_column > at.column:
        properties["endColumn"] = at.end_column
    properties["title"] = diagnostic.rule
    listed = ",".join(
        f"{name}={_safe(str(value)).translate(_PROPERTY)}" for name, value in properties.items()
    )
    message = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_safe(message).translate(_DATA)}"


def _safe(text: str) -> str:
    """Return `text` with its controls visible, but for the line ends, which have an escape of their own."""
    return "".join(c if c in "\r\n" else _STYLE.visible_character(c) for c in text)
