"""Many profiles at once: bounded concurrency, one failing target does not stop the others, order is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
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
    from vaxctl.vendors.live import Live, Target

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
    listed = _listed([target for _, target in wanted], send)

    def read_one(target: Target) -> Live | VaxctlError:
        try:
            return read_for_plan(target, send)
        except VaxctlError as error:
            return error

    rest = [target for _, target in wanted if (target.vendor, target.id) not in listed]
    answers = _in_parallel(read_one, rest, concurrency)
    results: list[TargetPlan | TargetFailure] = []
    # Threads wait for the vendors. Comparing is arithmetic: this one thread does it while answers are on their way.
    with closing(answers):
        for compiled, target in wanted:
            live = listed.get((target.vendor, target.id)) or next(answers)
            results.append(_planned(compiled, target, live))
            if progress is not None:
                progress(len(results), len(wanted))
    targets = [result for result in results if isinstance(result, TargetPlan)]
    failures = [result for result in results if isinstance(result, TargetFailure)]
    return plan_of(targets, failures, env=env, tool_version=tool_version)


def read_for_plan(target: Target, send: Send) -> Live:
    """Read a target and, where its draft is to be published, the published version before it."""
    flat = vendor(target.vendor)
    live = run(flat.read(target), send)
    return replace(live, heard=run(flat.heard(live), send)) if target.publish else live


def _planned(compiled: Compiled, target: Target, live: Live | VaxctlError) -> TargetPlan | TargetFailure:
    if isinstance(live, VaxctlError):
        return TargetFailure(compiled, target.vendor, live, target.id)
    try:
        return plan_target(compiled, vendor(target.vendor), live)
    except VaxctlError as error:
        return TargetFailure(compiled, target.vendor, error, target.id)


def _listed(targets: Sequence[Target], send: Send) -> dict[tuple[str, str | None], Live]:
    """Return what the vendors' lists tell of many targets at once, by vendor and id."""
    found: dict[tuple[str, str | None], Live] = {}
    for name in dict.fromkeys(target.vendor for target in targets):
        ours = [target for target in targets if target.vendor == name]
        try:
            lives = run(vendor(name).read_many(ours), send)
        except VaxctlError:
            continue  # a list is a short cut: each target is read by itself then, and says what is wrong
        found |= {(name, id_): live for id_, live in lives.items()}
    return found


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

    results: list[Applied] = []
    with closing(_in_parallel(apply_one, plan.targets, concurrency)) as applied:
        for result in applied:
            results.append(result)
            if progress is not None:
                progress(len(results), len(plan.targets))
    return results


def _in_parallel(work: Callable[[T], R], items: Sequence[T], concurrency: int) -> Generator[R, None, None]:
    """Yield the results in the order of the items; one alone needs no thread."""
    if len(items) < 2:  # noqa: PLR2004 - see above
        yield from map(work, items)
        return
    with ThreadPoolExecutor(max_workers=min(concurrency, len(items))) as pool:
        yield from pool.map(work, items)
