"""Reading an answer: JSON with number forms kept, or an exception in the vendor's words without the key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from vaxctl.errors import CredentialsRejected, VendorRefused
from vaxctl.vendors.exchange import Response
from vaxctl.vendors.wire.endpoint import base_url_variable
from vaxctl.vendors.wire.secret import presentable

if TYPE_CHECKING:
    from vaxctl.errors import VaxctlError
    from vaxctl.vendors.exchange import Request
    from vaxctl.vendors.wire.endpoint import Endpoint
    from vaxctl.vendors.wire.transport import RawResponse

_SUCCESS = range(200, 300)
_REDIRECT = range(300, 400)
_CREDENTIALS = {401, 403}


def concluded(request: Request, endpoint: Endpoint, raw: RawResponse) -> Response:
    """Return a success as `Response`.

    Raises:
        CredentialsRejected: 401 or 403.
        VendorRefused: any other status, or a success whose body is no JSON.

    """
    if raw.status not in _SUCCESS:
        raise _refusal(request, endpoint, raw)
    try:
        return Response(raw.status, _parsed(raw.body_bytes), raw.headers)
    except (ValueError, RecursionError):
        raise VendorRefused(
            f"{request.vendor} answered HTTP {raw.status} with {_content_type(endpoint, raw)} that is no "
            f"JSON when asked to {request.purpose}"
            + ("; the change may have been made" if request.writes else ""),
            status=raw.status,
            help=f"is a proxy or another service answering? see {base_url_variable(request.vendor)}",
        ) from None


def vendor_message(endpoint: Endpoint, raw: RawResponse) -> str:
    """Return the message of an error body, fit to show; empty when it has none that can be read.

    Retell: `{"status": "error", "message": …}`. Vapi: `{"message": … or […], "error": …, "statusCode": …}`.
    """
    try:
        body = _parsed(raw.body_bytes)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    said = body.get("message") or body.get("error")
    if isinstance(said, list):
        said = "; ".join(part for part in said if isinstance(part, str))
    return presentable(said, endpoint.key) if isinstance(said, str) else ""


def _refusal(request: Request, endpoint: Endpoint, raw: RawResponse) -> VaxctlError:
    said = vendor_message(endpoint, raw)
    says = f": {said}" if said else ""
    if raw.status in _CREDENTIALS:
        return CredentialsRejected(
            f"{request.vendor} refused the key in {endpoint.key_variable} (HTTP {raw.status}) when asked to "
            f"{request.purpose}{says}",
            help=f"check that {endpoint.key_variable} is a current key of the right account",
        )
    if raw.status in _REDIRECT:
        return VendorRefused(
            f"{request.vendor} answered HTTP {raw.status}, a redirect, when asked to {request.purpose}; "
            "it is not followed, as the key would go with it",
            status=raw.status,
            help=f"set {base_url_variable(request.vendor)} to the final address",
        )
    return VendorRefused(
        f"{request.vendor} refused to {request.purpose} (HTTP {raw.status}){says}", status=raw.status
    )


def _parsed(body: bytes) -> Any:
    """Return parsed JSON, None for no body. NaN and infinities, which are no JSON, raise ValueError."""
    return json.loads(body, parse_constant=_no_json) if body.strip() else None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _content_type(endpoint: Endpoint, raw: RawResponse) -> str:
    return presentable(raw.headers.get("content-type", ""), endpoint.key) or "a body of no named type"
