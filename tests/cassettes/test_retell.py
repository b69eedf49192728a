"""Every request that vaxctl makes of Retell, through the real HTTP stack, against what was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.errors import CredentialsRejected, InvalidInput, VendorRefused
from vaxctl.sandbox.seed import RETELL_AGENT, RETELL_FLOW_AGENT
from vaxctl.vendors.exchange import Request, run
from vaxctl.vendors.live import Desired, Live, Target
from vaxctl.vendors.retell import exchanges as retell
from vaxctl.vendors.retell.limits import AGENT, FLOW, LLM
from vaxctl.vendors.stamp import Stamp

if TYPE_CHECKING:
    from vaxctl.vendors.exchange import Send

pytestmark = [pytest.mark.vcr, pytest.mark.block_network]

STAMP = Stamp("cassette", None, {b"\0\0\1": b"\0\0\0\0\2"})


def _read(stage: Any, send: Send, agent: str = RETELL_AGENT) -> Live:
    return run(retell.read(Target("retell", stage.ids[agent])), send)


def _other(value: Any, one: float, two: float) -> float:
    """Choose what differs from the value there now, so that a recording always has something to write."""
    return two if value == one else one


def _desired(live: Live, engine: str) -> Desired:
    agent, behind = live.objects[AGENT].body, live.objects[engine].body
    return Desired(
        {
            AGENT: {**agent, "responsiveness": _other(agent.get("responsiveness"), 0.5, 0.6)},
            engine: {**behind, "model_temperature": _other(behind.get("model_temperature"), 0.3, 0.4)},
        },
        STAMP,
    )


def _holds(live: Live, desired: Desired, engine: str) -> bool:
    wanted = (desired.trees[AGENT]["responsiveness"], desired.trees[engine]["model_temperature"])
    return wanted == (
        live.objects[AGENT].body["responsiveness"],
        live.objects[engine].body["model_temperature"],
    )


@pytest.mark.default_cassette("read-agent-and-llm")
def test_read_an_agent_and_its_llm(stage: Any) -> None:
    """get-agent and get-retell-llm give the two objects with their versions."""
    with stage.wire() as wire:
        live = _read(stage, wire.send)
    agent, llm = live.objects[AGENT], live.objects[LLM]
    assert agent.id == stage.ids[RETELL_AGENT]
    assert agent.body["response_engine"] == {"type": "retell-llm", "llm_id": llm.id, "version": llm.version}
    assert isinstance(agent.version, int)
    assert isinstance(agent.published, bool)
    assert isinstance(llm.body["general_prompt"], str)


@pytest.mark.default_cassette("read-agent-and-flow")
def test_read_an_agent_and_its_conversation_flow(stage: Any) -> None:
    """get-conversation-flow gives the engine of the other kind."""
    with stage.wire() as wire:
        live = _read(stage, wire.send, RETELL_FLOW_AGENT)
    assert set(live.objects) == {AGENT, FLOW}
    assert live.objects[FLOW].id == live.objects[AGENT].body["response_engine"]["conversation_flow_id"]
    assert isinstance(live.objects[FLOW].body["global_prompt"], str)


@pytest.mark.default_cassette("draft-write-publish")
def test_draft_write_and_publish(stage: Any) -> None:
    """create-agent-version, update-agent, update-retell-llm and publish-agent-version, with reads between."""
    with stage.wire() as wire:
        before = _read(stage, wire.send)
        if not before.objects[AGENT].published:
            run(retell.publish(before), wire.send)
            before = _read(stage, wire.send)
        desired = _desired(before, LLM)
        written = run(retell.write(before, desired), wire.send)
        drafted = _read(stage, wire.send)
        run(retell.publish(drafted), wire.send)
        after = _read(stage, wire.send)
    old, new = before.objects[AGENT].version, drafted.objects[AGENT].version
    assert written.notes == (f"draft version {new} made from published version {old}",)
    assert drafted.objects[AGENT].published is False
    assert (after.objects[AGENT].version, after.objects[AGENT].published) == (new, True)
    assert _holds(after, desired, LLM)
    assert after.stamp == STAMP


@pytest.mark.default_cassette("write-flow")
def test_write_an_agent_and_its_conversation_flow(stage: Any) -> None:
    """update-agent and update-conversation-flow on a draft keep every field that was not sent."""
    with stage.wire() as wire:
        before = _read(stage, wire.send, RETELL_FLOW_AGENT)
        desired = _desired(before, FLOW)
        run(retell.write(before, desired), wire.send)
        after = _read(stage, wire.send, RETELL_FLOW_AGENT)
    assert _holds(after, desired, FLOW)
    assert after.stamp == STAMP
    theirs = {"voice_id", "language", "webhook_url", "agent_name"}
    left, found = ({k: o.objects[AGENT].body.get(k) for k in theirs} for o in (before, after))
    assert left == found


@pytest.mark.default_cassette("unknown-agent")
def test_an_unknown_agent(stage: Any) -> None:
    """An id the workspace does not have is the profile's mistake, and says which key to look at."""
    with stage.wire() as wire, pytest.raises(InvalidInput, match="knows no agent agent_0000") as caught:
        run(retell.read(Target("retell", "agent_00000000000000000000000000")), wire.send)
    assert "targets.retell.agent_id" in str(caught.value.help)


@pytest.mark.default_cassette("wrong-key")
def test_a_wrong_key(stage: Any) -> None:
    """A 401 is exit 8 and names the variable, not the key."""
    with (
        stage.wire(key="wrong-key") as wire,
        pytest.raises(CredentialsRejected, match="RETELL_API_KEY") as caught,
    ):
        _read(stage, wire.send)
    assert int(caught.value.exit_code) == 8
    assert "wrong-key" not in str(caught.value)


@pytest.mark.default_cassette("out-of-range")
def test_a_value_out_of_range(stage: Any) -> None:
    """A write the vendor refuses is told with its status and its own words, and is not sent again."""
    with stage.wire() as wire:
        agent = _read(stage, wire.send).objects[AGENT]
        request = Request(
            "retell",
            "PATCH",
            f"/update-agent/{agent.id}",
            "update the agent",
            (("version", str(agent.version)),),
            {"interruption_sensitivity": 7},
        )
        with pytest.raises(VendorRefused, match="refused to update the agent") as caught:
            wire.send(request)
    assert caught.value.status in {400, 422}
    assert stage.waits == []


@pytest.mark.sandbox_only("429:2@GET /retell/get-agent*1")
@pytest.mark.default_cassette("rate-limited")
def test_rate_limited(stage: Any) -> None:
    """A 429 with Retry-After is waited for as long as it says, then asked once more."""
    with stage.wire() as wire:
        live = _read(stage, wire.send)
    assert [(reason.partition(",")[0], seconds >= 2.0) for reason, seconds in stage.waits] == [
        ("HTTP 429", True)
    ]
    assert set(live.objects) == {AGENT, LLM}


@pytest.mark.default_cassette("read-agent-and-llm")
def test_another_body_is_another_request(stage: Any, replay_only: None, vcr: Any) -> None:
    """Replay is not a matter of paths alone: a request that was not recorded is refused by the cassette."""
    from vcr.errors import CannotOverwriteExistingCassetteException

    with stage.wire() as wire:
        live = _read(stage, wire.send)
        agent = replace(live.objects[AGENT], version=None)
        body = {"interruption_sensitivity": 0.1}
        request = Request("retell", "PATCH", f"/update-agent/{agent.id}", "update the agent", json=body)
        with pytest.raises(CannotOverwriteExistingCassetteException):
            wire.send(request)
    assert vcr.all_played
