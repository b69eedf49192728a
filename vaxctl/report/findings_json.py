"""Findings for scripts. The shape is part of the public interface; `format_version` counts its changes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaxctl.diagnostics import Diagnostic, SourceLocation

FORMAT_VERSION = "1.0"


def document(diagnostics: Sequence[Diagnostic], files_checked: int | None = None) -> dict[str, Any]:
    """Return the one document of `validate --format json`, ready for `json.dumps`.

    `summary.files` is how many files were checked, or how many have findings where that is not known.
    """
    files = len({d.location.file for d in diagnostics}) if files_checked is None else files_checked
    return {
        "format_version": FORMAT_VERSION,
        "type": "validate",
        "diagnostics": [as_json(diagnostic) for diagnostic in diagnostics],
        "summary": {**counts(diagnostics), "files": files},
    }


def counts(diagnostics: Sequence[Diagnostic]) -> dict[str, int]:
    """Return the number of errors, warnings and infos."""
    found = Counter(d.severity for d in diagnostics)
    return {f"{severity.value}s": found[severity] for severity in Severity}


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return one finding as `--json` documents show it; lines and columns count from 1, in characters."""
    return {
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.location),
        "help": diagnostic.help,
        "related": [{**_place(at), "message": message} for at, message in diagnostic.related],
    }


def _place(location: SourceLocation) -> dict[str, Any]:
    return {
        "file": location.file,
        "line": location.line,
        "column": location.column,
        "end_column": location.end_column,
    }
