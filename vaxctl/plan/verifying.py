"""After a write: do the owned leaves hold, and did nothing else change? Whole trees are compared."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vaxctl.prompts.block import PromptBlockBroken
from vaxctl.vendors.canonical import canonical, digest, same
from vaxctl.vendors.compiled import InPrompt, overlay, owned_value
from vaxctl.vendors.paths import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaxctl.vendors.compiled import Leaf
    from vaxctl.vendors.live import Desired, Live
    from vaxctl.vendors.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Verification:
    """What differs from what was written.

    `broken` are owned leaves that do not hold, `moved` un-owned ones that changed or vanished, `filled_in` new ones.
    """

    broken: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    filled_in: tuple[str, ...] = ()


def verify(vendor: Vendor, desired: Desired, live: Live, leaves: Sequence[Leaf]) -> Verification:
    """Compare what was to be written, un-owned leaves included, with what was read again. `leaves` are the owned ones.

    A leaf that the vendor added by itself (a default it fills in) is told apart from one that it changed.
    """
    broken: list[str] = []
    moved: list[str] = []
    filled: list[str] = []
    for kind, tree in desired.trees.items():
        if kind not in live.objects:
            broken.append(f"{kind} is gone")
            continue
        wanted, found = vendor.comparable(kind, tree), vendor.comparable(kind, live.objects[kind].body)
        if digest(wanted) != digest(found):
            owned = [leaf for leaf in leaves if leaf.kind == kind]
            lost = [leaf.at for leaf in owned if not _holds(leaf, wanted, found)]
            changed, added = differences(wanted, _mended(found, owned) if lost else found)
            if not changed and not added and not lost:
                changed = ["(in a way that the comparison cannot name)"]
            broken += [f"{kind} {path}" for path in lost]
            moved += [f"{kind} {path}" for path in changed]
            filled += [f"{kind} {path}" for path in added]
    return Verification(tuple(broken), tuple(moved), tuple(filled))


def _holds(leaf: Leaf, wanted: dict[str, Any], found: dict[str, Any]) -> bool:
    try:
        there = owned_value(wanted, leaf)
        if there is MISSING and not isinstance(leaf.value, InPrompt):
            return True  # what a vendor puts where we cleared is told as filled in
        return same(there, owned_value(found, leaf))
    except PromptBlockBroken:
        return False


def _mended(found: dict[str, Any], owned: list[Leaf]) -> dict[str, Any]:
    """Lay the owned leaves over what was read, so that only what is not ours is left to differ."""
    for leaf in owned:
        with suppress(PromptBlockBroken):  # a torn block is told as a leaf that does not hold
            found = overlay(found, [leaf])
    return found


def differences(wanted: Any, found: Any) -> tuple[list[str], list[str]]:
    """Return the paths that changed or vanished between two JSON trees, and the paths that were added."""
    from deepdiff import DeepDiff

    # canonical numbers first: deepdiff would call 2 and 2.0 a change of type; and by itself it passes over
    # keys that begin with two underscores
    diff = DeepDiff(
        canonical(wanted),
        canonical(found),
        view="tree",
        ignore_order=False,
        ignore_private_variables=False,
    )
    changed: list[str] = []
    added: list[str] = []
    for kind, items in diff.items():
        is_addition = kind == "dictionary_item_added"
        (added if is_addition else changed).extend(_path(item.path(output_format="list")) for item in items)
    return sorted(changed), sorted(added)


def _path(steps: list[Any]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
