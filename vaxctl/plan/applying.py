"""Carrying a plan out: read again, write whole subtrees, read again, verify. Never two things at once on one agent."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vaxctl.errors import DriftNotAccepted, PlanIsStale, VaxctlError, VerificationFailed
from vaxctl.plan.change import Action, TargetPlan
from vaxctl.plan.planning import live_digest
from vaxctl.plan.verifying import verify
from vaxctl.vendors.exchange import run
from vaxctl.vendors.live import Live, Target

if TYPE_CHECKING:
    from vaxctl.plan.journal import Journal
    from vaxctl.vendors.exchange import Send
    from vaxctl.vendors.vendor import Vendor


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
    plan: TargetPlan, vendor: Vendor, send: Send, journal: Callable[[], Journal], accepted: Collection[str] = ()
) -> Applied:
    """Apply one target's plan. Errors are values here: one failing target does not stop the others.

    `accepted` holds the drift ids that may be overwritten. `journal` is opened at the first write only.
    """
    if not plan.changes:
        return Applied(plan, Outcome.IN_SYNC, plan.target)
    missing = [drift_id for drift_id in plan.drift_ids if drift_id not in accepted]
    if missing:
        return Applied(plan, Outcome.REFUSED, plan.target, error=_drift_refused(missing))
    sent = _Sent()
    try:
        _check_fresh(plan, vendor, run(vendor.read(plan.target), send))
        book = journal()
        book.before(plan)
        target, notes = _written(plan, vendor, sent.counting(book.watching(send)))
    except VaxctlError as error:
        outcome = Outcome.FAILED_MIDWAY if sent.writes else Outcome.FAILED
        return Applied(plan, outcome, plan.target, error=error)
    return Applied(plan, Outcome.APPLIED, target, notes)


@dataclass(slots=True)
class _Sent:
    """Counts the writes that an endpoint answered or may have taken."""

    writes: int = 0

    def counting(self, send: Send) -> Send:
        from vaxctl.vendors.exchange import Request, Response

        def counted(request: Request) -> Response:
            response = send(request)
            self.writes += request.writes
            return response

        return counted


def _drift_refused(drift_ids: list[str]) -> DriftNotAccepted:
    flags = " ".join(f"--overwrite {drift_id}" for drift_id in drift_ids)
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


def _written(plan: TargetPlan, vendor: Vendor, send: Send) -> tuple[Target, tuple[str, ...]]:
    target, notes = plan.target, []
    if any(resource.action in {Action.UPDATE, Action.CREATE} for resource in plan.resources):
        written = run(vendor.write(plan.live, plan.desired), send)
        target = written.target
        notes += written.notes
    live = run(vendor.read(target), send)
    notes += _verified(plan, vendor, live)
    first = next(iter(live.objects.values()))
    if plan.target.publish and first.published is False:
        notes += run(vendor.publish(live), send).notes
        live = run(vendor.read(target), send)
        notes += _verified(plan, vendor, live)
        if not next(iter(live.objects.values())).published:
            raise VerificationFailed(f"{vendor.name} took the publish request, but the version is still a draft")
    return target, tuple(dict.fromkeys(notes))


def _verified(plan: TargetPlan, vendor: Vendor, live: Live) -> list[str]:
    found = verify(vendor, plan.desired, live)
    if found.broken:
        listed = ", ".join(found.broken[:5]) + (f" and {len(found.broken) - 5} more" if len(found.broken) > 5 else "")  # noqa: PLR2004
        raise VerificationFailed(
            f"after the write {vendor.name} {live.target.id} is not what was written: {listed}",
            help="look at the agent in the dashboard, then plan again",
        )
    return [f"{vendor.name} filled in {path}" for path in found.filled_in]
