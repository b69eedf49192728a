"""Reading and writing at Retell as exchanges, request by request; the policy as a whole is tested with the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.errors import InvalidInput, OutcomeUnknown, PlanIsStale, RefusedAsUnsafe, VendorRefused
from vaxctl.vendors.exchange import Request, Response, run
from vaxctl.vendors.live import Desired, Live, LiveObject, Target
from vaxctl.vendors.retell import exchanges
from vaxctl.vendors.stamp import in_text, stamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET = Target("retell", "agent_1")
STAMP = stamp_of("p", None, [("agent", "volume", 1)])
ENGINE = {"type": "retell-llm", "llm_id": "llm_1", "version": 3}
AGENT: dict[str, Any] = {
    "agent_id": "agent_1",
    "version": 3,
    "is_published": False,
    "response_engine": ENGINE,
}
LLM: dict[str, Any] = {"llm_id": "llm_1", "version": 3, "is_published": False}


class Script:
    """Answers from a table by the beginning of the path; keeps what was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.sent: list[Request] = []

    def send(self, request: Request) -> Response:
        """Give the answer, the next of a list of answers, or raise it."""
        self.sent.append(request)
        found = next(self.answers[start] for start in self.answers if request.path.startswith(start))
        answer = (
            found.pop(0)
            if isinstance(found, list) and found and isinstance(found[0], dict | Exception)
            else found
        )
        if isinstance(answer, Exception):
            raise answer
        return Response(200, answer)


def _live(agent: dict[str, Any] = AGENT, llm: dict[str, Any] = LLM) -> Live:
    return run(exchanges.read(TARGET), Script({"/get-agent": agent, "/get-retell-llm": llm}).send)


def _desired(agent: dict[str, Any], llm: dict[str, Any] = LLM) -> Desired:
    return Desired({"agent": agent, "llm": llm}, STAMP)


def test_the_engine_is_read_in_the_version_that_the_agent_names() -> None:
    """Agent and engine count their versions apart."""
    script = Script({"/get-agent": AGENT, "/get-retell-llm": LLM})
    live = run(exchanges.read(TARGET), script.send)
    assert script.sent[1].query == (("version", "3"),)
    assert live.objects["llm"].version == 3
    assert live.objects["llm"].published is False


def test_an_engine_without_a_version_is_read_and_written_as_it_is() -> None:
    """An older agent names no version: none is asked for."""
    engine = {"type": "retell-llm", "llm_id": "llm_1"}
    script = Script(
        {"/get-agent": {**AGENT, "response_engine": engine}, "/get-retell-llm": {"llm_id": "llm_1"}}
    )
    live = run(exchanges.read(TARGET), script.send)
    assert script.sent[1].query == ()
    writing = Script({"/update": {}})
    desired = _desired(live.objects["agent"].body, {"llm_id": "llm_1", "general_prompt": "x"})
    run(exchanges.write(live, desired), writing.send)
    assert [request.query for request in writing.sent] == [(), (("version", "3"),)]


@pytest.mark.parametrize(
    "engine", [None, "text", {"type": "custom-llm", "llm_websocket_url": "wss://x"}, {"type": "retell-llm"}]
)
def test_an_engine_that_cannot_be_read_is_a_note(engine: Any) -> None:
    """Another kind, none, or one without its id: the agent alone is managed."""
    live = run(exchanges.read(TARGET), Script({"/get-agent": {**AGENT, "response_engine": engine}}).send)
    assert list(live.objects) == ["agent"]
    assert "its prompt is not Retell's to change" in live.notes[0]


def test_the_engine_is_patched_before_the_agent_that_carries_the_stamp() -> None:
    """Only what differs is sent, each with its version; what is stamped has been written."""
    live = _live({**AGENT, "version_description": "Autumn"})
    script = Script({"/update": {}})
    agent = {**live.objects["agent"].body, "volume": 1}
    run(exchanges.write(live, _desired(agent, {**LLM, "general_prompt": "x"})), script.send)
    llm, last = script.sent
    assert (llm.path, llm.query, llm.json) == (
        "/update-retell-llm/llm_1",
        (("version", "3"),),
        {"general_prompt": "x"},
    )
    assert last.path == "/update-agent/agent_1"
    assert last.json["volume"] == 1
    assert set(last.json) == {"volume", "version_description"}
    assert last.json["version_description"].startswith("Autumn\n")
    assert in_text(last.json["version_description"]) == STAMP


def test_an_engine_that_is_published_under_a_draft_is_refused_before_anything_is_sent() -> None:
    """Published versions are immutable; the agent would be stamped with what its engine does not hold."""
    live = _live(llm={**LLM, "is_published": True})
    with pytest.raises(RefusedAsUnsafe, match="engine behind the draft is published"):
        run(
            exchanges.write(live, _desired(AGENT, {**LLM, "general_prompt": "x"})),
            lambda _: pytest.fail("sent"),
        )


def _drafting(drafted: dict[str, Any], create: Any = None) -> tuple[Live, Script]:
    live = _live({**AGENT, "is_published": True}, {**LLM, "is_published": True})
    engine = {"/get-retell-llm": {**LLM, "version": 4}}
    return live, Script(
        {"/create": [create or {"version": 4}], "/get-agent": drafted, **engine, "/update": {}}
    )


def test_a_draft_keeps_the_engine_that_was_branched_with_it() -> None:
    """An override inside `response_engine` sends it whole: with the draft's own engine version, not the old one."""
    engine = {**ENGINE, "version": 4}
    live, script = _drafting({**AGENT, "version": 4, "response_engine": engine})
    run(exchanges.write(live, _desired({**AGENT, "response_engine": {**ENGINE, "note": "x"}})), script.send)
    assert script.sent[-1].json["response_engine"] == {**engine, "note": "x"}
    assert script.sent[-1].query == (("version", "4"),)


def test_a_draft_that_came_out_published_is_refused() -> None:
    """The vendor answered, and the latest version is published still: nothing is written."""
    live, script = _drafting({**AGENT, "is_published": True})
    with pytest.raises(RefusedAsUnsafe, match="latest version is still published"):
        run(exchanges.write(live, _desired({**AGENT, "volume": 1})), script.send)
    assert not any(request.path.startswith("/update") for request in script.sent)


def test_a_draft_without_its_engine_is_stale() -> None:
    """Somebody changed the engine while the draft was made."""
    live, script = _drafting({**AGENT, "response_engine": {"type": "custom-llm"}})
    with pytest.raises(PlanIsStale, match="the draft has no llm any more"):
        run(exchanges.write(live, _desired({**AGENT, "volume": 1})), script.send)


def test_an_unknown_outcome_is_looked_up_before_a_second_draft() -> None:
    """The look-up shows a draft: it is the one that was asked for."""
    live, script = _drafting({**AGENT, "version": 4}, OutcomeUnknown("no answer"))
    run(exchanges.write(live, _desired({**AGENT, "volume": 1})), script.send)
    assert sum(request.path.startswith("/create") for request in script.sent) == 1


@pytest.mark.parametrize("status", [404, 422])
def test_an_unknown_agent_is_the_profiles_mistake(status: int) -> None:
    """Retell answers 404 or 422 for what it cannot find."""
    script = Script({"/get-agent": [VendorRefused("gone", status=status)]})
    with pytest.raises(InvalidInput, match="Retell knows no agent agent_1"):
        run(exchanges.read(TARGET), script.send)


@pytest.mark.parametrize("answer", [[VendorRefused("teapot", status=418)], "text"])
def test_any_other_answer_is_refused(answer: Any) -> None:
    """Another refusal stays what it is; a body that is no agent is one too."""
    with pytest.raises(VendorRefused):
        run(exchanges.read(TARGET), Script({"/get-agent": answer}).send)


def test_publishing_again_only_where_it_did_not_happen() -> None:
    """Unknown outcome, and the look-up shows a draft still: sent a second time, with the version read."""
    script = Script({"/publish": [OutcomeUnknown("no answer"), {}], "/get-agent": AGENT})
    live = Live(TARGET, {"agent": LiveObject("agent", "agent_1", AGENT, 3, published=False)})
    assert run(exchanges.publish(live), script.send).notes == ("version 3 published",)
    assert [request.json for request in script.sent] == [{"version": 3}, None, {"version": 3}]


def test_many_agents_are_read_one_by_one() -> None:
    """Retell lists summaries: nothing is asked, and nothing is known."""
    script = Script({})
    assert run(exchanges.read_many([TARGET] * 100), script.send) == {}
    assert script.sent == []
