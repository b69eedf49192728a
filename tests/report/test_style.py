"""Colour, width, wrapping and tables."""

from __future__ import annotations

import io
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.report.style import Style, display_width, style_for, table, wrap


class Terminal(io.StringIO):
    """A stream that says whether it is a terminal, and in which encoding."""

    def __init__(self, encoding: str = "utf-8", *, tty: bool = True) -> None:
        super().__init__()
        self._encoding, self._tty = encoding, tty

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return the encoding asked for."""
        return self._encoding

    def isatty(self) -> bool:
        """Tell what was asked for."""
        return self._tty


@pytest.mark.parametrize(
    ("environ", "option", "tty", "expected"),
    [
        ({}, "auto", True, True),
        ({}, "auto", False, False),
        ({"TERM": "dumb"}, "auto", True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, "auto", False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", True, False),
        ({"NO_COLOR": ""}, "auto", True, True),
        ({"NO_COLOR": "1"}, "always", False, True),
        ({"FORCE_COLOR": "1"}, "never", True, False),
    ],
)
def test_precedence_of_color(
    environ: dict[str, str],
    option: Literal["auto", "always", "never"],
    tty: bool,  # noqa: FBT001 - cases
    expected: bool,  # noqa: FBT001 - cases
) -> None:
    """Flag over NO_COLOR over FORCE_COLOR over TERM=dumb over the terminal."""
    assert style_for(Terminal(tty=tty), environ, option).color is expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", True), ("ascii", False), ("cp1252", False), ("x", False)]
)
def test_unicode_only_where_it_fits(encoding: str, expected: bool) -> None:  # noqa: FBT001 - cases
    """A stream that cannot carry a character is not sent one."""
    style = style_for(Terminal(encoding), {})
    assert style.unicode is expected
    assert style.visible("é…").isascii() is not expected


def test_color_is_all_that_differs() -> None:
    """Without colour each mark is the bare text; with it the text stands inside."""
    for name in ("error", "warning", "info", "added", "removed", "changed", "dim", "bold"):
        assert getattr(Style(), name)("word") == "word"
        marked = getattr(Style(color=True), name)("word")
        assert marked.startswith("\x1b[")
        assert marked.endswith("word\x1b[0m")
        assert display_width(marked) == 4
    assert Style(color=True).error("") == ""


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("中文", 4), ("e\u0301", 1), ("a\tb", 5), ("\t", 4), ("abcd\t", 8), ("😀", 2)],
)
def test_display_width(text: str, width: int) -> None:
    """Wide characters take two cells, marks none, a tab the rest to its stop."""
    assert display_width(text) == width


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_visible_text_is_harmless(text: str) -> None:
    """Whatever comes in, what is shown is one line without controls, and plain text stays."""
    for unicode in (True, False):
        shown = Style(unicode=unicode).visible(text)
        assert len(shown.splitlines()) <= 1
        assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
        assert unicode or shown.isascii()
        if text.isascii() and text.isprintable():
            assert shown == text


@settings(deadline=None)  # the machine may be busy
@given(st.text("ab 中\n", max_size=80), st.integers(6, 40))
def test_wrap_keeps_words_and_width(text: str, width: int) -> None:
    """No word is lost, and a line is too wide only if its one word is."""
    out = wrap(text, width, "  ")
    assert out.split() == text.split()
    for line in out.split("\n"):
        assert display_width(line) <= width or len(line.split()) == 1


def test_table_wraps_its_last_column() -> None:
    """Columns align by cells, the last one wraps under itself."""
    out = table([["中", "one two three four"], ["abc", "x"]], ["k", "what"], width=15)
    assert out.split("\n") == ["k    what", "中   one two", "     three four", "abc  x"]


def test_table_refuses_ragged_rows() -> None:
    """A row with a missing cell is a mistake of the caller."""
    with pytest.raises(ValueError, match="one cell per header"):
        table([["a"]], ["k", "what"])
