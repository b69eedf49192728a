"""Findings for a person."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.report.findings_text import block, concise, excerpt, full, headline, summary
from vaxctl.report.style import Style, display_width

PLAIN = Style(color=False, unicode=True)
LINE = "vad: {threshold: 0.3}"
FINDING = Diagnostic(
    rule="threshold-too-sensitive",
    severity=Severity.WARNING,
    message="threshold 0.3 lets a car radio take the floor",
    location=SourceLocation("acme.yaml", 8, 18, 21),
    help="use 0.5 to 0.6",
    source_line=LINE,
    related=((SourceLocation("base.yaml", 2, 1), "set here first"),),
)


def finding(severity: Severity, file: str = "a.yaml") -> Diagnostic:
    """Return a small finding."""
    return Diagnostic("r", severity, "m", SourceLocation(file, 1, 1))


def test_full() -> None:
    """The whole picture, to the character."""
    assert full([FINDING], PLAIN, 80, 3).split("\n") == [
        "acme.yaml:8:18: warning: threshold 0.3 lets a car radio take the floor [threshold-too-sensitive]",
        "  |",
        "8 | vad: {threshold: 0.3}",
        "  |                  ^^^",
        "base.yaml:2:1: note: set here first",
        "  = help: use 0.5 to 0.6",
        "",
        "Found 1 warning in 1 of 3 files.",
    ]


def test_color_adds_nothing_but_color() -> None:
    """With the marks taken out, the coloured report is the plain one."""
    colored = full([FINDING], Style(color=True), 80)
    stripped = "".join(
        part.partition("m")[2] if at else part for at, part in enumerate(colored.split("\x1b["))
    )
    assert colored != stripped == full([FINDING], PLAIN, 80)


def test_concise() -> None:
    """First lines and the summary."""
    assert concise([finding(Severity.ERROR), finding(Severity.INFO)]).split("\n") == [
        "a.yaml:1:1: error: m [r]",
        "a.yaml:1:1: info: m [r]",
        "Found 1 error, 1 note in 1 file.",
    ]


def test_summary() -> None:
    """Numbers agree with their nouns, and what was not found is not mentioned."""
    found = [finding(Severity.ERROR), finding(Severity.ERROR, "b"), finding(Severity.WARNING, "c")]
    assert summary(found, 3) == summary(found) == "Found 2 errors, 1 warning in 3 files."
    assert summary(found, 5) == "Found 2 errors, 1 warning in 3 of 5 files."
    assert summary([], 3) == "All clear: 3 profiles checked."
    assert summary([], 1) == "All clear: 1 profile checked."
    assert summary([]) == "All clear."


@pytest.mark.parametrize(
    ("source", "column", "end", "shown", "caret"),
    [
        ("a: [x, y]", 5, None, "a: [x, y]", "    ^"),
        ("key: value # c", 6, None, "key: value # c", "     ^^^^^"),
        ("key: value", 1, None, "key: value", "^^^"),
        ("k: 'a b' # c", 4, None, "k: 'a b' # c", "   ^^^^^"),
        ("k:\tv", 4, None, "k:  v", "    ^"),
        ("中: v", 4, None, "中: v", "    ^"),
        ("e\u0301: v", 5, None, "e\u0301: v", "   ^"),
        ("k: \x1b[31m", 4, 5, "k: \\x1b[31m", "   ^^^^"),
        ("k: v", 99, None, "k: v", "    ^"),
        ("k: v", 3, 99, "k: v", "  ^^"),
        ("", 1, None, "", "^"),
    ],
)
def test_caret(source: str, column: int, end: int | None, shown: str, caret: str) -> None:
    """The carets stand under the span, whatever precedes it."""
    assert excerpt(source, SourceLocation("f", 1, column, end), PLAIN, 70) == (shown, caret)


def test_long_line_is_cut_around_the_caret() -> None:
    """Both ends are cut, and the span stays in sight."""
    source = "x" * 5_000_000 + " HERE " + "y" * 5_000_000
    shown, caret = excerpt(source, SourceLocation("f", 1, 5_000_002, 5_000_006), PLAIN, 40)
    assert shown.startswith("…x")
    assert shown.endswith("y…")
    assert display_width(shown) <= 40
    assert shown[caret.index("^") : len(caret)] == "HERE"


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.text(), st.text(), st.text())
def test_first_line_is_one_line(message: str, file: str, rule: str, source: str) -> None:
    """No message, file name or rule breaks the first line or reaches the terminal's controls."""
    one = Diagnostic(rule, Severity.ERROR, message, SourceLocation(file, 1, 1), source_line=source)
    assert len(headline(one, PLAIN).splitlines()) == 1
    lines = block(one, PLAIN).split("\n")
    assert len(lines) == len("\n".join(lines).splitlines()) == 4
    assert "\x1b" not in "".join(lines)


@settings(deadline=None)  # the machine may be busy
@given(st.text("ab中e\u0301\t\x07 :", max_size=300), st.integers(0, 300), st.integers(20, 60), st.booleans())
def test_caret_is_right_in_any_line(prefix: str, tail: int, room: int, unicode: bool) -> None:  # noqa: FBT001 - a case
    """The cells under the carets are those of the span, and all fits the room."""
    column = len(prefix) + 1
    source = f"{prefix}@@@{'z' * tail}"
    shown, caret = excerpt(source, SourceLocation("f", 1, column, column + 3), Style(unicode=unicode), room)
    cells = "".join(
        character + "\0" * (display_width(character) - 1) for character in shown if display_width(character)
    )
    begin = caret.index("^")
    assert cells[begin : len(caret)] == "@@@"
    assert display_width(shown) <= room
