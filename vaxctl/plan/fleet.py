"""Many profiles at once: bounded concurrency, one failing target does not stop the others, order is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from vaxctl.errors import VaxctlError
from vaxctl.plan.applying import Applied, apply_target
from vaxctl.plan.change import Plan, TargetFailure, TargetPlan
from vaxctl.plan.planning import plan_of, plan_target
from vaxctl.vendors.exchange import run
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from vaxctl.plan.journal import Journal
    from vaxctl.vendors.compiled import Compiled
    from vaxctl.vendors.exchange import Send
    from vaxctl.vendors.live import Target

CONCURRENCY = 4
"""Requests under way at once; the safe figure that decK's users arrived at (Kong/kong-operator #3168)."""

T = TypeVar("T")
R = TypeVar("R")
Wanted = tuple["Compiled", "Target"]
Progress = Callable[[int, int], None]


def plan_fleet(
    wanted: Sequence[Wanted],
    send: Send,
    *,
    env: str | None,
    tool_version: str,
    concurrency: int = CONCURRENCY,
    progress: Progress | None = None,
) -> Plan:
    """Read every target and plan it. What fails is in the plan's failures, in the order of `wanted`."""

    def plan_one(one: Wanted) -> TargetPlan | TargetFailure:
        compiled, target = one
        flat = vendor(target.vendor)
        try:
            return plan_target(compiled, flat, run(flat.read(target), send))
        except VaxctlError as error:
            return TargetFailure(compiled, target.vendor, error)

    results = _in_parallel(plan_one, wanted, concurrency, progress)
    targets = [result for result in results if isinstance(result, TargetPlan)]
    failures = [result for result in results if isinstance(result, TargetFailure)]
    return plan_of(targets, failures, env=env, tool_version=tool_version)


def apply_fleet(
    plan: Plan,
    send: Send,
    journal: Callable[[], Journal],
    *,
    accepted: Collection[str] = (),
    concurrency: int = CONCURRENCY,
    progress: Progress | None = None,
) -> list[Applied]:
    """Apply every target of a plan; those with nothing to do are reported too."""

    def apply_one(target: TargetPlan) -> Applied:
        return apply_target(target, vendor(target.target.vendor), send, journal, accepted)

    return _in_parallel(apply_one, plan.targets, concurrency, progress)


def _in_parallel(
    work: Callable[[T], R], items: Sequence[T], concurrency: int, progress: Progress | None
) -> list[R]:
    if not items:
        return []
    if len(items) == 1:
        return [work(items[0])]
    results: list[R] = []
    with ThreadPoolExecutor(max_workers=min(concurrency, len(items))) as pool:
        for done, result in enumerate(pool.map(work, items), start=1):
            results.append(result)
            if progress is not None:
                progress(done, len(items))
    return results
