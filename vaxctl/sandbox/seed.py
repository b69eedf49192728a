"""What a fresh sandbox holds: two Retell agents and two Vapi assistants that already belong to somebody.

Ids are fixed, so that shipped profiles can name them; content and times are the same on every machine.
Everything in it is made up: names, ids, keys and addresses lead nowhere.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from vaxctl.sandbox.members import dump
from vaxctl.sandbox.retell_kinds import AGENT, FLOW, LLM, Kind
from vaxctl.sandbox.store import Row
from vaxctl.sandbox.vapi import ORG_ID, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.sandbox.model import Sandbox

RETELL_AGENT: Final = "agent_5ca1ab1e0000000000000001"
RETELL_LLM: Final = "llm_5ca1ab1e0000000000000001"
RETELL_FLOW_AGENT: Final = "agent_5ca1ab1e0000000000000002"
RETELL_FLOW: Final = "conversation_flow_5ca1ab1e0002"
VAPI_NOVA: Final = "5ca1ab1e-0000-4000-8000-000000000001"
VAPI_FLUX: Final = "5ca1ab1e-0000-4000-8000-000000000002"
SEEDED_MS: Final = 1_767_603_600_000  # 2026-01-05T09:00:00Z


def seed(sandbox: Sandbox) -> bool:
    """Fill a sandbox that is empty; leave any other alone. Tells whether it did."""
    with sandbox.store.transaction():
        if not sandbox.store.is_empty():
            return False
        for row in seed_rows():
            sandbox.store.put(row)
    return True


def seed_rows() -> list[Row]:
    """List the rows of the seed, in the order they were made."""
    content = json.loads(resources.files("vaxctl.sandbox").joinpath("seed.json").read_text("utf-8"))
    return [
        _retell(LLM, RETELL_LLM, content["llm"], 0, published=True),
        _retell(AGENT, RETELL_AGENT, content["agent"], 1, published=True),
        _retell(FLOW, RETELL_FLOW, content["flow"], 2, published=False),
        _retell(AGENT, RETELL_FLOW_AGENT, content["flow_agent"], 3, published=False),
        _assistant(VAPI_NOVA, content["assistant_nova"], 4),
        _assistant(VAPI_FLUX, content["assistant_flux"], 5),
    ]


def _retell(kind: Kind, id_: str, content: Mapping[str, Any], minute: int, *, published: bool) -> Row:
    at = SEEDED_MS + minute * 60_000
    server = {kind.id_field: id_, "version": 0}
    if kind.shows_published:
        server["is_published"] = published
    body = dump({**server, "last_modification_timestamp": at, **content})
    return Row("retell", kind.name, id_, 0, published=published, created_ms=at, updated_ms=at, body=body)


def _assistant(id_: str, content: Mapping[str, Any], minute: int) -> Row:
    at = SEEDED_MS + minute * 60_000
    server = {"id": id_, "orgId": ORG_ID, "createdAt": timestamp(at), "updatedAt": timestamp(at)}
    rest = {"latestVersion": None, "isServerUrlSecretSet": False}
    body = dump({**server, **rest, **content})
    return Row("vapi", "assistant", id_, 0, published=True, created_ms=at, updated_ms=at, body=body)
