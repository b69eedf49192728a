"""Every request that vaxctl makes of Vapi, through the real HTTP stack, against what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.errors import CredentialsRejected, InvalidInput, VendorRefused
from vaxctl.sandbox.seed import VAPI_NOVA
from vaxctl.vendors.exchange import Request, run
from vaxctl.vendors.live import Desired, Live, Target
from vaxctl.vendors.stamp import Stamp
from vaxctl.vendors.vapi import exchanges as vapi
from vaxctl.vendors.vapi.limits import ASSISTANT

if TYPE_CHECKING:
    from vaxctl.vendors.exchange import Send

pytestmark = [pytest.mark.vcr, pytest.mark.block_network]

STAMP = Stamp("cassette", None, {b"\0\0\1": b"\0\0\0\0\2"})
NOBODY = "00000000-0000-4000-8000-00000000dead"


def _read(stage: Any, send: Send) -> Live:
    return run(vapi.read(Target("vapi", stage.ids[VAPI_NOVA])), send)


def _plan(body: dict[str, Any]) -> dict[str, Any]:
    """Choose a stopSpeakingPlan that differs from the one there now, so that there is something to write."""
    now = body.get("stopSpeakingPlan") or {}
    return {**now, "numWords": 3 if now.get("numWords") == 2 else 2}


@pytest.mark.default_cassette("read-assistant")
def test_read_an_assistant(stage: Any) -> None:
    """GET /assistant/{id} gives the assistant."""
    with stage.wire() as wire:
        live = _read(stage, wire.send)
    assert live.objects[ASSISTANT].id == live.objects[ASSISTANT].body["id"] == stage.ids[VAPI_NOVA]
    assert {"model", "voice", "transcriber", "orgId"} <= set(live.objects[ASSISTANT].body)


@pytest.mark.default_cassette("write-assistant")
def test_write_an_assistant(stage: Any) -> None:
    """PATCH sends the changed subtree and the stamp whole; everything else is there afterwards as it was."""
    with stage.wire() as wire:
        before = _read(stage, wire.send)
        body = before.objects[ASSISTANT].body
        wanted = {**body, "stopSpeakingPlan": _plan(body)}
        written = run(vapi.write(before, Desired({ASSISTANT: wanted}, STAMP)), wire.send)
        after = _read(stage, wire.send)
    found = after.objects[ASSISTANT].body
    assert found["stopSpeakingPlan"] == wanted["stopSpeakingPlan"]
    assert after.stamp == STAMP
    assert written.target.id == stage.ids[VAPI_NOVA]
    moving = {"stopSpeakingPlan", "metadata", "updatedAt", "latestVersion"}
    left, kept = ({k: v for k, v in tree.items() if k not in moving} for tree in (body, found))
    assert left == kept


@pytest.mark.default_cassette("create-assistant")
def test_create_an_assistant(stage: Any) -> None:
    """Looked up by name, not there, made, and read again: the stamp is on it."""
    body = {
        "name": stage.new_name,
        "model": {"provider": "openai", "model": "gpt-4.1"},
        "voice": {"provider": "vapi", "voiceId": "Elliot"},
        "transcriber": {"provider": "deepgram", "model": "nova-3"},
        "stopSpeakingPlan": {"numWords": 2},
    }
    target = Target("vapi", None, name=stage.new_name, create=body)
    with stage.wire() as wire:
        live = run(vapi.read(target), wire.send)
        assert live.objects == {}
        written = run(vapi.write(live, Desired({ASSISTANT: body}, STAMP)), wire.send)
        made = run(vapi.read(written.target), wire.send)
    assert written.target.id == made.objects[ASSISTANT].id
    assert made.objects[ASSISTANT].body["stopSpeakingPlan"]["numWords"] == 2
    assert made.stamp == STAMP
    assert "put `assistant_id:" in written.notes[0]


@pytest.mark.default_cassette("find-by-name")
def test_find_an_assistant_by_its_name(stage: Any) -> None:
    """GET /assistant?limit=1000 finds the one of this name."""
    with stage.wire() as wire:
        name = _read(stage, wire.send).objects[ASSISTANT].body["name"]
        found = run(vapi.read(Target("vapi", None, name=name)), wire.send)
    assert found.objects[ASSISTANT].id == stage.ids[VAPI_NOVA]


@pytest.mark.default_cassette("unknown-assistant")
def test_an_unknown_assistant(stage: Any) -> None:
    """An id the organisation does not have is the profile's mistake, and says which key to look at."""
    with stage.wire() as wire, pytest.raises(InvalidInput, match=f"knows no assistant {NOBODY}") as caught:
        run(vapi.read(Target("vapi", NOBODY)), wire.send)
    assert "targets.vapi.assistant_id" in str(caught.value.help)


@pytest.mark.default_cassette("wrong-key")
def test_a_wrong_key(stage: Any) -> None:
    """A 401 is exit 8 and names the variable, not the key."""
    with (
        stage.wire(key="wrong-key") as wire,
        pytest.raises(CredentialsRejected, match="VAPI_API_KEY") as caught,
    ):
        _read(stage, wire.send)
    assert int(caught.value.exit_code) == 8
    assert "wrong-key" not in str(caught.value)


@pytest.mark.default_cassette("unknown-property")
def test_an_unknown_property(stage: Any) -> None:
    """A property outside the schema is refused in the vendor's own words, and is not sent again."""
    with stage.wire() as wire:
        id_ = _read(stage, wire.send).objects[ASSISTANT].id
        body = {"startSpeekingPlan": {"waitSeconds": 0.4}}
        request = Request("vapi", "PATCH", f"/assistant/{id_}", "update the assistant", json=body)
        with pytest.raises(VendorRefused, match="property startSpeekingPlan should not exist") as caught:
            wire.send(request)
    assert caught.value.status == 400
    assert stage.waits == []


@pytest.mark.sandbox_only("429:2@GET /vapi/assistant*1")
@pytest.mark.default_cassette("rate-limited")
def test_rate_limited(stage: Any) -> None:
    """A 429 with Retry-After is waited for as long as it says, then asked once more."""
    with stage.wire() as wire:
        live = _read(stage, wire.send)
    assert [(reason.partition(",")[0], seconds >= 2.0) for reason, seconds in stage.waits] == [
        ("HTTP 429", True)
    ]
    assert set(live.objects) == {ASSISTANT}
