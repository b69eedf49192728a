"""The stamp: put in, read back, never in the way of what people wrote beside it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.vendors.stamp import (
    Stamp,
    as_line,
    as_object,
    in_object,
    in_text,
    stamp_of,
    text_with,
    text_without,
)

STAMP = stamp_of("outbound", "prod", [("agent", "volume", 1), ("agent", "language", None)])
stamps = st.builds(
    stamp_of,
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}", fullmatch=True),
    st.none() | st.text(min_size=1, max_size=20),
    st.lists(st.tuples(st.just("agent"), st.text(max_size=9), st.integers() | st.none()), max_size=50),
)
soberly = settings(max_examples=200, deadline=None, derandomize=True)


@soberly
@given(stamps, st.text(st.characters(categories=("L", "Zs", "P")) | st.just("\n"), max_size=60))
def test_a_stamp_in_text_reads_back_and_leaves_the_text(stamp: Stamp, text: str) -> None:
    """Any profile and environment name; line ends at both ends of the text stay; putting it twice keeps one."""
    once = text_with(text, stamp)
    assert in_text(once) == stamp
    assert text_without(once) == text
    assert text_with(once, STAMP).count("[vaxctl 1") == 1
    assert in_text(text_with(once, STAMP)) == STAMP


@soberly
@given(stamps)
def test_a_stamp_as_object_reads_back(stamp: Stamp) -> None:
    """The same for a vendor that has a free object."""
    assert in_object(as_object(stamp)) == stamp


def test_text_typed_below_the_stamp_stays() -> None:
    """Somebody writes under our line in the dashboard: their text is kept, without an empty line in front."""
    assert text_without(f"{as_line(STAMP)}\nmore") == "more"
    assert text_without(f"above\n{as_line(STAMP)}\nmore") == "above\nmore"
    assert in_text(f"above\n{as_line(STAMP)}\nmore") == STAMP


@pytest.mark.parametrize(
    "text", [None, 3, {"a": 1}, "", "[vaxctl 1 profile=a leaves=", "[vaxctl 2 profile=a leaves=]"]
)
def test_what_is_no_stamp_is_none(text: object) -> None:
    """Another type, a torn line, a format of the future: unmanaged, not an error."""
    assert in_text(text) is None
    assert text_without(text) == (text if isinstance(text, str) else "")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"format": 2, "leaves": ""},
        {"format": 1},
        {"format": 1, "leaves": "not base64!"},
        {"format": 1, "leaves": "\u00e9"},
        {"format": 1, "leaves": "AAAA"},
    ],
)
def test_an_edited_object_is_no_stamp(value: object) -> None:
    """Somebody edited it: the same as none, and the object is unmanaged."""
    assert in_object(value) is None


def test_a_stamp_knows_its_values_and_their_number_forms() -> None:
    """True for what was written, in either form of a number; False for another; None for a leaf that is not ours."""
    assert STAMP.holds("agent", "volume", 1.0) is True
    assert STAMP.holds("agent", "volume", True) is False
    assert STAMP.holds("agent", "language", None) is True
    assert STAMP.holds("llm", "volume", 1) is None


def test_forty_leaves_fit_into_one_line() -> None:
    """A whole profile's stamp stays under 600 characters, little beside a version's description."""
    stamp = stamp_of("p" * 100, "production", ((f"k{n}", f"path.{n}", n) for n in range(40)))
    assert len(as_line(stamp)) < 600
    assert len(stamp.values) == 40
