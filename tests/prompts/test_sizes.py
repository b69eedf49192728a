"""The size of a result is known before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.prompts import sizes
from vaxctl.prompts.bounds import LARGEST_INTEGER_BITS, LARGEST_VALUE
from vaxctl.prompts.failure import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = LARGEST_VALUE
WIDEST = 2 ** (LARGEST_INTEGER_BITS // 2 - 1)


@pytest.mark.parametrize(
    ("fits", "refused", "says"),
    [
        (
            lambda: sizes.check_counts("center", (MOST,), {"b": True}),
            lambda: sizes.check_counts("center", (), {"width": -MOST - 1}),
            "center was asked for -262,145",
        ),
        (
            lambda: sizes.check_counts("center", ("x" * 9,), {}),
            lambda: sizes.check_counts("center", (10**30,), {}),
            "a number of over 64 bits",
        ),
        (lambda: sizes.check_length(MOST, "~"), lambda: sizes.check_length(MOST + 1, "~"), "at most 262,144"),
        (
            lambda: sizes.checked_text("x" * MOST, "join"),
            lambda: sizes.checked_text("x" * (MOST + 1), "join"),
            "join would make",
        ),
        (
            lambda: sizes.check_product("ab", MOST // 2),
            lambda: sizes.check_product(MOST, ["a", "b"]),
            "524,288 items",
        ),
        (
            lambda: sizes.check_product(WIDEST, WIDEST),
            lambda: sizes.check_product(WIDEST, WIDEST * 2),
            "over 4,096 bits",
        ),
        (lambda: sizes.check_power(2, 2048), lambda: sizes.check_power(2, 2049), "over 4,096 bits"),
        (
            lambda: sizes.check_replace("aaa", ("a", "b" * 1000)),
            lambda: sizes.check_replace("a" * 1000, ("a", "b" * 1000)),
            "replace would make",
        ),
        (
            lambda: sizes.check_format("**%s** %05.1f 100%", ("a", 1), sizes.PERCENT),
            lambda: sizes.check_format("%-*d", (5, 1), sizes.PERCENT),
            "a format with a width",
        ),
        (
            lambda: sizes.check_format("{:>99999}", ("a",), sizes.BRACES),
            lambda: sizes.check_format("{:>100000}", ("a",), sizes.BRACES),
            "a format with a width",
        ),
        (
            lambda: sizes.check_format("%(x)s", {"x": "a" * 1000}, sizes.PERCENT),
            lambda: sizes.check_format("%(x)s" * 999, {"x": ["a" * 1000]}, sizes.PERCENT),
            "a format would make",
        ),
    ],
)
def test_at_the_edge(fits: Callable[[], object], refused: Callable[[], object], says: str) -> None:
    """What just fits passes; one step more is refused in words."""
    fits()
    with pytest.raises(Refused) as caught:
        refused()
    assert caught.value.kind == "operation"
    assert says in caught.value.detail


@pytest.mark.parametrize("value", [1.5, None, object(), {"a": 1}])
def test_other_values_have_no_length(value: object) -> None:
    """Only texts and lists grow; the rest passes through unchanged."""
    assert sizes.length_of(value) == 0
    assert sizes.checked_text(value, "x") is value
    sizes.check_product(value, 10**9)
    sizes.check_power(value, 10**9)
    sizes.check_replace("text", (value,))
