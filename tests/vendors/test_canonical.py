"""One form for comparing and hashing: numbers by value, keys in any order, lists in theirs."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.vendors.canonical import canonical, digest, same
from vaxctl.vendors.paths import MISSING


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (2, 2.0, True),
        (0, -0.0, True),
        (1, True, False),
        (0, False, False),
        (0.1, 0.10000000001, False),
        ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}, True),
        ([1, 2], [2, 1], False),
        ({"a": None}, {}, False),
        ("1", 1, False),
        (None, None, True),
        (None, MISSING, False),
        (MISSING, MISSING, True),
        ("MISSING", MISSING, False),
        ({"a": True}, {"a": 1}, False),
        ("\ud800", "\ud800", True),
        ([[]], [{}], False),
    ],
)
def test_same(one: Any, other: Any, equal: bool) -> None:  # noqa: FBT001
    """Symmetric, and in agreement with the digest wherever JSON can say both."""
    assert same(one, other) is equal
    assert same(other, one) is equal
    if MISSING not in (one, other):
        assert (digest([one]) == digest([other])) is equal


def test_canonical_leaves_the_original_alone() -> None:
    """It is a copy: what is sent keeps its number forms."""
    original = {"a": [2.0, {"b": 1e3}]}
    assert str(canonical(original)) == "{'a': [2, {'b': 1000}]}"
    assert str(original) == "{'a': [2.0, {'b': 1000.0}]}"
