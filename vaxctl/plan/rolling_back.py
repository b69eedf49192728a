"""Undoing a run: what its journal says stood at each leaf is planned against what is live now. Pure but for the reading.

It is a plan like any other: drift, staleness, verification and the journal apply to it. What cannot be undone is said:
secrets (their values were never written down) and assistants that the run made (nothing is ever deleted).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput, PlanIsStale, RefusedAsUnsafe
from vaxctl.plan.change import Verdict
from vaxctl.plan.journal import FOLDER
from vaxctl.plan.planning import plan_target
from vaxctl.profile.layers import Layers
from vaxctl.profile.load import LoadedProfile
from vaxctl.prompts.block import ManagedBlock
from vaxctl.vendors.canonical import same
from vaxctl.vendors.compiled import Absent, Compiled, InPrompt, Leaf, desired_value, owned_value
from vaxctl.vendors.live import Target
from vaxctl.vendors.paths import MISSING, Where, parse
from vaxctl.vendors.stamp import Stamp
from vaxctl.vendors.vendor import vendor as flat_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaxctl.plan.change import Change, TargetPlan
    from vaxctl.vendors.live import Live
    from vaxctl.vendors.vendor import Vendor

_CLEARS_ANY_KEY = frozenset({"vapi"})
"""Where a null at the top clears its key whatever the document says of it (VapiAI/gitops, 2026-06-08)."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What one run wrote to one target: leaves as they were before, as they were left, and what stays."""

    target: Target
    compiled: Compiled
    left: Mapping[tuple[str, str], Leaf]
    notes: tuple[str, ...] = ()


def find_journal(root: Path, run: str) -> Path:
    """Return the journal called `run`: a path, or its name below `root`. Raises InvalidInput."""
    folder = root / FOLDER
    for path in (Path(run), folder / run, folder / f"{run}.jsonl"):
        if path.is_file():
            return path
    known = sorted(path.stem for path in folder.glob("*.jsonl"))
    advice = f"the last ones: {', '.join(known[-3:])}" if known else "nothing was applied from this folder"
    raise InvalidInput(f"there is no run {run}", help=advice)


def undo_of(path: Path) -> list[Undo]:
    """Read a journal. Raises InvalidInput for a file that is none; a torn last line of a killed run is passed over."""
    befores: dict[tuple[str, str], list[dict[str, Any]]] = {}
    made: list[Undo] = []
    for event in _events(path):
        if event.get("event") != "before":
            continue
        if event["target"] is None:
            note = f"the {event['kind']} that this run made is not deleted; delete it at {event['vendor']}"
            made.append(_undo(path, event["vendor"], None, [], note))
        else:
            befores.setdefault((event["vendor"], event["target"]), []).append(event)
    return [_undo(path, vendor, id_, events) for (vendor, id_), events in befores.items()] + made


def plan_undo(undo: Undo, live: Live) -> TargetPlan:
    """Plan the way back. Raises PlanIsStale where something else stands now than the run left there."""
    vendor = flat_of(undo.target.vendor)
    moved = [path for kind, path in _moved(undo, vendor, live)]
    if moved:
        told = f"{undo.target.vendor} {undo.target.id} was changed after that run: {', '.join(moved)}"
        raise PlanIsStale(told, help="roll back the later run first, or change the profile and apply it")
    plan = plan_target(undo.compiled, vendor, live)
    stamp = plan.desired.stamp
    if live.stamp is not None:
        # the rest of what the profile owns stays known as ours
        stamp = Stamp(live.stamp.profile, live.stamp.env, {**live.stamp.values, **stamp.values})
    notes = (*live.notes, *undo.notes)
    _check_bodies(vendor, live, plan)
    # that somebody else moved has been ruled out above, leaf by leaf
    resources = tuple(_ours(resource) for resource in plan.resources)
    return replace(plan, desired=replace(plan.desired, stamp=stamp), notes=notes, resources=resources)


def _ours(resource: Change) -> Change:
    if not resource.verdict.needs_consent:
        return resource
    changes = tuple(replace(change, verdict=Verdict.PROFILE_AHEAD) for change in resource.changes)
    return replace(resource, verdict=Verdict.PROFILE_AHEAD, changes=changes, drift_id=None)


def _check_bodies(vendor: Vendor, live: Live, plan: TargetPlan) -> None:
    """Check what would be sent before anything is. Raises RefusedAsUnsafe: half of a rollback is worse than none."""
    for kind, tree in plan.desired.trees.items():
        now = live.objects[kind].body
        gone = {key: None for key in now if key not in tree and vendor.name not in _CLEARS_ANY_KEY}
        known = {*vendor.broken_limits(kind, now), *vendor.missing_keys(kind, now)}
        after = {**tree, **gone}
        broken = [
            told
            for told in (*vendor.broken_limits(kind, after), *vendor.missing_keys(kind, after))
            if told not in known
        ]
        if broken:
            told = f"{vendor.name} would refuse the {kind} as it was before that run: {'; '.join(broken)}"
            raise RefusedAsUnsafe(told, help="change the profile and apply it; nothing was written")


def _events(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text("utf-8").splitlines()
        whole = [*lines[:-1], *(line for line in lines[-1:] if line.endswith("}"))]
        events = [json.loads(line) for line in whole]
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} is no journal: {error}") from error
    if (
        not events
        or not all(isinstance(event, dict) for event in events)
        or events[0].get("event") != "begin"
    ):
        raise InvalidInput(f"{path} is no journal", help="journals are kept in .vaxctl/runs/")
    return events


def _undo(path: Path, vendor: str, id_: str | None, events: list[dict[str, Any]], *notes: str) -> Undo:
    leaves: list[Leaf] = []
    left: dict[tuple[str, str], Leaf] = {}
    made: dict[tuple[str, str], Leaf] = {}
    said = list(notes)
    for event in events:
        for at, told in event["leaves"].items():
            if "secret" in told["before"] or "secret" in told["after"]:
                said.append(f"{event['kind']} {at} stays: a secret's value is never written down")
                continue
            leaf = _leaf(event["kind"], at, told["before"], told.get("block"))
            if _cannot_be_cleared(vendor, leaf):
                said.append(f"{event['kind']} {at} stays: {vendor} has no way to unset it")
                continue
            leaves.append(leaf)
            made |= {(one.kind, one.at): one for one in _emptied(leaf, int(told.get("made", 0)))}
            left[(leaf.kind, leaf.at)] = _leaf(event["kind"], at, told["after"], told.get("block"))
    loaded = LoadedProfile(str(path), None, None, Layers(), Path(), ())
    # the deepest first, so that an object goes once what stood in it is gone
    emptied = sorted(made.values(), key=lambda leaf: -len(leaf.path))
    compiled = Compiled(vendor, loaded, (*leaves, *emptied), (), (), flat_of(vendor).kinds)
    return Undo(Target(vendor, id_), compiled, left, tuple(said))


def _emptied(leaf: Leaf, made: int) -> Iterator[Leaf]:
    """Yield what the run made on the way to a leaf, each to be taken away where nothing is left in it."""
    path = leaf.path
    if made and isinstance(leaf.value, InPrompt) and leaf.value.block is None:
        yield Leaf(leaf.kind, path, Absent(""), leaf.at)
    for end in range(len(path) - 1, len(path) - made, -1):
        last, following = path[end - 1], path[end]
        nothing: Any = {last.key: last.value} if isinstance(last, Where) else {}
        yield Leaf(leaf.kind, path[:end], Absent([] if isinstance(following, Where) else nothing), leaf.at)


def _is_emptied(leaf: Leaf) -> bool:
    return isinstance(leaf.value, Absent) and leaf.value.trace is not MISSING


def _cannot_be_cleared(vendor: str, leaf: Leaf) -> bool:
    """Whether nothing stood at a top-level key that takes no null: it can be changed, and not unset."""
    top = len(leaf.path) == 1 and isinstance(leaf.value, Absent) and vendor not in _CLEARS_ANY_KEY
    return top and bool(flat_of(vendor).broken_limits(leaf.kind, {leaf.at: None}))


def _leaf(kind: str, at: str, told: Mapping[str, Any], block: str | None) -> Leaf:
    absent = "absent" in told
    if block is not None:
        return Leaf(kind, parse(at), InPrompt(None if absent else ManagedBlock(block, told["value"])), at)
    return Leaf(kind, parse(at), Absent() if absent else told["value"], at)


def _moved(undo: Undo, vendor: Vendor, live: Live) -> list[tuple[str, str]]:
    """Return the leaves that hold neither what the run left there nor what stood there before."""
    moved = []
    for leaf in undo.compiled.leaves:
        if _is_emptied(leaf):
            continue
        found = live.objects.get(leaf.kind)
        body = vendor.comparable(leaf.kind, found.body) if found else {}
        known = (leaf, undo.left[(leaf.kind, leaf.at)])
        if not any(_equal(owned_value(body, one), desired_value(one)) for one in known):
            moved.append((leaf.kind, leaf.at))
    return moved


def _equal(here: Any, there: Any) -> bool:
    return same(None if here is MISSING else here, None if there is MISSING else there)
