"""After a write: do the owned leaves hold, and did nothing else change? Whole trees are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vaxctl.vendors.canonical import canonical, digest

if TYPE_CHECKING:
    from vaxctl.vendors.live import Desired, Live
    from vaxctl.vendors.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Verification:
    """What differs from what was written. `broken` are leaves that changed or vanished, `filled_in` new ones."""

    broken: tuple[str, ...] = ()
    filled_in: tuple[str, ...] = ()


def verify(vendor: Vendor, desired: Desired, live: Live) -> Verification:
    """Compare what was to be written, un-owned leaves included, with what was read again.

    A leaf that the vendor added by itself (a default it fills in) is told apart from one that it changed.
    """
    broken: list[str] = []
    filled: list[str] = []
    for kind, tree in desired.trees.items():
        if kind not in live.objects:
            broken.append(f"{kind} is gone")
            continue
        wanted, found = vendor.comparable(kind, tree), vendor.comparable(kind, live.objects[kind].body)
        if digest(wanted) != digest(found):
            changed, added = differences(wanted, found)
            if not changed and not added:
                changed = ["(in a way that the comparison cannot name)"]
            broken += [f"{kind} {path}" for path in changed]
            filled += [f"{kind} {path}" for path in added]
    return Verification(tuple(broken), tuple(filled))


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
