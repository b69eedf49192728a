"""Reading answers: JSON as it was, refusals in the vendor's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vaxctl.errors import CredentialsRejected, ExitCode, VendorRefused
from vaxctl.vendors.exchange import Request
from vaxctl.vendors.wire.answer import concluded, vendor_message
from vaxctl.vendors.wire.transport import RawResponse

if TYPE_CHECKING:
    from vaxctl.vendors.wire.endpoint import Endpoint

READ = Request("vapi", "GET", "/assistant/a1", "read the assistant")
WRITE = Request("vapi", "PATCH", "/assistant/a1", "update the assistant", json={})


def raw(status: int, body: object = b"", content_type: str = "application/json") -> RawResponse:
    """Return an answer; a body that is not bytes is dumped as JSON."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RawResponse(status, {"content-type": content_type}, encoded)


def test_success_keeps_number_forms(endpoints: dict[str, Endpoint]) -> None:
    """Ints stay ints and floats stay floats, however they look."""
    response = concluded(READ, endpoints["vapi"], raw(200, b'{"a": 2, "b": 2.0, "c": 12345678901234567890}'))
    assert repr(response.body) == "{'a': 2, 'b': 2.0, 'c': 12345678901234567890}"
    assert (response.status, response.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_empty_success_is_none(body: bytes, endpoints: dict[str, Endpoint]) -> None:
    """An answer without a body is an answer."""
    assert concluded(WRITE, endpoints["vapi"], raw(204, body)).body is None


@pytest.mark.parametrize(
    "body", [b"<html>key</html>", b'{"a": NaN}', b"{", b"\xff\xfe\xfa", b"[" * 100_000, b"1" * 5000]
)
def test_success_that_is_no_json_is_told_without_its_body(
    body: bytes, endpoints: dict[str, Endpoint]
) -> None:
    """A proxy's page, NaN, half a document, binary and nesting bombs are named, not dumped."""
    with pytest.raises(VendorRefused, match=r"HTTP 200 with text/html that is no JSON") as caught:
        concluded(READ, endpoints["vapi"], raw(200, body, "text/html"))
    assert caught.value.status == 200
    assert "html>" not in str(caught.value)
    assert "may have been made" not in str(caught.value)


def test_unreadable_success_of_a_write_says_what_it_may_have_done(endpoints: dict[str, Endpoint]) -> None:
    """After a write nobody knows, and no content type is told as such."""
    with pytest.raises(VendorRefused, match=r"a body of no named type .* change may have been made"):
        concluded(WRITE, endpoints["vapi"], raw(200, b"oops", ""))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("vendor", ["retell", "vapi"])
def test_refused_key_names_variable_and_vendor(
    status: int, vendor: str, endpoints: dict[str, Endpoint], planted: str
) -> None:
    """Exit 8, the variable to look at, and never the key, though the vendor repeats it."""
    request = Request(vendor, "GET", "/x", "read the agent")
    answer = raw(status, {"message": f"Invalid key {planted}, sent as Bearer {planted[:12]}..."})
    with pytest.raises(
        CredentialsRejected, match=f"{vendor} refused the key in {vendor.upper()}_API_KEY"
    ) as caught:
        concluded(request, endpoints[vendor], answer)
    assert caught.value.exit_code is ExitCode.CREDENTIALS
    assert "Invalid key [key]" in str(caught.value)
    assert planted[:12] not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"status": "error", "message": "agent not found"}, "agent not found"),
        (
            {"message": ["a must be b", 3, "c too"], "error": "Bad Request", "statusCode": 400},
            "a must be b; c too",
        ),
        ({"error": "Bad Request", "statusCode": 400}, "Bad Request"),
        ({"message": {"deep": 1}}, ""),
        ({"message": "x" * 900}, "x" * 499 + "…"),
        ({"message": "two\r\nlines\x1b[31m"}, "two lines[31m"),
        ({}, ""),
        (["no", "object"], ""),
        (b"<html>", ""),
        (b"[" * 100_000, ""),
        (b"", ""),
    ],
)
def test_vendor_message_is_found_and_made_presentable(
    body: object, said: str, endpoints: dict[str, Endpoint]
) -> None:
    """Retell's and Vapi's error bodies are read; anything else gives no message rather than a dump."""
    assert vendor_message(endpoints["vapi"], raw(400, body)) == said


@pytest.mark.parametrize("status", [400, 402, 404, 409, 422])
def test_other_refusals_carry_status_and_message(status: int, endpoints: dict[str, Endpoint]) -> None:
    """A flat decides by the status; a person reads the vendor's own message."""
    with pytest.raises(
        VendorRefused, match=rf"vapi refused to read the assistant \(HTTP {status}\): no$"
    ) as caught:
        concluded(READ, endpoints["vapi"], raw(status, {"message": "no"}))
    assert caught.value.status == status


def test_refusal_without_a_message_ends_after_the_status(endpoints: dict[str, Endpoint]) -> None:
    """No message leaves no dangling colon."""
    with pytest.raises(VendorRefused, match=r"\(HTTP 404\)$"):
        concluded(READ, endpoints["vapi"], raw(404, b"<html>"))


def test_redirect_is_explained(endpoints: dict[str, Endpoint]) -> None:
    """The user learns which variable to change."""
    with pytest.raises(VendorRefused, match="HTTP 307, a redirect") as caught:
        concluded(READ, endpoints["vapi"], raw(307))
    assert caught.value.help == "set VAXCTL_VAPI_BASE_URL to the final address"
