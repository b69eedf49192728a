"""A cluster that cannot be used is told with what is there, where, and what to do; and whatever was opened is closed."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.tuning.cluster.connecting import check, connected, fact
from local_agent.tuning.cluster.greeting import _told, greet
from local_agent.tuning.cluster.unusable import ClusterUnusable
from local_agent.tuning.listening.composing import made_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.usefixtures("bounded"),
    pytest.mark.skipif(
        find_spec("distributed") is None, reason="needs the extra `cluster`: pip install 'vaxctl[cluster]'"
    ),
]

SOON_S = 0.3


def refused(address: str, timeout_s: float = SOON_S) -> pytest.ExceptionInfo[ClusterUnusable]:
    """Return why an address is refused."""
    with pytest.raises(ClusterUnusable) as told, connected(address, timeout_s=timeout_s):
        pass
    return told


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    """Yield a socket that listens on a port that the system chose, and never answers; and the port."""
    with socket.create_server(("127.0.0.1", 0)) as here:
        yield here, here.getsockname()[1]


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Yield the port of a server that answers each connection so."""
    with listening() as (here, port):

        def serve() -> None:
            while True:
                try:
                    there, _ = here.accept()
                except OSError:  # the end
                    return
                with there:
                    answer(there)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port
        finally:
            here.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


# -- addresses


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("somewhere", r"'somewhere' is no scheduler's address: missing port"),
        ("", r"'' is no scheduler's address: missing port"),
        ("foo://host:8786", r"is no scheduler's address: unknown address scheme 'foo'"),
        ("http://127.0.0.1:8786", r"is no scheduler's address: unknown address scheme 'http'"),
        ("tcp://127.0.0.1:99999", r"is no scheduler's address: there is no port 99999"),
        ("tcp://127.0.0.1:port", r"is no scheduler's address: invalid literal"),
        ("inproc://127.0.0.1/1/1", r"is no scheduler's address"),
    ],
)
def test_what_is_no_address(address: str, message: str) -> None:
    """It is told at once, with what an address looks like."""
    told = refused(address, timeout_s=60)
    told.match(message)
    assert "tcp://host:8786" in (told.value.help or "")


def test_nothing_listens_there() -> None:
    """A scheduler may be about to start, so it is waited for, as long as was said."""
    with listening() as (_, port):
        pass
    told = refused(f"tcp://127.0.0.1:{port}")
    told.match(
        rf"^no Dask scheduler answers at tcp://127\.0\.0\.1:{port} within 0\.3 s: nothing listens there"
    )
    assert "dask scheduler" in (told.value.help or "")


def test_a_host_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting mends a name."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    refused("tcp://nobody:1", timeout_s=60).match(r"at tcp://nobody:1: no host 'nobody' is known here")


def test_a_web_server_there() -> None:
    """The dashboard's port is the likely one to be taken for the scheduler's."""

    class Page(BaseHTTPRequestHandler):
        """Answers nothing but errors."""

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        told = refused(f"tcp://127.0.0.1:{server.server_port}", timeout_s=1)
        server.shutdown()
        thread.join()
    told.match("what listens there speaks HTTP")
    assert "dashboard" in (told.value.help or "")


def test_something_silent_there() -> None:
    """Dask's own client would wait for its first word for ever."""
    with listening() as (_, port):
        refused(f"tcp://127.0.0.1:{port}").match("something listens there that does not speak Dask")


def test_tls_there() -> None:
    """It is told from silence by what it answers to a greeting in TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # has no certificate: every greeting ends with an alert

    def answer(there: socket.socket) -> None:
        with suppress(OSError):
            context.wrap_socket(there, server_side=True)

    with answering(answer) as port:
        told = refused(f"tcp://127.0.0.1:{port}")
    told.match("what listens there speaks TLS")
    assert "tls://" in (told.value.help or "")


def test_tls_without_certificates() -> None:
    """Where Dask's configuration has none, that is what is missing."""
    told = refused("tls://127.0.0.1:9", timeout_s=60)
    told.match("TLS expects")
    assert "distributed.comm.tls" in (told.value.help or "")


@pytest.mark.parametrize(
    ("speaks", "secure", "said", "step"),
    [
        ("Dask", True, "speaks Dask without TLS", "tcp:// instead of tls://"),
        ("TLS", True, "TLS fails (bad certificate)", "certificates of one CA"),
        ("Dask", False, "a Dask server listens there (bad certificate)", "log"),
    ],
)
def test_what_speaks_otherwise(speaks: str, secure: bool, said: str, step: str) -> None:  # noqa: FBT001 - a case
    """Each has its own next step."""
    found = _told(speaks, "bad certificate", secure=secure)
    assert said in found.said
    assert step in found.help


def test_a_worker_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose worker it is stands in the help."""
    worker = {"type": "Worker", "scheduler": "tcp://10.0.0.1:8786"}
    monkeypatch.setattr("local_agent.tuning.cluster.greeting._identity", lambda *_: worker)
    with pytest.raises(ClusterUnusable, match=r"tcp://w:1 is a Dask worker, not the scheduler") as told:
        greet(None, "tcp://w:1", 1.0)
    assert told.value.help == "its scheduler is tcp://10.0.0.1:8786"


# -- who is there


def test_a_scheduler_without_workers() -> None:
    """After the time it had, whose scheduler has none, and the very command that starts one."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster:
        address = str(cluster.scheduler_address)
        told = refused(address, timeout_s=2)
    told.match(rf"^the scheduler at {address} has no workers, and none came within 2 s$")
    assert f"dask worker {address}" in (told.value.help or "")


class Elsewhere:
    """A client whose workers and scheduler tell what a test wants of them."""

    def __init__(self, **told: Any) -> None:
        self.told = told

    def nthreads(self) -> dict[str, int]:
        """Return two workers."""
        return {"tcp://a:1": 1, "tcp://b:2": 1}

    def run(self, _: object, name: str, on_error: str) -> dict[str, Any]:
        """Return two workers' fact."""
        assert on_error == "return"
        return {"tcp://a:1": fact(name), "tcp://b:2": self.told.get(name, fact(name))}

    def run_on_scheduler(self, _: object, name: str) -> Any:
        """Return the scheduler's fact."""
        found = self.told.get(f"scheduler_{name}", fact(name))
        if isinstance(found, Exception):
            raise found
        return found


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"python": "3.8"}, r"tcp://b:2 has python 3\.8, this machine 3\."),
        ({"distributed": "2021.1.0"}, r"tcp://b:2 has distributed 2021\.1\.0, this machine 20"),
        ({"code": "0123456789ab"}, r"tcp://b:2 has another state of vaxctl's code \(0123456789ab\)"),
        (
            {"made_with": ("numpy 1.0", *made_with()[1:])},
            r"tcp://b:2 has packages numpy 1\.0, another worker numpy",
        ),
        (
            {"python": Exception("ModuleNotFoundError(\"No module named 'local_agent'\")")},
            r"worker tcp://b:2 has no vaxctl that could do the work: ModuleNotFoundError",
        ),
        (
            {"scheduler_python": ModuleNotFoundError("No module named 'local_agent'")},
            "the scheduler has no vaxctl",
        ),
    ],
)
def test_machines_that_are_not_alike(told: dict[str, Any], message: str) -> None:
    """Whoever would compute something else is named, and what to install."""
    check(Elsewhere(), "tcp://s:1")
    with pytest.raises(ClusterUnusable, match=message) as refused:
        check(Elsewhere(**told), "tcp://s:1")
    assert "vaxctl[cluster]" in (refused.value.help or "")


def test_a_worker_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lacks is named."""
    lacking = (*made_with()[:1], "soxr -", *made_with()[2:])
    monkeypatch.setattr("local_agent.tuning.cluster.connecting.made_with", lambda: lacking)
    with pytest.raises(ClusterUnusable, match=r"tcp://a:1 has no soxr"):
        check(Elsewhere(), "tcp://s:1")


# -- closing


def threads() -> list[str]:
    """Return what runs in this process, but for the pools that Dask keeps for its next cluster."""
    return sorted(
        one.name
        for one in threading.enumerate()
        if not one.name.startswith(("Dask-", "TCP-Executor", "Dask-Callback", "AsyncProcess", "Profile"))
    )


def test_what_failed_leaves_nothing_open() -> None:
    """No thread and no descriptor: Dask's own client leaves its event loop where it fails, closed much later."""
    with listening() as (_, port):
        pass
    refused(f"tcp://127.0.0.1:{port}")  # the first opens what the process keeps
    before = (threads(), len(list(Path("/dev/fd").iterdir())))
    for _ in range(3):
        refused(f"tcp://127.0.0.1:{port}")
    assert (threads(), len(list(Path("/dev/fd").iterdir()))) == before


@pytest.mark.parametrize("how", [None, RuntimeError, KeyboardInterrupt])
def test_what_was_opened_is_closed(
    how: type[BaseException] | None,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Workers, event loop and files end with the block, however it ends, and nothing is said about it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = threads()
    raises = pytest.raises(how) if how is not None else None
    pids: list[int] = []

    def work() -> None:
        with connected("local", workers=1) as client:
            pids.extend(client.run(os.getpid).values())
            if how is not None:
                raise how

    if raises is None:
        work()
    else:
        with raises:
            work()
    assert len(pids) == 1
    assert _gone(pids[0])
    assert threads() == before
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def _gone(pid: int) -> bool:
    """Tell whether a process has ended, waited for as long as it takes."""
    for _ in range(1200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        sleep(0.05)
    return False
