"""Who answers at a scheduler's address: asked before anything else, in bounded time, and told from whatever else may be there.

Dask's own client waits for ever where something else than Dask holds the port (its handshake has no time-out), and
leaves its event loop running where it fails; so the address is asked for its name first.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final

from local_agent.tuning.cluster.unusable import ClusterUnusable

_TRY_S: Final = 5.0
"""How long one try may take, so that what will never answer is found out early."""
_PROBE_S: Final = 2.0
"""How long a probe listens for what speaks there."""
_PAUSE_S: Final = 0.2
_ADDRESS: Final = "give the scheduler's address as it prints it (tcp://host:8786), or `local`"
_CERTIFICATES: Final = (
    "set ca-file, client.cert and client.key under distributed.comm.tls in Dask's configuration"
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is at an address: `said` for the user, `help` the next step, and whether waiting may mend it."""

    said: str
    help: str
    may_pass: bool = False


def greet(loop: Any, address: str, timeout_s: float) -> None:
    """Ask who is at an address, until a Dask scheduler says that it is one. `loop` is a running Dask LoopRunner's.

    A scheduler that is yet to start is waited for, `timeout_s` in all. Raises ClusterUnusable: what there is instead
    of one, where, and what to do.
    """
    host, port = _host_and_port(address)
    until = monotonic() + timeout_s
    while True:
        left_s = until - monotonic()
        try:
            who = _identity(loop, address, max(min(left_s, _TRY_S), 0.1))
        except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as problem:
            found = _found(address, host, port, problem)
            if not found.may_pass or monotonic() + _PAUSE_S >= until:
                waited = f" within {timeout_s:g} s" if found.may_pass else ""
                raise ClusterUnusable(
                    f"no Dask scheduler answers at {address}{waited}: {found.said}", help=found.help
                ) from problem
            sleep(_PAUSE_S)
            continue
        if who.get("type") != "Scheduler":
            theirs = who.get("scheduler")
            raise ClusterUnusable(
                f"{address} is a Dask {str(who.get('type')).lower()}, not the scheduler",
                help=f"its scheduler is {theirs}" if theirs else _ADDRESS,
            )
        return


def _host_and_port(address: str) -> tuple[str, int]:
    from distributed.comm import get_address_host_port

    try:
        host, port = get_address_host_port(address)
    except (ValueError, NotImplementedError) as problem:
        raise ClusterUnusable(
            f"{address!r} is no scheduler's address: {one_line(problem)}", help=_ADDRESS
        ) from problem
    if not 0 < port < 2**16:
        raise ClusterUnusable(
            f"{address!r} is no scheduler's address: there is no port {port}", help=_ADDRESS
        )
    return str(host), int(port)


def _identity(loop: Any, address: str, timeout_s: float) -> dict[str, Any]:
    """Return what the Dask server at an address says of itself. Raises OSError, TimeoutError, and TLS's own errors."""
    from distributed import Security, rpc
    from distributed.utils import sync

    async def ask() -> dict[str, Any]:
        # of the configuration, as the client itself has them
        arguments = Security().get_connection_args("client")
        async with rpc(address, timeout=timeout_s, connection_args=arguments) as there:
            told: dict[str, Any] = await there.identity()
            return told

    told: dict[str, Any] = sync(loop, ask, callback_timeout=timeout_s)
    return told


# -- what is there instead


def _found(address: str, host: str, port: int, problem: Exception) -> _Found:
    """Return what is at an address that did not answer as a scheduler."""
    secure = address.startswith(("tls://", "wss://"))
    if isinstance(problem, TypeError):  # no TLS context, or a way to connect that needs a package
        return _Found(one_line(problem), _CERTIFICATES if secure else _ADDRESS)
    try:
        speaks = _spoken(host, port)
    except socket.gaierror as unknown:
        said = f"no host {host!r} is known here ({unknown.strerror})"
        return _Found(said, _ADDRESS, may_pass=unknown.errno == socket.EAI_AGAIN)
    except ConnectionRefusedError:
        said = "nothing listens there (connection refused)"
        return _Found(
            said, "start one with `dask scheduler`, give its address, or use `local`", may_pass=True
        )
    except OSError as unreachable:
        said = f"it cannot be reached ({one_line(unreachable)})"
        return _Found(said, "check host, port and what stands between (a firewall, a VPN)", may_pass=True)
    return _told(speaks, one_line(problem), secure=secure)


def _told(speaks: str, problem: str, *, secure: bool) -> _Found:
    if speaks == "HTTP":
        said = "what listens there speaks HTTP"
        return _Found(said, "that may be the dashboard; a scheduler prints its own address, port 8786 mostly")
    if speaks == "TLS" and not secure:
        return _Found("what listens there speaks TLS", f"give tls:// instead of tcp://, and {_CERTIFICATES}")
    if speaks == "TLS":
        return _Found(f"TLS fails ({problem})", f"both sides need certificates of one CA: {_CERTIFICATES}")
    if speaks == "Dask" and secure:
        return _Found("what listens there speaks Dask without TLS", "give tcp:// instead of tls://")
    if speaks == "Dask":
        return _Found(f"a Dask server listens there ({problem})", "see what its log says", may_pass=True)
    said = "something listens there that does not speak Dask"
    return _Found(said, _ADDRESS, may_pass=True)


def _spoken(host: str, port: int) -> str:
    """Return what is spoken at a port: Dask (which speaks first), HTTP, TLS, or nothing that is known.

    Raises OSError where nothing can be connected to.
    """
    with socket.create_connection((host, port), timeout=_PROBE_S) as there:
        if b"compression" in _heard(there):
            return "Dask"
    with socket.create_connection((host, port), timeout=_PROBE_S) as there:
        there.sendall(b"GET / HTTP/1.0\r\n\r\n")
        if _heard(there).startswith(b"HTTP/"):
            return "HTTP"
    return "TLS" if _is_tls(host, port) else "nothing"


def _heard(there: socket.socket) -> bytes:
    """Return what comes first, nothing where nothing does."""
    try:
        return there.recv(512)
    except OSError:  # it waits for us, or has hung up
        return b""


def _is_tls(host: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is said to it
    try:
        with (
            socket.create_connection((host, port), timeout=_PROBE_S) as there,
            context.wrap_socket(there, server_hostname=host),
        ):
            return True
    except ssl.SSLError as problem:
        return "alert" in str(problem).lower()  # it answered, in TLS
    except OSError:
        return False


def one_line(problem: BaseException) -> str:
    """Return what an exception says, on one line; its kind where it says nothing."""
    return " ".join(str(problem).split()) or type(problem).__name__
