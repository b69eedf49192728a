"""The wire's patience: what is retried, how long it waits, and what it says when it gives up."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.errors import (
    CredentialsRejected,
    ExitCode,
    InvalidInput,
    OutcomeUnknown,
    VaxctlError,
    VendorRefused,
    VendorUnavailable,
)
from vaxctl.vendors.exchange import Request
from vaxctl.vendors.wire.transport import NotSent, RawResponse, SentButUnanswered

if TYPE_CHECKING:
    from collections.abc import Callable

READ = Request("retell", "GET", "/get-agent/a1", "read the agent")
WRITE = Request("retell", "PATCH", "/update-agent/a1", "update the agent", json={"a": 1})
CREATE = Request("retell", "POST", "/create-agent", "create the agent", json={"a": 1}, repeatable=False)
LIST = Request("retell", "POST", "/v2/list-calls", "list calls", json={})
OK = RawResponse(200, {}, b'{"ok": 1}')


def status(code: int, body: bytes = b"", **headers: str) -> RawResponse:
    """Return an answer with a status; header names take `_` for `-`."""
    return RawResponse(code, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def outcome(code: int | type[Exception]) -> RawResponse | Exception:
    """Return an answer with a status, or a silence."""
    return status(code) if isinstance(code, int) else code("ReadTimeout: timed out")


def test_success_needs_one_attempt(bench: Callable[..., Any]) -> None:
    """Nothing is waited for when nothing is wrong."""
    made = bench(OK)
    assert made.wire.send(READ).body == {"ok": 1}
    assert (made.transport.sent, made.clock.slept, made.waits) == ([READ], [], [])


@pytest.mark.parametrize("setback", [408, 429, 500, 502, 503, 504, NotSent, SentButUnanswered])
@pytest.mark.parametrize("request_", [READ, WRITE, LIST], ids=lambda request: request.purpose)
def test_passing_setbacks_of_repeatable_requests_are_retried(
    setback: int | type[Exception], request_: Request, bench: Callable[..., Any]
) -> None:
    """Two setbacks, then success: three attempts with jittered, doubling waits in between."""
    made = bench(outcome(setback), outcome(setback), OK)
    assert made.wire.send(request_).body == {"ok": 1}
    assert made.transport.sent == [request_] * 3
    assert made.clock.slept == [0.25, 0.5]


def test_each_wait_is_told(bench: Callable[..., Any]) -> None:
    """The command line can show what it waits for: vendor, purpose, seconds, reason."""
    made = bench(status(429), SentButUnanswered(""), NotSent(""), OK)
    made.wire.send(READ)
    assert made.waits == [
        ("retell", "read the agent", 0.25, "HTTP 429, attempt 1 of 5"),
        ("retell", "read the agent", 0.5, "no answer, attempt 2 of 5"),
        ("retell", "read the agent", 1.0, "no connection, attempt 3 of 5"),
    ]


@pytest.mark.parametrize(
    ("setback", "request_", "consequence"),
    [
        (503, READ, "nothing was changed"),
        (SentButUnanswered, READ, "nothing was changed"),
        (503, LIST, "nothing was changed"),
        (429, WRITE, "nothing was changed"),
        (NotSent, WRITE, "nothing was changed"),
        (500, WRITE, "the change may have been made"),
        (408, WRITE, "the change may have been made"),
        (SentButUnanswered, WRITE, "the change may have been made"),
        (429, CREATE, "nothing was changed"),
        (NotSent, CREATE, "nothing was changed"),
    ],
)
def test_after_the_fifth_attempt_it_says_what_was_and_was_not_done(
    setback: int | type[Exception], request_: Request, consequence: str, bench: Callable[..., Any]
) -> None:
    """Exit 9 with vendor, purpose, last status, attempts, and what may have happened."""
    made = bench(outcome(setback))
    with pytest.raises(VendorUnavailable) as caught:
        made.wire.send(request_)
    told = str(caught.value)
    assert told.startswith(f"retell could not {request_.purpose}: ")
    assert told.endswith(f"; gave up after 5 attempts; {consequence}")
    assert (f"HTTP {setback}" in told) is isinstance(setback, int)
    assert caught.value.exit_code is ExitCode.VENDOR_UNAVAILABLE
    assert isinstance(caught.value, OutcomeUnknown) is (consequence == "the change may have been made")
    assert len(made.transport.sent) == 5


def test_one_doubtful_attempt_among_clear_ones_is_remembered(bench: Callable[..., Any]) -> None:
    """A write that once went unanswered may have been made, though the last attempts found no connection."""
    made = bench(SentButUnanswered("gone"), NotSent("refused"))
    with pytest.raises(VendorUnavailable, match="the change may have been made"):
        made.wire.send(WRITE)


@pytest.mark.parametrize("setback", [408, 500, 503, SentButUnanswered])
def test_doubtful_create_is_sent_once_and_its_outcome_is_unknown(
    setback: int | type[Exception], bench: Callable[..., Any]
) -> None:
    """What must not be repeated is looked up first, by whoever asked for it."""
    made = bench(outcome(setback), OK)
    with pytest.raises(OutcomeUnknown, match="may have been executed; look it up before trying again"):
        made.wire.send(CREATE)
    assert made.transport.sent == [CREATE]


@pytest.mark.parametrize("setback", [429, NotSent])
def test_create_that_was_surely_not_executed_is_retried(
    setback: int | type[Exception], bench: Callable[..., Any]
) -> None:
    """A refused connection and a 429 did nothing."""
    made = bench(outcome(setback), OK)
    made.wire.send(CREATE)
    assert len(made.transport.sent) == 2


def test_create_that_became_doubtful_on_the_way_is_not_sent_again(bench: Callable[..., Any]) -> None:
    """The first attempt found no connection; the second one got a 500 and is the last."""
    made = bench(NotSent("refused"), status(500), OK)
    with pytest.raises(OutcomeUnknown):
        made.wire.send(CREATE)
    assert len(made.transport.sent) == 2


@pytest.mark.parametrize(
    ("asked", "slept"), [("7", 7.0), ("0", 0.25), ("60", 60.0), ("Thu, 01 Jan 1970 00:00:30 GMT", 30.0)]
)
def test_retry_after_is_honoured(asked: str, slept: float, bench: Callable[..., Any]) -> None:
    """Seconds or a date, as a minimum."""
    made = bench(status(503, retry_after=asked), OK)
    made.wire.send(READ)
    assert made.clock.slept == [slept]


def test_retry_after_of_an_hour_is_not_waited_for(bench: Callable[..., Any]) -> None:
    """It gives up at once and says why, with the vendor's message."""
    made = bench(status(429, b'{"message": "Account rate limited"}', retry_after="3600"), OK)
    with pytest.raises(VendorUnavailable, match=r"HTTP 429 \(Account rate limited\); .* asks to wait 3600 s"):
        made.wire.send(READ)
    assert (len(made.transport.sent), made.clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("code", "error"),
    [(400, VendorRefused), (404, VendorRefused), (301, VendorRefused), (401, CredentialsRejected)],
)
def test_a_no_is_not_asked_twice(code: int, error: type[VaxctlError], bench: Callable[..., Any]) -> None:
    """The vendor understood, and will say the same again."""
    made = bench(status(code), OK)
    with pytest.raises(error):
        made.wire.send(READ)
    assert len(made.transport.sent) == 1


def test_every_attempt_takes_a_slot_and_429_widens_the_gap(bench: Callable[..., Any]) -> None:
    """Retries are paced, too; a 500 says nothing about pace, a success narrows it again."""
    made = bench(status(429), status(500), OK, dice=0.0, gaps_s={"retell": 0.7})
    made.wire.send(READ)
    assert made.clock.slept == pytest.approx([0.0, 1.4, 0.0, 1.4])
    assert made.pacer.gap_s("retell") == pytest.approx(0.7 + 0.9 * 0.7)


def test_vendor_without_an_endpoint_is_refused(bench: Callable[..., Any]) -> None:
    """A request to a vendor nobody opened says which one."""
    with pytest.raises(InvalidInput, match="no endpoint for bland"):
        bench(OK).wire.send(Request("bland", "GET", "/x", "read the agent"))


def test_leaving_the_context_closes_the_transport(bench: Callable[..., Any]) -> None:
    """Connections are given back."""
    made = bench(OK)
    with made.wire as wire:
        wire.send(READ)
        assert not made.transport.closed
    assert made.transport.closed


@pytest.mark.parametrize("code", [200, 301, 400, 401, 403, 429, 500, NotSent, SentButUnanswered])
@pytest.mark.parametrize("request_", [READ, WRITE, CREATE], ids=lambda request: request.purpose)
def test_the_key_appears_nowhere(
    code: int | type[Exception], request_: Request, bench: Callable[..., Any], planted: str
) -> None:
    """A vendor, a proxy or the network may repeat the key: no message, help, repr or wait does."""
    echo = f'{{"message": "got Bearer {planted}"}}'.encode() if code != 200 else f"<b>{planted}".encode()
    made = bench(
        status(code, echo, content_type=planted) if isinstance(code, int) else code(f"sent {planted}")
    )
    with pytest.raises(VaxctlError) as caught:
        made.wire.send(request_)
    shown = f"{caught.value!r} {caught.value} {caught.value.help} {made.waits} {made.wire!r}"
    assert planted not in shown
    assert planted not in "".join(traceback.format_exception_only(caught.value))
