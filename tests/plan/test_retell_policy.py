"""Drafts and publishing at Retell: which version is written, how often, and what callers are told to expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plan_worlds import AGENT_ID, Sands, applied, planned

from vaxctl.errors import InvalidInput, OutcomeUnknown, PlanIsStale, RefusedAsUnsafe, VerificationFailed
from vaxctl.plan.applying import Outcome
from vaxctl.plan.change import Action
from vaxctl.sandbox.model import Sandbox
from vaxctl.sandbox.seed import RETELL_FLOW, RETELL_FLOW_AGENT, RETELL_LLM, seed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sands() -> Iterator[Sands]:
    """Give a seeded sandbox: agent 1 is published, with a published LLM; agent 2 is a draft with a flow."""
    sandbox = Sandbox(":memory:")
    seed(sandbox)
    yield Sands(sandbox)
    sandbox.close()


def _tree(publish: str = "draft", agent_id: str = AGENT_ID, **more: Any) -> dict[str, Any]:
    base = {"agent_backchannel": {"enabled": False}, "context_preservation": {"enabled": True}}
    return {**base, **more, "targets": {"retell": {"agent_id": agent_id, "publish": publish}}}


def _versions(sands: Sands, agent_id: str = AGENT_ID) -> list[tuple[int, bool]]:
    _, body = sands.call("GET", f"/retell/list-agent-versions/{agent_id}?sort_order=ascending")
    return [(item["version"], item["is_published"]) for item in body["items"]]


def _sent(sands: Sands) -> list[str]:
    return [request.path.split("/")[1] for request in sands.writes]


def test_a_published_version_gets_one_draft_and_is_itself_left_alone(sands: Sands) -> None:
    """Draft, LLM, agent, in this order: the stamp on the agent goes last. Nothing is published unasked."""
    before = sands.call("GET", f"/retell/get-agent/{AGENT_ID}?version=0")
    plan = planned(_tree(), "retell", sands.send)
    assert plan.after_apply.startswith("version 1 is a draft")
    result = applied(plan, sands.send)
    assert result.outcome is Outcome.APPLIED
    assert result.notes[0] == "draft version 1 made from published version 0"
    assert _sent(sands) == ["create-agent-version", "update-retell-llm", "update-agent"]
    assert _versions(sands) == [(0, True), (1, False)]
    assert sands.call("GET", f"/retell/get-agent/{AGENT_ID}?version=0") == before
    _, agent = sands.call("GET", f"/retell/get-agent/{AGENT_ID}")
    assert agent["response_engine"]["version"] == 1
    assert not planned(_tree(), "retell", sands.send).changes


def test_a_draft_in_place_is_used(sands: Sands) -> None:
    """A second change goes into the draft that is there."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    applied(planned(_tree(agent_backchannel={"enabled": True}), "retell", sands.send), sands.send)
    assert _versions(sands) == [(0, True), (1, False)]


@pytest.mark.parametrize("fault", ["500-after", "drop-after"])
def test_a_draft_whose_answer_never_came_is_not_made_twice(sands: Sands, fault: str) -> None:
    """The vendor is asked again what is there before a second draft is made."""
    plan = planned(_tree(), "retell", sands.send)
    sands.requests.clear()
    sands.fault_at = {2: fault}
    assert applied(plan, sands.send).outcome is Outcome.APPLIED
    assert _sent(sands).count("create-agent-version") == 1
    assert _versions(sands) == [(0, True), (1, False)]


def test_a_draft_that_was_never_made_is_tried_once_more(sands: Sands) -> None:
    """The outcome was unknown and the look-up shows no draft: the second try makes it."""
    plan = planned(_tree(), "retell", sands.send)
    sands.requests.clear()
    sands.fault_at = {2: "500-before"}
    assert applied(plan, sands.send).outcome is Outcome.APPLIED
    assert _sent(sands).count("create-agent-version") == 2
    assert _versions(sands) == [(0, True), (1, False)]


def test_an_engine_that_stays_published_is_not_written(sands: Sands) -> None:
    """Whether an engine is branched with its agent is not documented; where it is not, nothing but the draft is made."""
    plan = planned(_tree(), "retell", sands.send)

    def unbranch(_: int, request: Any) -> None:
        if request.path.startswith("/get-agent") and "create-agent-version" in _sent(sands):
            path = f"/retell/update-agent/{AGENT_ID}?version=1"
            engine = {"type": "retell-llm", "llm_id": RETELL_LLM, "version": 0}
            assert sands.call("PATCH", path, {"response_engine": engine})[0] == 200

    sands.before = unbranch
    result = applied(plan, sands.send)
    assert isinstance(result.error, RefusedAsUnsafe)
    assert result.outcome is Outcome.FAILED_MIDWAY
    assert _sent(sands) == ["create-agent-version"]


def test_a_published_engine_does_not_stand_in_the_way_of_the_agent_alone(sands: Sands) -> None:
    """An engine that needs no change is not asked whether it could be changed."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    engine = {"type": "retell-llm", "llm_id": RETELL_LLM, "version": 0}
    sands.call("PATCH", f"/retell/update-agent/{AGENT_ID}", {"response_engine": engine})
    sands.requests.clear()
    tree = {"language": "en-US", "targets": {"retell": {"agent_id": AGENT_ID}}}
    assert applied(planned(tree, "retell", sands.send), sands.send).outcome is Outcome.APPLIED
    assert _sent(sands) == ["update-agent"]
    sands.requests.clear()
    result = applied(planned(_tree(), "retell", sands.send), sands.send)
    assert isinstance(result.error, RefusedAsUnsafe)
    assert result.outcome is Outcome.FAILED
    assert sands.writes == []


def test_a_draft_that_differs_from_its_base_is_not_written_over(sands: Sands) -> None:
    """Somebody edited between reading and drafting: their value would be lost, so the run stops at the draft."""
    plan = planned(_tree(silence={"reminder_after_ms": 12_000}), "retell", sands.send)

    def edit(_: int, request: Any) -> None:
        if request.path.startswith("/get-agent") and "create-agent-version" in _sent(sands):
            edited = sands.call("PATCH", f"/retell/update-agent/{AGENT_ID}", {"reminder_trigger_ms": 7777})
            assert edited[0] == 200

    sands.before = edit
    result = applied(plan, sands.send)
    assert isinstance(result.error, PlanIsStale)
    assert "reminder_trigger_ms" in result.error.message
    assert _sent(sands) == ["create-agent-version"]


def test_publishing_happens_when_it_is_asked_for(sands: Sands) -> None:
    """Draft, write, verify, publish, look again; then a second plan is empty."""
    plan = planned(_tree("publish"), "retell", sands.send)
    assert plan.after_apply.startswith("version 1 is published")
    result = applied(plan, sands.send)
    assert result.outcome is Outcome.APPLIED
    assert _sent(sands)[-1] == "publish-agent-version"
    assert _versions(sands) == [(0, True), (1, True)]
    second = planned(_tree("publish"), "retell", sands.send)
    assert not second.changes
    assert second.after_apply


def test_where_only_publishing_is_left_the_plan_says_publish(sands: Sands) -> None:
    """A draft with the right content: one request publishes it, none writes."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    sands.requests.clear()
    plan = planned(_tree("publish"), "retell", sands.send)
    assert [resource.action for resource in plan.resources] == [Action.PUBLISH, Action.NONE]
    assert applied(plan, sands.send).outcome is Outcome.APPLIED
    assert _sent(sands) == ["publish-agent-version"]


@pytest.mark.parametrize(("fault", "times"), [("500-after", 1), ("drop-after", 1), ("500-before", 2)])
def test_a_publish_whose_answer_never_came_is_looked_up(sands: Sands, fault: str, times: int) -> None:
    """Published already: not sent again. Not published: sent once more."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    plan = planned(_tree("publish"), "retell", sands.send)
    sands.requests.clear()
    sands.fault_at = {4: fault}
    assert applied(plan, sands.send).outcome is Outcome.APPLIED
    assert _sent(sands) == ["publish-agent-version"] * times
    assert _versions(sands) == [(0, True), (1, True)]


def test_a_publish_that_is_answered_and_not_done_is_found_out(sands: Sands) -> None:
    """The vendor said yes and the version is still a draft: not applied, and the next plan says publish."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    plan = planned(_tree("publish"), "retell", sands.send)
    sands.requests.clear()
    sands.fault_at = {4: "lie"}
    result = applied(plan, sands.send)
    assert isinstance(result.error, VerificationFailed)
    assert result.outcome is Outcome.FAILED_MIDWAY
    assert planned(_tree("publish"), "retell", sands.send).resources[0].action is Action.PUBLISH


def test_a_flow_gets_the_block_in_its_global_prompt(sands: Sands) -> None:
    """The block goes to whichever prompt the agent has; the flow's nodes stay."""
    _, before = sands.call("GET", f"/retell/get-conversation-flow/{RETELL_FLOW}")
    tree = _tree(agent_id=RETELL_FLOW_AGENT)
    plan = planned(tree, "retell", sands.send)
    assert [resource.kind for resource in plan.resources] == ["agent", "conversation-flow"]
    assert applied(plan, sands.send).outcome is Outcome.APPLIED
    _, after = sands.call("GET", f"/retell/get-conversation-flow/{RETELL_FLOW}")
    assert after["global_prompt"].startswith(before["global_prompt"])
    assert "vaxctl:begin context" in after["global_prompt"]
    assert after["nodes"] == before["nodes"]
    assert not planned(tree, "retell", sands.send).changes


def test_an_agent_with_a_model_of_its_own_is_told_apart(sands: Sands) -> None:
    """A custom LLM's prompt is not at Retell: the plan says so, and does the rest."""
    engine = {"type": "custom-llm", "llm_websocket_url": "wss://ours.example/llm"}
    sands.call("PATCH", f"/retell/update-agent/{RETELL_FLOW_AGENT}", {"response_engine": engine})
    tree = _tree(agent_id=RETELL_FLOW_AGENT, agent_backchannel={"enabled": True})
    plan = planned(tree, "retell", sands.send)
    assert "'custom-llm'" in plan.notes[0]
    assert plan.notes[1] == "context_preservation.enabled has no place here: the agent has no llm"
    assert [resource.kind for resource in plan.resources] == ["agent"]
    assert applied(plan, sands.send).outcome is Outcome.APPLIED
    assert not planned(tree, "retell", sands.send).changes


def test_an_override_of_the_description_and_the_stamp_stand_side_by_side(sands: Sands) -> None:
    """The description is the profile's own; our line under it is neither compared nor lost."""
    tree = {
        "targets": {"retell": {"agent_id": AGENT_ID, "overrides": {"agent": {"version_description": "Ours"}}}}
    }
    assert applied(planned(tree, "retell", sands.send), sands.send).outcome is Outcome.APPLIED
    _, agent = sands.call("GET", f"/retell/get-agent/{AGENT_ID}")
    assert agent["version_description"].startswith("Ours\n[vaxctl 1 profile=tested leaves=")
    assert not planned(tree, "retell", sands.send).changes


def test_a_version_published_meanwhile_makes_the_plan_stale(sands: Sands) -> None:
    """The plan told of a draft; now the same content is what callers hear, so it tells it anew."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    plan = planned(_tree(agent_backchannel={"enabled": True}), "retell", sands.send)
    sands.call("POST", f"/retell/publish-agent-version/{AGENT_ID}", {"version": 1})
    written = len(sands.writes)
    assert isinstance(applied(plan, sands.send).error, PlanIsStale)
    assert len(sands.writes) == written


def test_an_unknown_agent_is_the_profiles_mistake(sands: Sands) -> None:
    """The message names the key of the profile that holds the id."""
    with pytest.raises(InvalidInput, match="Retell knows no agent agent_nobody"):
        planned(_tree(agent_id="agent_nobody"), "retell", sands.send)


def test_a_draft_that_cannot_be_made_leaves_the_agent_alone(sands: Sands) -> None:
    """Two unknown outcomes in a row: reported as begun, and the next run converges."""
    plan = planned(_tree(), "retell", sands.send)
    sands.requests.clear()
    sands.fault_at = {2: "500-before", 4: "500-before"}
    result = applied(plan, sands.send)
    assert isinstance(result.error, OutcomeUnknown)
    assert result.outcome is Outcome.FAILED_MIDWAY
    sands.fault_at = {}
    assert applied(planned(_tree(), "retell", sands.send), sands.send).outcome is Outcome.APPLIED
    assert _versions(sands) == [(0, True), (1, False)]


def _colleagues_draft(sands: Sands) -> None:
    """Leave a draft of version 0 with another voice in it, as somebody in the dashboard would."""
    assert sands.call("POST", f"/retell/create-agent-version/{AGENT_ID}", {"base_version": 0})[0] == 201
    edited = sands.call("PATCH", f"/retell/update-agent/{AGENT_ID}", {"volume": 1.7, "version_title": "wip"})
    assert edited[0] == 200


def test_somebodys_draft_is_not_published_without_consent(sands: Sands) -> None:
    """The plan names what would go live with it; only under the id that it prints is it published."""
    _colleagues_draft(sands)
    plan = planned(_tree("publish"), "retell", sands.send)
    assert plan.goes_live == ("agent volume",)
    assert "agent volume" in plan.notes[-1]
    written = len(sands.writes)
    refused = applied(plan, sands.send, ("publish-00000000",))
    assert refused.outcome is Outcome.REFUSED
    assert isinstance(refused.error, RefusedAsUnsafe)
    assert plan.publish_id is not None
    assert plan.publish_id in (refused.error.help or "")
    assert len(sands.writes) == written
    assert applied(plan, sands.send, plan.consent_ids).outcome is Outcome.APPLIED
    assert _versions(sands) == [(0, True), (1, True)]


def test_a_draft_is_compared_only_where_it_is_to_be_published(sands: Sands) -> None:
    """`publish: draft` costs no further read, and asks for no consent."""
    _colleagues_draft(sands)
    sands.requests.clear()
    assert planned(_tree(), "retell", sands.send).publish_id is None
    assert len(sands.requests) == 2


def test_our_own_draft_is_published_without_consent(sands: Sands) -> None:
    """What only the profile put into a draft is no news to the profile."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    assert planned(_tree("publish"), "retell", sands.send).consent_ids == ()


def test_an_agent_that_was_never_published_takes_consent(sands: Sands) -> None:
    """All of it would go live."""
    plan = planned(_tree("publish", RETELL_FLOW_AGENT), "retell", sands.send)
    assert plan.publish_id is not None
    assert any("no version of this agent was ever published" in note for note in plan.notes)


def test_the_publish_policy_is_part_of_what_is_desired(sands: Sands) -> None:
    """A plan saved for a draft does not stand for one that publishes."""
    applied(planned(_tree(), "retell", sands.send), sands.send)
    draft, publish = (planned(_tree(policy), "retell", sands.send) for policy in ("draft", "publish"))
    assert draft.live_digest == publish.live_digest
    assert draft.desired_digest != publish.desired_digest
