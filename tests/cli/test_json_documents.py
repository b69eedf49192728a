"""Real documents keep to the schemas in `docs/schemas`, and those are strict enough to notice."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
VAPI_ID = "5ca1ab1e-0000-4000-8000-000000000001"
ROUND = {
    "validate": [
        ["validate", "profile.yaml", "--format", "json"],
        ["validate", "bad.yaml", "--format", "json"],
    ],
    "compile": [["compile", "profile.yaml", "--target", vendor, "--json"] for vendor in ("retell", "vapi")],
    "plan": [["plan", "profile.yaml", "--sandbox", "--json"], ["plan", "fresh.yaml", "--sandbox", "--json"]],
    "apply": [["apply", "profile.yaml", "--sandbox", "--auto-approve", "--json"]],
    "corpus_check": [["corpus", "check", "corpus", "--json"], ["corpus", "check", "lacking", "--json"]],
    "corpus_mix": [["corpus", "mix", "corpus", "--out", "mixed", "--count", "2", "--json"]],
    "drift": [["drift", "profile.yaml", "--sandbox", "--json"]],
    "pull": [["pull", "--target", "vapi", "--id", VAPI_ID, "--sandbox", "--json"]],
    "explain_section": [["explain", "profile.yaml", "vad", "--json"]],
    "explain": [
        ["explain", "profile.yaml", key, "--json"]
        for key in (
            "vad.threshold",
            "endpointing.delay_ms",
            "barge_in.ignore_phrases",
            "targets.vapi.assistant_id",
        )
    ],
    "models": [["models", "list", "--json"], ["models", "verify", "--from", ".", "--json"]],
    "sandbox": [["sandbox", "show", "--json"], ["sandbox", "show", VAPI_ID, "--json"]],
    "simulation": [
        ["simulate", "profile.yaml", "--scenarios", "call.yaml", "--json", "--gate", "talk_over_s<9"]
    ],
    "comparison": [
        ["simulate", "--compare", "profile.yaml", "profile.yaml", "--scenarios", "call.yaml", "--json"]
    ],
    "error": [["plan", "absent.yaml", "--json"], ["plan", "--json"], ["plan", "profile.yaml", "--json"]],
}


def _corpora() -> None:
    """Write a corpus of a prompt and a noise, and one whose audio is not there."""
    rows = [
        {"id": kind, "kind": kind, "audio": "a.wav", "sample_rate_hz": 8000, "duration_s": 2.0, "class": "x"}
        for kind in ("agent", "noise")
    ]
    for name in ("corpus", "lacking"):
        Path(name).mkdir()
        Path(name, "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with wave.open("corpus/a.wav", "wb") as sound:
        sound.setparams((1, 2, 8000, 16_000, "NONE", ""))
        sound.writeframes(b"\0\x20\0\xe0" * 8_000)


CALL = """\
schema: vaxctl-scenario/v1
name: over
agent: [{say: We have three plans., intent: present}]
caller: [{say: What does it cost?, start: {agent_turn: 0, after_start_ms: 300}, expect: barge_in}]
tail_ms: 200
"""


def _closed(schema: Any) -> Any:
    """Return the schema with unknown properties forbidden: a new field must be written down."""
    if isinstance(schema, dict):
        inner = {key: _closed(value) for key, value in schema.items()}
        return inner | {"unevaluatedProperties": False} if "properties" in inner else inner
    return [_closed(part) for part in schema] if isinstance(schema, list) else schema


def _validator(kind: str) -> jsonschema.Draft202012Validator:
    """Return a closed schema's validator, which finds the other schemas by their file's name."""
    others = [
        (path.name, Resource.from_contents(_closed(json.loads(path.read_text("utf-8")))))
        for path in SCHEMAS.glob("*.json")
    ]
    return jsonschema.Draft202012Validator(_closed(_schema(kind)), registry=Registry().with_resources(others))


def _schema(kind: str) -> Any:
    return json.loads((SCHEMAS / f"{kind}.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", ROUND)
def test_document_keeps_to_its_schema(cli: Any, profile: Path, kind: str) -> None:
    """Each command's document is of its type, and holds what the schema says and no more."""
    _corpora()
    Path("bad.yaml").write_text("schema: vaxctl/v1\nname: x\nvad: {treshold: 1}\n", "utf-8")
    text = profile.read_text("utf-8")
    fresh = text.replace(f"assistant_id: {VAPI_ID}", "assistant_id: 5ca1ab1e-0000-4000-8000-00000000ffff")
    Path("fresh.yaml").write_text(fresh, "utf-8")
    Path("call.yaml").write_text(CALL, "utf-8")
    validator = _validator(kind)
    for arguments in ROUND[kind]:
        validator.validate(cli(*arguments).json)


def test_a_saved_plan_is_the_plan(cli: Any, profile: Path) -> None:
    """`--out` writes the very document that `--json` prints."""
    printed = cli("plan", profile, "--sandbox", "--json", "--out", "plan.json").json
    assert json.loads(Path("plan.json").read_text("utf-8")) == printed


def test_apply_with_failures_keeps_to_its_schema(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An apply that goes wrong here and there is still one document of its type."""
    validator = jsonschema.Draft202012Validator(_closed(_schema("apply")))
    for fault in ("503@PATCH /vapi", "503@GET /vapi", "lie@PATCH /vapi", "edit@PATCH /vapi"):
        monkeypatch.setenv("VAXCTL_SANDBOX_FAULT", fault)
        cli("sandbox", "reset")
        ran = cli("apply", profile, "--sandbox", "--auto-approve", "--json")
        assert ran.code == ran.json["exit_code"] == 7, fault
        validator.validate(ran.json)


def test_shapes_that_the_interface_promises(cli: Any, profile: Path) -> None:
    """The keys that others script against are there, in the vendor's own shape where promised."""
    compiled = cli("compile", profile, "--target", "vapi", "--json").json
    assert list(compiled)[:4] == ["format_version", "type", "profile", "resources"]
    body = compiled["resources"][0]["body"]
    assert body["startSpeakingPlan"]["smartEndpointingPlan"]["provider"] == "livekit"
    assert {one["status"] for one in compiled["capabilities"]} <= {"exact", "approximate", "unsupported"}
    planned = cli("plan", profile, "--sandbox", "--json").json
    assert planned["format_version"] == "1.0"
    assert planned["digest"]
    assert planned["summary"]["update"] == 3
    for resource in planned["resources"]:
        assert {"vendor", "kind", "id", "verdict", "action", "changes"} <= set(resource)
        assert all({"path", "before", "after"} <= set(change) for change in resource["changes"])


@pytest.mark.parametrize("kind", sorted(path.stem for path in SCHEMAS.glob("*.json")))
def test_schema_is_one_and_is_written_about(kind: str) -> None:
    """Each schema is valid, is exercised here, and is named in the page about JSON."""
    jsonschema.Draft202012Validator.check_schema(_schema(kind))
    # These need audio models: tests/local_agent test_main.py, live and tuning hold them to their schemas.
    assert kind in {*ROUND, "run", "live", "tuning"}
    assert f"schemas/{kind}.json" in (SCHEMAS.parent / "json.md").read_text("utf-8")


def test_schemas_refuse_what_is_wrong(cli: Any, profile: Path) -> None:
    """A document with a verdict nobody knows, or of another major version, is refused."""
    document = cli("plan", profile, "--sandbox", "--json").json
    validator = jsonschema.Draft202012Validator(_schema("plan"))
    for wrong in ({"format_version": "2.0"}, {"type": "apply"}, {"summary": {}}):
        assert not validator.is_valid({**document, **wrong})
    assert validator.is_valid({**document, "new_field": 1})
