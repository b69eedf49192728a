"""The profile as JSON Schema, including what the loader takes off before the model sees it."""

from __future__ import annotations

from typing import Any


def profile_schema() -> dict[str, Any]:
    """Return a JSON Schema (draft 2020-12) that accepts what `load` accepts, with a description of each key."""
    from vaxctl.profile.model import Profile
    from vaxctl.profile.published import MEANING

    schema: dict[str, Any] = Profile.model_json_schema(by_alias=True)
    names = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    properties = schema["properties"]
    properties["extends"] = {**names, "description": "profiles this one is laid over, earlier ones first"}
    properties["environments"] = {
        "type": "object",
        "description": "keys that differ in an environment, picked with --env",
        "additionalProperties": _partial(schema),
    }
    properties["vad_config"] = {
        "type": "object",
        "description": "the block as the field report published it",
        "properties": {key: {} for key in MEANING},
        "additionalProperties": False,
    }
    engine = schema["$defs"]["NoiseSuppression"]["properties"]["engine"]
    schema["$defs"]["NoiseSuppression"]["properties"]["engine"] = {
        **{key: engine[key] for key in engine if key not in {"enum", "type"}},
        "enum": [*engine["enum"], True, False],
    }
    # a base or the published block may bring them
    schema["anyOf"] = [
        {"required": ["schema", "name"]},
        {"required": ["extends"]},
        {"required": ["vad_config"]},
    ]
    del schema["required"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "vaxctl profile", **schema}


_ONLY_AT_THE_TOP = {"schema", "extends", "environments"}


def _partial(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an environment's overrides: what may differ, none of it required."""
    properties = {key: value for key, value in schema["properties"].items() if key not in _ONLY_AT_THE_TOP}
    return {"type": "object", "properties": properties, "additionalProperties": False}
