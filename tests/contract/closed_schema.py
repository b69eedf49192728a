"""The vendors' own OpenAPI documents, closed: an unknown property is an error, as it is at the live APIs.

As published, neither document forbids unknown properties, so a typo passes. Here every schema that lists its
properties refuses the rest. Both documents are OpenAPI 3.0, whose dialect is turned into JSON Schema 2020-12:
`nullable` becomes a null type, and a schema made of `allOf` is closed as a whole, so that one member does not
reject what its siblings allow.

The documents are not part of the repository. They are looked for in the folder `VAXCTL_SPECS` names, else in
`shared/specs` beside the repository.
"""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

VAPI_FILE = "vapi-docs-openapi.json"
RETELL_FILE = "retell-apievangelist-original-openapi.yml"

UPDATE_BODIES = {
    "assistant": ("vapi", "UpdateAssistantDTO"),
    "agent": ("retell", "AgentRequest"),
    "llm": ("retell", "RetellLlmRequest"),
    "conversation-flow": ("retell", "ConversationFlow"),
}
"""The schema of the update body of each kind of resource."""

_ANYTHING: dict[str, Any] = {}
_STT = {
    "type": "object",
    "required": ["provider", "endpointing_ms"],
    "properties": {
        "provider": {"type": "string", "enum": ["azure", "deepgram", "soniox", "assemblyai", "muse"]},
        "endpointing_ms": {"type": "integer"},
    },
}
_UNIT_NUMBER = {"type": "number", "minimum": 0, "maximum": 1}
_NODE_OVERRIDES = {
    "reminder_trigger_ms": {"type": "number", "nullable": True},
    "reminder_max_count": {"type": "integer", "minimum": 0, "nullable": True},
    "stt_mode": {"type": "string", "enum": ["fast", "accurate", "custom"], "nullable": True},
    "custom_stt_config": {**_STT, "nullable": True},
    "boosted_keywords": {"type": "array", "items": {"type": "string"}, "nullable": True},
    "model_config": _ANYTHING,
    "skippable": {"type": "boolean", "nullable": True},
}

NEWER_THAN_DOCUMENT: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    # vapi-server-sdk 3.0.0 has these, the document of 2026-08-18 does not.
    "vapi": {
        "SonioxTranscriber": {
            "endpointSensitivity": {"type": "number", "minimum": -1, "maximum": 1},
            "endpointLatencyAdjustmentLevel": {"type": "integer", "minimum": 0, "maximum": 3},
            "confidenceThreshold": {"type": "number"},
        },
        "AssemblyAITranscriber": {"agentContextAutoUpdateEnabled": {"type": "boolean"}},
    },
    # retell-sdk 6.2.13 has these, the document of 2026-08-03 does not.
    "retell": {
        "AgentRequest": {
            "denoising_enhancement_level": {**_UNIT_NUMBER, "nullable": True},
            "version_title": {"type": "string", "nullable": True},
            # Two more speech-to-text providers than the document's three: `assemblyai` and `muse`.
            "custom_stt_config": {**_STT, "nullable": True},
            "contact_memory_config": _ANYTHING,
            "enable_dnc_detection": {"type": "boolean"},
            "enable_expressive_mode": {"type": "boolean"},
            "expressive_emotion_tags": {"type": "array", "items": {"type": "string"}},
            "expressive_mode_prompt": {"type": "string", "nullable": True},
            "pre_session_tools": _ANYTHING,
            "post_session_tools": _ANYTHING,
        },
        "VoiceHandbookConfig": {"conversational_personality": {"type": "boolean"}},
        "RetellLlmOverride": {
            "model_config": _ANYTHING,
            "model_ultrafast": {"type": "boolean", "nullable": True},
            "backup_model": _ANYTHING,
            "is_transfer_llm": {"type": "boolean", "nullable": True},
        },
        "ConversationFlowOverride": {
            "model_config": _ANYTHING,
            "backup_model": _ANYTHING,
            "flex_mode": {"type": "boolean", "nullable": True},
            "is_transfer_cf": {"type": "boolean", "nullable": True},
        },
        "AgentOverrideConfig": _NODE_OVERRIDES,
    },
}
"""Properties only a newer SDK witnesses, by vendor and schema, as OpenAPI 3.0 schemas."""


def specs_folder() -> Path:
    """Return the folder the documents are looked for in; it need not exist."""
    named = os.environ.get("VAXCTL_SPECS")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "specs"


def load_schemas(vendor: str, folder: Path) -> dict[str, Any]:
    """Read the component schemas of one vendor's document as published. FileNotFoundError if it is absent."""
    if vendor == "vapi":
        document = json.loads((folder / VAPI_FILE).read_text(encoding="utf-8"))
    else:
        from ruamel.yaml import YAML

        document = YAML(typ="safe", pure=False).load(folder / RETELL_FILE)
    schemas: dict[str, Any] = document["components"]["schemas"]
    return schemas


def patched(vendor: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a copy with the newer properties added and the document's known false rejects mended."""
    mended = copy.deepcopy(schemas)
    for name, properties in NEWER_THAN_DOCUMENT[vendor].items():
        mended[name]["properties"].update(copy.deepcopy(properties))
    if vendor == "vapi":
        # Null switches the plan off (VapiAI/gitops, 2026-06-08); the document does not say it may be null.
        mended["StartSpeakingPlan"]["properties"]["smartEndpointingPlan"]["nullable"] = True
    return mended


@dataclass(frozen=True)
class ClosedDocuments:
    """Validators of the update bodies of both vendors, and the schemas as published for comparing."""

    published: dict[str, dict[str, Any]]
    validators: dict[str, Draft202012Validator]

    def errors(self, kind: str, body: dict[str, Any]) -> list[str]:
        """Say where and how a body breaks the closed document; empty where it holds."""
        found = self.validators[kind].iter_errors(body)
        return sorted(_in_words(best_match([error]) or error) for error in found)


def open_documents(folder: Path) -> ClosedDocuments:
    """Load both documents and close the update bodies. FileNotFoundError if one is absent."""
    published = {vendor: load_schemas(vendor, folder) for vendor in ("vapi", "retell")}
    validators = {
        kind: Draft202012Validator(closed(patched(vendor, published[vendor]), name))
        for kind, (vendor, name) in UPDATE_BODIES.items()
    }
    return ClosedDocuments(published, validators)


def closed(schemas: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a JSON Schema of component `name` and all it reaches that refuses unknown properties."""
    closing = _Closing(schemas)
    root = closing.reference(name, shut=True)
    return {"$schema": Draft202012Validator.META_SCHEMA["$id"], **root, "$defs": closing.definitions}


class _Closing:
    """Translates component schemas on demand, each in the forms it is needed in.

    A member of an `allOf` stays open, because its siblings' properties are unknown to it; the schema that
    holds the `allOf` is shut instead. So one component may be needed both open and shut.
    """

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self.definitions: dict[str, Any] = {}

    def reference(self, name: str, *, shut: bool) -> dict[str, Any]:
        key = name if shut else f"{name}.open"
        if key not in self.definitions:
            self.definitions[key] = {}  # stands while the schema is read: schemas may hold themselves
            self.definitions[key] = self.translate(self.schemas[name], shut=shut)
        return {"$ref": f"#/$defs/{key}"}

    def translate(self, schema: dict[str, Any], *, shut: bool) -> dict[str, Any]:
        if "$ref" in schema:  # OpenAPI 3.0: what stands beside a $ref does not count, but for null
            plain = self.reference(schema["$ref"].rsplit("/", 1)[-1], shut=shut)
        else:
            plain = {**_scalars(schema), **self.nested(schema, shut=shut)}
        return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain

    def nested(self, schema: dict[str, Any], *, shut: bool) -> dict[str, Any]:
        result: dict[str, Any] = {}
        composed = "allOf" in schema or "properties" in schema
        if "properties" in schema:
            result["properties"] = {k: self.translate(v, shut=True) for k, v in schema["properties"].items()}
        if "items" in schema:
            result["items"] = self.translate(schema["items"], shut=True)
        if "allOf" in schema:
            result["allOf"] = [self.translate(member, shut=False) for member in schema["allOf"]]
        # Alternatives overlap in both documents; all that is asked is that one of them fits.
        alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if alternatives:
            result["anyOf"] = [self.translate(member, shut=shut and not composed) for member in alternatives]
        if isinstance(schema.get("additionalProperties"), dict):
            result["additionalProperties"] = self.translate(schema["additionalProperties"], shut=True)
        elif "additionalProperties" in schema:
            result["additionalProperties"] = schema["additionalProperties"]
        elif shut and composed:
            result.update(self.shutting(schema, result.get("properties", {})))
        return result

    def shutting(self, schema: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
        names = self.names(schema)
        if names is None:
            return {"unevaluatedProperties": False}
        # Naming them all keeps a finding single: a property that failed its own schema counts as unevaluated.
        return {"properties": {**dict.fromkeys(sorted(names), True), **own}, "additionalProperties": False}

    def names(self, schema: dict[str, Any]) -> set[str] | None:
        """List the properties of a schema and its `allOf`; None where they depend on an alternative."""
        if "$ref" in schema:
            return self.names(self.schemas[schema["$ref"].rsplit("/", 1)[-1]])
        if "oneOf" in schema or "anyOf" in schema:
            return None
        found = set(schema.get("properties", ()))
        for member in schema.get("allOf", ()):
            inner = self.names(member)
            if inner is None:
                return None
            found |= inner
        return found


_KEPT = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "required")


def _scalars(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if kept.get("type") == "array":
        # Vapi writes the enum of the elements on the list as well, which no list could satisfy.
        kept.pop("enum", None)
    if kept.get("type") == "object" and "enum" in kept:
        # Vapi types some enums of strings as objects (BackoffPlan.type).
        kept.pop("type")
    if schema.get("exclusiveMinimum") is True:  # a flag in OpenAPI 3.0, a number in JSON Schema
        kept["exclusiveMinimum"] = kept.pop("minimum")
    return kept


def _in_words(error: ValidationError) -> str:
    message = (
        error.message if len(error.message) <= 300 else f"{error.message[:140]} … {error.message[-140:]}"
    )
    return f"{error.json_path}: {message}"
