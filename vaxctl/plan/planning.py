"""Desired, actual and baseline become a plan. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from vaxctl.errors import RefusedAsUnsafe
from vaxctl.plan.change import Action, Change, FieldChange, Plan, TargetFailure, TargetPlan, Verdict
from vaxctl.prompts.context import BLOCK_NAME
from vaxctl.vendors.canonical import digest, same
from vaxctl.vendors.compiled import InPrompt, Leaf, overlay, owned_value
from vaxctl.vendors.live import Desired, Live, Target
from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.stamp import Stamp, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vaxctl.vendors.compiled import Compiled
    from vaxctl.vendors.vendor import Vendor


def plan_target(compiled: Compiled, vendor: Vendor, live: Live) -> TargetPlan:
    """Compare one compiled profile with the live objects it goes to.

    Raises `PromptBlockBroken` (RefusedAsUnsafe) for a prompt whose block is torn or doubled.
    """
    routed, notes = _routed(compiled, vendor, live)
    trees = _trees(compiled, live, routed)
    # what people own of both sides, taken out once: it is most of a plan's cost
    theirs = _comparable(vendor, {kind: found.body for kind, found in live.objects.items()})
    ours = _comparable(vendor, trees)
    held = [_Held(leaf, theirs.get(leaf.kind, {}), ours[leaf.kind]) for leaf in routed if leaf.kind in ours]
    desired = Desired(trees, _stamp(compiled, held))
    changes = {
        kind: _field_changes(vendor, live.stamp, (one for one in held if one.leaf.kind == kind))
        for kind in trees
    }
    resources = tuple(_resource(vendor, live, kind, found) for kind, found in changes.items())
    writes = any(resource.action is not Action.NONE for resource in resources)
    left = _left_by_others(vendor, live, routed)
    resources = _with_publish(resources, live, publish=live.target.publish and not writes)
    return TargetPlan(
        compiled=compiled,
        target=live.target,
        live=live,
        desired=desired,
        resources=resources,
        after_apply=vendor.after_apply(live, changes=writes, publish=live.target.publish),
        live_digest=_live_digest(live, theirs),
        desired_digest=_desired_digest(compiled, live.target),
        notes=(*live.notes, *notes, *_other_owner(compiled, live), *_goes_live_note(live, left)),
        goes_live=tuple(left),
        publish_id=_consent_id("publish", vendor.name, str(live.target.id), left) if left else None,
    )


def _desired_digest(compiled: Compiled, target: Target) -> str:
    """Digest what the profile wants, whatever is live: its leaves, its publish policy, what a new object starts from."""
    leaves = [(leaf.kind, leaf.at, leaf.value) for leaf in compiled.leaves]
    return digest({"leaves": leaves, "publish": target.publish, "create": target.create, "name": target.name})


def _left_by_others(vendor: Vendor, live: Live, routed: tuple[Leaf, ...]) -> dict[str, Any]:
    """Return what would go live with a draft though this profile does not own it: top-level fields, hashed.

    Both sides get the owned leaves laid over, so that only what is not ours can differ.
    """
    first = next(iter(live.objects.values()), None)
    if first is None or not live.target.publish or first.published is not False or live.heard is None:
        return {}
    left: dict[str, Any] = {}
    for kind, found in live.objects.items():
        heard = live.heard[kind].body if kind in live.heard else {}
        owned = _leaves_of(kind, routed)
        draft = vendor.comparable(kind, overlay(found.body, owned))
        public = vendor.comparable(kind, overlay(heard, owned))
        for key in sorted(draft.keys() | public.keys()):
            one, other = draft.get(key, MISSING), public.get(key, MISSING)
            if not same(one, other):
                left[f"{kind} {key}"] = (_hashed(one), _hashed(other))
    return left


def _goes_live_note(live: Live, left: Mapping[str, Any]) -> Iterator[str]:
    if left and not live.heard:
        yield "no version of this agent was ever published: publishing makes all that stands in the draft live"
    elif left:
        yield f"publishing also makes live what vaxctl did not write into this draft: {', '.join(left)}"


def live_digest(vendor: Vendor, live: Live) -> str:
    """Return the digest of all that people own in the live objects, and of the versions they stand in.

    A change of it makes a plan stale: what callers would hear after apply may no longer be what the plan told.
    """
    return _live_digest(live, _comparable(vendor, {kind: found.body for kind, found in live.objects.items()}))


def _live_digest(live: Live, theirs: Mapping[str, Any]) -> str:
    versions = {kind: (found.id, found.version, found.published) for kind, found in live.objects.items()}
    return digest({"objects": theirs, "versions": versions})


def _comparable(vendor: Vendor, bodies: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {kind: vendor.comparable(kind, body) for kind, body in bodies.items()}


def plan_of(
    targets: Iterable[TargetPlan], failures: Iterable[TargetFailure], *, env: str | None, tool_version: str
) -> Plan:
    """Put the targets of one run together, with counts and the digest that binds a saved plan."""
    targets, failures = tuple(targets), tuple(failures)
    bound = [
        (
            t.target.vendor,
            t.target.id or t.target.name,
            t.live_digest,
            t.desired_digest,
            [(one.kind, one.action.value, one.verdict.value) for one in t.resources],
        )
        for t in targets
    ]
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


def _other_owner(compiled: Compiled, live: Live) -> Iterator[str]:
    """Say so when another profile was here last: two profiles on one agent undo each other."""
    loaded, stamp = compiled.loaded, live.stamp
    if stamp is None or loaded.profile is None or stamp.profile == loaded.profile.name:
        return
    yield f"the profile {stamp.profile!r} was applied here last; this one takes over what it names"


def _trees(compiled: Compiled, live: Live, leaves: tuple[Leaf, ...]) -> dict[str, dict[str, Any]]:
    """Return the live trees by kind, or what a new object starts from, with the owned leaves laid over."""
    bases = {kind: found.body for kind, found in live.objects.items()}
    bases = bases or {compiled.kinds[0]: dict(live.target.create or {})}
    return {kind: overlay(base, _leaves_of(kind, leaves)) for kind, base in bases.items()}


def _leaves_of(kind: str, leaves: Iterable[Leaf]) -> list[Leaf]:
    return [leaf for leaf in leaves if leaf.kind == kind]


class _Held:
    """What the live tree (`theirs`) and the desired one (`ours`) hold at an owned leaf; read once, used often.

    Both are read from whole trees: where leaves overlap (an override inside a plan that a key writes) the
    later one has its way in the tree, and asking each leaf what it wants would differ for ever.
    """

    __slots__ = ("after", "before", "leaf")

    def __init__(self, leaf: Leaf, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
        self.leaf = leaf
        self.before = owned_value(theirs, leaf)
        self.after = owned_value(ours, leaf)


def _stamp(compiled: Compiled, held: Iterable[_Held]) -> Stamp:
    loaded = compiled.loaded
    name = loaded.profile.name if loaded.profile else ""
    return stamp_of(name, loaded.env, ((one.leaf.kind, one.leaf.at, _hashed(one.after)) for one in held))


def _hashed(value: Any) -> Any:
    return None if value is MISSING else value


def _field_changes(vendor: Vendor, stamp: Stamp | None, held: Iterable[_Held]) -> tuple[FieldChange, ...]:
    """Return the owned leaves at which the live tree and the desired one differ."""
    found = []
    for one in held:
        leaf, before, after = one.leaf, one.before, one.after
        if not same(_hashed(before), _hashed(after)):
            verdict = _leaf_verdict(stamp, leaf, before, after)
            words = vendor.in_words(leaf.kind, leaf.at, before, after)
            block = BLOCK_NAME if isinstance(leaf.value, InPrompt) else None
            found.append(FieldChange(leaf.at, before, after, verdict, leaf.origin, words, block))
    return tuple(found)


def _leaf_verdict(stamp: Stamp | None, leaf: Leaf, before: Any, after: Any) -> Verdict:
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
    return _consent_id("drift", vendor, id_, seen)


def _consent_id(what: str, vendor: str, id_: str, seen: Any) -> str:
    return f"{what}-" + hashlib.sha256(f"{vendor}\0{id_}\0{digest(seen)}".encode()).hexdigest()[:8]


def _with_publish(resources: tuple[Change, ...], live: Live, *, publish: bool) -> tuple[Change, ...]:
    """Turn "nothing to write" into "publish" where a draft waits and the profile asks for publishing."""
    first = next(iter(live.objects.values()), None)
    if not publish or first is None or first.published is not False:
        return resources
    return tuple(
        Change(r.vendor, r.kind, r.id, r.verdict, Action.PUBLISH, r.changes, r.drift_id)
        if r.kind == first.kind
        else r
        for r in resources
    )


def one_owner(targets: Iterable[tuple[str, Target]]) -> None:
    """Check that no two profiles of a run go to the same agent. Raises RefusedAsUnsafe naming both files."""
    seen: dict[tuple[str, str | None], str] = {}
    for file, target in targets:
        key = (target.vendor, target.id or target.name)
        if key in seen and seen[key] != file:
            raise RefusedAsUnsafe(
                f"{seen[key]} and {file} both go to {target.vendor} {key[1]}", help="let one profile own it"
            )
        seen[key] = file
