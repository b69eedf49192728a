"""Secrets planted in every corner of a request and an answer do not reach the file, and neither do live texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from vcr.request import Request
from vcr.serialize import serialize

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
KEY = "key_5up3rs3cr3t0f0urs"
SECRET = "plant-5ecret-0001"
LIVE_AGENT = "agent_0f9e8d7c6b5a49382716"
LIVE_UUID = "1b2c3d4e-5f60-4718-8a9b-0c1d2e3f4a5b"
SECRETS = {
    "tool header": {"tools": [{"name": "t", "headers": {"X-Custom": SECRET}}]},
    "server secret": {"server": {"url": "https://crm.example/x", "secret": SECRET}},
    "token": {"access_token": SECRET},
    "api key": {"provider": {"apiKey": SECRET}},
    "password": {"password": SECRET},
    "url query": {"webhook_url": f"https://crm.example/hook?t={SECRET}"},
    "url user": {"webhook_url": f"https://bob:{SECRET}@crm.example/hook"},
    "url in a sentence": {"begin_message": f"see https://crm.example/hook?t={SECRET} for more"},
    "e-mail": {"general_prompt": f"write to {SECRET}@larkspur.example"},
    "the key itself": {"message": f"Invalid key {KEY}"},
}
LIVE_TEXTS = {
    "prompt": {"general_prompt": SECRET},
    "message": {"model": {"messages": [{"role": "system", "content": SECRET}]}},
    "name": {"agent_name": SECRET},
    "nodes": {"nodes": [{"instruction": {"text": SECRET}}]},
    "tools": {"general_tools": [{"url": SECRET}]},
    "metadata": {"metadata": {"customer": SECRET, "vaxctl": {"format": 1}}},
    "description": {"version_description": f"{SECRET}\n[vaxctl 1 profile=p leaves=AAA]"},
}


def _file(provenance: Any, scrubber: Any, body: Any, **headers: str) -> str:
    """Return the text of a cassette with `body` sent and answered."""
    text = json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    request = scrubber.request(
        Request("PATCH", f"http://127.0.0.1:4711/vapi/assistant/{LIVE_UUID}?t=1", text, sent)
    )
    answer = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Set-Cookie": [f"s={SECRET}"], "content-type": ["application/json"], "X-Trace": [SECRET]},
        "body": {"string": text},
    }
    head = provenance.Provenance("sandbox", "2026-11-23", "0.1.0", "documents")
    cassette = {"requests": [request], "responses": [scrubber.response(answer)]}
    return str(serialize(cassette, provenance.Serializer(head)))


@pytest.mark.parametrize("where", SECRETS)
def test_planted_secrets_are_gone(scrubbing: Any, provenance: Any, where: str) -> None:
    """A secret in JSON, a header, a cookie or a URL is not in the file."""
    scrubber = scrubbing.Scrubber("vapi", replaced={KEY: scrubbing.MASK})
    text = _file(provenance, scrubber, SECRETS[where], **{"Cookie": f"s={SECRET}", "X-Api-Key": SECRET})
    assert SECRET not in text
    assert KEY not in text
    assert "Bearer [scrubbed]" in text
    assert "https://vapi.invalid/assistant/" in text


@pytest.mark.parametrize("number", ["+15005550006", "+44 20 7946 0018", "+1 (500) 555-0006"])
def test_telephone_numbers_are_gone(scrubbing: Any, number: str) -> None:
    """Numbers in E.164 or as people write them become one that leads nowhere."""
    kept = scrubbing.Scrubber("vapi").text(f"call {number} now")
    assert kept == "call +10000000000 now"


@pytest.mark.parametrize("where", LIVE_TEXTS)
def test_live_texts_are_gone(scrubbing: Any, provenance: Any, where: str) -> None:
    """From a live account nothing that people wrote is kept, but our own stamp is."""
    text = _file(provenance, scrubbing.Scrubber("vapi", live=True), LIVE_TEXTS[where])
    assert SECRET not in text
    assert ("[vaxctl 1 profile=p leaves=AAA]" in text) == (where == "description")
    assert ("vaxctl" in text.partition("interactions")[2]) == (where in {"description", "metadata"})


def test_live_ids_are_gone(scrubbing: Any, provenance: Any) -> None:
    """Ids of a live account are replaced, those of the sandbox stay."""
    scrubber = scrubbing.Scrubber(
        "retell", live=True, replaced={LIVE_AGENT: "agent_5ca1ab1e0000000000000001"}
    )
    ids = {
        "agent_id": LIVE_AGENT,
        "orgId": LIVE_UUID,
        "llm_id": "llm_aabbccddeeff00112233",
        "voice_id": "voice_aa11bb22cc",
    }
    text = _file(provenance, scrubber, ids)
    assert not [live for live in (LIVE_AGENT, LIVE_UUID, "aabbccddeeff", "aa11bb22cc") if live in text]
    assert text.count("agent_5ca1ab1e0000000000000001") == 2
    assert text.count("llm_5ca1ab1e0000000000000001") == 2


def test_a_live_list_keeps_only_our_own(scrubbing: Any) -> None:
    """Of an organisation's assistants only those the recording is about are kept."""
    ours, theirs = {"id": "5ca1ab1e-0000-4000-8000-000000000001"}, {"id": LIVE_UUID, "name": "theirs"}
    scrubber = scrubbing.Scrubber("vapi", live=True, listed=frozenset({ours["id"]}))
    assert json.loads(scrubber.body(json.dumps([theirs, ours]))) == [ours]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("where", [*SECRETS, *LIVE_TEXTS])
def test_scrubbing_twice_is_scrubbing_once(scrubbing: Any, where: str, live: bool) -> None:  # noqa: FBT001
    """What replay makes of a scrubbed answer is scrubbed again and must stay the same."""
    scrubber = scrubbing.Scrubber("vapi", live=live, replaced={KEY: scrubbing.MASK})
    once = scrubber.body(json.dumps({**SECRETS, **LIVE_TEXTS}[where]))
    assert scrubber.body(once) == once


def test_numbers_and_shapes_stay(scrubbing: Any) -> None:
    """Scrubbing changes no number, no null, no boolean and no order of keys."""
    body = '{"b": 1.0, "a": 1, "n": null, "t": true, "isServerUrlSecretSet": false, "list": [1, 2.5]}'
    assert json.dumps(json.loads(scrubbing.Scrubber("vapi", live=True).body(body))) == body


def test_a_body_that_is_no_json_is_scrubbed_as_text(scrubbing: Any) -> None:
    """An error page may repeat an address or a number."""
    assert scrubbing.Scrubber("vapi").body(b"<p>a.b@c.example</p>") == b"<p>someone@example.com</p>"


@pytest.mark.parametrize(
    "path", sorted(CASSETTES.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_committed_cassettes_are_scrubbed(scrubbing: Any, provenance: Any, path: Path) -> None:
    """No cassette in the repository holds what the scrubber would take out, nor the seed's planted secrets."""
    text = path.read_text(encoding="utf-8")
    found = provenance.Serializer().deserialize(text)
    assert "fake-" not in text
    live = found["provenance"]["recorded-from"] == "live"
    scrubber = scrubbing.Scrubber(
        path.parent.name, live=live, listed=frozenset({"5ca1ab1e-0000-4000-8000-000000000001"})
    )
    assert found["interactions"]
    for interaction in found["interactions"]:
        headers = {**interaction["request"]["headers"], **interaction["response"]["headers"]}
        assert set(headers) <= {*scrubbing.REQUEST_HEADERS, *scrubbing.RESPONSE_HEADERS}
        assert headers["authorization"] == ["Bearer [scrubbed]"]
        for body in (interaction["request"]["body"], interaction["response"]["body"]["string"]):
            assert scrubber.body(body or "").decode() == (body or "")
