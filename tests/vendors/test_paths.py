"""Paths into a vendor's JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxctl.vendors.paths import MISSING, Where, as_text, get, lay, parse, remove

KEYS = st.from_regex(r"[a-z][a-zA-Z_]{0,5}", fullmatch=True)
PLACES = KEYS.map(lambda key: (key,)) | st.builds(lambda key, name: (key, Where("NAME", name)), KEYS, KEYS)
PATHS = st.lists(PLACES, min_size=1, max_size=4).map(
    lambda places: tuple(s for place in places for s in place)
)


def keyed(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the path as parsing its text gives it."""
    return parse(as_text(path))


@given(PATHS, st.integers())
def test_what_is_laid_can_be_read_and_removed(path: tuple[Any, ...], value: int) -> None:
    """A path holds in all three directions, wherever it leads."""
    path = (*keyed(path), "leaf")
    tree = lay({"other": [1]}, path, value)
    assert get(tree, path) == value
    assert get(remove(tree, path), path) is MISSING
    assert tree["other"] == [1] or path[0] == "other"


@given(PATHS)
def test_text_and_path_say_the_same(path: tuple[Any, ...]) -> None:
    """A stamp and a plan write paths as text."""
    assert as_text(keyed(path)) == as_text(path)


def test_a_system_message_is_made_in_front() -> None:
    """The prompt of a model comes before what is said."""
    path = parse("messages[role=system].content")
    laid = lay({"messages": [{"role": "user", "content": "x"}]}, path, "p")
    assert laid["messages"] == [{"role": "system", "content": "p"}, {"role": "user", "content": "x"}]


@pytest.mark.parametrize("tree", [{}, {"a": 1}, {"a": "text"}, {"a": [1, "x"]}, {"a": None}, [], None])
def test_nothing_there_is_missing(tree: Any) -> None:
    """Whatever stands on the way, reading never breaks; missing is not null, and not true."""
    assert get(tree, parse("a.b")) is MISSING
    assert get(tree, parse("a[name=x].b")) is MISSING
    assert not MISSING
    assert repr(MISSING) == "MISSING"


def test_removing_what_is_not_there_changes_nothing() -> None:
    """A rule of ours that was never there leaves no empty list behind."""
    assert remove({"a": 1}, parse("b[name=x]")) == {"a": 1}


def test_an_element_in_the_middle_loses_one_key() -> None:
    """Only the leaf goes, not the element."""
    tree = {"a": [{"n": "x", "k": 1}, {"n": "y", "k": 2}]}
    assert remove(tree, parse("a[n=y].k")) == {"a": [{"n": "x", "k": 1}, {"n": "y"}]}
    assert lay(tree, parse("a[n=x]"), "whole") == {"a": ["whole", {"n": "y", "k": 2}]}
    assert lay({}, parse("a[n=x]"), "whole") == {"a": ["whole"]}
