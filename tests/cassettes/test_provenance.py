"""A cassette without its head, or with half of one, is refused; so is a replay without a cassette."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vaxctl.vendors.exchange import Request
from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.opening import open_wire
from vaxctl.vendors.wire.secret import Secret

ROOT = Path(__file__).resolve().parents[2]
CASSETTES = sorted((ROOT / "cassettes").glob("*/*.yaml"))
HEAD = {
    "recorded-from": "sandbox",
    "recorded-on": "2026-11-23",
    "vaxctl": "0.1.0",
    "sandbox-modelled-from": "documents",
}
ENDPOINTS = {
    ("retell", "GET", "/get-agent/"),
    ("retell", "GET", "/get-retell-llm/"),
    ("retell", "GET", "/get-conversation-flow/"),
    ("retell", "POST", "/create-agent-version/"),
    ("retell", "PATCH", "/update-agent/"),
    ("retell", "PATCH", "/update-retell-llm/"),
    ("retell", "PATCH", "/update-conversation-flow/"),
    ("retell", "POST", "/publish-agent-version/"),
    ("vapi", "GET", "/assistant/"),
    ("vapi", "GET", "/assistant"),
    ("vapi", "POST", "/assistant"),
    ("vapi", "PATCH", "/assistant/"),
}
"""Every endpoint vaxctl uses: see the `exchanges` of each vendor's flat."""


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_cassette_says_where_it_came_from(provenance: Any, path: Path) -> None:
    """Sandbox or live, when, with which vaxctl, modelled from what."""
    head = yaml.safe_load(path.read_text(encoding="utf-8"))["provenance"]
    assert provenance.checked(head).origin in {"sandbox", "live"}


def test_every_endpoint_has_a_cassette() -> None:
    """Each method and path that the flats ask for is recorded at least once, and nothing else is."""
    recorded = set()
    for path in CASSETTES:
        for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            asked = (
                interaction["request"]["uri"]
                .removeprefix(f"https://{path.parent.name}.invalid")
                .partition("?")[0]
            )
            collection, slash, _id = asked[1:].partition("/")
            recorded.add((path.parent.name, interaction["request"]["method"], f"/{collection}{slash}"))
    assert recorded == ENDPOINTS


@pytest.mark.parametrize("missing", [None, *HEAD])
def test_a_head_with_a_hole_is_refused(provenance: Any, missing: str | None) -> None:
    """Without the head, or any line of it, the cassette cannot be loaded."""
    head = {key: value for key, value in HEAD.items() if key != missing}
    cassette = {"version": 1, "interactions": [], **({"provenance": head} if missing else {})}
    with pytest.raises(provenance.ProvenanceMissing):
        provenance.Serializer().deserialize(yaml.safe_dump(cassette))
    whole = {**cassette, "provenance": HEAD}
    assert provenance.Serializer().deserialize(yaml.safe_dump(whole)) == whole


def test_nothing_is_written_without_a_head(provenance: Any) -> None:
    """The serializer of replay writes nothing."""
    with pytest.raises(provenance.ProvenanceMissing, match="without saying from where"):
        provenance.Serializer().serialize({"version": 1, "interactions": []})


@pytest.mark.parametrize("kind", ["httpx", "sdk"])
@pytest.mark.parametrize("vendor", ["retell", "vapi"])
def test_a_missing_cassette_is_no_connection_error(vendor: str, kind: Any, tmp_path: Path) -> None:
    """The cassette's own refusal comes through each wire: neither retried nor dressed up as the network."""
    import vcr
    from vcr.errors import CannotOverwriteExistingCassetteException

    if kind == "sdk":
        pytest.importorskip(vendor)
    waits: list[str] = []
    endpoint = Endpoint(vendor, f"http://127.0.0.1:9/{vendor}", Secret("key-of-nobody"))
    with (
        vcr.VCR(record_mode="none").use_cassette(str(tmp_path / "none.yaml")),
        open_wire(kind, {vendor: endpoint}, on_wait=lambda *told: waits.append(told[3])) as wire,
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        wire.send(Request(vendor, "GET", "/assistant/x", "read the assistant"))
    assert waits == []


def test_live_refuses_another_address(provenance: Any) -> None:
    """What was recorded from a loopback server cannot call itself live."""
    provenance.refuse_other_addresses({"VAPI_API_KEY": "k"})
    with pytest.raises(pytest.UsageError, match="unset VAXCTL_VAPI_BASE_URL"):
        provenance.refuse_other_addresses({"VAXCTL_VAPI_BASE_URL": "http://127.0.0.1:9/vapi"})
