"""The ways into a sandbox: an httpx transport's handler in the same process, and a raw ASGI application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from vaxctl.sandbox.call import Answer
from vaxctl.sandbox.model import FAULT_HEADER, ConnectionDropped, Sandbox, reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    import httpx

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["DROP", "ConnectionDropped", "Sandbox", "asgi", "httpx_handler"]

DROP = "vaxctl.drop"
"""The ASGI extension of `vaxctl.sandbox.serve` that breaks the connection."""

_LARGEST_BODY = 16 * 1024 * 1024  # bytes
_FAULT_NAME = FAULT_HEADER.encode()


def httpx_handler(sandbox: Sandbox) -> Callable[[httpx.Request], httpx.Response]:
    """Make a handler for `httpx.MockTransport`; a dropped connection is the error a client sees."""
    import httpx

    def respond(request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, dict(request.url.params)
        try:
            status, headers, body = sandbox.handle(
                request.method, path, query, request.headers.multi_items(), request.read()
            )
        except ConnectionDropped as dropped:
            if str(dropped) == "before":
                raise httpx.ConnectError("connection refused by the sandbox", request=request) from dropped
            raise httpx.ReadError("connection dropped by the sandbox", request=request) from dropped
        return httpx.Response(status, headers=list(headers), content=body)

    return respond


def asgi(sandbox: Sandbox) -> Application:
    """Make an ASGI application. Handlers run in the event loop's thread: they are short."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"no {scope['type']} here")
        body = await _body(receive)
        if body is None:
            await _send(send, Answer(413))
            return
        key, faults = _of_interest(scope["headers"])
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        outcome = sandbox.answer(scope["method"], scope["path"], query, key, faults, body)
        if outcome.delay_ms:
            await asyncio.sleep(outcome.delay_ms / 1000)
        if outcome.dropped:
            await _drop(scope, receive)
            return
        await _send(send, outcome.answer)

    return application


def _of_interest(headers: list[tuple[bytes, bytes]]) -> tuple[str, tuple[str, ...]]:
    key, faults = "", []
    for name, value in headers:
        if name == b"authorization":
            key = value.decode("latin-1")
        elif name == _FAULT_NAME:
            faults.append(value.decode("latin-1"))
    return key, tuple(faults)


async def _body(receive: Receive) -> bytes | None:
    """Collect the whole body, or None where it is too large."""
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts = bytearray(message["body"])
    while message.get("more_body"):
        message = await receive()
        parts += message.get("body", b"")
        if len(parts) > _LARGEST_BODY:
            return None
    return bytes(parts)


async def _send(send: Send, answer: Answer) -> None:
    status, headers, body = reply(answer)
    raw = [(name.encode(), value.encode()) for name, value in headers]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _drop(scope: Scope, receive: Receive) -> None:
    extensions = scope.get("extensions") or {}
    if DROP not in extensions:
        raise ConnectionDropped("this server cannot break a connection; use vaxctl.sandbox.serve")
    extensions[DROP]()
    while (await receive())["type"] != "http.disconnect":
        pass
