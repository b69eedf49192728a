"""What Retell's documents say of agents, Retell LLMs and conversation flows: the table of endpoints.

Read from retell-sdk 6.2.13, the OpenAPI document of 2026-08-03 and the versioning notice of 2026-07-20. A
missing asset is a 422, but a 404 where a version is made or published. Not known, and modelled as follows: an
unknown property is a 400; a null clears a nullable field, so that the next GET does not have it; a new draft
is a copy of its base, title and description too; the LLM or flow is branched and published with its agent.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from vaxctl.sandbox import retell_versions as versions
from vaxctl.sandbox.call import (
    Answer,
    Call,
    Handler,
    Refused,
    Routes,
    World,
    dispatch,
    json_object,
    whole_number,
)
from vaxctl.sandbox.members import dump, join, parse, split
from vaxctl.sandbox.retell_checks import check_body
from vaxctl.sandbox.retell_kinds import AGENT, FLOW, KINDS, LLM, Kind, save

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.sandbox.store import Row

_DEFAULT_PAGE = 50
# documented as merged one level deep; every other nested object is presumed replaced whole
_MERGED = frozenset({"model_config", "contact_memory_config"})


def handle(call: Call, world: World) -> Answer:
    """Answer one call below Retell's base URL."""
    try:
        call.refuse_bad_key("API key is missing or invalid.")
        return dispatch(ROUTES, call, world)
    except Refused as refused:
        return refusal(refused.status, *refused.messages)


def refusal(status: int, *messages: str) -> Answer:
    """Put a status in Retell's envelope."""
    return Answer(status, dump({"status": "error", "message": "; ".join(messages)}))


def _create(kind: Kind, call: Call, world: World) -> Answer:
    sent = json_object(call)
    check_body(kind, sent, None)
    members = _without_nulls(split(call.body.decode()))
    if kind is AGENT:
        members["response_engine"] = versions.engine_member(sent["response_engine"], world)
    row = kind.new_row(kind.id_prefix + world.new_id()[: kind.id_digits], world.clock())
    return Answer(201, save(world, kind, row, members))


def _get(kind: Kind, call: Call, world: World) -> Answer:
    return Answer(200, versions.pick(world, kind, call).body)


def _update(kind: Kind, call: Call, world: World) -> Answer:
    row = versions.pick(world, kind, call)
    versions.refuse_unless_draft(world, kind, row)
    sent = json_object(call)
    live = split(row.body)
    check_body(kind, sent, live)
    members = _laid_over(live, split(call.body.decode()))
    if kind is AGENT and "response_engine" in sent:
        members["response_engine"] = versions.engine_member(sent["response_engine"], world)
    return Answer(200, save(world, kind, versions.touched(row, world), members))


def _without_nulls(members: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in members.items() if text != "null"}


def _laid_over(members: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    merged = dict(members)
    for key, text in sent.items():
        old = merged.get(key, "")
        if key in _MERGED and text.startswith("{") and old.startswith("{"):
            merged[key] = join(_without_nulls(split(old) | split(text)))
        else:
            merged[key] = text
    return _without_nulls(merged)


def _delete(kind: Kind, call: Call, world: World) -> Answer:
    if world.store.get("retell", kind.name, call.id) is None:
        raise Refused(404 if kind is FLOW else 422, "Cannot find requested asset under given api key.")
    if kind is LLM and call.query.get("force_delete") != "true" and versions.users_of(world, call.id):
        raise Refused(400, "This response engine is in use by an agent.")
    world.store.delete("retell", kind.name, call.id)
    return Answer(204)


def _list(kind: Kind, call: Call, world: World) -> Answer:
    rows = world.store.latest("retell", kind.name)
    return _page(call, [(row.id, row.body) for row in rows])


def _list_agents(call: Call, world: World) -> Answer:
    criteria = json_object(call, optional=True).get("filter_criteria") or {}
    if not isinstance(criteria, dict) or not isinstance(criteria.get("channel", {}), dict):
        raise Refused(400, "filter_criteria must be an object of filters")
    found = [(row.id, _summary(row)) for row in world.store.latest("retell", AGENT.name)]
    return _page(call, [(id_, dump(item)) for id_, item in found if _fits(item, criteria)])


def _summary(row: Row) -> dict[str, Any]:
    name = split(row.body).get("agent_name", '""')
    return {
        "agent_id": row.id,
        "agent_name": parse(name),
        "channel": "voice",
        "is_suspended": False,
        "tags": {},
        "user_modified_timestamp": row.updated_ms,
    }


def _fits(item: Mapping[str, Any], criteria: Mapping[str, Any]) -> bool:
    text = str(criteria.get("query", ""))
    wanted_channel = criteria.get("channel", {}).get("value", "voice")
    by_text = text.lower() in str(item["agent_name"]).lower() or text in str(item["agent_id"])
    return by_text and wanted_channel == "voice"


def _list_versions(call: Call, world: World) -> Answer:
    rows = world.store.versions("retell", AGENT.name, call.id)
    if not rows:
        raise Refused(422, "Cannot find requested asset under given api key.")
    return _page(call, [(str(row.version), _version_item(row)) for row in rows])


def _version_item(row: Row) -> str:
    members = split(row.body)
    shown = ("base_version", "version_title", "version_description")
    item = {
        "version": str(row.version),
        "is_published": dump(row.published),
        "last_modification_timestamp": str(row.updated_ms),
    }
    return join(item | {key: members[key] for key in shown if key in members})


def _page(call: Call, items: list[tuple[str, str]]) -> Answer:
    """One page of (key, JSON) pairs, given oldest first."""
    limit = max(1, whole_number(call, "limit", default=_DEFAULT_PAGE, maximum=1000))
    step = 1 if call.query.get("sort_order") == "ascending" else -1
    items = items[::step]
    after = call.query.get("pagination_key")
    if after is not None:
        keys = [key for key, _ in items]
        if after not in keys:
            raise Refused(400, "pagination_key is not one of a previous page")
        items = items[keys.index(after) + 1 :]
    page, more = items[:limit], len(items) > limit
    answer = {"has_more": dump(more), "items": "[" + ",".join(text for _, text in page) + "]"}
    return Answer(200, join(answer | ({"pagination_key": dump(page[-1][0])} if more else {})))


def _routes() -> Routes:
    routes: dict[tuple[str, str], Handler] = {
        ("POST", "/v2/list-agents"): _list_agents,
        ("GET", "/list-agent-versions/{id}"): _list_versions,
        ("POST", "/create-agent-version/{id}"): versions.create_version,
        ("POST", "/publish-agent-version/{id}"): versions.publish_version,
        ("DELETE", "/delete-agent-version/{id}"): versions.delete_version,
        ("GET", "/v2/list-retell-llms"): partial(_list, LLM),
        ("GET", "/v2/list-conversation-flows"): partial(_list, FLOW),
    }
    for kind in KINDS:
        routes[("POST", f"/create-{kind.in_path}")] = partial(_create, kind)
        routes[("GET", f"/get-{kind.in_path}/{{id}}")] = partial(_get, kind)
        routes[("PATCH", f"/update-{kind.in_path}/{{id}}")] = partial(_update, kind)
        routes[("DELETE", f"/delete-{kind.in_path}/{{id}}")] = partial(_delete, kind)
    return routes


ROUTES: Routes = _routes()
