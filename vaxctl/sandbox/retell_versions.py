"""Retell's versions: published ones never change, a draft is branched from one, publishing happens in place.

    create-agent-version(base)      version n+1, unpublished, a copy of base; its LLM or flow too
    update-*                        only the latest version, and only while it is a draft
    publish-agent-version(version)  the version and its LLM or flow become immutable; nothing new is made

An agent and its engine count their versions apart here, so a client must take `response_engine.version` from
the answer and not assume it equals the agent's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vaxctl.sandbox.call import Answer, Call, Refused, World, json_object
from vaxctl.sandbox.members import dump, parse, split
from vaxctl.sandbox.retell_kinds import AGENT, FLOW, LLM, Kind, save

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.sandbox.store import Row

_ENGINES: Mapping[str, Kind] = {"retell-llm": LLM, "conversation-flow": FLOW}
_MISSING = "Cannot find requested asset under given api key."
_LONGEST_VERSION = 9  # digits


def pick(world: World, kind: Kind, call: Call, *, status: int = 422) -> Row:
    """Find the version a call asks for (`?version=` a number, latest, latest_published)."""
    wanted = call.query.get("version", "latest")
    row = _pick(world, kind, call.id, wanted)
    if row is None:
        raise Refused(status, _MISSING)
    return row


def _pick(world: World, kind: Kind, id_: str, wanted: str) -> Row | None:
    if wanted == "latest":
        return world.store.get("retell", kind.name, id_)
    if wanted == "latest_published":
        published = [row for row in world.store.versions("retell", kind.name, id_) if row.published]
        return published[-1] if published else None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= _LONGEST_VERSION):
        raise Refused(400, "version must be a number, latest or latest_published")
    return world.store.get("retell", kind.name, id_, int(wanted))


def refuse_unless_draft(world: World, kind: Kind, row: Row) -> None:
    """Raise Refused(400) for a published version, or one that is not the latest."""
    if row.published:
        raise Refused(400, f"Version {row.version} is published. Published versions are immutable.")
    latest = world.store.get("retell", kind.name, row.id)
    if latest is not None and latest.version != row.version:
        raise Refused(400, "Only the latest version can be changed.")


def touched(row: Row, world: World) -> Row:
    """Mark the row as modified now."""
    return replace(row, updated_ms=max(world.clock(), row.updated_ms))


def create_version(call: Call, world: World) -> Answer:
    """POST /create-agent-version/{id} {"base_version": n}: a new draft."""
    base_version = _version_in(json_object(call), "base_version")
    base = world.store.get("retell", AGENT.name, call.id, base_version)
    if base is None:
        raise Refused(404, "The requested resource was not found.")
    return Answer(201, branch(world, AGENT, base))


def branch(world: World, kind: Kind, base: Row) -> str:
    """Copy a version to the next number as a draft, its engine with it. Gives the new body."""
    latest = world.store.get("retell", kind.name, base.id)
    now = world.clock()
    members = split(base.body)
    if kind is AGENT:
        members["response_engine"] = _branched_engine(parse(members["response_engine"]), world)
    row = replace(
        base, version=(latest or base).version + 1, published=False, updated_ms=max(now, base.updated_ms)
    )
    return save(world, kind, row, members, base_version=base.version if kind is AGENT else None)


def publish_version(call: Call, world: World) -> Answer:
    """POST /publish-agent-version/{id} {"version": n, …}: in place, 200 and empty."""
    sent = json_object(call)
    row = world.store.get("retell", AGENT.name, call.id, _version_in(sent, "version"))
    if row is None:
        raise Refused(404, "The requested resource was not found.")
    if row.published:
        raise Refused(400, f"Version {row.version} is already published.")
    members = split(row.body)
    for key in ("version_title", "version_description"):
        if isinstance(sent.get(key), str):
            members[key] = dump(sent[key])
    _publish(world, AGENT, row, members)
    found = engine_row(parse(members["response_engine"]), world)
    if found is not None and not found[1].published:
        _publish(world, found[0], found[1], split(found[1].body))
    return Answer(200)


def _publish(world: World, kind: Kind, row: Row, members: Mapping[str, str]) -> None:
    save(world, kind, replace(touched(row, world), published=True), members)


def delete_version(call: Call, world: World) -> Answer:
    """DELETE /delete-agent-version/{id}?version=n: a draft that is not the only version."""
    row = pick(world, AGENT, call, status=404)
    if row.published:
        raise Refused(400, "Published versions are immutable and cannot be deleted.")
    if len(world.store.versions("retell", AGENT.name, row.id)) == 1:
        raise Refused(400, "The only version of an agent cannot be deleted.")
    world.store.delete("retell", AGENT.name, row.id, row.version)
    return Answer(204)


def engine_member(engine: Mapping[str, Any], world: World) -> str:
    """Fill in the version of a `response_engine`. Raises Refused(422) where what it names is missing."""
    if engine.get("type") not in _ENGINES:
        return dump(dict(engine))
    found = engine_row(engine, world)
    if found is None:
        raise Refused(422, _MISSING)
    return dump({**engine, "version": found[1].version})


def engine_row(engine: Mapping[str, Any], world: World) -> tuple[Kind, Row] | None:
    """Find the LLM or flow a `response_engine` names; None for a custom LLM or a missing one."""
    kind = _ENGINES.get(str(engine.get("type")))
    if kind is None:
        return None
    version = engine.get("version")
    row = world.store.get(
        "retell", kind.name, str(engine.get(kind.id_field)), None if version is None else int(version)
    )
    return None if row is None else (kind, row)


def users_of(world: World, llm_id: str) -> list[str]:
    """List the ids of the agents whose latest version answers with this LLM."""
    rows = world.store.latest("retell", AGENT.name)
    return [row.id for row in rows if parse(split(row.body)["response_engine"]).get(LLM.id_field) == llm_id]


def _branched_engine(engine: dict[str, Any], world: World) -> str:
    found = engine_row(engine, world)
    if found is None:
        return dump(engine)
    return dump({**engine, "version": parse(branch(world, *found))["version"]})


def _version_in(sent: Mapping[str, Any], name: str) -> int:
    version = sent.get(name)
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version < 10**_LONGEST_VERSION:
        raise Refused(400, f"{name} is required and must be a whole number")
    return version
