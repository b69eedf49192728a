"""Reading, drafting, writing and publishing at Retell, as exchanges.

The rules (Retell OpenAPI document, 2026-08-03; docs.retellai.com/agent/version): published versions are
immutable; only the latest version can be changed; agent and engine are versioned together; a draft is made from a
base version. Whether the engine is branched with the agent is not documented, so it is read again and, if it is
still published, nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vaxctl.errors import InvalidInput, OutcomeUnknown, RefusedAsUnsafe, VendorRefused
from vaxctl.vendors import stamp as stamps
from vaxctl.vendors.exchange import Exchange, Request, Response
from vaxctl.vendors.live import Desired, Live, LiveObject, Target, Written
from vaxctl.vendors.retell.limits import AGENT, FLOW, LLM, SERVER_FIELDS
from vaxctl.vendors.targeting import changed_subtrees

if TYPE_CHECKING:
    from collections.abc import Mapping

STAMP_FIELD: Final = "version_description"

_NAME: Final = "retell"
_PUBLISHED_ENGINE = "the draft's response engine is still published, so it cannot be changed"
_MISSING: Final = frozenset({404, 422})
"""Retell's document answers 422 for "Cannot find requested asset", and 404 on some paths."""

_ENGINES: Final[Mapping[str, tuple[str, str, str]]] = {
    "retell-llm": (LLM, "llm_id", "retell-llm"),
    "conversation-flow": (FLOW, "conversation_flow_id", "conversation-flow"),
}


def read(target: Target) -> Exchange[Live]:
    """Read the latest version of the agent and the engine behind it. Raises InvalidInput for an unknown id."""
    agent = yield from _agent(target)
    engine, note = yield from _engine(agent)
    objects = {AGENT: agent, **({engine.kind: engine} if engine else {})}
    return Live(target, objects, stamps.in_text(agent.body.get(STAMP_FIELD)), (note,) if note else ())


def write(live: Live, desired: Desired) -> Exchange[Written]:
    """Make a draft if the latest version is published, then patch agent and engine with whole subtrees."""
    notes: list[str] = []
    current = live
    if live.objects[AGENT].published:
        current = yield from _draft(live)
        old, new = live.objects[AGENT].version, current.objects[AGENT].version
        notes.append(f"draft version {new} made from published version {old}")
    agent = current.objects[AGENT]
    body = _patch(AGENT, live.objects[AGENT].body, desired.trees[AGENT])
    body[STAMP_FIELD] = stamps.text_with(agent.body.get(STAMP_FIELD), desired.stamp)
    yield Request(_NAME, "PATCH", f"/update-agent/{agent.id}", "update the agent", _version(agent), body)
    for kind, tree in desired.trees.items():
        changes = _patch(kind, live.objects[kind].body, tree)
        if kind != AGENT and changes:
            engine = current.objects[kind]
            path = f"/update-{_slug(kind)}/{engine.id}"
            yield Request(_NAME, "PATCH", path, f"update the {kind}", _version(engine), changes)
    return Written(live.target, tuple(notes))


def publish(live: Live) -> Exchange[Written]:
    """Publish the draft in place; after an answer that never came, look before trying a second time."""
    agent = live.objects[AGENT]
    request = Request(
        _NAME,
        "POST",
        f"/publish-agent-version/{agent.id}",
        "publish the version",
        json={"version": agent.version},
        repeatable=False,
    )
    try:
        yield request
    except OutcomeUnknown:
        seen = yield from _agent(live.target)
        if not seen.published:
            yield request
    return Written(live.target, (f"version {agent.version} published",))


def _agent(target: Target) -> Exchange[LiveObject]:
    path = f"/get-agent/{target.id}"
    try:
        response = yield Request(_NAME, "GET", path, "read the agent")
    except VendorRefused as refused:
        if refused.status in _MISSING:
            advice = "check targets.retell.agent_id, and that the key belongs to the same workspace"
            raise InvalidInput(f"Retell knows no agent {target.id}", help=advice) from refused
        raise
    body = _object(response, "agent")
    return LiveObject(AGENT, str(target.id), body, body.get("version"), bool(body.get("is_published")))


def _engine(agent: LiveObject) -> Exchange[tuple[LiveObject | None, str]]:
    engine = agent.body.get("response_engine") or {}
    if engine.get("type") not in _ENGINES:
        return None, f"the agent's response engine is {engine.get('type')!r}: its prompt is not Retell's to change"
    kind, id_field, slug = _ENGINES[engine["type"]]
    id_, version = engine[id_field], engine.get("version")
    query = (("version", str(version)),) if version is not None else ()
    response = yield Request(_NAME, "GET", f"/get-{slug}/{id_}", f"read the {kind}", query)
    body = _object(response, kind)
    return LiveObject(kind, id_, body, body.get("version", version), body.get("is_published")), ""


def _draft(live: Live) -> Exchange[Live]:
    """Make a draft from the published latest version; never two of them."""
    agent = live.objects[AGENT]
    request = Request(
        _NAME,
        "POST",
        f"/create-agent-version/{agent.id}",
        "make a draft version",
        json={"base_version": agent.version},
        repeatable=False,
    )
    try:
        yield request
    except OutcomeUnknown:
        seen = yield from _agent(live.target)
        if seen.published:
            yield request
    drafted = yield from read(live.target)
    _check_draft(drafted)
    return drafted


def _check_draft(drafted: Live) -> None:
    for kind, found in drafted.objects.items():
        if found.published:
            what = "the version that was made is published already" if kind == AGENT else _PUBLISHED_ENGINE
            raise RefusedAsUnsafe(what, help="make a draft in Retell's dashboard, then plan again")


def _patch(kind: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    changes = changed_subtrees(before, after)
    return {key: value for key, value in changes.items() if key not in SERVER_FIELDS[kind]}


def _version(found: LiveObject) -> tuple[tuple[str, str], ...]:
    return () if found.version is None else (("version", str(found.version)),)


def _slug(kind: str) -> str:
    return next(slug for known, _, slug in _ENGINES.values() if known == kind)


def _object(response: Response, what: str) -> dict[str, Any]:
    if not isinstance(response.body, dict):
        raise VendorRefused(f"Retell answered something that is no {what}", status=response.status)
    return response.body
