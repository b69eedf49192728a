"""Reading, drafting, writing and publishing at Retell, as exchanges.

The rules (Retell OpenAPI document, 2026-08-03; docs.retellai.com/agent/version): published versions are
immutable; only the latest version can be changed; agent and engine are versioned together; a draft is made from a
base version. Whether the engine is branched with the agent is not documented, so it is read again and, if it is
still published, nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vaxctl.errors import InvalidInput, OutcomeUnknown, PlanIsStale, RefusedAsUnsafe, VendorRefused
from vaxctl.vendors import stamp as stamps
from vaxctl.vendors.canonical import same
from vaxctl.vendors.exchange import Exchange, Request, Response
from vaxctl.vendors.live import Desired, Live, LiveObject, Target, Written
from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.retell.limits import AGENT, FLOW, LLM, SERVER_FIELDS
from vaxctl.vendors.targeting import changed_subtrees

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STAMP_FIELD: Final = "version_description"

_NAME: Final = "retell"
_PUBLISHED_ENGINE = "the response engine behind the draft is published, so it cannot be changed"
_MAKE_DRAFT = "make a draft in Retell's dashboard, then plan again"
_AGAIN = "plan again; nothing of the profile was written"
_LABELS: Final = ("version_title", STAMP_FIELD)
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
    description = agent.body.get(STAMP_FIELD)
    damaged = stamps.damaged_in_text(description)
    notes = ((note,) if note else ()) + ((stamps.DAMAGED,) if damaged else ())
    return Live(target, objects, stamps.in_text(description), notes, damaged)


def heard(live: Live) -> Exchange[Mapping[str, LiveObject] | None]:
    """Read the last published version of agent and engine where a draft stands: {} when none was ever published."""
    agent = live.objects[AGENT]
    if agent.published is not False:
        return None
    version = yield from _last_published(agent.id)
    if version is None:
        return {}
    query = (("version", str(version)),)
    response = yield Request(_NAME, "GET", f"/get-agent/{agent.id}", "read the published version", query)
    body = _object(response, "agent")
    # what people call a version is not heard
    body = {key: value for key, value in body.items() if key not in _LABELS}
    body |= {key: agent.body[key] for key in _LABELS if key in agent.body}
    published = LiveObject(AGENT, agent.id, body, version, published=True)
    engine, _ = yield from _engine(published)
    return {AGENT: published, **({engine.kind: engine} if engine else {})}


def _last_published(agent_id: str) -> Exchange[int | None]:
    """Return the highest published version in the list of an agent's versions."""
    query: tuple[tuple[str, str], ...] = ()
    while True:
        path = f"/list-agent-versions/{agent_id}"
        page = _object((yield Request(_NAME, "GET", path, "list the versions", query)), "list of versions")
        items = [item for item in page.get("items") or [] if isinstance(item, dict)]
        found = [item["version"] for item in items if item.get("is_published") and "version" in item]
        after = page.get("pagination_key")
        if found or not page.get("has_more") or after is None or query == (("pagination_key", str(after)),):
            return max(found, default=None)
        query = (("pagination_key", str(after)),)


def read_many(targets: Sequence[Target]) -> Exchange[Mapping[str, Live]]:
    """Read none: what Retell lists (`/v2/list-agents`) are summaries. (A generator that yields no request.)."""
    del targets
    yield from ()
    return {}


def write(live: Live, desired: Desired) -> Exchange[Written]:
    """Make a draft if the latest version is published, then patch engine and agent with whole subtrees.

    The agent goes last, as it carries the stamp: what is stamped has been written, wherever a run breaks off.
    Raises RefusedAsUnsafe where the engine cannot be changed, PlanIsStale where a draft is not a copy of its base.
    """
    patches = {
        kind: _patch(kind, live.objects[kind].body, tree) for kind, tree in reversed([*desired.trees.items()])
    }
    changed = {kind for kind, patch in patches.items() if patch}
    notes: list[str] = []
    current = live
    if live.objects[AGENT].published:
        current = yield from _draft(live)
        _check_copy(live, current, patches)
        old, new = live.objects[AGENT].version, current.objects[AGENT].version
        notes.append(f"draft version {new} made from published version {old}")
    _check_writable(current, changed)
    description = desired.trees[AGENT].get(STAMP_FIELD)
    patches[AGENT][STAMP_FIELD] = stamps.text_with(description, desired.stamp)
    _keep_engine_version(patches[AGENT], current.objects[AGENT])
    for kind, patch in patches.items():
        if patch:
            found = current.objects[kind]
            path = f"/update-{_slug(kind)}/{found.id}"
            yield Request(_NAME, "PATCH", path, f"update the {kind}", _version(found), patch)
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
    told = agent.body.get("response_engine")
    engine = told if isinstance(told, dict) else {}
    kind, id_field, slug = _ENGINES.get(str(engine.get("type")), ("", "", ""))
    id_, version = engine.get(id_field), engine.get("version")
    if not isinstance(id_, str):
        return (
            None,
            f"the agent's response engine is {engine.get('type')!r}: its prompt is not Retell's to change",
        )
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
    return (yield from read(live.target))


def _check_copy(base: Live, draft: Live, patches: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that what is about to be written over reads in the draft as it did in the version it was made from."""
    for kind, patch in patches.items():
        if kind not in draft.objects:
            raise PlanIsStale(f"the draft has no {kind} any more", help=_AGAIN)
        before, now = base.objects[kind].body, draft.objects[kind].body
        other = [
            key
            for key in patch
            if key != "response_engine" and not same(before.get(key, MISSING), now.get(key, MISSING))
        ]
        if other:
            told = f"{kind} {', '.join(other)} was changed while the draft was made"
            raise PlanIsStale(told, help=_AGAIN)


def _check_writable(current: Live, changed: set[str]) -> None:
    for kind, found in current.objects.items():
        if found.published and kind == AGENT:
            what = "a draft was asked for, but the agent's latest version is still published"
            raise RefusedAsUnsafe(what, help=_MAKE_DRAFT)
        if found.published and kind in changed:
            raise RefusedAsUnsafe(_PUBLISHED_ENGINE, help=_MAKE_DRAFT)


def _keep_engine_version(patch: dict[str, Any], agent: LiveObject) -> None:
    """Keep a draft on its own engine: a whole `response_engine` would carry the version it was planned with."""
    wanted, there = patch.get("response_engine"), agent.body.get("response_engine")
    if isinstance(wanted, dict) and isinstance(there, dict) and "version" in there:
        patch["response_engine"] = {**wanted, "version": there["version"]}


def _patch(kind: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    changes = changed_subtrees(before, after)
    return {key: value for key, value in changes.items() if key not in SERVER_FIELDS[kind]}


def _version(found: LiveObject) -> tuple[tuple[str, str], ...]:
    return () if found.version is None else (("version", str(found.version)),)


def _slug(kind: str) -> str:
    return next((slug for known, _, slug in _ENGINES.values() if known == kind), kind)


def _object(response: Response, what: str) -> dict[str, Any]:
    if not isinstance(response.body, dict):
        raise VendorRefused(f"Retell answered something that is no {what}", status=response.status)
    return response.body
