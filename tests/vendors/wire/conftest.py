"""A planted key, a clock that moves only when told, a scripted transport, and a real server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.pacing import Pacer
from vaxctl.vendors.wire.secret import Secret
from vaxctl.vendors.wire.wire import Wire

if TYPE_CHECKING:
    from vaxctl.vendors.exchange import Request
    from vaxctl.vendors.wire.transport import RawResponse

PLANTED = "key_5up3rs3cr3t0f0urs"


@dataclass
class FakeClock:
    """Time that passes by sleeping only."""

    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return the time now."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass, and remember how much."""
        self.slept.append(seconds)
        self.time += seconds


@dataclass
class ScriptedTransport:
    """Answers with the scripted outcomes in turn; the last one again and again."""

    outcomes: list[RawResponse | Exception]
    sent: list[Request] = field(default_factory=list)
    closed: bool = False

    def send_once(self, request: Request) -> RawResponse:
        """Return or raise the next outcome."""
        self.sent.append(request)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        """Remember being closed."""
        self.closed = True


@dataclass
class Bench:
    """A wire over a scripted transport, with everything it did to look at."""

    wire: Wire
    transport: ScriptedTransport
    clock: FakeClock
    pacer: Pacer
    waits: list[tuple[str, str, float, str]]


@pytest.fixture
def planted() -> str:
    """Return the key that must not appear anywhere."""
    return PLANTED


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that moves by sleeping only."""
    return FakeClock()


@pytest.fixture
def endpoints() -> dict[str, Endpoint]:
    """Return both vendors at their public addresses, with the planted key."""
    return {
        "retell": Endpoint("retell", "https://api.retellai.com", Secret(PLANTED)),
        "vapi": Endpoint("vapi", "https://api.vapi.ai", Secret(PLANTED)),
    }


@pytest.fixture
def bench(clock: FakeClock, endpoints: dict[str, Endpoint]) -> Callable[..., Bench]:
    """Return a maker of wires over scripted outcomes; the dice always show `dice`, pacing is by `gaps_s`."""

    def make(
        *outcomes: RawResponse | Exception, dice: float = 0.5, gaps_s: dict[str, float] | None = None
    ) -> Bench:
        waits: list[tuple[str, str, float, str]] = []
        transport = ScriptedTransport(list(outcomes))
        pacer = Pacer(gaps_s or {}, sleep=clock.sleep, monotonic=clock.monotonic)
        wire = Wire(
            transport,
            endpoints=endpoints,
            pacer=pacer,
            sleep=clock.sleep,
            now=lambda: 0.0,
            random=lambda: dice,
            on_wait=lambda *told: waits.append(told),
        )
        return Bench(wire, transport, clock, pacer, waits)

    return make


@dataclass
class Received:
    """One request as it arrived over the socket."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class LoopbackServer:
    """A vendor on 127.0.0.1. `behave` decides what it does with a request; `finish` frees a waiting one."""

    url: str
    received: list[Received] = field(default_factory=list)
    behave: Behaviour | None = None
    finish: threading.Event = field(default_factory=threading.Event)


def answer(handler: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"{}", **headers: str) -> None:
    """Send one JSON answer."""
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def answering() -> Callable[..., None]:
    """Return the function with which a behaviour answers."""
    return answer


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Serve on loopback for one test."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def record_and_behave(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.received.append(Received(self.command, self.path, headers, body))
            (state.behave or answer)(self)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = record_and_behave  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http_server.daemon_threads = True
    state = LoopbackServer(f"http://127.0.0.1:{http_server.server_port}")
    thread = threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    state.finish.set()
    http_server.shutdown()
    http_server.server_close()
    thread.join()
