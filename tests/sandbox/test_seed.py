"""The seed and what `sandbox show` makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.errors import InvalidInput
from vaxctl.sandbox import seed
from vaxctl.sandbox.members import parse
from vaxctl.sandbox.retell_checks import check_body
from vaxctl.sandbox.retell_kinds import KINDS
from vaxctl.sandbox.show import detail, overview
from vaxctl.sandbox.vapi_checks import check_assistant

_SERVER = {
    *("id", "orgId", "createdAt", "updatedAt", "latestVersion", "isServerUrlSecretSet", "agent_id", "llm_id"),
    *("conversation_flow_id", "version", "is_published", "last_modification_timestamp", "channel"),
}


def test_the_seed_is_the_same_everywhere_and_planted_once(open_client: Any) -> None:
    """Two sandboxes get the same bytes; one that holds anything is left alone."""
    one, other = open_client(), open_client()
    for row in seed.seed_rows():
        assert one.sandbox.store.get(row.vendor, row.kind, row.id) == row
        assert other.sandbox.store.get(row.vendor, row.kind, row.id) == row
    one("DELETE", f"/vapi/assistant/{seed.VAPI_NOVA}")
    assert seed.seed(one.sandbox) is False
    assert one("GET", f"/vapi/assistant/{seed.VAPI_NOVA}")[0] == 404


def test_the_seed_is_what_the_vendors_would_accept() -> None:
    """Without the server's own fields every seeded body passes the sandbox's own checks."""
    kinds = {kind.name: kind for kind in KINDS}
    for row in seed.seed_rows():
        body = {key: value for key, value in parse(row.body).items() if key not in _SERVER}
        if row.vendor == "vapi":
            check_assistant(body)
        else:
            check_body(kinds[row.kind], body, None)


def test_the_seed_is_somebody_elses_and_obviously_fake() -> None:
    """A long prompt, tools with header secrets, and every secret says that it is none."""
    bodies = {row.id: parse(row.body) for row in seed.seed_rows()}
    prompt = bodies[seed.RETELL_LLM]["general_prompt"]
    assert 150 < len(prompt.split()) < 300
    assert bodies[seed.VAPI_NOVA]["model"]["messages"][0]["content"] == prompt
    keys = [
        tool["headers"]["X-Api-Key"] for tool in bodies[seed.RETELL_LLM]["general_tools"] if "headers" in tool
    ]
    assert keys
    assert all(key.startswith("fake-") for key in keys)
    assert "custom_stt_config" not in bodies[seed.RETELL_AGENT]
    assert bodies[seed.VAPI_FLUX]["transcriber"]["model"].startswith("flux")


def test_overview_and_detail(open_client: Any) -> None:
    """One row per object at its latest version; every version in the detail; an unknown id is refused."""
    call = open_client()
    call("POST", f"/retell/create-agent-version/{seed.RETELL_AGENT}", {"base_version": 0})
    rows = {row["id"]: row for row in overview(call.sandbox)}
    assert len(rows) == 6
    agent = rows[seed.RETELL_AGENT]
    assert (agent["vendor"], agent["kind"], agent["name"]) == ("retell", "agent", "Larkspur callbacks")
    assert (agent["version"], agent["published"]) == (1, False)
    assert rows[seed.VAPI_NOVA]["published"] is None
    assert rows[seed.VAPI_NOVA]["updated"] == "2026-01-05T09:04:00.000Z"
    versions = detail(call.sandbox, seed.RETELL_AGENT)
    assert [(v["version"], v["published"], v["body"]["version"]) for v in versions] == [
        (0, True, 0),
        (1, False, 1),
    ]
    with pytest.raises(InvalidInput, match="no object nothing"):
        detail(call.sandbox, "nothing")
