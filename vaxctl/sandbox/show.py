"""What is in a sandbox, as plain values for `vaxctl sandbox show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput
from vaxctl.sandbox.members import parse
from vaxctl.sandbox.vapi import timestamp

if TYPE_CHECKING:
    from vaxctl.sandbox.model import Sandbox
    from vaxctl.sandbox.store import Row

_KINDS = (("retell", "agent"), ("retell", "llm"), ("retell", "conversation-flow"), ("vapi", "assistant"))


def overview(sandbox: Sandbox) -> list[dict[str, Any]]:
    """List one row per object, at its latest version, in the order retell, vapi.

    The keys are vendor, kind, id, name, version, published, updated. `version` is a number at Retell, a label
    or None at Vapi; `published` is None at Vapi, which has no such mark; `updated` is ISO 8601 in UTC.
    """
    return [_row(row) for vendor, kind in _KINDS for row in sandbox.store.latest(vendor, kind)]


def detail(sandbox: Sandbox, id: str) -> list[dict[str, Any]]:  # noqa: A002
    """List every version of the object with this id, oldest first, as overview rows with a parsed `body`.

    Raises InvalidInput where there is none.
    """
    found = [row for vendor, kind in _KINDS for row in sandbox.store.versions(vendor, kind, id)]
    if not found:
        raise InvalidInput(f"the sandbox has no object {id}", help="`vaxctl sandbox show` lists what it has")
    return [_row(row) | {"body": parse(row.body)} for row in found]


def _row(row: Row) -> dict[str, Any]:
    body = parse(row.body)
    at_vapi = row.vendor == "vapi"
    return {
        "vendor": row.vendor,
        "kind": row.kind,
        "id": row.id,
        "name": body.get("name" if at_vapi else "agent_name") or "",
        "version": body.get("latestVersion") if at_vapi else row.version,
        "published": None if at_vapi else row.published,
        "updated": timestamp(row.updated_ms),
    }
