"""Vendors small enough to be seen through: a `send` over a dictionary, and one over the sandbox; both count."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.errors import OutcomeUnknown, VendorRefused, VendorUnavailable
from vaxctl.plan.applying import Applied, apply_target
from vaxctl.plan.fleet import read_for_plan
from vaxctl.plan.journal import Journal
from vaxctl.plan.planning import plan_target
from vaxctl.profile.layers import Layers
from vaxctl.profile.load import LoadedProfile, _owned
from vaxctl.profile.model import Profile
from vaxctl.sandbox.app import ConnectionDropped, Sandbox
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.exchange import Request, Response, run
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from vaxctl.plan.change import TargetPlan
    from vaxctl.vendors.compiled import Compiled
    from vaxctl.vendors.exchange import Send
    from vaxctl.vendors.live import Live

ASSISTANT_ID = "5ca1ab1e-0000-4000-8000-000000000001"
AGENT_ID = "agent_5ca1ab1e0000000000000001"


class Pages(Journal):
    """A journal that is kept in a list."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.path = Path("pages")

    def note(self, event: str, **facts: Any) -> None:
        """Keep one event, as it would stand on disk."""
        self.events.append(json.loads(json.dumps({"event": event, **facts})))


def loaded(tree: Mapping[str, Any], env: str | None = None) -> LoadedProfile:
    """Return a usable profile of a tree, as `load` would of its file."""
    full = {"schema": "vaxctl/v1", "name": "tested", **tree}
    profile = Profile.model_validate(full)
    return LoadedProfile(
        "tested.yaml", env, profile, Layers(), Path(), (), owned=tuple(_owned(full, profile))
    )


def compiled(tree: Mapping[str, Any], name: str, env: str | None = None) -> Compiled:
    """Compile a tree for one vendor."""
    return compile_for(loaded(tree, env), vendor(name))


def planned(tree: Mapping[str, Any], name: str, send: Send, env: str | None = None) -> TargetPlan:
    """Plan a tree that names its target."""
    made = compiled(tree, name, env)
    target = vendor(name).target(made.loaded)
    assert target is not None
    return plan_target(made, vendor(name), read_for_plan(target, send))


def applied(
    plan: TargetPlan, send: Send, accepted: Collection[str] = (), book: Journal | None = None
) -> Applied:
    """Apply a plan; the journal is a list unless one is given."""
    journal = book if book is not None else Pages()
    return apply_target(plan, vendor(plan.target.vendor), send, lambda: journal, accepted)


def read(name: str, plan: TargetPlan, send: Send) -> Live:
    """Read a plan's target again."""
    return run(vendor(name).read(plan.target), send)


@dataclass
class Shelf:
    """Both vendors as dictionaries: PATCH replaces top-level keys, and nothing is checked.

    `objects` are bodies by id. `keeps_null` is whether a null stays or takes its key away.
    """

    objects: dict[str, dict[str, Any]]
    keeps_null: bool = True
    requests: list[Request] = field(default_factory=list)

    @property
    def writes(self) -> list[Request]:
        """The requests that changed something."""
        return [request for request in self.requests if request.writes]

    def send(self, request: Request) -> Response:
        """Answer one request; bodies travel as JSON text."""
        self.requests.append(request)
        operation, id_ = request.path.strip("/").rsplit("/", 1)
        if operation == "list-agent-versions":
            # a shelf has no past: a draft reads as the published version that it was made from
            return Response(200, {"items": [{"version": 0, "is_published": True}], "has_more": False})
        if request.vendor == "retell" and request.method == "POST":
            return self._version(operation, id_)
        if request.method == "PATCH":
            self._patch(self.objects[id_], json.loads(json.dumps(request.json)))
        return Response(200, json.loads(json.dumps(self.objects[id_])))

    def _patch(self, body: dict[str, Any], sent: dict[str, Any]) -> None:
        assert body.get("is_published") is not True, "a published version was written to"
        body |= sent
        if not self.keeps_null:
            for key in [key for key, value in body.items() if value is None]:
                del body[key]

    def _version(self, operation: str, agent_id: str) -> Response:
        draft = operation == "create-agent-version"
        agent = self.objects[agent_id]
        engine = agent["response_engine"]
        engine_id = engine.get("llm_id") or engine.get("conversation_flow_id")
        for body in [agent, *([self.objects[engine_id]] if engine_id else [])]:
            body["is_published"] = not draft
            body["version"] = body.get("version", 0) + draft
        if engine_id:
            engine["version"] = self.objects[engine_id]["version"]
        return Response(201 if draft else 200, json.loads(json.dumps(agent)) if draft else None)


@dataclass
class Sands:
    """A `send` into a sandbox without HTTP: no retries, errors as the wire words them.

    `before` is told each request and may change the sandbox (an edit in between).
    """

    sandbox: Sandbox
    requests: list[Request] = field(default_factory=list)
    fault_at: Mapping[int, str] = field(default_factory=dict)
    before: Callable[[int, Request], None] | None = None

    @property
    def writes(self) -> list[Request]:
        """The requests that may have changed something."""
        return [request for request in self.requests if request.writes]

    def call(self, method: str, path: str, body: Any = None, fault: str | None = None) -> tuple[int, Any]:
        """Call the sandbox as somebody else would."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": "Bearer somebody"} | ({"x-vaxctl-fault": fault} if fault else {})
        at, _, query = path.partition("?")
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        status, _, text = self.sandbox.handle(method, at, pairs, headers, content)
        return status, json.loads(text) if text else None

    def send(self, request: Request) -> Response:
        """Carry one request to the sandbox, with the fault that is due at its number."""
        number = len(self.requests)
        self.requests.append(request)
        if self.before is not None:
            self.before(number, request)
        path = f"/{request.vendor}{request.path}"
        if request.query:
            path += "?" + "&".join(f"{name}={value}" for name, value in request.query)
        try:
            status, body = self.call(request.method, path, request.json, self.fault_at.get(number))
        except ConnectionDropped as dropped:
            kind = OutcomeUnknown if request.writes and str(dropped) == "after" else VendorUnavailable
            raise kind(f"{request.vendor} could not {request.purpose}: no answer") from dropped
        if status == 429:
            raise VendorUnavailable(f"{request.vendor} could not {request.purpose}: HTTP 429")
        if status >= 500:
            kind = OutcomeUnknown if request.writes else VendorUnavailable
            raise kind(f"{request.vendor} could not {request.purpose}: HTTP {status}")
        if status >= 400:
            raise VendorRefused(f"{request.vendor} refused to {request.purpose}: {body}", status=status)
        return Response(status, body)
