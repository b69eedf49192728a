"""What Vapi's documents say of /assistant: OpenAPI of 2026-08-18, docs of 2026-08-20, gitops of 2026-06-08.

Known from them: PATCH replaces each top-level key it sends, wholesale, and keeps null; a property that is not
in the schema is a 400; ids are UUIDs; lists are bare, newest first.

Not known, so modelled by a switch, `versioning`: what a PATCH does to `latestVersion`.
  off    the organisation is not onboarded: always null
  on     every PATCH goes live as the next version: null, "v1", "v2", …
  draft  a PATCH goes into a draft: a GET returns what was written, `latestVersion` does not move
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from vaxctl.sandbox.call import Answer, Call, Refused, Routes, World, dispatch, json_object, whole_number
from vaxctl.sandbox.members import dump, join, parse, split
from vaxctl.sandbox.store import Row
from vaxctl.sandbox.vapi_checks import check_assistant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ORG_ID = "5ca1ab1e-0000-4000-8000-00000000c0de"
_REASONS: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    413: "Payload Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_TIMES: Mapping[str, Callable[[int, int], bool]] = {
    "Gt": int.__gt__,
    "Lt": int.__lt__,
    "Ge": int.__ge__,
    "Le": int.__le__,
}


def handle(call: Call, world: World) -> Answer:
    """Answer one call below Vapi's base URL."""
    try:
        call.refuse_bad_key("Invalid Key.")
        return dispatch(ROUTES, call, world)
    except Refused as refused:
        return refusal(refused.status, *refused.messages)


def refusal(status: int, *messages: str) -> Answer:
    """Put a status in Vapi's envelope; the message of a 400 is a list, of any other status a string."""
    message = list(messages) if status == 400 else " ".join(messages)  # noqa: PLR2004
    body = {"message": message, "error": _REASONS.get(status, "Error"), "statusCode": status}
    return Answer(status, dump(body))


def _create(call: Call, world: World) -> Answer:
    sent = json_object(call)
    check_assistant(sent)
    now = world.clock()
    digits = world.new_id()
    id_ = str(UUID(digits, version=4))
    members = split(call.body.decode())
    row = Row("vapi", "assistant", id_, 0, published=True, created_ms=now, updated_ms=now, body="")
    return Answer(201, _save(row, members, sent, world, latest_version=None))


def _patch(call: Call, world: World) -> Answer:
    row = _find(call, world)
    sent = json_object(call)
    check_assistant(sent)
    members = split(row.body) | split(call.body.decode())
    latest = _next_version(parse(members["latestVersion"]), world)
    touched = replace(row, updated_ms=max(world.clock(), row.updated_ms))
    return Answer(200, _save(touched, members, sent, world, latest_version=latest))


def _get(call: Call, world: World) -> Answer:
    return Answer(200, _find(call, world).body)


def _delete(call: Call, world: World) -> Answer:
    row = _find(call, world)
    world.store.delete("vapi", "assistant", row.id)
    return Answer(200, row.body)


def _list(call: Call, world: World) -> Answer:
    limit = whole_number(call, "limit", default=100, maximum=1000)
    rows = [row for row in reversed(world.store.latest("vapi", "assistant")) if _in_window(call.query, row)]
    rows.sort(key=lambda row: row.created_ms, reverse=True)
    return Answer(200, "[" + ",".join(row.body for row in rows[:limit]) + "]")


ROUTES: Routes = {
    ("POST", "/assistant"): _create,
    ("GET", "/assistant"): _list,
    ("GET", "/assistant/{id}"): _get,
    ("PATCH", "/assistant/{id}"): _patch,
    ("DELETE", "/assistant/{id}"): _delete,
}


def _find(call: Call, world: World) -> Row:
    try:
        id_ = str(UUID(call.id))
    except ValueError as error:
        raise Refused(400, "id must be a UUID") from error
    row = world.store.get("vapi", "assistant", id_)
    if row is None:
        raise Refused(404, f"Assistant {id_} does not exist.")
    return row


def _save(
    row: Row, members: dict[str, str], sent: Mapping[str, Any], world: World, *, latest_version: str | None
) -> str:
    server: dict[str, Any] = {
        "id": row.id,
        "orgId": ORG_ID,
        "createdAt": timestamp(row.created_ms),
        "updatedAt": timestamp(row.updated_ms),
        "latestVersion": latest_version,
    }
    if "server" in sent or "isServerUrlSecretSet" not in members:
        server["isServerUrlSecretSet"] = _has_secret(sent.get("server"))
    filled = {key: dump(value) for key, value in server.items()}
    body = join(filled | {key: value for key, value in members.items() if key not in filled})
    world.store.put(replace(row, body=body))
    return body


def _has_secret(server: Any) -> bool:
    return isinstance(server, dict) and bool(server.get("secret"))


def _next_version(label: str | None, world: World) -> str | None:
    if world.versioning != "on":
        return label
    return f"v{int(label.removeprefix('v')) + 1}" if label else "v1"


def timestamp(epoch_ms: int) -> str:
    """Epoch milliseconds as Vapi writes a time: UTC, three digits of a second, Z."""
    moment = datetime.fromtimestamp(epoch_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"


def _in_window(query: Mapping[str, str], row: Row) -> bool:
    for name, actual in (("createdAt", row.created_ms), ("updatedAt", row.updated_ms)):
        for suffix, holds in _TIMES.items():
            bound = query.get(name + suffix)
            if bound is not None and not holds(actual, _epoch_ms(name + suffix, bound)):
                return False
    return True


def _epoch_ms(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(400, f"{name} must be a valid ISO 8601 date string") from error
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
