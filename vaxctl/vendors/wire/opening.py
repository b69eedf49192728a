"""Putting a wire together: which transport, at which pace, watched by whom."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from vaxctl.vendors.wire.connection import ConnectionSettings
from vaxctl.vendors.wire.httpx_transport import HttpxTransport
from vaxctl.vendors.wire.pacing import Pacer, gaps_for
from vaxctl.vendors.wire.sdk_transport import SdkTransport
from vaxctl.vendors.wire.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.vendors.wire.connection import Handler
    from vaxctl.vendors.wire.endpoint import Endpoint
    from vaxctl.vendors.wire.transport import Transport
    from vaxctl.vendors.wire.wire import OnWait

WireKind = Literal["httpx", "sdk"]


def open_wire(
    kind: WireKind,
    endpoints: Mapping[str, Endpoint],
    *,
    handler: Handler | None = None,
    concurrency: int = 4,
    on_wait: OnWait | None = None,
) -> Wire:
    """Return a wire to the vendors in `endpoints`; nothing is connected or imported until the first send.

    `handler` answers in this process instead of a socket (the embedded sandbox) and turns pacing off.
    `concurrency` is how many threads will send at the same time.
    """
    settings = ConnectionSettings(concurrency=concurrency, handler=handler)
    transport: Transport = (SdkTransport if kind == "sdk" else HttpxTransport)(endpoints, settings)
    pacer = Pacer(
        gaps_for(endpoints, embedded=handler is not None), sleep=time.sleep, monotonic=time.monotonic
    )
    return Wire(transport, endpoints=endpoints, pacer=pacer, on_wait=on_wait)
