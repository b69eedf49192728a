"""The sandbox on a socket, by uvicorn. Only the loopback interface, unless a host is asked for."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput
from vaxctl.sandbox.app import DROP, asgi

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    import uvicorn

    from vaxctl.sandbox.app import Application, Receive, Scope, Send
    from vaxctl.sandbox.model import Sandbox

_KEEP_ALIVE_S = 75
_BACKLOG = 2048


def serve(
    sandbox: Sandbox,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    started: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, which is then raised as usual (KeyboardInterrupt).

    `started` is called with the bound port once requests are accepted; port 0 lets the system choose. Prints
    nothing. Raises InvalidInput where the address cannot be bound.
    """
    with bind(host, port) as bound:
        make_server(sandbox, bound.getsockname()[1], started).run(sockets=[bound])


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket. Raises InvalidInput where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise InvalidInput(
            f"cannot listen on {host} port {port}: {error}", help="choose another port; 0 takes a free one"
        ) from error


def make_server(sandbox: Sandbox, port: int, started: Callable[[int], None] | None) -> uvicorn.Server:
    """Make a server, not yet running: `run(sockets=[…])` it; setting `should_exit` stops it."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if started is not None:
                started(port)

    return Server(
        uvicorn.Config(
            asgi(sandbox),
            http=_protocol(),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
            backlog=_BACKLOG,
        )
    )


def _protocol() -> type[asyncio.Protocol]:
    """Take uvicorn's HTTP protocol, and let it tell the app how to break a connection."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    class Droppable(AutoHTTPProtocol):  # type: ignore[misc, valid-type] # chosen when uvicorn is imported
        def connection_made(self, transport: asyncio.Transport) -> None:
            # asyncio does so only where the socket was made with an explicit protocol number (as of 3.13). Without
            # it the body, sent after the headers, waits 40 ms for the client's delayed acknowledgement.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().connection_made(transport)
            self.app: Application = _with_drop(self.app, transport.abort)

    return Droppable


def _with_drop(app: Application, abort: Callable[[], None]) -> Application:
    extension: dict[str, Any] = {DROP: abort}

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**(scope.get("extensions") or {}), **extension}
        await app(scope, receive, send)

    return wrapped
