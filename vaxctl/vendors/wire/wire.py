"""The wire: a request in, a response or a `VaxctlError` out. One retry policy over either transport."""

from __future__ import annotations

import random as random_numbers
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from vaxctl.errors import InvalidInput, OutcomeUnknown, VendorUnavailable
from vaxctl.vendors.wire.answer import concluded, vendor_message
from vaxctl.vendors.wire.retry import (
    TOO_MANY_REQUESTS,
    GiveUp,
    RetryPolicy,
    Setback,
    is_transient,
    retry_after_s,
)
from vaxctl.vendors.wire.secret import presentable
from vaxctl.vendors.wire.transport import NotSent, RawResponse, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from vaxctl.vendors.exchange import Request, Response
    from vaxctl.vendors.wire.endpoint import Endpoint
    from vaxctl.vendors.wire.pacing import Pacer
    from vaxctl.vendors.wire.transport import Transport

OnWait = Callable[[str, str, float, str], None]
"""Told (vendor, purpose, seconds, reason) before each wait for another attempt; it holds no key."""


def _unheard(_vendor: str, _purpose: str, _seconds: float, _reason: str) -> None:
    """Nobody listens to waits."""


class Wire:
    """Sends requests with patience. Thread-safe; a context manager that closes its transport.

    `endpoints` are for naming a key's variable and keeping the key out of messages. `now` is Unix seconds,
    for a `Retry-After` that is a date.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        endpoints: Mapping[str, Endpoint],
        pacer: Pacer,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random_numbers.random,
        on_wait: OnWait | None = None,
    ) -> None:
        self._transport = transport
        self._endpoints = endpoints
        self._pacer = pacer
        self._policy = policy or RetryPolicy()
        self._sleep = sleep
        self._now = now
        self._random = random
        self._on_wait = on_wait or _unheard

    def send(self, request: Request) -> Response:
        """Return the vendor's successful answer, after as many attempts as the policy allows.

        Raises:
            CredentialsRejected: the key was refused (401, 403).
            VendorRefused: another 4xx, a redirect, or a success that is no JSON.
            OutcomeUnknown: a write may have been executed, whether it must not be repeated or kept failing.
            VendorUnavailable: no answer, or only 408, 429 and 5xx, and nothing was changed.
            InvalidInput: the vendor has no endpoint here, or the request cannot be put on the wire.

        """
        endpoint = self._endpoint(request)
        attempt, may_be_done = 0, False
        while True:
            attempt += 1
            result = self._attempt(request, endpoint)
            if isinstance(result, RawResponse):
                return concluded(request, endpoint, result)
            may_be_done = may_be_done or not result.not_executed
            wait = self._policy.after(
                result, attempt=attempt, repeatable=request.repeatable, random=self._random
            )
            if isinstance(wait, GiveUp):
                raise _unavailable(request, result, wait, may_be_done=may_be_done)
            reason = f"{result.reason}, attempt {attempt} of {self._policy.attempts}"
            self._on_wait(request.vendor, request.purpose, wait, reason)
            self._sleep(wait)

    def close(self) -> None:
        """Close the transport's connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _endpoint(self, request: Request) -> Endpoint:
        endpoint = self._endpoints.get(request.vendor)
        if endpoint is None:
            raise InvalidInput(f"cannot {request.purpose}: no endpoint for {request.vendor} was opened")
        return endpoint

    def _attempt(self, request: Request, endpoint: Endpoint) -> RawResponse | Setback:
        """Send once, in the vendor's turn, and tell the pacer how it went."""
        slot = self._pacer.wait(request.vendor)
        try:
            raw = self._transport.send_once(request)
        except TransportError as error:
            return _silence(error, endpoint)
        if raw.status == TOO_MANY_REQUESTS:
            self._pacer.throttled(request.vendor, slot)
        if is_transient(raw.status):
            return Setback(
                f"HTTP {raw.status}",
                not_executed=raw.status == TOO_MANY_REQUESTS,
                retry_after_s=retry_after_s(raw.headers, self._now()),
                detail=vendor_message(endpoint, raw),
            )
        self._pacer.succeeded(request.vendor)
        return raw


def _silence(error: TransportError, endpoint: Endpoint) -> Setback:
    unsent = isinstance(error, NotSent)
    reason = "no connection" if unsent else "no answer"
    return Setback(reason, not_executed=unsent, detail=presentable(str(error), endpoint.key))


def _unavailable(
    request: Request, last: Setback, given_up: GiveUp, *, may_be_done: bool
) -> VendorUnavailable:
    detail = f" ({last.detail})" if last.detail else ""
    told = f"{request.vendor} could not {request.purpose}: {last.reason}{detail}; {given_up.why}"
    if given_up.must_not_repeat:
        return OutcomeUnknown(f"{told}; look it up before trying again")
    if request.writes and may_be_done:
        return OutcomeUnknown(f"{told}; the change may have been made", help="plan again to see")
    return VendorUnavailable(f"{told}; nothing was changed", help="try again later")
