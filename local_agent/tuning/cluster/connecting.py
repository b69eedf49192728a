"""A Dask cluster to work on, checked before anything is asked of it: it answers, and all of it computes alike."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local_agent.errors import ExtraMissing, LocalAgentError
from local_agent.tuning.listening.composing import made_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOCAL: Final = "local"
"""The address that stands for a cluster of this machine's own cores."""
TIMEOUT_S: Final = 30.0
"""How long a scheduler may take to answer, and a first worker to come."""
_INSTALL: Final = "install the same there: python -m pip install 'vaxctl[cluster]=={version}'"


class ClusterUnusable(LocalAgentError):
    """There is no such cluster, it is not fit for the work, or it was lost while it ran."""


@contextmanager
def connected(
    address: str = LOCAL, *, workers: int | None = None, timeout_s: float = TIMEOUT_S
) -> Iterator[Any]:
    """Yield a Dask client (distributed.Client) of a cluster that was checked.

    `address` is a scheduler's, `tcp://host:8786`, or `local` for worker processes of this machine, `workers` of
    them (default: one a core), of one thread each, which end with the block. Raises ExtraMissing without
    distributed, ClusterUnusable where nothing answers, no worker comes, or versions differ.
    """
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "a cluster needs distributed", help="python -m pip install 'vaxctl[cluster]'"
        ) from error
    if address == LOCAL:
        count = workers or os.cpu_count() or 1
        with (
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            check(client, timeout_s)
            yield client
        return
    try:
        client = Client(address, timeout=timeout_s)
    except (OSError, TimeoutError, ValueError) as problem:
        raise ClusterUnusable(
            f"no Dask scheduler answers at {address} within {timeout_s:g} s: {_one_line(problem)}",
            help="start one with `dask scheduler`, give its address (tcp://host:8786), or use `local`",
        ) from problem
    with client:
        check(client, timeout_s)
        yield client


def check(client: Any, timeout_s: float = TIMEOUT_S) -> None:
    """Wait for a first worker, and see that scheduler and workers have our code, and packages that compute alike.

    Raises ClusterUnusable that names whom to mend.
    """
    try:
        client.wait_for_workers(1, timeout=timeout_s)
    except TimeoutError as problem:
        raise ClusterUnusable(
            f"the scheduler has no workers, and none came within {timeout_s:g} s",
            help="start some on the machines that reach the audio: `dask worker ADDRESS --nthreads 1`",
        ) from problem
    ours = facts()
    for what in ("python", "distributed"):
        _same(f"{what} {{}}", _everywhere(client, what), ours[what])
    _same("another state of vaxctl's code ({})", _everywhere(client, "code"), ours["code"])
    of_workers = _on_workers(client, "made_with")
    _same("packages {}", of_workers, next(iter(of_workers.values())), whose="another worker")
    for address, packages in of_workers.items():
        missing = [one.split()[0] for one in packages if one.endswith(" -")]
        if missing:
            raise ClusterUnusable(
                f"{address} has no {', '.join(missing)}", help=_INSTALL.format(version=_version())
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
    said = _one_line(problem)
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


def _one_line(problem: BaseException) -> str:
    return " ".join(str(problem).split()) or type(problem).__name__
