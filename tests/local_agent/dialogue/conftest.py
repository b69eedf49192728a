"""A chat server on loopback, told what to answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.dialogue.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


def spoken(*pieces: str, end: str = "data: [DONE]\n\n") -> str:
    """Return a stream whose deltas are these pieces."""
    told = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in pieces]
    return "".join(f"data: {one}\n\n" for one in told) + end


@dataclass
class ChatServer:
    """What the server answers, and what it was asked."""

    stream: str = ""
    status: int = 200
    content_type: str = "text/event-stream"
    models: str = '{"data": [{"id": "tiny"}, {"id": "large"}]}'
    models_status: int = 200
    hold_open: bool = False
    """After the stream, wait until the client is gone; then `gone` is set."""
    gone: Event = field(default_factory=Event)
    asked: list[dict[str, Any]] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)
    endpoint: Endpoint = field(default_factory=lambda: Endpoint("http://127.0.0.1"))


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    """Serve on a free port of loopback until the test is over."""
    told = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(told.models_status, "application/json", told.models)

        def do_POST(self) -> None:
            told.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            told.authorization.append(self.headers["authorization"])
            self._answer(told.status, told.content_type, told.stream)
            if told.hold_open:
                self.wfile.flush()
                try:
                    left = self.connection.recv(1)
                except ConnectionError:
                    left = b""
                if left == b"":
                    told.gone.set()

        def _answer(self, status: int, content_type: str, body: str) -> None:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    told.endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "sk-very-secret", "tiny", 5.0)
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
