"""What a transport is: one request out, one raw answer or one of two kinds of silence back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote, urlencode

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.vendors.exchange import Request

LONGEST_PATH = 2000
"""Characters; vendor ids are under 100 (a longer one is a mistake in a profile, not a request)."""

_PATH = re.compile(r"(/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)+")


@dataclass(frozen=True, slots=True)
class RawResponse:
    """An answer as it came: any status, header names in lower case, the body decompressed but not parsed."""

    status: int
    headers: Mapping[str, str]
    body_bytes: bytes


class TransportError(Exception):
    """No answer came; `str()` is the reason, for people."""


class NotSent(TransportError):
    """The connection could not be made: the vendor has surely not executed the request."""


class SentButUnanswered(TransportError):
    """The request, or part of it, left and no whole answer came back: it may have been executed."""


class Transport(Protocol):
    """Sends one request once. Implementations are thread-safe and never retry."""

    def send_once(self, request: Request) -> RawResponse:
        """Return the answer, whatever its status.

        Raises:
            NotSent: no connection.
            SentButUnanswered: a timeout or a lost connection after sending began.
            InvalidInput: the request cannot be put on the wire.

        """
        ...

    def close(self) -> None:
        """Give the connections back. The transport is not used afterwards."""
        ...


def target(request: Request) -> str:
    """Return path and query as they go on the wire, the same for each transport.

    Raises:
        InvalidInput: an id put into the path would lead elsewhere (`..`, `?`, a space, …).

    """
    path = request.path
    leads_elsewhere = any(unquote(segment) in {".", ".."} for segment in path.split("/"))
    if leads_elsewhere or len(path) > LONGEST_PATH or not _PATH.fullmatch(path):
        raise InvalidInput(
            f"cannot {request.purpose} at {request.vendor}: {path[:100]!r} is no path of its API",
            help="check the id in the profile's target",
        )
    query = urlencode(request.query, quote_via=quote)
    return f"{request.path}?{query}" if query else request.path


def encoded(request: Request) -> bytes:
    """Return the body as compact UTF-8 JSON, numbers in the form they have; empty when there is none.

    Raises:
        InvalidInput: the body holds what JSON has no word for: NaN, an infinity, half a surrogate pair.

    """
    if request.json is None:
        return b""
    body: Any = request.json
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:
        raise InvalidInput(f"cannot {request.purpose} at {request.vendor}: the body is no JSON") from error
