"""desired × actual × baseline → a plan. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vaxctl.errors import RefusedAsUnsafe
from vaxctl.plan.change import Action, Change, FieldChange, Plan, TargetFailure, TargetPlan, Verdict
from vaxctl.vendors.canonical import digest, same
from vaxctl.vendors.compiled import InPrompt, Leaf, desired_value, overlay, owned_value
from vaxctl.vendors.live import Desired, Live, Target
from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.stamp import Stamp, stamp_of

if TYPE_CHECKING:
    from vaxctl.vendors.compiled import Compiled
    from vaxctl.vendors.vendor import Vendor


def plan_target(compiled: Compiled, vendor: Vendor, live: Live) -> TargetPlan:
    """Compare one compiled profile with the live objects it goes to.

    Raises `PromptBlockBroken` (RefusedAsUnsafe) for a prompt whose block is torn or doubled.
    """
    routed, notes = _routed(compiled, vendor, live)
    desired = _desired(compiled, live, routed)
    changes = {kind: _field_changes(kind, routed, live, vendor) for kind in desired.trees}
    resources = tuple(_resource(vendor, live, kind, found) for kind, found in changes.items())
    writes = any(resource.action is not Action.NONE for resource in resources)
    resources = _with_publish(resources, live, publish=live.target.publish and not writes)
    return TargetPlan(
        compiled=compiled,
        target=live.target,
        live=live,
        desired=desired,
        resources=resources,
        after_apply=vendor.after_apply(live, changes=writes, publish=live.target.publish),
        live_digest=live_digest(vendor, live),
        desired_digest=digest({kind: vendor.comparable(kind, tree) for kind, tree in desired.trees.items()}),
        notes=(*live.notes, *notes),
    )


def live_digest(vendor: Vendor, live: Live) -> str:
    """Return the digest of all that people own in the live objects: a change of it makes a plan stale."""
    comparable = {kind: vendor.comparable(kind, found.body) for kind, found in live.objects.items()}
    published = {kind: found.published for kind, found in live.objects.items()}
    return digest({"objects": comparable, "published": published})


def plan_of(
    targets: Iterable[TargetPlan], failures: Iterable[TargetFailure], *, env: str | None, tool_version: str
) -> Plan:
    """Put the targets of one run together, with counts and the digest that binds a saved plan."""
    targets, failures = tuple(targets), tuple(failures)
    bound = [(t.target.vendor, t.target.id or t.target.name, t.live_digest, t.desired_digest) for t in targets]
    actions = [resource.action for target in targets for resource in target.resources]
    verdicts = [resource.verdict for target in targets for resource in target.resources]
    summary = {action.value: actions.count(action) for action in Action}
    summary["drifted"] = sum(verdict.needs_consent for verdict in verdicts)
    summary["failed"] = len(failures)
    plan_digest = digest({"targets": sorted(map(str, bound)), "env": env, "tool": tool_version})
    return Plan(targets, failures, env, plan_digest, tool_version, summary)


def _routed(compiled: Compiled, vendor: Vendor, live: Live) -> tuple[tuple[Leaf, ...], tuple[str, ...]]:
    if not live.objects:
        return compiled.leaves, ()
    routed, lost = [], []
    for leaf in compiled.leaves:
        placed = vendor.route(leaf, live)
        if placed is not None:
            routed.append(placed)
        elif not (isinstance(leaf.value, InPrompt) and leaf.value.block is None):
            lost.append(f"{leaf.origin} has no place here: the agent has no {leaf.kind}")
    return tuple(routed), tuple(lost)


def _desired(compiled: Compiled, live: Live, leaves: tuple[Leaf, ...]) -> Desired:
    kinds = live.objects or {compiled.kinds[0]: None}
    trees: dict[str, dict[str, Any]] = {}
    for kind, found in kinds.items():
        base = found.body if found else dict(live.target.create or {})
        trees[kind] = overlay(base, [leaf for leaf in leaves if leaf.kind == kind])
    return Desired(trees, _stamp(compiled, leaves))


def _stamp(compiled: Compiled, leaves: Iterable[Leaf]) -> Stamp:
    loaded = compiled.loaded
    name = loaded.profile.name if loaded.profile else ""
    return stamp_of(name, loaded.env, ((leaf.kind, leaf.at, _hashed(desired_value(leaf))) for leaf in leaves))


def _hashed(value: Any) -> Any:  # noqa: ANN401 - a JSON value or MISSING
    return None if value is MISSING else value


def _field_changes(kind: str, leaves: Iterable[Leaf], live: Live, vendor: Vendor) -> tuple[FieldChange, ...]:
    body = live.objects[kind].body if kind in live.objects else dict(live.target.create or {})
    found = []
    for leaf in leaves:
        if leaf.kind != kind:
            continue
        before, after = owned_value(body, leaf), desired_value(leaf)
        if not same(_hashed(before), _hashed(after)):
            verdict = _leaf_verdict(live.stamp, leaf, before, after)
            words = vendor.in_words(kind, leaf.at, before, after)
            found.append(FieldChange(leaf.at, before, after, verdict, leaf.origin, words))
    return tuple(found)


def _leaf_verdict(stamp: Stamp | None, leaf: Leaf, before: Any, after: Any) -> Verdict:  # noqa: ANN401
    """Tell who moved one leaf that differs: only the profile, only the dashboard, or both."""
    if stamp is None:
        return Verdict.UNMANAGED
    untouched = stamp.holds(leaf.kind, leaf.at, _hashed(before))
    if untouched is None or untouched:
        return Verdict.PROFILE_AHEAD
    return Verdict.DRIFTED if stamp.holds(leaf.kind, leaf.at, _hashed(after)) else Verdict.DIVERGED


def _resource(vendor: Vendor, live: Live, kind: str, changes: tuple[FieldChange, ...]) -> Change:
    found = live.objects.get(kind)
    if found is None:
        return Change(vendor.name, kind, None, Verdict.UNMANAGED, Action.CREATE, changes)
    verdict = _verdict(changes)
    action = Action.UPDATE if changes else Action.NONE
    drift_id = _drift_id(vendor.name, found.id, changes) if verdict.needs_consent else None
    return Change(vendor.name, kind, found.id, verdict, action, changes, drift_id)


def _verdict(changes: tuple[FieldChange, ...]) -> Verdict:
    seen = {change.verdict for change in changes}
    if not seen:
        return Verdict.IN_SYNC
    if Verdict.DIVERGED in seen or {Verdict.DRIFTED, Verdict.PROFILE_AHEAD} <= seen:
        return Verdict.DIVERGED
    return next(iter(seen))


def _drift_id(vendor: str, id_: str, changes: tuple[FieldChange, ...]) -> str:
    """Name exactly this drift: another edit in the dashboard gives another id, so consent cannot be stale."""
    seen = [(change.path, _hashed(change.before), _hashed(change.after)) for change in changes]
    return "drift-" + hashlib.sha256(f"{vendor}\0{id_}\0{digest(seen)}".encode()).hexdigest()[:8]


def _with_publish(resources: tuple[Change, ...], live: Live, *, publish: bool) -> tuple[Change, ...]:
    """Turn "nothing to write" into "publish" where a draft waits and the profile asks for publishing."""
    first = next(iter(live.objects.values()), None)
    if not publish or first is None or first.published is not False:
        return resources
    return tuple(
        Change(r.vendor, r.kind, r.id, r.verdict, Action.PUBLISH, r.changes, r.drift_id) if r.kind == first.kind else r
        for r in resources
    )


def one_owner(targets: Iterable[tuple[str, Target]]) -> None:
    """Check that no two profiles of a run go to the same agent. Raises RefusedAsUnsafe naming both files."""
    seen: dict[tuple[str, str | None], str] = {}
    for file, target in targets:
        key = (target.vendor, target.id or target.name)
        if key in seen and seen[key] != file:
            raise RefusedAsUnsafe(f"{seen[key]} and {file} both go to {target.vendor} {key[1]}", help="let one profile own it")
        seen[key] = file
