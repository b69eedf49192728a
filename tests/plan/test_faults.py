"""Whatever goes wrong at whichever request: the outcome is told truthfully, and the next run converges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from plan_worlds import AGENT_ID, ASSISTANT_ID, Pages, Sands, applied, planned, read

from vaxctl.errors import CredentialsRejected, ExitCode, OutcomeUnknown, VaxctlError, VerificationFailed
from vaxctl.plan.applying import Outcome
from vaxctl.sandbox.app import httpx_handler
from vaxctl.sandbox.model import Sandbox
from vaxctl.sandbox.seed import seed
from vaxctl.vendors.retell.limits import SERVER_FIELDS
from vaxctl.vendors.vendor import vendor
from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.opening import open_wire
from vaxctl.vendors.wire.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vaxctl.plan.change import TargetPlan

TREE: dict[str, Any] = {
    "silence": {"reminder_after_ms": 12_000},
    "barge_in": {"enabled": True, "backoff_ms": 700},
    "context_preservation": {"enabled": True},
    "targets": {
        "retell": {"agent_id": AGENT_ID, "publish": "publish"},
        "vapi": {"assistant_id": ASSISTANT_ID},
    },
}
REQUESTS = {"retell": 12, "vapi": 4}
"""How many requests an undisturbed apply sends: read, write, read, publish, read."""
FAULTS = (
    "429",
    "429:0",
    "500-before",
    "500-after",
    "503",
    "drop-before",
    "drop-after",
    "lie",
    "side-effect",
    "edit",
)
OURS = {"retell": {"agent", "llm"}, "vapi": {"assistant"}}


@pytest.fixture
def open_sands() -> Iterator[Callable[[], Sands]]:
    """Open seeded sandboxes."""
    opened: list[Sandbox] = []

    def sands() -> Sands:
        opened.append(Sandbox(":memory:"))
        seed(opened[-1])
        return Sands(opened[-1])

    yield sands
    for sandbox in opened:
        sandbox.close()


def _not_ours(plan: TargetPlan, sands: Sands) -> dict[str, Any]:
    """Return what nobody may touch: the live objects without owned top-level keys and what `edit` changes."""
    owned = {(leaf.kind, str(leaf.path[0])) for leaf in plan.compiled.leaves}
    by_others = {"voice_speed", "volume", "begin_message", "endCallMessage", "voicemailMessage"}
    skip = by_others | {"metadata", "version_description", "response_engine", "updatedAt", "latestVersion"}
    return {
        kind: {
            key: value
            for key, value in found.body.items()
            if (kind, key) not in owned and key not in skip | SERVER_FIELDS.get(kind, frozenset())
        }
        for kind, found in read(plan.target.vendor, plan, sands.send).objects.items()
    }


def _converged(name: str, sands: Sands, *, lied: bool, foreign: bool = False) -> None:
    """Run until in sync: at most twice, as the one fault is over. What is `foreign` in a draft takes consent."""
    for _ in range(2):
        plan = planned(TREE, name, sands.send)
        # an engine's write that was answered and not kept cannot be told from an edit: that takes consent
        assert lied or not plan.drift_ids, "our own broken run must not look like somebody's drift"
        assert foreign or plan.publish_id is None, "our own broken run must not look like somebody's draft"
        applied(plan, sands.send, plan.consent_ids)
    assert not planned(TREE, name, sands.send).changes


def test_an_undisturbed_apply_sends_as_many_requests_as_the_matrix_covers(
    open_sands: Callable[[], Sands],
) -> None:
    """The matrix below strikes each of them."""
    for name, expected in REQUESTS.items():
        sands = open_sands()
        plan = planned(TREE, name, sands.send)
        sands.requests.clear()
        assert applied(plan, sands.send).outcome is Outcome.APPLIED
        assert len(sands.requests) == expected


@pytest.mark.parametrize(
    ("name", "fault", "at"),
    [(name, fault, at) for name, count in REQUESTS.items() for fault in FAULTS for at in range(count)],
)
def test_one_fault_at_one_request(name: str, fault: str, at: int, open_sands: Callable[[], Sands]) -> None:
    """Applied only if verified; failed without "midway" only if no write reached the vendor; then it converges."""
    sands = open_sands()
    plan = planned(TREE, name, sands.send)
    before = _not_ours(plan, sands)
    rows = _rows(sands)
    sands.requests.clear()
    sands.fault_at = {at: fault}
    book = Pages()
    result = applied(plan, sands.send, book=book)
    writes, sands.fault_at = len(sands.writes), {}
    if result.outcome is Outcome.APPLIED:
        assert not planned(TREE, name, sands.send).resources[0].changes
    else:
        assert result.error is not None
        assert result.outcome in {Outcome.FAILED, Outcome.FAILED_MIDWAY}
    if result.outcome is Outcome.FAILED and fault != "edit":
        assert _rows(sands) == rows, "something was written and not told"
    sending = [event for event in book.events if event["event"] == "sending"]
    assert len(sending) == writes
    assert _not_ours(plan, sands) == before
    _converged(name, sands, lied=fault == "lie", foreign=fault in {"side-effect", "edit"})
    assert _not_ours(plan, sands) == before


def _rows(sands: Sands) -> list[Any]:
    return [
        sands.call("GET", path)[1]
        for path in (
            f"/vapi/assistant/{ASSISTANT_ID}",
            f"/retell/get-agent/{AGENT_ID}",
            f"/retell/list-agent-versions/{AGENT_ID}",
        )
    ]


@pytest.mark.parametrize("fault", ["lie", "side-effect"])
def test_a_write_that_did_not_come_out_as_written_is_not_called_applied(
    fault: str, open_sands: Callable[[], Sands]
) -> None:
    """A 200 is not believed: owned and other leaves are read again, and the message names what is off."""
    sands = open_sands()
    plan = planned(TREE, "vapi", sands.send)
    sands.requests.clear()
    change = ':{"name": "Changed along"}' if fault == "side-effect" else ""
    sands.fault_at = {1: fault + change}
    result = applied(plan, sands.send)
    assert isinstance(result.error, VerificationFailed)
    assert result.error.exit_code is ExitCode.PARTLY_APPLIED
    assert ("assistant name" in result.error.message) is (fault == "side-effect")


def test_a_created_assistant_that_is_gone_is_a_failed_verification(open_sands: Callable[[], Sands]) -> None:
    """The vendor answered 201 and keeps nothing: not "your id is wrong"."""
    sands = open_sands()
    tree = {
        "barge_in": {"backoff_ms": 700},
        "targets": {"vapi": {"name": "fresh", "create": {"firstMessage": "Hello"}}},
    }
    plan = planned(tree, "vapi", sands.send)
    sands.requests.clear()
    sands.fault_at = {1: "lie"}
    result = applied(plan, sands.send)
    assert isinstance(result.error, VerificationFailed)
    assert "no longer knows" in result.error.message
    assert result.outcome is Outcome.FAILED_MIDWAY


class _Refusing(Sands):
    """A vendor that refuses the key for writes."""

    def send(self, request: Any) -> Any:
        if request.writes:
            raise CredentialsRejected("this key may only read")
        return super().send(request)


def test_a_refused_write_is_a_failure_without_traces(open_sands: Callable[[], Sands]) -> None:
    """A 4xx says that nothing was done: failed, not failed midway."""
    sands = _Refusing(open_sands().sandbox)
    result = applied(planned(TREE, "vapi", sands.send), sands.send)
    assert isinstance(result.error, CredentialsRejected)
    assert result.outcome is Outcome.FAILED


def _through_http(sandbox: Sandbox, *, name: str, faults: list[str]) -> tuple[Any, list[str]]:
    """Plan and apply through the real wire, with waits taken out; return the result and the waits' reasons."""
    faulty = Sandbox(":memory:", faults)
    sandbox.close()
    seed(faulty)
    endpoints = {name: Endpoint(name, f"http://localhost/{name}", Secret("k"))}
    waits: list[str] = []
    with open_wire(
        "httpx", endpoints, handler=httpx_handler(faulty), on_wait=lambda *told: waits.append(told[3])
    ) as wire:
        wire._sleep = lambda _: None
        try:
            result = applied(planned(TREE, name, wire.send), wire.send)
            again = planned(TREE, name, wire.send)
        except VaxctlError as error:
            return error, waits
        finally:
            faulty.close()
    assert result.outcome is not Outcome.APPLIED or not again.changes
    return result, waits


@pytest.mark.parametrize("name", ["retell", "vapi"])
@pytest.mark.parametrize(
    "fault", ["429:0@ANY*2", "503@GET*2", "500-after@PATCH*2", "drop-after@PATCH*1", "500-before@PATCH*4"]
)
def test_what_passes_is_waited_for_by_the_wire(
    name: str, fault: str, open_sands: Callable[[], Sands]
) -> None:
    """Through HTTP and the retry policy the same apply succeeds, and says that it waited."""
    result, waits = _through_http(open_sands().sandbox, name=name, faults=[fault])
    assert result.outcome is Outcome.APPLIED
    assert waits


def test_a_write_that_kept_failing_may_have_been_made_and_is_told_so(open_sands: Callable[[], Sands]) -> None:
    """Five times 500 on PATCH: nobody knows what stands there, so the run is failed midway, not untouched."""
    result, _ = _through_http(open_sands().sandbox, name="vapi", faults=["500-after@PATCH"])
    assert isinstance(result.error, OutcomeUnknown)
    assert result.outcome is Outcome.FAILED_MIDWAY
    assert "may have been made" in result.error.message


def test_the_journal_has_no_value_of_a_body(open_sands: Callable[[], Sands]) -> None:
    """Of a write only its place and its top-level keys are written down."""
    sands, book = open_sands(), Pages()
    applied(planned(TREE, "retell", sands.send), sands.send, book=book)
    for event in book.events:
        if event["event"] != "before":
            assert "value" not in json.dumps(event)
    assert vendor("retell").name in {event["vendor"] for event in book.events}
