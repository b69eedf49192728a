"""Driving an exchange: answers go in, errors are raised where the request was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.errors import VendorRefused
from vaxctl.vendors.exchange import Request, Response, run

if TYPE_CHECKING:
    from vaxctl.vendors.exchange import Exchange

GET = Request("vapi", "GET", "/a", "read")


def _patient() -> Exchange[str]:
    try:
        answer = yield GET
    except VendorRefused as refused:
        answer = yield Request("vapi", "GET", f"/after-{refused.status}", "look")
    return f"got {answer.body}"


def test_answers_reach_the_exchange_and_its_result_comes_back() -> None:
    """The value of `return` is the result."""
    assert run(_patient(), lambda request: Response(200, request.path)) == "got /a"


def test_an_error_is_raised_at_the_request_that_met_it() -> None:
    """The exchange may answer for itself with another request."""

    def send(request: Request) -> Response:
        if request is GET:
            raise VendorRefused("no", status=404)
        return Response(200, request.path)

    assert run(_patient(), send) == "got /after-404"


def test_what_the_exchange_does_not_catch_comes_out() -> None:
    """The second error has nobody left to answer for it."""

    def send(request: Request) -> Response:
        raise VendorRefused(request.path, status=500)

    with pytest.raises(VendorRefused, match="/after-500"):
        run(_patient(), send)


def test_an_exchange_without_requests_sends_none() -> None:
    """A step that a vendor does not have."""

    def idle() -> Exchange[int]:
        yield from ()
        return 3

    assert run(idle(), lambda _: pytest.fail("nothing is to be sent")) == 3


@pytest.mark.parametrize(
    ("method", "purpose", "writes"),
    [
        ("GET", "read", False),
        ("PATCH", "update", True),
        ("POST", "list agents", False),
        ("POST", "look up", True),
    ],
)
def test_listing_by_post_is_no_write(method: str, purpose: str, writes: bool) -> None:  # noqa: FBT001
    """Retell lists by POST; the purpose tells."""
    assert Request("retell", method, "/x", purpose).writes is writes
