"""Findings as workflow commands."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.report.findings_github import annotation, listing


def test_escaping() -> None:
    """Percent, line ends, colon and comma are escaped where they would be read as syntax."""
    one = Diagnostic("r", Severity.ERROR, "50% a:b,\r\nc", SourceLocation("a,b:c%.yaml", 3, 4, 6), help="h")
    assert annotation(one) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=4,endColumn=6,title=r::50%25 a:b,%0D%0Ac%0Ahelp: h"
    )


def test_severities_and_open_ends() -> None:
    """Info is a notice; an end that is unknown is left out."""
    found = [Diagnostic("r", s, "m", SourceLocation("f", 0, 0)) for s in (Severity.INFO, Severity.WARNING)]
    assert (
        listing(found) == "::notice file=f,line=1,col=1,title=r::m\n::warning file=f,line=1,col=1,title=r::m"
    )
    assert listing([]) == ""


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.text(), st.text())
def test_one_line_for_each_finding(message: str, file: str, rule: str) -> None:
    """No text breaks out of its command or adds a property."""
    line = annotation(Diagnostic(rule, Severity.ERROR, message, SourceLocation(file, 1, 1)))
    assert len(line.splitlines()) == 1
    properties = re.fullmatch(r"::error (.*?)::.*", line)
    assert properties
    assert [p.split("=")[0] for p in properties[1].split(",")] == ["file", "line", "col", "title"]
