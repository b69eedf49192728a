"""Reading, making and writing an assistant at Vapi, as exchanges.

PATCH replaces each top-level key wholesale (VapiAI/gitops, 2026-06-08: a partial one wiped the prompts of three
production assistants), so only whole subtrees are sent. What PATCH does in an organisation with assistant versions is
not documented: `latestVersion` is watched before and after, and the report says what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from vaxctl.errors import InvalidInput, OutcomeUnknown, RefusedAsUnsafe, VendorRefused
from vaxctl.vendors import stamp as stamps
from vaxctl.vendors.canonical import same
from vaxctl.vendors.exchange import Exchange, Request
from vaxctl.vendors.live import Desired, Live, LiveObject, Target, Written
from vaxctl.vendors.targeting import changed_subtrees
from vaxctl.vendors.vapi.limits import ASSISTANT, SERVER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vaxctl.vendors.exchange import Response

_NAME: Final = "vapi"
_PAGE: Final = 1000
_MANY: Final = 20
"""Assistants from which on a page of the list is asked for instead: it is one request, of at most 1,000 bodies."""
_GONE: Final = frozenset({400, 404})


def read(target: Target) -> Exchange[Live]:
    """Read the assistant; one without an id is looked for by its name. Raises InvalidInput for an unknown id."""
    if target.id is None:
        found = yield from _by_name(target)
        if found is None:
            return Live(target, {})
        return _live(target, found)
    try:
        response = yield Request(_NAME, "GET", f"/assistant/{target.id}", "read the assistant")
    except VendorRefused as refused:
        if refused.status in _GONE:
            advice = "check targets.vapi.assistant_id, and that the key belongs to the same organisation"
            raise InvalidInput(f"Vapi knows no assistant {target.id}", help=advice) from refused
        raise
    return _live(target, _object(response))


def read_many(targets: Sequence[Target]) -> Exchange[Mapping[str, Live]]:
    """Read many assistants from the list, which holds them whole: by id, those that were found in it.

    Vapi's own tool sends one request per 700 ms (VapiAI/gitops, 2026-06-08), so 1,000 assistants one by one take
    twelve minutes. What is not in the result is to be read by itself; nothing is, where few are asked for, or where
    the list does not hold what a GET of the same assistant returns.
    """
    wanted = {target.id: target for target in targets if target.id is not None}
    found: dict[str, Live] = {}
    listing = _Listing()
    while len(wanted) - len(found) >= _MANY and not listing.ended:
        page = yield from listing.page("list the assistants")
        listed = {str(item["id"]): item for item in page if item.get("id") in wanted}
        if listed and not found and not (yield from _is_whole(next(iter(listed.values())))):
            return {}
        found |= {id_: _live(wanted[id_], item) for id_, item in listed.items()}
    return found


def heard(live: Live) -> Exchange[Mapping[str, LiveObject] | None]:
    """Read nothing: Vapi's document has no drafts. (A generator that yields no request.)."""
    del live
    yield from ()
    return None


def write(live: Live, desired: Desired) -> Exchange[Written]:
    """Patch whole top-level subtrees, or make the assistant; then see whether `latestVersion` moved."""
    if ASSISTANT not in live.objects:
        return (yield from _make(live.target, desired))
    found = live.objects[ASSISTANT]
    after = _stamped(desired)
    changes = {
        k: v for k, v in changed_subtrees(found.body, after).items() if k not in SERVER_FIELDS[ASSISTANT]
    }
    yield Request(_NAME, "PATCH", f"/assistant/{found.id}", "update the assistant", json=changes)
    again = yield Request(_NAME, "GET", f"/assistant/{found.id}", "read the assistant again")
    return Written(
        live.target, _versions(found.body.get("latestVersion"), _object(again).get("latestVersion"))
    )


def publish(live: Live) -> Exchange[Written]:
    """Do nothing: Vapi's API document has no publish step. (A generator that yields no request.)."""
    yield from ()
    return Written(live.target)


def _make(target: Target, desired: Desired) -> Exchange[Written]:
    body = _stamped(desired)
    request = Request(_NAME, "POST", "/assistant", "create the assistant", json=body, repeatable=False)
    try:
        made = _object((yield request))
    except OutcomeUnknown:
        found = yield from _by_name(target)
        made = found if found is not None else _object((yield request))
    note = f"assistant {made.get('id')} created: put `assistant_id: {made.get('id')}` into the profile in place of create"
    return Written(Target(_NAME, str(made.get("id")), name=target.name), (note,))


@dataclass(slots=True)
class _Listing:
    """The organisation's assistants, newest first, page by page."""

    ended: bool = False
    _seen: set[str] = field(default_factory=set)
    _window: tuple[tuple[str, str], ...] = ()

    def page(self, purpose: str) -> Exchange[list[dict[str, Any]]]:
        """Ask for the next page and return what is new in it."""
        query = (("limit", str(_PAGE)), *self._window)
        page = _page((yield Request(_NAME, "GET", "/assistant", purpose, query)))
        fresh = [item for item in page if str(item.get("id")) not in self._seen]
        self._seen |= {str(item.get("id")) for item in fresh}
        self.ended = len(page) < _PAGE or not fresh
        if not self.ended:
            # "or at": assistants of the same millisecond may stand on both sides of a page's end
            self._window = (("createdAtLe", str(page[-1].get("createdAt"))),)
        return fresh


def _is_whole(listed: dict[str, Any]) -> Exchange[bool]:
    """Whether the list holds an assistant as a GET of it does: Vapi's document says so, its answers are asked."""
    response = yield Request(_NAME, "GET", f"/assistant/{listed['id']}", "read an assistant that was listed")
    return same(_object(response), listed)


def _by_name(target: Target) -> Exchange[dict[str, Any] | None]:
    """Look through every page for assistants of this name; two of them cannot be told apart."""
    found: dict[str, dict[str, Any]] = {}
    listing = _Listing()
    while not listing.ended:
        page = yield from listing.page("look up the assistant by name")
        found |= {str(item.get("id")): item for item in page if item.get("name") == target.name}
    if len(found) > 1:
        raise RefusedAsUnsafe(
            f"several assistants are named {target.name!r}: {', '.join(found)}",
            help="name one by assistant_id",
        )
    return next(iter(found.values()), None)


def _page(response: Response) -> list[dict[str, Any]]:
    page = response.body
    if not (isinstance(page, list) and all(isinstance(item, dict) for item in page)):
        raise VendorRefused("Vapi answered something that is no list of assistants", status=response.status)
    return page


def _stamped(desired: Desired) -> dict[str, Any]:
    tree = desired.trees[ASSISTANT]
    metadata = tree.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return tree  # somebody's, in a form that we cannot add to: it stays, and the assistant is not stamped
    return {**tree, "metadata": {**(metadata or {}), "vaxctl": stamps.as_object(desired.stamp)}}


def _live(target: Target, body: dict[str, Any]) -> Live:
    id_ = target.id or str(body.get("id"))
    metadata = body.get("metadata")
    stamp = stamps.in_object(metadata.get("vaxctl")) if isinstance(metadata, dict) else None
    damaged = stamp is None and isinstance(metadata, dict) and metadata.get("vaxctl") is not None
    notes = (stamps.DAMAGED,) if damaged else ()
    return Live(target, {ASSISTANT: LiveObject(ASSISTANT, id_, body)}, stamp, notes, damaged)


def _versions(before: Any, after: Any) -> tuple[str, ...]:
    if before is None and after is None:
        return (
            (
                "Vapi names no version of the assistant: where an organisation has assistant versions the edit may be "
                "a draft; look in Vapi's dashboard"
            ),
        )
    if before == after:
        return (
            (
                f"latestVersion stayed {_label(after)}: the edit may be a draft that callers do not hear yet; "
                "look in Vapi's dashboard"
            ),
        )
    if after is None:
        return (f"Vapi no longer names a version of the assistant (before: {_label(before)})",)
    was = "the assistant had none before" if before is None else f"before: {_label(before)}"
    return (f"Vapi keeps the edit as version {_label(after)} ({was})",)


def _label(version: Any) -> str:
    return str(version.get("versionName") or version.get("id")) if isinstance(version, dict) else str(version)


def _object(response: Response) -> dict[str, Any]:
    if not isinstance(response.body, dict):
        raise VendorRefused("Vapi answered something that is no assistant", status=response.status)
    return response.body
