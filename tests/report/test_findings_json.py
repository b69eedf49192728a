"""Findings for scripts."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.report.findings_json import as_json, document


def test_document() -> None:
    """The published shape, key by key."""
    one = Diagnostic(
        "r",
        Severity.WARNING,
        "m",
        SourceLocation("a", 1, 2, 3),
        help="h",
        related=((SourceLocation("b", 4, 5), "n"),),
    )
    assert document([one], 7) == {
        "format_version": "1.0",
        "type": "validate",
        "diagnostics": [
            {
                "rule": "r",
                "severity": "warning",
                "message": "m",
                "file": "a",
                "line": 1,
                "column": 2,
                "end_column": 3,
                "help": "h",
                "related": [{"file": "b", "line": 4, "column": 5, "end_column": None, "message": "n"}],
            }
        ],
        "summary": {"errors": 0, "warnings": 1, "infos": 0, "files": 7},
    }
    assert document([one])["summary"]["files"] == 1
    assert document([], 0)["summary"] == {"errors": 0, "warnings": 0, "infos": 0, "files": 0}


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.text(), st.none() | st.text(), st.sampled_from(Severity))
def test_round_trip(message: str, file: str, advice: str | None, severity: Severity) -> None:
    """What is written is what is read, for any text."""
    one = as_json(Diagnostic("r", severity, message, SourceLocation(file, 1, 1), help=advice))
    assert json.loads(json.dumps(one)) == one
    assert (one["message"], one["file"], one["help"]) == (message, file, advice)
