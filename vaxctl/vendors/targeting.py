"""From a profile's `targets` to ids and overrides: the parts both flats share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput
from vaxctl.source.document import closest
from vaxctl.vendors.canonical import same
from vaxctl.vendors.compiled import Leaf
from vaxctl.vendors.paths import MISSING, LeafPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaxctl.profile.load import LoadedProfile


def chosen_id(loaded: LoadedProfile, key: str, ids: str | Mapping[str, str]) -> str:
    """Return the id for the environment in force. `key` is the dotted path of the ids.

    Raises InvalidInput when there is one per environment and none was chosen, or the chosen one has none.
    """
    if isinstance(ids, str):
        return _checked(loaded, key, ids)
    known = ", ".join(ids)
    at = loaded.origin(key).location()
    if loaded.env is None:
        raise InvalidInput(f"{at}: {key} has one id per environment", help=f"choose with --env: {known}")
    if loaded.env not in ids:
        near = closest(loaded.env, ids)
        advice = f"did you mean {near}?" if near else f"known here: {known}"
        raise InvalidInput(f"{at}: {key} has no id for the environment {loaded.env!r}", help=advice)
    return _checked(loaded, key, ids[loaded.env])


def _checked(loaded: LoadedProfile, key: str, value: str) -> str:
    if not value or not all(c.isascii() and (c.isalnum() or c in "_-") for c in value):
        at = loaded.origin(key).location()
        raise InvalidInput(f"{at}: {key} is no id: {value[:60]!r}", help="ids hold letters, digits, - and _")
    return value


def leaves_of_overrides(kind: str, tree: Mapping[str, Any], origin: str, at: LeafPath = ()) -> Iterator[Leaf]:
    """Yield one leaf per scalar, list or empty object of an override: what is said is owned, and no more."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves_of_overrides(kind, value, f"{origin}.{key}", (*at, key))
        else:
            yield Leaf(kind, (*at, key), value, f"{origin}.{key}")


def changed_subtrees(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level keys of `after` that differ from `before`, whole: what a replacing PATCH must carry.

    A key that is gone is sent as null, which clears it at both vendors.
    """
    changed = {key: value for key, value in after.items() if not same(before.get(key, MISSING), value)}
    gone = {key: None for key in before if key not in after}
    return {**changed, **gone}


def without_nulls(value: Any) -> Any:
    """Return JSON without null members: to both vendors they are the same as absent ones."""
    if isinstance(value, dict):
        return {
            key: without_nulls(item) if isinstance(item, dict | list) else item
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [without_nulls(item) if isinstance(item, dict | list) else item for item in value]
    return value
