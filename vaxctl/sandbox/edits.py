"""Changes by somebody else: an edit in the vendor's dashboard, a side effect of a write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vaxctl.sandbox import members, retell_versions, vapi
from vaxctl.sandbox.retell_kinds import AGENT, KINDS, Kind, save

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.sandbox.call import World
    from vaxctl.sandbox.store import Row

EDIT: Mapping[str, Mapping[str, Any]] = {
    "assistant": {"endCallMessage": "Edited in the dashboard."},
    "agent": {"voice_speed": 1.1},
    "llm": {"begin_message": "Edited in the dashboard."},
    "conversation-flow": {"begin_after_user_silence_ms": 4321},
}
"""What `edit` changes by kind when it is not told: fields a profile does not own."""

SIDE_EFFECT: Mapping[str, Mapping[str, Any]] = {
    "assistant": {"voicemailMessage": "Changed along with something else."},
    "agent": {"volume": 0.9},
    "llm": {"begin_message": "Changed along with something else."},
    "conversation-flow": {"begin_after_user_silence_ms": 1234},
}
"""What `side-effect` changes by kind when it is not told."""

_AGENT_PATHS = (
    "create-agent-version",
    "publish-agent-version",
    "list-agent-versions",
    "delete-agent-version",
)


def addressed(path: str) -> tuple[str, str, str] | None:
    """Tell the (vendor, kind, id) a path is about; None for a list or a create."""
    steps = path.strip("/").split("/")
    if len(steps) != 3:  # noqa: PLR2004 - vendor, operation, id
        return None
    vendor, operation, id_ = steps
    if (vendor, operation) == ("vapi", "assistant"):
        return vendor, operation, id_
    if vendor == "retell" and operation in _AGENT_PATHS:
        return vendor, AGENT.name, id_
    for kind in KINDS:
        if vendor == "retell" and operation.partition("-")[2] == kind.in_path:
            return vendor, kind.name, id_
    return None


def change_object(
    world: World, path: str, change: Mapping[str, Any] | None, default: Mapping[str, Any]
) -> None:
    """Merge `change` (or the default for the kind) into the latest version of the object a path is about.

    A published Retell version stays as it is: as in the dashboard, the change goes into a new draft of it.
    """
    found = addressed(path)
    row = world.store.get(*found) if found is not None else None
    if found is None or row is None:
        return
    wanted = change if change is not None else default[found[1]]
    if row.vendor == "vapi":
        _change_assistant(world, row, wanted)
    else:
        _change_retell(world, next(kind for kind in KINDS if kind.name == row.kind), row, wanted)


def _change_assistant(world: World, row: Row, change: Mapping[str, Any]) -> None:
    now = max(world.clock(), row.updated_ms)
    body = members.edit(row.body, {**change, "updatedAt": vapi.timestamp(now)})
    world.store.put(replace(row, body=body, updated_ms=now))


def _change_retell(world: World, kind: Kind, row: Row, change: Mapping[str, Any]) -> None:
    draft = _draft_of(world, kind, row) if row.published else row
    touched = retell_versions.touched(draft, world)
    save(world, kind, touched, members.split(members.edit(draft.body, change)))


def _draft_of(world: World, kind: Kind, row: Row) -> Row:
    """Make a new draft of a published row; of an engine, through the agent that answers with it."""
    owner = None if kind is AGENT else _agent_with(world, kind, row)
    retell_versions.branch(world, *((AGENT, owner) if owner is not None else (kind, row)))
    return world.store.get("retell", kind.name, row.id) or row


def _agent_with(world: World, kind: Kind, row: Row) -> Row | None:
    for agent in world.store.latest("retell", AGENT.name):
        found = retell_versions.engine_row(members.parse(members.split(agent.body)["response_engine"]), world)
        if found == (kind, row):
            return agent
    return None
