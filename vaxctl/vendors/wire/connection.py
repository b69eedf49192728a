"""The httpx client both wires stand on, and what its failures mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vaxctl import __version__
from vaxctl.errors import InvalidInput
from vaxctl.vendors.wire.endpoint import base_url_variable
from vaxctl.vendors.wire.transport import NotSent, SentButUnanswered, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from vaxctl.vendors.wire.endpoint import Endpoint

    Handler = Callable[[httpx.Request], httpx.Response]

USER_AGENT = f"vaxctl/{__version__}"


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """How connections behave. `handler` answers in this process, without a socket: the embedded sandbox."""

    connect_s: float = 5.0
    read_s: float = 30.0
    concurrency: int = 4
    handler: Handler | None = None


def open_client(endpoint: Endpoint, settings: ConnectionSettings) -> httpx.Client:
    """Return a thread-safe client for one vendor: pooled, bounded in time, following no redirect.

    A redirect would carry the key to an address nobody chose. Proxies of the environment are honoured as
    httpx does it, but never for loopback.

    Raises:
        InvalidInput: a proxy the environment names cannot be used; it is not shown, it may hold a password.

    """
    import httpx

    pool = settings.concurrency
    try:
        return httpx.Client(
            headers={"Accept": "application/json", "User-Agent": USER_AGENT},
            timeout=httpx.Timeout(settings.read_s, connect=settings.connect_s),
            limits=httpx.Limits(max_connections=pool, max_keepalive_connections=pool),
            follow_redirects=False,
            trust_env=settings.handler is None and not endpoint.is_loopback,
            transport=httpx.MockTransport(settings.handler) if settings.handler else None,
        )
    except (httpx.InvalidURL, ValueError, ImportError):
        raise InvalidInput(
            "a proxy variable of the environment cannot be used",
            help="check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (socks needs `pip install 'httpx[socks]'`)",
        ) from None


def unusable(endpoint: Endpoint) -> InvalidInput:
    """Return what to raise when httpx cannot read the address that passed our own check."""
    return InvalidInput(f"{base_url_variable(endpoint.vendor)} holds an address that cannot be used")


def failure(error: httpx.RequestError) -> TransportError:
    """Return which kind of silence an httpx error is; what is not surely unsent may have been executed."""
    import httpx

    unsent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
    )
    words = str(error)
    reason = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return NotSent(reason) if isinstance(error, unsent) else SentButUnanswered(reason)
