"""The modelled /assistant endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.sandbox.app import Sandbox
from vaxctl.sandbox.call import Answer, Call, Refused, World, dispatch
from vaxctl.sandbox.members import split
from vaxctl.sandbox.seed import VAPI_FLUX, VAPI_NOVA, seed

NOVA = f"/vapi/assistant/{VAPI_NOVA}"
MODEL = {"provider": "openai", "model": "gpt-4.1", "messages": []}


def test_create_fills_the_servers_fields(call: Any) -> None:
    """A create answers 201 with id, orgId, times and no version, and keeps what was sent."""
    status, made = call("POST", "/vapi/assistant", {"name": "New", "model": MODEL})
    assert status == 201
    assert made["model"] == MODEL
    assert {"id", "orgId", "createdAt", "updatedAt"} < made.keys()
    assert made["latestVersion"] is None
    assert made["isServerUrlSecretSet"] is False
    assert call("GET", f"/vapi/assistant/{made['id']}") == (200, made)


def test_patch_replaces_a_top_level_key_wholesale(call: Any) -> None:
    """A partial model wipes the prompt, as it did for three production assistants."""
    before = call("GET", NOVA)[1]
    status, after = call("PATCH", NOVA, {"model": {"provider": "openai", "model": "gpt-4.1"}})
    assert status == 200
    assert after["model"] == {"provider": "openai", "model": "gpt-4.1"}
    assert after["updatedAt"] > before["updatedAt"]
    untouched = before.keys() - {"model", "updatedAt"}
    assert {key: after[key] for key in untouched} == {key: before[key] for key in untouched}


def test_null_is_kept_as_null(call: Any) -> None:
    """Null is stored and read back, at the top and inside a plan."""
    call("PATCH", NOVA, {"firstMessage": None, "startSpeakingPlan": {"smartEndpointingPlan": None}})
    after = call("GET", NOVA)[1]
    assert after["firstMessage"] is None
    assert after["startSpeakingPlan"] == {"smartEndpointingPlan": None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"silenceTimeoutSeconds": 30}, "property silenceTimeoutSeconds should not exist"),
        ({"id": "x"}, "property id should not exist"),
        ({"latestVersion": "v1"}, "property latestVersion should not exist"),
        ({"stopSpeakingPlan": {"numWord": 1}}, "stopSpeakingPlan.property numWord should not exist"),
        (
            {"backgroundSpeechDenoisingPlan": {"smartDenoisingPlan": {"enable": True}}},
            "backgroundSpeechDenoisingPlan.smartDenoisingPlan.property enable should not exist",
        ),
        ({"model": {"messages": []}}, "model.provider should not be empty"),
        ({"model": {"provider": "openai"}}, "model.model should not be empty"),
        ({"transcriber": {"model": "nova-3"}}, "transcriber.provider should not be empty"),
        ({"stopSpeakingPlan": {"voiceSeconds": 0.75}}, "voiceSeconds"),
        ({"startSpeakingPlan": {"smartEndpointingPlan": {"provider": "krisp"}}}, "krisp"),
        ({"name": "x" * 41}, "40 characters"),
    ],
)
def test_a_bad_body_is_a_400_that_says_so(call: Any, body: dict[str, Any], message: str) -> None:
    """Unknown properties, half objects and values out of range are refused and change nothing."""
    before = call.raw("GET", NOVA)
    status, answer = call("PATCH", NOVA, body)
    assert (status, answer["error"], answer["statusCode"]) == (400, "Bad Request", 400)
    assert any(message in line for line in answer["message"])
    assert call.raw("GET", NOVA) == before
    assert call("POST", "/vapi/assistant", body)[0] == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"name": NaN}', b"\xff", b"{" * 9, b'{"metadata":' + b"[" * 200_000]
)
def test_what_is_no_json_object_is_a_400(call: Any, body: bytes) -> None:
    """Broken, deep, non-UTF-8 and non-object bodies are refused, never a 500."""
    assert call("PATCH", NOVA, body)[0] == 400


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "9" * 6000])
def test_numbers_beyond_a_double_are_a_400(call: Any, number: str) -> None:
    """No number of a body can become an infinity or stop the model."""
    assert call("PATCH", NOVA, b'{"maxDurationSeconds": ' + number.encode() + b"}")[0] == 400


def test_no_depth_of_nesting_stops_the_model(call: Any) -> None:
    """Around Python's own limit every depth is either kept or refused, and what is kept reads back."""
    for depth in (100, 480, 900, 1100):
        body = b'{"metadata":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        status, text = call.raw("PATCH", NOVA, body)
        assert status in {200, 400}
        if status == 200:
            assert call.raw("GET", NOVA)[1] == text


def test_a_handler_that_recurses_too_deep_refuses_the_body(call: Any) -> None:
    """A body just shallow enough to parse and too deep to check is a 400, not a crash."""

    def endless(request: Call, world: World) -> Answer:
        return endless(request, world)

    with pytest.raises(Refused, match="nested too deeply") as refused:
        dispatch({("GET", "/x"): endless}, Call("GET", "/x"), call.sandbox.world)
    assert refused.value.status == 400


def test_ids_are_checked(call: Any) -> None:
    """No UUID is a 400; an unknown one is a 404; any letter case of a known one is found."""
    assert call("GET", "/vapi/assistant/not-a-uuid")[0] == 400
    assert call("GET", "/vapi/assistant/00000000-0000-4000-8000-000000000000")[0] == 404
    assert call("GET", f"/vapi/assistant/{VAPI_NOVA.upper()}")[0] == 200
    assert call("PUT", NOVA, {})[0] == 404


def test_delete_gives_the_object_and_forgets_it(call: Any) -> None:
    """A delete answers with what it removed; afterwards it is gone."""
    before = call("GET", NOVA)[1]
    assert call("DELETE", NOVA) == (200, before)
    assert call("GET", NOVA)[0] == 404
    assert call("DELETE", NOVA)[0] == 404


def test_list_is_bare_newest_first_and_pages_by_time(call: Any) -> None:
    """The list has no envelope; createdAtLt of the last row gives the next page."""
    made = [call("POST", "/vapi/assistant", {"name": f"n{i}"})[1] for i in range(3)]
    listed = call("GET", "/vapi/assistant")[1]
    assert [item["id"] for item in listed] == [*(m["id"] for m in reversed(made)), VAPI_FLUX, VAPI_NOVA]
    page = call("GET", "/vapi/assistant", limit="2")[1]
    rest = call("GET", "/vapi/assistant", createdAtLt=page[-1]["createdAt"])[1]
    assert page + rest == listed
    after = call(
        "GET", "/vapi/assistant", createdAtGe=made[1]["createdAt"], updatedAtLe=made[1]["updatedAt"]
    )[1]
    assert after == [made[1]]
    assert call("GET", "/vapi/assistant", limit="1001")[0] == 400
    assert call("GET", "/vapi/assistant", createdAtLt="soon")[0] == 400


@pytest.mark.parametrize(
    ("versioning", "labels"), [("off", [None] * 3), ("on", [None, "v1", "v2"]), ("draft", [None] * 3)]
)
def test_the_versioning_switch(open_client: Any, versioning: str, labels: list[str | None]) -> None:
    """Off and draft leave latestVersion alone, on counts; a GET always returns what was written."""
    call = open_client(versioning=versioning)
    made = call("POST", "/vapi/assistant", {"name": "n"})[1]
    path = f"/vapi/assistant/{made['id']}"
    seen = [made["latestVersion"]]
    for name in ("a", "b"):
        seen.append(call("PATCH", path, {"name": name})[1]["latestVersion"])
        assert call("GET", path)[1]["name"] == name
    assert seen == labels


@pytest.mark.parametrize("key", [None, "", "wrong-key"])
@pytest.mark.parametrize("path", ["/vapi/assistant", "/retell/v2/list-retell-llms"])
def test_a_missing_or_wrong_key_is_a_401(call: Any, key: str | None, path: str) -> None:
    """Both vendors answer 401 before anything else."""
    assert call("GET", path, key=key)[0] == 401
    assert call("GET", path, key="anything-else")[0] == 200


def test_the_model_says_that_it_is_one(call: Any) -> None:
    """The root page and a header of every answer say that this is not the vendor."""
    assert "not the vendors" in call("GET", "/", key=None)[1]["says"]
    for path in (NOVA, "/vapi/nothing", "/elsewhere"):
        call("GET", path)
        assert call.headers["x-vaxctl-sandbox"] == "model"


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@settings(max_examples=40, deadline=None)
@given(metadata=st.dictionaries(st.text(), _JSON), name=st.text(max_size=40), compact=st.booleans())
def test_patching_one_key_leaves_the_others_byte_equal(metadata: Any, name: str, *, compact: bool) -> None:
    """Whatever was stored, a PATCH of `name` keeps the text of every other member, number forms included."""
    sandbox = Sandbox(":memory:")
    seed(sandbox)
    headers = {"authorization": "Bearer k"}
    separators = (",", ":") if compact else (" , ", " : ")
    text = json.dumps({"metadata": metadata, "maxDurationSeconds": 0}, separators=separators)
    sent = text.replace('"maxDurationSeconds"' + separators[1] + "0", '"maxDurationSeconds":6.00e2')
    assert sandbox.handle("PATCH", NOVA, {}, headers, sent.encode())[0] == 200
    before = split(sandbox.handle("GET", NOVA, {}, headers, b"")[2].decode())
    patch = json.dumps({"name": name}, ensure_ascii=False).encode()
    assert sandbox.handle("PATCH", NOVA, {}, headers, patch)[0] == 200
    after = split(sandbox.handle("GET", NOVA, {}, headers, b"")[2].decode())
    sandbox.close()
    assert before["maxDurationSeconds"] == "6.00e2"
    moving = {"name", "updatedAt"}
    assert {k: v for k, v in after.items() if k not in moving} == {
        k: v for k, v in before.items() if k not in moving
    }
    assert json.loads(after["name"]) == name
