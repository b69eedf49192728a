"""What makes Retell answer 400 to a body: a missing or unknown property, an illegal null, a bad value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.sandbox.call import Refused
from vaxctl.sandbox.members import parse
from vaxctl.sandbox.retell_kinds import AGENT, FLOW, LLM, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# `Optional` in the SDK's update parameters, 6.2.13
_NULLABLE: Mapping[str, frozenset[str]] = {
    AGENT.name: frozenset(
        [
            "agent_name",
            "ambient_sound",
            "backchannel_words",
            "boosted_keywords",
            "call_screening_option",
            "custom_stt_config",
            "data_storage_retention_days",
            "denoising_enhancement_level",
            "expressive_mode_prompt",
            "fallback_voice_ids",
            "ivr_option",
            "post_call_analysis_data",
            "post_call_analysis_model",
            "post_session_tools",
            "pre_session_tools",
            "pronunciation_dictionary",
            "signed_url_expiration_ms",
            "timezone",
            "user_dtmf_options",
            "version_description",
            "version_title",
            "voice_model",
            "voicemail_option",
            "webhook_events",
            "webhook_url",
        ]
    ),
    LLM.name: frozenset(
        [
            "begin_after_user_silence_ms",
            "begin_message",
            "default_dynamic_variables",
            "general_prompt",
            "general_tools",
            "is_transfer_llm",
            "kb_config",
            "knowledge_base_ids",
            "mcps",
            "model",
            "model_high_priority",
            "model_ultrafast",
            "s2s_model",
            "starting_state",
            "states",
            "tool_call_strict_mode",
            "version",
        ]
    ),
    FLOW.name: frozenset(
        [
            "begin_after_user_silence_ms",
            "begin_tag_display_position",
            "components",
            "default_dynamic_variables",
            "flex_mode",
            "global_prompt",
            "is_transfer_cf",
            "knowledge_base_ids",
            "mcps",
            "model_temperature",
            "notes",
            "start_node_id",
            "tool_call_strict_mode",
            "tools",
        ]
    ),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    AGENT.name: ("response_engine", "voice_id"),
    LLM.name: (),
    FLOW.name: ("start_speaker", "nodes", "model_choice"),
}
_ENGINE_FIELDS: Mapping[str, str] = {
    "retell-llm": "llm_id",
    "custom-llm": "llm_websocket_url",
    "conversation-flow": "conversation_flow_id",
}


_MOST_VERSIONS = 1_000_000_000


def check_body(kind: Kind, sent: Mapping[str, Any], live: Mapping[str, str] | None) -> None:
    """Raise Refused(400) with every complaint about a body; `live` is what it updates, None for a create."""
    from vaxctl.vendors.retell import limits

    whole = _with_its_pair(sent, live or {})
    complaints = [
        *_shape(kind, sent, creating=live is None),
        *limits.missing(kind.name, sent),
        *limits.check(kind.name, whole),
    ]
    if complaints:
        raise Refused(400, *dict.fromkeys(complaints))


def _with_its_pair(sent: Mapping[str, Any], live: Mapping[str, str]) -> dict[str, Any]:
    """`stt_mode` and `custom_stt_config` are judged together, the one that is not sent as it stands."""
    pair = ("stt_mode", "custom_stt_config")
    if not any(key in sent for key in pair):
        return dict(sent)
    return {key: parse(live[key]) for key in pair if key in live} | dict(sent)


def _shape(kind: Kind, sent: Mapping[str, Any], *, creating: bool) -> Iterator[str]:
    from vaxctl.vendors.retell import limits

    # a few server fields (is_transfer_llm) can be set when creating, and only then
    known = limits.known_keys(kind.name) - (frozenset() if creating else limits.SERVER_FIELDS[kind.name])
    yield from (f"{key} is not a known property" for key in sent if key not in known)
    if creating:
        yield from (f"{key} is required" for key in _REQUIRED[kind.name] if key not in sent)
    judged = _NULLABLE[kind.name] | limits.LIMITS[kind.name].keys()
    nulls = [key for key, value in sent.items() if value is None and key not in judged]
    yield from (f"{key} cannot be null" for key in nulls)
    if sent.get("response_engine") is not None:
        yield from _engine(sent["response_engine"])


def _engine(engine: Any) -> Iterator[str]:
    needed = _ENGINE_FIELDS.get(str(engine.get("type"))) if isinstance(engine, dict) else None
    if needed is None:
        yield f"response_engine.type is one of {', '.join(_ENGINE_FIELDS)}"
    elif not isinstance(engine.get(needed), str):
        yield f"response_engine.{needed} is required"
    version = engine.get("version") if isinstance(engine, dict) else None
    if version is not None and not _is_version(version):
        yield "response_engine.version must be a whole number"


def _is_version(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and value == int(value) and 0 <= value < _MOST_VERSIONS
