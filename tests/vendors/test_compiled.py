"""Owned leaves over live objects: laid, read back, removed, all else untouched."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.prompts.block import ManagedBlock, find
from vaxctl.vendors.compiled import Absent, InPrompt, Leaf, desired_value, overlay, owned_value
from vaxctl.vendors.paths import MISSING, parse

BLOCK = ManagedBlock("context", "Listen.")


def leaf(at: str, value: Any) -> Leaf:
    """Make a leaf of no particular origin."""
    return Leaf("k", parse(at), value, "vad.threshold")


def test_laying_leaves_the_original_alone() -> None:
    """The live object is a value; what is written is a copy."""
    live = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    assert overlay(live, [leaf("a.b", 2)]) == {"a": {"b": 2, "c": [1, 2]}, "d": None}
    assert live == {"a": {"b": 1, "c": [1, 2]}, "d": None}


@pytest.mark.parametrize("live", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}])
def test_null_where_nothing_stands_is_no_difference(live: dict[str, Any]) -> None:
    """To both vendors a cleared key and an absent one are the same, so nothing is written."""
    wanted = leaf("a.b", None)
    assert overlay(live, [wanted]) == live
    assert owned_value(live, wanted) is MISSING
    assert desired_value(wanted) is MISSING


def test_null_clears_what_stands() -> None:
    """Where something stands, null is written."""
    assert overlay({"a": {"b": 1}}, [leaf("a.b", None)]) == {"a": {"b": None}}


def test_an_absent_element_of_ours_is_taken_out() -> None:
    """A rule of ours goes; its neighbours keep their order."""
    live = {"rules": [{"name": "x"}, {"name": "ours"}, {"name": "y"}]}
    gone = leaf("rules[name=ours]", Absent())
    assert overlay(live, [gone]) == {"rules": [{"name": "x"}, {"name": "y"}]}
    assert owned_value(live, gone) == {"name": "ours"}
    assert desired_value(gone) is MISSING
    assert overlay({"other": 1}, [gone]) == {"other": 1}
    assert owned_value({}, gone) is MISSING


def test_a_trace_is_removed_and_nothing_else() -> None:
    """What we left behind goes; what somebody else put there stays, and is no difference."""
    gone = leaf("a.b", Absent([]))
    assert overlay({"a": {"b": [], "c": 1}}, [gone]) == {"a": {"c": 1}}
    assert overlay({"a": {"b": ["stop"]}}, [gone]) == {"a": {"b": ["stop"]}}
    assert owned_value({"a": {"b": ["stop"]}}, gone) is MISSING
    assert owned_value({"a": {"b": []}}, gone) == []


def test_the_block_is_all_we_own_of_a_prompt() -> None:
    """The text around it is not compared, and stays as it is when the block is put in and taken out."""
    put = overlay({"p": "You are Ada.\n"}, [leaf("p", InPrompt(BLOCK))])
    assert put["p"].startswith("You are Ada.\n")
    assert (
        owned_value(put, leaf("p", InPrompt(BLOCK))) == desired_value(leaf("p", InPrompt(BLOCK))) == "Listen."
    )
    assert overlay(put, [leaf("p", InPrompt(None))]) == {"p": "You are Ada.\n"}
    assert desired_value(leaf("p", InPrompt(None))) is MISSING
    assert find(put["p"]) is not None


@pytest.mark.parametrize("live", [{}, {"p": None}, {"p": "Hello"}])
def test_no_block_wanted_and_none_there_writes_nothing(live: dict[str, Any]) -> None:
    """Switching off what was never on is no change."""
    assert overlay(live, [leaf("p", InPrompt(None))]) == live
