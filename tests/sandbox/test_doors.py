"""The ways in: httpx.MockTransport in the process, and uvicorn on a loopback socket."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vaxctl.errors import InvalidInput
from vaxctl.sandbox.app import ConnectionDropped, asgi, httpx_handler
from vaxctl.sandbox.seed import VAPI_NOVA
from vaxctl.sandbox.serve import bind, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTH = {"authorization": "Bearer k"}
NOVA = f"vapi/assistant/{VAPI_NOVA}"


@pytest.fixture
def inside(call: Any) -> Iterator[httpx.Client]:
    """Make an httpx client over the in-process door."""
    transport = httpx.MockTransport(httpx_handler(call.sandbox))
    with httpx.Client(transport=transport, base_url="http://sandbox", headers=AUTH) as client:
        yield client


@pytest.fixture
def outside(open_client: Any) -> Iterator[httpx.Client]:
    """Make an httpx client of a served sandbox."""
    ready, ports = threading.Event(), []

    def started(port: int) -> None:
        ports.append(port)
        ready.set()

    with bind("127.0.0.1", 0) as bound:
        server = make_server(open_client().sandbox, bound.getsockname()[1], started)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        assert ready.wait(10)
        with httpx.Client(base_url=f"http://127.0.0.1:{ports[0]}", headers=AUTH, trust_env=False) as client:
            yield client
        server.should_exit = True
        thread.join()


def _tour(client: httpx.Client) -> None:
    made = client.post("vapi/assistant", json={"name": "é ☂"})
    assert made.status_code == 201
    assert made.headers["x-vaxctl-sandbox"] == "model"
    path = f"vapi/assistant/{made.json()['id']}"
    assert client.get(path).json()["name"] == "é ☂"
    assert len(client.get("vapi/assistant", params={"limit": 2}).json()) == 2
    limited = client.patch(path, json={}, headers={"x-vaxctl-fault": "429:3"})
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    assert (
        client.get("retell/v2/list-retell-llms", headers={"authorization": "Bearer wrong-key"}).status_code
        == 401
    )
    assert client.delete(path).status_code == 200
    assert client.delete("retell/delete-agent/x").status_code == 422
    assert "model" in client.get("/").json()["sandbox"]


def test_the_tour_in_process(inside: httpx.Client) -> None:
    """Methods, query, headers and text pass through the in-process door."""
    _tour(inside)


def test_drops_in_process(inside: httpx.Client) -> None:
    """Before is a ConnectError, after a ReadError, and after has committed."""
    for spec, error in (("drop-before", httpx.ConnectError), ("drop-after", httpx.ReadError)):
        with pytest.raises(error):
            inside.patch(NOVA, json={"name": spec}, headers={"x-vaxctl-fault": spec})
    assert inside.get(NOVA).json()["name"] == "drop-after"


def test_a_served_sandbox(outside: httpx.Client) -> None:
    """The same tour over a socket; slow is late; drops are broken connections; the server goes on."""
    _tour(outside)
    assert outside.get(NOVA, headers={"x-vaxctl-fault": "slow:20"}).elapsed.total_seconds() >= 0.02
    before = outside.get(NOVA).json()["name"]
    for spec, name in (("drop-before", before), ("drop-after", "drop-after")):
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):  # and no timeout
            outside.patch(NOVA, json={"name": spec}, headers={"x-vaxctl-fault": spec})
        assert outside.get(NOVA).json()["name"] == name
    big = "x" * 300_000
    assert outside.patch(NOVA, json={"metadata": {"big": big}}).json()["metadata"]["big"] == big
    assert outside.patch(NOVA, content=b" " * (17 * 1024 * 1024)).status_code == 413


def test_a_taken_port_is_invalid_input() -> None:
    """Who else listens there is told, not shown as a traceback."""
    with bind("127.0.0.1", 0) as bound, pytest.raises(InvalidInput, match="cannot listen"):
        bind("127.0.0.1", bound.getsockname()[1])


def test_another_asgi_server_cannot_drop_and_says_so(call: Any) -> None:
    """Without the extension of our server a drop is an error of the application, not a false answer."""
    headers = [(b"authorization", b"Bearer k"), (b"x-vaxctl-fault", b"drop-before")]
    scope = {"type": "http", "method": "GET", "path": f"/{NOVA}", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        raise AssertionError(json.dumps(str(message)))

    with pytest.raises(ConnectionDropped, match="cannot break"):
        asyncio.run(asgi(call.sandbox)(scope, receive, send))


def test_importing_the_room_loads_no_heavy_library() -> None:
    """sqlite3, httpx and uvicorn are loaded where they are used."""
    heavy = "[m for m in ('sqlite3', 'httpx', 'uvicorn') if m in sys.modules]"
    script = f"import sys, vaxctl.sandbox.serve, vaxctl.sandbox.show; print({heavy})"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=root
    )
    assert done.stdout.strip() == "[]"
