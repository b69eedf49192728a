"""From options to a wire: the vendors with keys from the environment, or the sandbox in this process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from vaxctl.sandbox.model import Sandbox
    from vaxctl.vendors.wire.wire import Wire

SANDBOX_FILE = Path(".vaxctl") / "sandbox.db"
WIRES = ("httpx", "sdk")


@contextmanager
def connected(vendors: Iterable[str], *, sandbox: bool, wire: str, concurrency: int) -> Iterator[Wire]:
    """Open a wire to the vendors named. Raises CredentialsRejected when a key is missing."""
    from vaxctl.cli.console import waiting
    from vaxctl.vendors.wire.endpoint import endpoint_from_environment
    from vaxctl.vendors.wire.opening import open_wire

    if wire not in WIRES:
        raise InvalidInput(f"there is no wire {wire!r}", help=f"known: {', '.join(WIRES)}")
    names = sorted(set(vendors))
    if sandbox:
        with _embedded(names, wire, concurrency) as opened:
            yield opened
        return
    endpoints = {name: endpoint_from_environment(name, os.environ) for name in names}
    with open_wire(wire, endpoints, concurrency=concurrency, on_wait=waiting) as opened:  # type: ignore[arg-type]
        yield opened


@contextmanager
def _embedded(names: list[str], wire: str, concurrency: int) -> Iterator[Wire]:
    from vaxctl.cli.console import waiting
    from vaxctl.sandbox.app import httpx_handler
    from vaxctl.vendors.wire.endpoint import Endpoint
    from vaxctl.vendors.wire.opening import open_wire
    from vaxctl.vendors.wire.secret import Secret

    model = open_sandbox(SANDBOX_FILE)
    endpoints = {name: Endpoint(name, f"http://localhost/{name}", Secret("vaxctl-sandbox")) for name in names}
    try:
        with open_wire(
            wire,  # type: ignore[arg-type]
            endpoints,
            handler=httpx_handler(model),
            concurrency=concurrency,
            on_wait=waiting,
        ) as opened:
            yield opened
    finally:
        model.close()


def open_sandbox(path: Path, faults: tuple[str, ...] = (), versioning: str = "off") -> Sandbox:
    """Open the sandbox's database, made and seeded the first time."""
    from vaxctl.sandbox.model import Sandbox
    from vaxctl.sandbox.seed import seed

    path.parent.mkdir(parents=True, exist_ok=True)
    given = (*faults, *filter(None, os.environ.get("VAXCTL_SANDBOX_FAULT", "").split(";")))
    model = Sandbox(path, given, versioning)  # type: ignore[arg-type]
    seed(model)
    return model
