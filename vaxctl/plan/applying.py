"""Carrying a plan out: read again, write whole subtrees, read again, verify. Never two things at once on one agent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from vaxctl.errors import (
    DriftNotAccepted,
    InvalidInput,
    OutcomeUnknown,
    PlanIsStale,
    RefusedAsUnsafe,
    VaxctlError,
    VendorRefused,
    VerificationFailed,
)
from vaxctl.plan.change import Action, TargetPlan
from vaxctl.plan.planning import live_digest
from vaxctl.plan.verifying import verify
from vaxctl.vendors.exchange import run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from vaxctl.plan.journal import Journal
    from vaxctl.vendors.exchange import Request, Response, Send
    from vaxctl.vendors.live import Live, Target
    from vaxctl.vendors.vendor import Vendor


_NAMED = 5
"""Leaves named in a message; the rest are counted."""

_REFUSALS = 300
"""From this status on an answer says that nothing was done; below it, unreadable as it may be, that it was."""


class Outcome(StrEnum):
    """How one target ended. `failed_midway` means that writes were sent before it failed."""

    IN_SYNC = "in-sync"
    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"
    FAILED_MIDWAY = "failed-midway"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one target."""

    plan: TargetPlan
    outcome: Outcome
    target: Target
    notes: tuple[str, ...] = ()
    error: VaxctlError | None = None


def apply_target(
    plan: TargetPlan,
    vendor: Vendor,
    send: Send,
    journal: Callable[[], Journal],
    accepted: Collection[str] = (),
) -> Applied:
    """Apply one target's plan. Errors are values here: one failing target does not stop the others.

    `accepted` holds the ids of drift that may be overwritten, and of drafts of others that may be
    published. `journal` is opened at the first write only.
    """
    if not plan.changes:
        return Applied(plan, Outcome.IN_SYNC, plan.target)
    missing = [consent for consent in plan.consent_ids if consent not in accepted]
    if missing:
        return Applied(plan, Outcome.REFUSED, plan.target, error=_not_accepted(plan, missing))
    sent = _Sent()
    book: Journal | None = None
    try:
        fresh = run(vendor.read(plan.target), send)
        _check_fresh(plan, vendor, fresh)
        book = journal()
        book.before(plan)
        target, notes = _written(plan, fresh, vendor, book.watching(sent.counting(send)))
    except VaxctlError as error:
        outcome = Outcome.FAILED_MIDWAY if sent.writes else Outcome.FAILED
        result = Applied(plan, outcome, plan.target, error=error)
    else:
        result = Applied(plan, Outcome.APPLIED, target, notes)
    return _booked(book, result)


def _booked(book: Journal | None, result: Applied) -> Applied:
    """Write the target's outcome down. A full disk does not turn what was done into a failure."""
    if book is None:
        return result
    try:
        book.outcome(result.target, result.outcome.value)
    except InvalidInput as error:
        return replace(result, notes=(*result.notes, error.message))
    return result


@dataclass(slots=True)
class _Sent:
    """Counts the writes that an endpoint answered or may have taken."""

    writes: int = 0

    def counting(self, send: Send) -> Send:
        def counted(request: Request) -> Response:
            try:
                response = send(request)
            except OutcomeUnknown:
                self.writes += request.writes
                raise
            except VendorRefused as refused:
                self.writes += request.writes and refused.status < _REFUSALS
                raise
            self.writes += request.writes
            return response

        return counted


def _not_accepted(plan: TargetPlan, missing: list[str]) -> DriftNotAccepted | RefusedAsUnsafe:
    flags = " ".join(f"--overwrite {consent}" for consent in missing)
    if missing == [plan.publish_id]:
        return RefusedAsUnsafe(
            f"publishing would make live what vaxctl did not write: {_listed(plan.goes_live)}",
            help=f"look at the draft in the dashboard; to publish it all the same: {flags}",
        )
    return DriftNotAccepted(
        "somebody changed in the dashboard what this profile owns",
        help=f"take the change into the profile (vaxctl pull), or overwrite it: {flags}",
    )


def _check_fresh(plan: TargetPlan, vendor: Vendor, live: Live) -> None:
    if live_digest(vendor, live) != plan.live_digest:
        raise PlanIsStale(
            f"{plan.target.vendor} {plan.target.id or plan.target.name} was changed since the plan was made",
            help="plan again; nothing was written",
        )


def _written(plan: TargetPlan, fresh: Live, vendor: Vendor, send: Send) -> tuple[Target, tuple[str, ...]]:
    target = plan.target
    notes: list[str] = []
    if any(resource.action in {Action.UPDATE, Action.CREATE} for resource in plan.resources):
        written = run(vendor.write(fresh, plan.desired), send)
        target = written.target
        notes += written.notes
    live, seen = _verified(plan, vendor, target, send)
    notes += seen
    if plan.target.publish and _is_draft(live):
        notes += run(vendor.publish(live), send).notes
        live, seen = _verified(plan, vendor, target, send)
        notes += seen
        if _is_draft(live):
            raise VerificationFailed(
                f"{vendor.name} took the publish request, but the version is still a draft",
                help="plan again; only publishing is left to do",
            )
    return target, tuple(dict.fromkeys(notes))


def _is_draft(live: Live) -> bool:
    return next(iter(live.objects.values())).published is False


def _verified(plan: TargetPlan, vendor: Vendor, target: Target, send: Send) -> tuple[Live, list[str]]:
    """Read again and compare. Returns what was read, and notes on what the vendor added by itself."""
    try:
        live = run(vendor.read(target), send)
    except InvalidInput as gone:
        told = f"after the write {vendor.name} no longer knows {target.id or target.name}"
        raise VerificationFailed(told, help="look for it in the dashboard, then plan again") from gone
    routed = [vendor.route(leaf, plan.live) if plan.live.objects else leaf for leaf in plan.compiled.leaves]
    found = verify(vendor, plan.desired, live, [leaf for leaf in routed if leaf is not None])
    if found.broken or found.moved:
        parts = [f"is not what was written: {_listed(found.broken)}"] if found.broken else []
        if found.moved:
            parts.append(f"moved, though vaxctl did not change it: {_listed(found.moved)}")
        raise VerificationFailed(
            f"after the write {vendor.name} {target.id or target.name} " + "; and ".join(parts),
            help="look at the agent in the dashboard, then plan again",
        )
    return live, [f"{vendor.name} filled in {path}" for path in found.filled_in]


def _listed(paths: tuple[str, ...]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more} more" if more > 0 else "")
