"""What reaches a modelled vendor and what it answers, as values; and the table look-up between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vaxctl.sandbox.members import parse
from vaxctl.sandbox.store import Store  # noqa: TC001 - a dataclass field

WRONG_KEY = "wrong-key"
_LONGEST_COUNT = 12  # digits: far over any maximum, far under what int() refuses to read

Versioning = Literal["off", "on", "draft"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one vendor. `path` stands below the vendor's base URL; `id` is filled in by `route`."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    body: bytes = b""
    id: str = ""

    def refuse_bad_key(self, message: str) -> None:
        """Raise Refused(401) for no key, or for the one that is always wrong: `wrong-key`."""
        if not self.key or self.key == WRONG_KEY:
            raise Refused(401, message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `body` is JSON text, empty for none."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What a handler works with.

    `clock` gives epoch milliseconds, `new_id` 32 fresh hexadecimal digits. `versioning` is how the
    modelled Vapi organisation keeps versions (see `vaxctl.sandbox.vapi`).
    """

    store: Store
    clock: Callable[[], int]
    new_id: Callable[[], str]
    versioning: Versioning = "off"


class Refused(Exception):
    """The modelled vendor says no, with this status; each vendor puts the messages in its own envelope."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = messages


Handler = Callable[[Call, World], Answer]
Routes = Mapping[tuple[str, str], Handler]


def route(routes: Routes, call: Call) -> tuple[Handler, Call]:
    """Find the handler for a call; give both, the call with its `id`. Raises Refused(404) for no row."""
    handler = routes.get((call.method, call.path))
    if handler is not None:
        return handler, call
    prefix, _, last = call.path.rpartition("/")
    handler = routes.get((call.method, f"{prefix}/{{id}}"))
    if handler is None or not last:
        raise Refused(404, f"Cannot {call.method} {call.path}")
    return handler, replace(call, id=last)


def dispatch(routes: Routes, call: Call, world: World) -> Answer:
    """Carry out a call. Raises Refused for what the vendor would refuse."""
    handler, routed = route(routes, call)
    try:
        return handler(routed, world)
    except RecursionError as error:  # a body just shallow enough to parse, too deep to check
        raise Refused(400, "the body is nested too deeply") from error


def json_object(call: Call, *, optional: bool = False) -> dict[str, Any]:
    """Read the body as a JSON object; {} for none where `optional`. Raises Refused(400)."""
    if not call.body.strip() and optional:
        return {}
    try:
        value = parse(call.body)
    except ValueError as error:
        raise Refused(400, f"the body is no valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(400, "the body must be a JSON object")
    return value


def whole_number(call: Call, name: str, *, default: int, maximum: int) -> int:
    """Read a count from the query, 0 to `maximum`. Raises Refused(400)."""
    text = call.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < _LONGEST_COUNT and int(text) <= maximum):
        raise Refused(400, f"{name} must be a whole number from 0 to {maximum}")
    return int(text)
