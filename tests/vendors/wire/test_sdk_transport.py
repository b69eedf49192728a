"""The witness: both official SDKs and httpx put the same request on the wire.

The SDKs are the extra `sdk`; without it these tests are skipped and say so.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vaxctl.errors import InvalidInput, OutcomeUnknown, VendorUnavailable
from vaxctl.vendors.exchange import Request
from vaxctl.vendors.wire.connection import ConnectionSettings
from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.httpx_transport import HttpxTransport
from vaxctl.vendors.wire.opening import open_wire
from vaxctl.vendors.wire.sdk_transport import SdkTransport
from vaxctl.vendors.wire.secret import Secret
from vaxctl.vendors.wire.transport import NotSent, SentButUnanswered

if TYPE_CHECKING:
    from collections.abc import Callable

VENDORS = ["retell", "vapi"]
BODY = {
    "int": 2,
    "float": 2.0,
    "small": 0.55,
    "big": 12345678901234567890,
    "null": None,
    "nested": {"null": None, "list": [1, 1.0, None, {"x": None}], "empty": {}, "none": []},
    "text": 'é "quoted" \u2028 🙂',
    "flag": False,
    "date_like": "2026-10-01T00:00:00.000Z",
    "extra_unknown_key": {"snake_case": 1, "camelCase": 2},
}
REQUESTS = {
    "get": ("GET", "/get/a1", (), None),
    "query": ("GET", "/list", (("limit", "10"), ("tag", "a b&c"), ("tag", "é+"), ("empty", "")), None),
    "patch": ("PATCH", "/update/a1", (), BODY),
    "patch-query": ("PATCH", "/update/a1", (("version", "0"),), {"a": None}),
    "post": ("POST", "/create", (), BODY),
    "post-empty": ("POST", "/create", (), {}),
    "post-none": ("POST", "/publish/a1", (), None),
    "post-list": ("POST", "/list", (), [None, 1, {"a": None}]),
    "put": ("PUT", "/put/a1", (), {"a": 1}),
    "delete": ("DELETE", "/delete/a1", (), None),
    "odd-id": ("GET", "/get/a%2Fb:c~d", (), None),
}


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    """Return each vendor whose SDK is installed."""
    pytest.importorskip(request.param, reason=f"the extra `sdk` is not installed: no {request.param} SDK")
    return str(request.param)


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("prefix", ["", "/behind/a/gateway"])
def test_both_wires_send_the_same(vendor: str, name: str, prefix: str, server: Any, planted: str) -> None:
    """Method, path, query, key, content type and the very bytes of the body are equal."""
    method, path, query, body = REQUESTS[name]
    request = Request(vendor, method, path, "witness", query=query, json=body)
    endpoints = {vendor: Endpoint(vendor, server.url + prefix, Secret(planted))}
    for transport in (HttpxTransport(endpoints), SdkTransport(endpoints)):
        transport.send_once(request)
        transport.close()
    plain, sdk = server.received
    assert (sdk.method, sdk.target, sdk.body) == (plain.method, plain.target, plain.body)
    assert plain.target.startswith(f"{prefix}{path}")
    for header in ("authorization", "content-type", "content-length", "user-agent", "accept"):
        assert sdk.headers.get(header) == plain.headers.get(header), header
    assert sdk.headers["authorization"] == f"Bearer {planted}"
    assert body is None or repr(json.loads(sdk.body)) == repr(body)


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 409, 429, 500])
def test_both_wires_bring_the_same_answer(
    vendor: str, status: int, server: Any, answering: Callable[..., None], planted: str
) -> None:
    """Any status comes back as an answer, after exactly one request."""
    body = b"" if status == 204 else b'{"message": "m", "n": 2, "f": 2.0}'
    server.behave = lambda handler: answering(handler, status, body, Location="/elsewhere", X_Mark="m")
    endpoints = {vendor: Endpoint(vendor, server.url, Secret(planted))}
    request = Request(vendor, "POST", "/create", "witness", json={"a": 1})
    answers = []
    for transport in (HttpxTransport(endpoints), SdkTransport(endpoints)):
        answers.append(transport.send_once(request))
        transport.close()
    plain, sdk = answers
    assert (sdk.status, sdk.body_bytes, sdk.headers["x-mark"]) == (plain.status, plain.body_bytes, "m")
    assert (plain.status, plain.body_bytes) == (status, body)
    assert len(server.received) == 2


def test_sdk_retries_nothing_by_itself(vendor: str, server: Any, planted: str) -> None:
    """A create over a dropped connection arrives once; its outcome is unknown."""
    server.behave = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    create = Request(vendor, "POST", "/create", "create the agent", json={}, repeatable=False)
    with (
        open_wire("sdk", {vendor: Endpoint(vendor, server.url, Secret(planted))}) as wire,
        pytest.raises(OutcomeUnknown),
    ):
        wire.send(create)
    assert len(server.received) == 1


def test_sdk_timeouts_and_refusals_are_told_apart(vendor: str, server: Any, planted: str) -> None:
    """A slow answer may have been executed, a closed port surely has not."""
    server.behave = lambda _handler: server.finish.wait(5)
    settings = ConnectionSettings(read_s=0.03)
    request = Request(vendor, "PATCH", "/update/a1", "witness", json={})
    slow = SdkTransport({vendor: Endpoint(vendor, server.url, Secret(planted))}, settings)
    with pytest.raises(SentButUnanswered, match="ReadTimeout"):
        slow.send_once(request)
    slow.close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    closed = SdkTransport({vendor: Endpoint(vendor, f"http://127.0.0.1:{port}", Secret(planted))})
    with pytest.raises(NotSent, match="ConnectError"):
        closed.send_once(request)
    closed.close()


def test_embedded_handler_answers_without_a_socket(vendor: str, planted: str) -> None:
    """The sandbox in this process serves the SDK wire, too, and times out as httpx would."""
    seen: list[httpx.Timeout] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json={"path": request.url.path})

    endpoints = {vendor: Endpoint(vendor, "http://localhost", Secret(planted))}
    for kind in ("httpx", "sdk"):
        with open_wire(kind, endpoints, handler=handler) as wire:
            for path in ("/get/a1", "/get/a2"):
                assert wire.send(Request(vendor, "GET", path, "read")).body == {"path": path}
    assert seen == [{"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 30.0}] * 4


def test_bug_behind_the_sdk_stays_a_bug(vendor: str, planted: str) -> None:
    """Neither wire takes a broken handler for a broken network."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise LookupError("a bug of the sandbox")

    endpoints = {vendor: Endpoint(vendor, "http://localhost", Secret(planted))}
    for kind in ("httpx", "sdk"):
        with open_wire(kind, endpoints, handler=handler) as wire, pytest.raises(LookupError, match="a bug"):
            wire.send(Request(vendor, "GET", "/get/a1", "read"))


def test_sdk_meets_no_body_that_is_no_json_and_no_strange_address(vendor: str, planted: str) -> None:
    """The same refusals as on the other wire."""
    transport = SdkTransport({vendor: Endpoint(vendor, "https://xn--a.example", Secret(planted))})
    with pytest.raises(InvalidInput, match="the body is no JSON"):
        transport.send_once(Request(vendor, "PATCH", "/a", "update", json={"x": float("nan")}))
    with pytest.raises(InvalidInput, match=f"VAXCTL_{vendor.upper()}_BASE_URL"):
        transport.send_once(Request(vendor, "GET", "/a", "read"))
    transport.close()


def test_key_stays_out_of_sdk_failures(
    vendor: str, server: Any, answering: Callable[..., None], planted: str
) -> None:
    """A 500 that repeats the key reaches the user without it."""
    body = json.dumps({"message": f"Bearer {planted}"}).encode()
    server.behave = lambda handler: answering(handler, 500, body, Retry_After="3600")
    with (
        open_wire("sdk", {vendor: Endpoint(vendor, server.url, Secret(planted))}) as wire,
        pytest.raises(VendorUnavailable, match=r"\[key\]") as caught,
    ):
        wire.send(Request(vendor, "GET", "/get/a1", "read"))
    assert planted not in repr(caught.value)


@pytest.mark.parametrize("absent", VENDORS)
def test_missing_sdk_says_how_to_get_it(absent: str, monkeypatch: pytest.MonkeyPatch, planted: str) -> None:
    """Without the extra the wire names the command that brings it."""
    monkeypatch.setitem(sys.modules, absent, None)
    transport = SdkTransport({absent: Endpoint(absent, "http://localhost", Secret(planted))})
    with pytest.raises(InvalidInput, match="not installed") as caught:
        transport.send_once(Request(absent, "GET", "/x", "read"))
    assert caught.value.help == "pip install 'vaxctl[sdk]'"
    transport.close()


def test_vendor_without_an_sdk_points_to_httpx(planted: str) -> None:
    """A vendor neither SDK knows is told, with the way out."""
    transport = SdkTransport({"bland": Endpoint("bland", "http://localhost", Secret(planted))})
    with pytest.raises(InvalidInput, match="no SDK wire to bland") as caught:
        transport.send_once(Request("bland", "GET", "/x", "read"))
    assert caught.value.help == "use --wire httpx"
    transport.close()
