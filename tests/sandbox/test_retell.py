"""The modelled endpoints of agents, LLMs, flows and their versions."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.sandbox.seed import RETELL_AGENT, RETELL_FLOW, RETELL_FLOW_AGENT, RETELL_LLM

GET = f"/retell/get-agent/{RETELL_AGENT}"
UPDATE = f"/retell/update-agent/{RETELL_AGENT}"
BRANCH = f"/retell/create-agent-version/{RETELL_AGENT}"
PUBLISH = f"/retell/publish-agent-version/{RETELL_AGENT}"
GET_LLM = f"/retell/get-retell-llm/{RETELL_LLM}"
UPDATE_LLM = f"/retell/update-retell-llm/{RETELL_LLM}"
FLOW_AGENT = f"/retell/update-agent/{RETELL_FLOW_AGENT}"


def test_a_published_version_is_immutable(call: Any) -> None:
    """Neither the agent nor its LLM can be changed once published; nothing is written."""
    before = call.raw("GET", GET), call.raw("GET", GET_LLM)
    for path, body in ((UPDATE, {"responsiveness": 0.5}), (UPDATE_LLM, {"general_prompt": "x"})):
        status, answer = call("PATCH", path, body)
        assert (status, answer["status"]) == (400, "error")
        assert "immutable" in answer["message"]
    assert (call.raw("GET", GET), call.raw("GET", GET_LLM)) == before


def test_a_draft_is_branched_with_its_llm(call: Any) -> None:
    """A new version is an unpublished copy; its response_engine points at a draft of the LLM."""
    base = call("GET", GET)[1]
    status, draft = call("POST", BRANCH, {"base_version": 0})
    assert status == 201
    assert (draft["version"], draft["base_version"], draft["is_published"]) == (1, 0, False)
    assert draft["response_engine"]["version"] == 1
    server = {"version", "base_version", "is_published", "last_modification_timestamp", "response_engine"}
    assert {k: v for k, v in draft.items() if k not in server} == {
        k: v for k, v in base.items() if k not in server
    }
    llm = call("GET", GET_LLM, version="1")[1]
    assert (llm["version"], llm["is_published"]) == (1, False)
    assert llm["general_prompt"] == call("GET", GET_LLM, version="0")[1]["general_prompt"]
    assert call("GET", GET)[1]["version"] == 1
    assert call("GET", GET, version="0")[1] == base
    assert call("GET", GET, version="latest_published")[1] == base


def test_publishing_is_in_place_and_takes_the_llm_along(call: Any) -> None:
    """Publish answers 200 and empty, makes no new version, and cannot be done twice."""
    call("POST", BRANCH, {"base_version": 0})
    assert call("PATCH", UPDATE_LLM, {"general_prompt": "new"}, version="1")[0] == 200
    assert call.raw("POST", PUBLISH, {"version": 1, "version_title": "T", "version_description": "D"}) == (
        200,
        "",
    )
    agent = call("GET", GET)[1]
    assert (agent["version"], agent["is_published"], agent["version_title"]) == (1, True, "T")
    assert call("GET", GET_LLM)[1]["is_published"] is True
    assert call("PATCH", UPDATE_LLM, {"general_prompt": "newer"})[0] == 400
    status, answer = call("POST", PUBLISH, {"version": 1})
    assert status == 400
    assert "already published" in answer["message"]


def test_only_the_latest_version_can_be_changed(call: Any) -> None:
    """An older draft is refused; without ?version= the latest is meant."""
    call("POST", BRANCH, {"base_version": 0})
    call("POST", BRANCH, {"base_version": 1})
    assert call("PATCH", UPDATE, {"responsiveness": 0.5}, version="1")[0] == 400
    assert call("PATCH", UPDATE, {"responsiveness": 0.5})[1]["version"] == 2


def test_nested_objects_are_replaced_but_model_config_is_merged(call: Any) -> None:
    """handbook_config loses what is not sent; model_config keeps it, and a null in it removes."""
    call("POST", BRANCH, {"base_version": 0})
    agent = call("PATCH", UPDATE, {"handbook_config": {"high_empathy": True}})[1]
    assert agent["handbook_config"] == {"high_empathy": True}
    merged = call("PATCH", UPDATE_LLM, {"model_config": {"backup": {"x": 1}}})[1]["model_config"]
    assert merged == {"type": "cascading", "temperature": 0.2, "backup": {"x": 1}}
    merged = call("PATCH", UPDATE_LLM, {"model_config": {"backup": None}})[1]["model_config"]
    assert merged == {"type": "cascading", "temperature": 0.2}


def test_null_clears_only_what_is_nullable(call: Any) -> None:
    """ambient_sound goes away; interruption_sensitivity and voice_id cannot be null."""
    call("POST", BRANCH, {"base_version": 0})
    assert "ambient_sound" not in call("PATCH", UPDATE, {"ambient_sound": None})[1]
    for key in ("interruption_sensitivity", "voice_id", "response_engine", "handbook_config"):
        status, answer = call("PATCH", UPDATE, {key: None})
        assert status == 400
        assert f"{key} cannot be null" in answer["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"interruption_sensitivity": 7}, "interruption_sensitivity"),
        ({"interuption_sensitivity": 0.5}, "interuption_sensitivity is not a known property"),
        ({"agent_id": "x"}, "agent_id is not a known property"),
        ({"denoising_mode": "krisp"}, "denoising_mode"),
        ({"custom_stt_config": {"provider": "soniox", "endpointing_ms": 400}}, "endpointing_ms"),
        ({"custom_stt_config": {"provider": "deepgram"}}, "endpointing_ms"),
        ({"stt_mode": "custom"}, "custom_stt_config"),
        ({"response_engine": {"type": "retell-llm"}}, "response_engine.llm_id"),
        ({"response_engine": {"type": "other"}}, "response_engine.type"),
        (
            {"response_engine": {"type": "retell-llm", "llm_id": "x", "version": 0.5}},
            "response_engine.version",
        ),
    ],
)
def test_a_bad_body_is_a_400(call: Any, body: dict[str, Any], message: str) -> None:
    """Ranges, choices, unknown and missing properties are judged, and nothing is written."""
    call("POST", BRANCH, {"base_version": 0})
    before = call.raw("GET", GET)
    status, answer = call("PATCH", UPDATE, body)
    assert status == 400
    assert message in answer["message"]
    assert call.raw("GET", GET) == before


def test_custom_stt_may_come_in_two_steps_but_not_be_half_undone(call: Any) -> None:
    """stt_mode custom is judged with the configuration the agent already has."""
    stt = {"provider": "deepgram", "endpointing_ms": 300}
    assert call("PATCH", FLOW_AGENT, {"custom_stt_config": stt})[0] == 200
    assert call("PATCH", FLOW_AGENT, {"stt_mode": "custom"})[0] == 200
    assert call("PATCH", FLOW_AGENT, {"custom_stt_config": None})[0] == 400


def test_missing_assets_are_422_or_404_as_documented(call: Any) -> None:
    """A missing agent or LLM is a 422; where a version is made or published, a 404."""
    for method, path in (
        ("GET", "/retell/get-agent/agent_none"),
        ("GET", "/retell/get-retell-llm/llm_none"),
        ("GET", "/retell/list-agent-versions/agent_none"),
        ("DELETE", "/retell/delete-agent/agent_none"),
    ):
        status, answer = call(method, path)
        assert status == 422
        assert "Cannot find requested asset" in answer["message"]
    assert call("PATCH", "/retell/update-agent/agent_none", {})[0] == 422
    assert call("GET", GET, version="9")[0] == 422
    assert call("GET", GET, version="x")[0] == 400
    assert call("POST", "/retell/create-agent-version/agent_none", {"base_version": 0})[0] == 404
    assert call("POST", BRANCH, {"base_version": 9})[0] == 404
    assert call("POST", PUBLISH, {"version": 9})[0] == 404
    assert call("POST", PUBLISH, {})[0] == 400


def test_creating_an_agent(call: Any) -> None:
    """voice_id and an existing response engine are needed; the engine's version is filled in."""
    status, llm = call("POST", "/retell/create-retell-llm", {"general_prompt": "p", "start_speaker": "agent"})
    assert (status, llm["version"], llm["is_published"]) == (201, 0, False)
    assert call("POST", "/retell/create-agent", {"voice_id": "v"})[0] == 400
    body = {"voice_id": "v", "response_engine": {"type": "retell-llm", "llm_id": llm["llm_id"]}}
    status, agent = call("POST", "/retell/create-agent", body)
    assert status == 201
    assert agent["response_engine"]["version"] == 0
    assert (agent["version"], agent["is_published"]) == (0, False)
    missing = {"voice_id": "v", "response_engine": {"type": "retell-llm", "llm_id": "llm_none"}}
    assert call("POST", "/retell/create-agent", missing)[0] == 422
    assert call("DELETE", f"/retell/delete-retell-llm/{llm['llm_id']}")[0] == 400
    assert call.raw("DELETE", f"/retell/delete-agent/{agent['agent_id']}") == (204, "")
    assert call("DELETE", f"/retell/delete-retell-llm/{llm['llm_id']}")[0] == 204


def test_flows_go_along_with_their_agent(call: Any) -> None:
    """A flow is created, read, updated, branched and published like an LLM, but shows no is_published."""
    get, update = (
        f"/retell/get-conversation-flow/{RETELL_FLOW}",
        f"/retell/update-conversation-flow/{RETELL_FLOW}",
    )
    assert call("PATCH", update, {"global_prompt": "g"})[1]["global_prompt"] == "g"
    assert call("POST", f"/retell/publish-agent-version/{RETELL_FLOW_AGENT}", {"version": 0})[0] == 200
    assert "is_published" not in call("GET", get)[1]
    assert call("PATCH", update, {"global_prompt": "h"})[0] == 400
    draft = call("POST", f"/retell/create-agent-version/{RETELL_FLOW_AGENT}", {"base_version": 0})[1]
    assert draft["response_engine"]["version"] == 1
    assert call("PATCH", update, {"global_prompt": "h"}, version="1")[0] == 200
    body = {"start_speaker": "agent", "nodes": [], "model_choice": {"type": "cascading", "model": "gpt-4.1"}}
    assert call("POST", "/retell/create-conversation-flow", body)[0] == 201
    assert call("DELETE", "/retell/delete-conversation-flow/none")[0] == 404


def test_versions_are_listed_and_drafts_deleted(call: Any) -> None:
    """The list of versions is newest first and short; a draft can be deleted, a published version not."""
    call("POST", BRANCH, {"base_version": 0})
    listed = call("GET", f"/retell/list-agent-versions/{RETELL_AGENT}")[1]
    assert [(v["version"], v["is_published"], v.get("base_version")) for v in listed["items"]] == [
        (1, False, 0),
        (0, True, None),
    ]
    assert listed["has_more"] is False
    delete = f"/retell/delete-agent-version/{RETELL_AGENT}"
    assert call("DELETE", delete, version="0")[0] == 400
    assert call("DELETE", delete, version="1")[0] == 204
    assert call("GET", GET)[1]["version"] == 0


def test_lists_are_paged_and_agents_only_summaries(call: Any) -> None:
    """list-agents is a POST of summaries with has_more and pagination_key; the others are GETs."""
    first = call("POST", "/retell/v2/list-agents", {}, limit="1")[1]
    assert first["has_more"] is True
    assert "voice_id" not in first["items"][0]
    rest = call("POST", "/retell/v2/list-agents", limit="1", pagination_key=first["pagination_key"])[1]
    assert [first["items"][0]["agent_id"], rest["items"][0]["agent_id"]] == [RETELL_FLOW_AGENT, RETELL_AGENT]
    assert "pagination_key" not in rest
    found = call("POST", "/retell/v2/list-agents", {"filter_criteria": {"query": "LARKSPUR"}})[1]
    assert [item["agent_id"] for item in found["items"]] == [RETELL_AGENT]
    assert call("GET", "/retell/v2/list-retell-llms")[1]["items"][0]["llm_id"] == RETELL_LLM
    assert call("GET", "/retell/v2/list-agents")[0] == 404
    assert call("POST", "/retell/v2/list-agents", pagination_key="gone")[0] == 400
    assert call("POST", "/retell/v2/list-agents", {"filter_criteria": {"channel": "voice"}})[0] == 400


def test_number_forms_survive_a_branch(call: Any) -> None:
    """1 stays 1 and 1.0 stays 1.0 through a new version."""
    call("POST", BRANCH, {"base_version": 0})
    text = call.raw("GET", GET)[1]
    assert '"voice_temperature":1.0,' in text
    assert '"volume":1,' in text
