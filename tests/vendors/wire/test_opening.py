"""Opening a wire costs nothing until it is used, and sets the pace by where it leads."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import httpx

from vaxctl.vendors.wire.opening import open_wire

if TYPE_CHECKING:
    from vaxctl.vendors.wire.endpoint import Endpoint


def test_opening_either_wire_imports_neither_httpx_nor_an_sdk() -> None:
    """Start-up stays cheap: the heavy packages wait for the first send."""
    program = (
        "import sys; from vaxctl.vendors.wire.opening import open_wire; "
        "from vaxctl.vendors.wire.endpoint import endpoint_from_environment as at; "
        "e = {'vapi': at('vapi', {'VAPI_API_KEY': 'k'})}; "
        "[open_wire(kind, e).close() for kind in ('httpx', 'sdk')]; "
        "print([name for name in ('httpx', 'retell', 'vapi', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_vendors_are_paced_and_the_embedded_sandbox_is_not(endpoints: dict[str, Endpoint]) -> None:
    """The gap is the vendor's own; in this process there is none."""
    with open_wire("httpx", endpoints) as away:
        assert away._pacer.gap_s("vapi") == 0.7
    with open_wire("httpx", endpoints, handler=lambda _: httpx.Response(200)) as embedded:
        assert embedded._pacer.gap_s("vapi") == 0.0


def test_concurrency_sizes_the_pool(endpoints: dict[str, Endpoint]) -> None:
    """Each sending thread finds a connection."""
    with open_wire("httpx", endpoints, concurrency=9) as wire:
        assert wire._transport._settings.concurrency == 9
