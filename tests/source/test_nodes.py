"""YAML text as nodes with places: what is read, and what is refused early."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from vaxctl.source import nodes
from vaxctl.source.nodes import MAX_DEPTH, NotYaml, Span, compose


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("0o17", 15),
        ("0x1f", 31),
        ("1e3", 1000.0),
        ("-0.5", -0.5),
        ("2026-11-23", "2026-11-23"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("12:30", "12:30"),
        (".inf", float("inf")),
        ("9" * 5000, float("inf")),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("<<", "<<"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    """`off` stays a word, a date stays text, quotes make text of anything."""
    root = compose(text)
    assert root is not None
    assert root.value == value
    assert type(root.value) is type(value)


def test_places_count_from_one() -> None:
    """A node knows where it begins, and where it ends on the same line."""
    root = compose("a: 12\nb:\n  - x\n")
    assert root is not None
    assert root.items is not None
    (key, value), (_, items) = root.items
    assert (key.span, value.span) == (Span(1, 1, 2), Span(1, 4, 6))
    assert items.elements is not None
    assert items.elements[0].span == Span(3, 5, 6)
    assert root.span == Span(1, 1, None)


def test_without_the_c_scanner_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C scanner is absent, ruamel's own reads the same tree."""
    monkeypatch.setitem(sys.modules, "ruamel.yaml.cyaml", None)
    root = compose("a: [1, off]")
    assert root is not None
    assert root.items is not None
    assert [node.value for node in root.items[0][1].elements or ()] == [1, "off"]


def test_an_alias_is_its_anchor() -> None:
    """One node, wherever it is named."""
    root = compose("a: &x {k: 1}\nb: *x\n")
    assert root is not None
    assert root.items is not None
    assert root.items[0][1] is root.items[1][1]


@pytest.mark.parametrize("text", ["", "# a comment\n", "\n\n"])
def test_nothing_is_none(text: str) -> None:
    """A text without a document is no error of syntax."""
    assert compose(text) is None


@pytest.mark.parametrize(
    ("text", "said", "line", "help_"),
    [
        ("a: b: c", "mapping values are not allowed", 1, "missing line break"),
        ("a: [1", "did not find expected", 2, None),
        ("\ta: 1", "cannot start any token", 1, None),
        ("a: 1\n---\nb: 2\n", "a second YAML document", 2, "its own file"),
        ("a: *x", "no anchor &x", 1, None),
        ("a: &x\n  b: *x", "endless structure", 2, None),
        ("a: &x [*x]", "endless structure", 1, None),
        ("a: !!python/object:os.system x", "python/object:os.system is not used here", 1, "plain value"),
        ("a: !!binary aGk=", "binary is not used here", 1, "plain value"),
        ("a: !thing {b: 1}", "!thing is not used here", 1, "plain value"),
        ("a: !!set {b}", "set is not used here", 1, "plain value"),
        ("[" * 100_000, f"deeper than {MAX_DEPTH}", 1, None),
        ("{a: " * 5000, f"deeper than {MAX_DEPTH}", 1, None),
        ("a: 1\nb: \x00", "does not allow", 2, "text file"),
        ("a: \x07", "does not allow", 1, "text file"),
        ('a: "\\ud800"', "invalid Unicode", 1, None),
    ],
)
def test_what_is_refused(text: str, said: str, line: int, help_: str | None) -> None:
    """Each with words, a place, and advice where there is some."""
    with pytest.raises(NotYaml) as caught:
        compose(text)
    assert said in caught.value.message
    assert caught.value.span.line in {line, line - 1}
    assert (help_ or "") in (caught.value.help or "")


def test_errors_without_a_place() -> None:
    """The scanner may say neither where nor what."""
    assert nodes._mark_span(None) == Span(1, 1)

    class Bare:
        context = problem = None

    assert nodes._what(Bare()) == "this is not YAML"


def test_a_position_is_found_in_the_text() -> None:
    """An offset becomes line and column, also when the scanner says none."""

    class At:
        position = 5

    assert nodes._unreadable("ab\ncd\x01", At())[1] == Span(2, 3)
    assert nodes._unreadable("ab\ncd\x01", object())[1] == Span(2, 3)
    assert nodes._unreadable("clean", object())[1] == Span(1, 1)
