"""Faults: their grammar, and what each does."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.errors import InvalidInput
from vaxctl.sandbox.app import ConnectionDropped
from vaxctl.sandbox.faults import read_fault
from vaxctl.sandbox.seed import RETELL_AGENT, RETELL_LLM, VAPI_NOVA

NOVA = f"/vapi/assistant/{VAPI_NOVA}"
NAME = {"name": "changed"}


def test_the_whole_grammar() -> None:
    """Every part of a spec is read, JSON with the grammar's own marks in it too."""
    fault = read_fault('edit:{"a":"x@y*2+1"}@PATCH /vapi/assistant*3+2')
    assert (fault.kind, fault.change, fault.method, fault.path) == (
        "edit",
        {"a": "x@y*2+1"},
        "PATCH",
        "/vapi/assistant",
    )
    assert (fault.count, fault.skip) == (3, 2)
    assert read_fault("429:7").number == 7
    assert read_fault("503@/retell").path == "/retell"
    assert read_fault("503@ANY").method == "ANY"
    assert read_fault("429@PATCH *2").count == 2


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("", "the kind is one of"),
        ("404", "the kind is one of"),
        ("429:soon", "whole number"),
        ("slow", "milliseconds"),
        ("slow:99999999", "whole number"),
        ("503:1", "takes no argument"),
        ("edit:", "JSON object"),
        ("edit:[1]", "JSON object"),
        ("edit:{}", "not empty"),
        ('edit:{"a":NaN}', "JSON object"),
        ("lie@", "after @"),
        ("lie@FETCH", "the method is one of"),
        ("lie*0", "never strike"),
        ("lie*x", "cannot read"),
        ("lie+1*2", "cannot read"),
    ],
)
def test_a_bad_spec_says_what_is_wrong(spec: str, why: str, open_client: Any) -> None:
    """A bad spec is InvalidInput at start, and a 400 in a header."""
    with pytest.raises(InvalidInput, match="fault") as raised:
        open_client(faults=[spec])
    assert why in raised.value.message
    status, answer = open_client()("GET", NOVA, fault=spec)
    assert status == 400
    assert why in answer["message"]


@pytest.mark.parametrize(("spec", "status"), [("429", 429), ("500-before", 500), ("503", 503)])
@pytest.mark.parametrize(
    ("path", "envelope"), [(NOVA, "statusCode"), (f"/retell/get-agent/{RETELL_AGENT}", "status")]
)
def test_refusals_happen_before_anything_else(
    call: Any, spec: str, status: int, path: str, envelope: str
) -> None:
    """The answer is in the vendor's envelope, and the write did not happen."""
    got, answer = call("GET", path, fault=spec)
    assert got == status
    assert envelope in answer
    assert "retry-after" not in call.headers
    call("PATCH", NOVA, NAME, fault=spec)
    assert call("GET", NOVA)[1]["name"] != "changed"


def test_retry_after_is_sent_when_asked_for(call: Any) -> None:
    """429:7 carries Retry-After: 7."""
    assert call("GET", NOVA, fault="429:7")[0] == 429
    assert call.headers["retry-after"] == "7"


def test_500_after_has_committed(call: Any) -> None:
    """The write is kept; a create thus doubles if it is sent again."""
    assert call("POST", "/vapi/assistant", NAME, fault="500-after")[0] == 500
    assert [a["name"] for a in call("GET", "/vapi/assistant")[1]].count("changed") == 1
    assert call("GET", NOVA, fault="500-after")[0] == 200
    assert call("PATCH", NOVA, {"nope": 1}, fault="500-after")[0] == 400


def test_drops_before_and_after(call: Any) -> None:
    """Before: nothing happened. After: the write is kept."""
    for spec, kept in (("drop-before", False), ("drop-after", True)):
        with pytest.raises(ConnectionDropped, match=spec.removeprefix("drop-")):
            call("PATCH", NOVA, NAME, fault=spec)
        assert (call("GET", NOVA)[1]["name"] == "changed") is kept


def test_a_lie_is_answered_and_not_kept(call: Any) -> None:
    """The answer shows the new value; the next GET the old one, byte for byte."""
    before = call.raw("GET", NOVA)
    status, answer = call("PATCH", NOVA, NAME, fault="lie")
    assert (status, answer["name"]) == (200, "changed")
    assert call.raw("GET", NOVA) == before
    made = call("POST", "/vapi/assistant", NAME, fault="lie")[1]
    assert call("GET", f"/vapi/assistant/{made['id']}")[0] == 404


def test_an_edit_happens_just_before(call: Any) -> None:
    """A GET already sees the edit; a PATCH of the same subtree overwrites it; its siblings stay."""
    before = call("GET", NOVA)[1]
    edited = call("GET", NOVA, fault='edit:{"stopSpeakingPlan":{"numWords":9}}')[1]
    assert edited["stopSpeakingPlan"] == {**before["stopSpeakingPlan"], "numWords": 9}
    assert edited["updatedAt"] > before["updatedAt"]
    after = call("PATCH", NOVA, {"stopSpeakingPlan": {"numWords": 1}}, fault="edit")[1]
    assert after["stopSpeakingPlan"] == {"numWords": 1}
    assert after["endCallMessage"] == "Edited in the dashboard."


def test_an_edit_of_a_published_agent_makes_a_draft(call: Any) -> None:
    """As in the dashboard: the published version stays, the change is in a new draft, the LLM's too."""
    get, llm = f"/retell/get-agent/{RETELL_AGENT}", f"/retell/get-retell-llm/{RETELL_LLM}"
    before = call.raw("GET", get, version="0")
    edited = call("GET", get, fault='edit:{"responsiveness":0.3}')[1]
    assert (edited["version"], edited["is_published"], edited["responsiveness"]) == (1, False, 0.3)
    assert call.raw("GET", get, version="0") == before
    assert call("GET", llm, fault="edit")[1]["begin_message"] == "Edited in the dashboard."
    assert call("GET", llm)[1]["version"] == 1
    assert call("GET", get)[1]["version"] == 1


def test_an_edit_of_a_published_llm_branches_its_agent(call: Any) -> None:
    """The agent gets a draft that answers with the edited LLM."""
    edited = call("GET", f"/retell/get-retell-llm/{RETELL_LLM}", fault="edit")[1]
    assert (edited["version"], edited["begin_message"]) == (1, "Edited in the dashboard.")
    assert call("GET", f"/retell/get-agent/{RETELL_AGENT}")[1]["response_engine"]["version"] == 1


@pytest.mark.parametrize(
    ("update", "get", "body", "field"),
    [
        (NOVA, NOVA, NAME, "voicemailMessage"),
        ("/retell/update-agent/{}", "/retell/get-agent/{}", {"responsiveness": 0.5}, "volume"),
        (
            "/retell/update-retell-llm/{}",
            "/retell/get-retell-llm/{}",
            {"general_prompt": "p"},
            "begin_message",
        ),
    ],
)
def test_a_side_effect_changes_another_field(call: Any, update: str, get: str, body: Any, field: str) -> None:
    """The write is kept, and one more field of the object is another than before."""
    call("POST", f"/retell/create-agent-version/{RETELL_AGENT}", {"base_version": 0})
    id_ = RETELL_LLM if "llm" in update else RETELL_AGENT
    update, get = update.format(id_), get.format(id_)
    before = call("GET", get)[1]
    assert call("PATCH", update, body, fault="side-effect")[0] == 200
    after = call("GET", get)[1]
    assert body.items() <= after.items()
    moved = {"updatedAt", "last_modification_timestamp"}
    changed = {k for k in after.keys() | before.keys() if after.get(k) != before.get(k)} - moved
    assert changed == {field, *body}


def test_slow_is_late_and_right(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delay is waited for, in milliseconds, and the answer is the usual one."""
    waited = []
    monkeypatch.setattr("vaxctl.sandbox.model.time.sleep", waited.append)
    assert call("GET", NOVA, fault="slow:1500") == call("GET", NOVA)
    assert waited == [1.5]


def test_count_and_skip(open_client: Any) -> None:
    """+1 lets the first by, *2 strikes the two after it; other methods and paths are not counted."""
    call = open_client(faults=["503@GET /vapi/assistant/*2+1"])
    seen = []
    for _ in range(5):
        call("GET", "/vapi/assistant")
        call("PATCH", NOVA, {})
        seen.append(call("GET", NOVA)[0])
    assert seen == [200, 503, 503, 200, 200]


def test_a_header_fault_counts_its_own_tries(call: Any) -> None:
    """429*2 sent along with every try strikes the first two; equal server faults are counted apart."""
    assert [call("GET", NOVA, fault="429*2")[0] for _ in range(3)] == [429, 429, 200]


def test_faults_that_need_a_write_let_reads_by(open_client: Any) -> None:
    """A lie without a filter never strikes a GET, nor a list by POST."""
    call = open_client(faults=["drop-after*1"])
    assert call("GET", NOVA)[0] == 200
    assert call("POST", "/retell/v2/list-agents", {})[0] == 200
    with pytest.raises(ConnectionDropped):
        call("PATCH", NOVA, NAME)


def test_a_path_that_stands_for_no_object_cannot_be_edited(call: Any) -> None:
    """An edit on a list, or on an object that is not there, changes nothing and answers as usual."""
    assert call("GET", "/vapi/assistant", fault="edit")[0] == 200
    assert call("GET", "/retell/get-agent/agent_none", fault="edit")[0] == 422
