"""The default transport over a real socket: what arrives, and what each kind of failure is called."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vaxctl.errors import InvalidInput, OutcomeUnknown
from vaxctl.vendors.exchange import Request
from vaxctl.vendors.wire.connection import ConnectionSettings, failure, open_client
from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.httpx_transport import HttpxTransport
from vaxctl.vendors.wire.opening import open_wire
from vaxctl.vendors.wire.secret import Secret
from vaxctl.vendors.wire.transport import NotSent, SentButUnanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READ = Request("vapi", "GET", "/assistant/a1", "read the assistant")
WRITE = Request("vapi", "PATCH", "/assistant/a1", "update the assistant", json={"name": "Zoë", "n": 2})


@pytest.fixture
def transport(server: Any, planted: str) -> Iterator[HttpxTransport]:
    """Return a transport to the loopback server that waits 30 ms for an answer."""
    endpoints = {"vapi": Endpoint("vapi", server.url, Secret(planted))}
    made = HttpxTransport(endpoints, ConnectionSettings(read_s=0.03))
    yield made
    made.close()


def test_request_arrives_whole(transport: HttpxTransport, server: Any, planted: str) -> None:
    """Method, path, compact UTF-8 body, key and agent are on the wire, and the answer comes back."""
    answer = transport.send_once(WRITE)
    (received,) = server.received
    assert (received.method, received.target) == ("PATCH", "/assistant/a1")
    assert received.body == '{"name":"Zoë","n":2}'.encode()
    assert received.headers["authorization"] == f"Bearer {planted}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"].startswith("vaxctl/0")
    assert (answer.status, answer.body_bytes, answer.headers["content-type"]) == (
        200,
        b"{}",
        "application/json",
    )


def test_request_without_a_body_names_no_content_type(transport: HttpxTransport, server: Any) -> None:
    """A GET sends nothing but headers."""
    transport.send_once(READ)
    assert "content-type" not in server.received[0].headers
    assert server.received[0].body == b""


def test_connection_is_kept(transport: HttpxTransport, server: Any) -> None:
    """Three requests use one connection."""
    peers = set()

    def behave(handler: Any) -> None:
        peers.add(handler.client_address)
        handler.send_response(204)
        handler.end_headers()

    server.behave = behave
    for _ in range(3):
        transport.send_once(READ)
    assert len(peers) == 1


def test_threads_share_a_transport(server: Any, planted: str) -> None:
    """Each of eight threads gets its own answer from the four connections."""

    def behave(handler: Any) -> None:
        body = handler.path.encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    server.behave = behave
    transport = HttpxTransport({"vapi": Endpoint("vapi", server.url, Secret(planted))})
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        request = Request("vapi", "GET", f"/assistant/{number}", "read the assistant")
        answers[number] = transport.send_once(request).body_bytes

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    transport.close()
    assert answers == {number: f"/assistant/{number}".encode() for number in range(8)}


def test_redirect_is_not_followed(
    transport: HttpxTransport, server: Any, answering: Callable[..., None]
) -> None:
    """The key goes to the address the user gave, and to no other."""
    server.behave = lambda handler: answering(handler, 302, b"", Location=f"{server.url}/elsewhere")
    assert transport.send_once(READ).status == 302
    assert [received.target for received in server.received] == ["/assistant/a1"]


def test_refused_connection_was_not_sent(planted: str) -> None:
    """Nobody listens: surely not executed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    transport = HttpxTransport({"vapi": Endpoint("vapi", f"http://127.0.0.1:{port}", Secret(planted))})
    with pytest.raises(NotSent, match="ConnectError"):
        transport.send_once(WRITE)
    transport.close()


def test_dropped_connection_was_sent(transport: HttpxTransport, server: Any) -> None:
    """The request was read and then the line went dead: nobody knows."""
    server.behave = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    with pytest.raises(SentButUnanswered):
        transport.send_once(WRITE)
    assert len(server.received) == 1


def test_half_an_answer_is_no_answer(transport: HttpxTransport, server: Any) -> None:
    """A body cut short of its announced length is not taken for the body."""

    def behave(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"a":')
        handler.close_connection = True

    server.behave = behave
    with pytest.raises(SentButUnanswered, match="RemoteProtocolError"):
        transport.send_once(READ)


def test_slow_answer_was_sent(transport: HttpxTransport, server: Any) -> None:
    """After the read timeout the request may still be executed."""
    server.behave = lambda _handler: server.finish.wait(5)
    with pytest.raises(SentButUnanswered, match="ReadTimeout"):
        transport.send_once(WRITE)


def test_answers_through_the_whole_wire(server: Any, answering: Callable[..., None], planted: str) -> None:
    """A 503 that asks for no time, then success: two requests on the socket, one response, one wait told."""
    statuses = [503, 200]
    server.behave = lambda handler: answering(handler, statuses.pop(0), b'{"n": 2}', Retry_After="0.01")
    waits: list[tuple[str, str, float, str]] = []
    endpoints = {"vapi": Endpoint("vapi", server.url, Secret(planted))}
    with open_wire("httpx", endpoints, on_wait=lambda *told: waits.append(told)) as wire:
        wire._random = lambda: 0.0
        assert wire.send(READ).body == {"n": 2}
    assert [told[2:] for told in waits] == [(0.01, "HTTP 503, attempt 1 of 5")]
    assert len(server.received) == 2


def test_create_over_a_dropped_connection_arrives_once(server: Any, planted: str) -> None:
    """The whole wire leaves a doubtful create alone."""
    server.behave = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    create = Request("vapi", "POST", "/assistant", "create the assistant", json={}, repeatable=False)
    endpoints = {"vapi": Endpoint("vapi", server.url, Secret(planted))}
    with open_wire("httpx", endpoints) as wire, pytest.raises(OutcomeUnknown):
        wire.send(create)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectTimeout("", request=None), NotSent),
        (httpx.PoolTimeout(""), NotSent),
        (httpx.ProxyError("407"), NotSent),
        (httpx.UnsupportedProtocol(""), NotSent),
        (httpx.LocalProtocolError(""), NotSent),
        (httpx.WriteTimeout(""), SentButUnanswered),
        (httpx.ReadError(""), SentButUnanswered),
        (httpx.WriteError(""), SentButUnanswered),
        (httpx.DecodingError(""), SentButUnanswered),
    ],
)
def test_what_is_not_surely_unsent_may_have_been_executed(
    error: httpx.RequestError, kind: type[Exception]
) -> None:
    """Each httpx failure has its kind, and one without words is called by its name."""
    assert isinstance(failure(error), kind)
    assert str(failure(error)).startswith(type(error).__name__)


def test_environment_proxy_is_honoured_but_not_for_loopback(
    monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """A company's proxy stands before the vendor, never before this machine."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    settings = ConnectionSettings()
    with open_client(Endpoint("vapi", "https://api.vapi.ai", Secret(planted)), settings) as away:
        assert any(pattern.pattern == "https://" for pattern in away._mounts)
    with open_client(Endpoint("vapi", "http://127.0.0.1:1", Secret(planted)), settings) as here:
        assert not here._mounts


@pytest.mark.parametrize("proxy", ["ftp://me:pa55word@proxy.example", "socks5://me:pa55word@proxy.example"])
def test_unusable_proxy_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """A proxy httpx cannot speak to is the user's to mend."""
    if proxy.startswith("socks5"):
        monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", proxy)
    transport = HttpxTransport({"vapi": Endpoint("vapi", "https://api.vapi.ai", Secret(planted))})
    with pytest.raises(InvalidInput, match="proxy variable") as caught:
        transport.send_once(READ)
    assert "pa55word" not in str(caught.value)


def test_address_that_only_httpx_refuses_is_the_users_to_mend(planted: str) -> None:
    """A host no name service could hold is bad input, not a crash."""
    transport = HttpxTransport({"vapi": Endpoint("vapi", "https://xn--a.example", Secret(planted))})
    with pytest.raises(InvalidInput, match="VAXCTL_VAPI_BASE_URL"):
        transport.send_once(READ)
    transport.close()
