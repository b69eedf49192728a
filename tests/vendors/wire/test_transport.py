"""Path, query and body as they go on the wire, whichever transport sends them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxctl.errors import InvalidInput
from vaxctl.vendors.exchange import Request
from vaxctl.vendors.wire.transport import encoded, target


def get(path: str, *query: tuple[str, str]) -> Request:
    """Return a GET."""
    return Request("vapi", "GET", path, "read the assistant", query=query)


def test_target_keeps_order_and_repeats_of_the_query() -> None:
    """A query is a list of pairs, quoted once."""
    request = get("/assistant", ("tag", "a b&c"), ("limit", "10"), ("tag", "é+"))
    assert target(request) == "/assistant?tag=a%20b%26c&limit=10&tag=%C3%A9%2B"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "assistant",
        "/",
        "//evil.example",
        "/a/../b",
        "/a/%2e%2E",
        "/a/.",
        "/a?x=1",
        "/a#b",
        "/a b",
        "/a\n",
        "/é",
        "/a\\b",
        "/" + "a" * 2000,
    ],
)
def test_path_that_leads_elsewhere_is_refused(path: str) -> None:
    """An id out of a profile cannot turn a request into another one."""
    with pytest.raises(InvalidInput, match="cannot read the assistant at vapi"):
        target(get(path))


def test_body_is_compact_utf8_json_with_number_forms_kept() -> None:
    """Ints stay ints, floats floats, null is null, and text is not escaped."""
    body = {"a": 2, "b": 2.0, "c": None, "d": "é", "e": []}
    request = Request("vapi", "PATCH", "/a", "update", json=body)
    assert encoded(request) == '{"a":2,"b":2.0,"c":null,"d":"é","e":[]}'.encode()
    assert encoded(get("/a")) == b""
    assert encoded(Request("vapi", "POST", "/a", "update", json={})) == b"{}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_body_that_json_cannot_say_is_refused(value: object) -> None:
    """NaN, infinities and half characters are told, not sent."""
    with pytest.raises(InvalidInput, match="the body is no JSON"):
        encoded(Request("vapi", "PATCH", "/a", "update", json={"x": value}))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ).filter(lambda body: body is not None)
)
def test_body_survives_the_way(body: Any) -> None:
    """What is parsed again is what was given, type by type."""
    assert repr(json.loads(encoded(Request("vapi", "PATCH", "/a", "update", json=body)))) == repr(body)
