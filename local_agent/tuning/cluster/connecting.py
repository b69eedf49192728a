"""A Dask cluster to work on, checked before anything is asked of it: it answers, and all of it computes alike."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from local_agent.errors import ExtraMissing
from local_agent.tuning.cluster.greeting import greet, one_line
from local_agent.tuning.cluster.unusable import ClusterUnusable
from local_agent.tuning.listening.composing import made_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOCAL: Final = "local"
"""The address that stands for a cluster of this machine's own cores."""
TIMEOUT_S: Final = 30.0
"""How long a scheduler may take to answer, and a first worker to come."""
_START_S: Final = 5.0
"""How much longer for each worker process of this machine: they start at one time, on few cores."""
_BACK_S: Final = 300.0
"""How long a worker process that died may take to be back. After Dask's own 15 s, little on a busy machine, it is
given up, and whoever starts it again with it."""
_LOOK_S: Final = 0.1
_INSTALL: Final = "install the same there: python -m pip install 'vaxctl[cluster]=={version}'"


@contextmanager
def connected(
    address: str = LOCAL, *, workers: int | None = None, timeout_s: float = TIMEOUT_S
) -> Iterator[Any]:
    """Yield a Dask client (distributed.Client) of a cluster that was checked.

    `address` is a scheduler's, `tcp://host:8786`, or `local` for worker processes of this machine, `workers` of
    them (default: one a core), of one thread each, which end with the block. Raises ExtraMissing without
    distributed, ClusterUnusable where no scheduler answers, no worker comes, or versions differ.
    """
    try:
        from distributed import Client
        from distributed.utils import LoopRunner
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "a cluster needs distributed", help="python -m pip install 'vaxctl[cluster]'"
        ) from error
    # The event loop is ours, so that it ends with the block however that ends: a client that fails leaves its own.
    runner = LoopRunner()
    with _without_interrupts():
        runner.start()
    try:
        with ExitStack() as stack:
            security, count = None, workers or os.cpu_count() or 1
            if is_local := address == LOCAL:
                cluster = stack.enter_context(_local_cluster(count, runner.loop))
                # By address: a client of the cluster itself waits for its workers' start, and interrupted breaks it.
                address, security = cluster.scheduler_address, cluster.security
            else:
                greet(runner.loop, address, timeout_s)
            client = Client(address, timeout=timeout_s, loop=runner.loop, security=security)
            stack.enter_context(client)
            if is_local:
                _await_all(client, count)
            check(client, address, timeout_s)
            yield client
    finally:
        runner.stop()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep ctrl-C from the threads that begin in here, and from all processes that those start.

    A terminal sends it to workers of this machine, too. They would die of it with a traceback each, and their nannies
    start others; they are to end when we end them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # not on this system
        yield
        return
    resource_tracker.ensure_running()  # starting it later would take the mask off again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _local_cluster(count: int, loop: Any) -> Iterator[Any]:
    """Yield a cluster of so many worker processes of this machine, which are on their way; they end with the block."""
    import dask
    from distributed import LocalCluster
    from distributed.system import MEMORY_LIMIT

    with (
        TemporaryDirectory(prefix="vaxctl-", ignore_cleanup_errors=True) as scratch,
        dask.config.set(
            {
                "distributed.deploy.lost-worker-timeout": f"{_BACK_S:g}s",
                "temporary-directory": scratch,  # Dask leaves behind what workers had that were killed
            }
        ),
        LocalCluster(
            n_workers=0,  # they come inside the block: an interrupt while they start ends them, too
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            memory_limit=MEMORY_LIMIT // count,
            silence_logs=logging.CRITICAL,
            loop=loop,
        ) as cluster,
    ):
        cluster.scale(count)
        yield cluster


def _await_all(client: Any, count: int) -> None:
    """Wait for the worker processes of this machine. Raises ClusterUnusable where they do not all start."""
    limit_s = TIMEOUT_S + _START_S * count
    there = _came(client, count, limit_s)
    if there < count:
        raise ClusterUnusable(
            f"of {count} worker processes {there} started here within {limit_s:g} s",
            help="ask for fewer (--workers), or look at what this machine is busy with",
        )


def _came(client: Any, count: int, timeout_s: float) -> int:
    """Return how many workers there are as soon as there are `count`, or when the time is up.

    The scheduler is asked itself; Dask's own wait looks at a copy that the client has.
    """
    until = monotonic() + timeout_s
    while len(there := client.nthreads()) < count and monotonic() < until:
        sleep(_LOOK_S)
    return len(there)


def check(client: Any, address: str, timeout_s: float = TIMEOUT_S) -> None:
    """Wait for a first worker, and see that scheduler and workers have our code, and packages that compute alike.

    Raises ClusterUnusable that names whom to mend; `address` is the scheduler's.
    """
    if not _came(client, 1, timeout_s):
        raise ClusterUnusable(
            f"the scheduler at {address} has no workers, and none came within {timeout_s:g} s",
            help=f"start some on the machines that reach the audio: `dask worker {address} --nthreads 1`",
        )
    ours = facts()
    for what in ("python", "distributed"):
        _same(f"{what} {{}}", _everywhere(client, what), ours[what])
    _same("another state of vaxctl's code ({})", _everywhere(client, "code"), ours["code"])
    of_workers = _on_workers(client, "made_with")
    _same("packages {}", of_workers, next(iter(of_workers.values())), whose="another worker")
    for worker, packages in of_workers.items():
        missing = [one.split()[0] for one in packages if one.endswith(" -")]
        if missing:
            raise ClusterUnusable(
                f"{worker} has no {', '.join(missing)}", help=_INSTALL.format(version=_version())
            )


def fact(name: str) -> Any:
    """Return one of `facts` of the process that this runs in."""
    return facts()[name]


def facts() -> dict[str, Any]:
    """Return what tells whether two processes compute alike."""
    import distributed

    return {
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "distributed": distributed.__version__,
        "code": code_digest(),
        "made_with": made_with(),
    }


def code_digest() -> str:
    """Return the hash of this package's own code, so that two states of one version are told apart."""
    root = Path(__file__).parents[2]
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def _everywhere(client: Any, name: str) -> dict[str, Any]:
    told = _on_workers(client, name)
    try:
        told["the scheduler"] = client.run_on_scheduler(fact, name)
    except Exception as problem:  # whatever its import raised
        raise _no_code("the scheduler", problem) from problem
    return told


def _on_workers(client: Any, name: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = client.run(fact, name, on_error="return")
    except Exception as problem:  # as above: a worker that cannot even read what it is asked
        raise _no_code("a worker", problem) from problem
    for address, value in told.items():
        if isinstance(value, Exception):
            raise _no_code(f"worker {address}", value) from value
    return told


def _no_code(who: str, problem: BaseException) -> ClusterUnusable:
    said = one_line(problem)
    return ClusterUnusable(
        f"{who} has no vaxctl that could do the work: {said}", help=_INSTALL.format(version=_version())
    )


def _same(what: str, told: Mapping[str, Any], wanted: Any, *, whose: str = "this machine") -> None:
    for address, value in told.items():
        if value != wanted:
            here, there = _differing(wanted, value)
            raise ClusterUnusable(
                f"{address} has {what.format(there)}, {whose} {here}: the same numbers cannot be promised",
                help=_INSTALL.format(version=_version()),
            )


def _differing(wanted: Any, value: Any) -> tuple[str, str]:
    if isinstance(wanted, str):
        return wanted, str(value)
    apart = [(a, b) for a, b in zip(wanted, value, strict=True) if a != b]
    return ", ".join(a for a, _ in apart), ", ".join(b for _, b in apart)


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("vaxctl")
    except metadata.PackageNotFoundError:  # run from its folder
        return "the same"
