"""The limits of Retell's agents, LLMs and conversation flows, and what an update of each may hold.

Ranges come from the OpenAPI document of 2026-08-03, which states half of them only in prose, and from the
docstrings of retell-sdk 6.2.13, which is newer and carries no machine-readable ranges either. Neither has a
voice activity threshold, a minimum of speech or a frame size anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from vaxctl.vendors import limit_check
from vaxctl.vendors.limits import Limit

AGENT: Final = "agent"
LLM: Final = "llm"
FLOW: Final = "conversation-flow"

_row = partial(Limit, source="Retell OpenAPI document", read_on="2026-08-03")
_newer = partial(Limit, source="retell-sdk 6.2.13", read_on="2026-11-23")

LANGUAGES = limit_check.words(
    """
    en-US en-IN en-GB en-AU en-NZ de-DE es-ES es-419 hi-IN fr-FR fr-CA ja-JP pt-PT pt-BR zh-CN ru-RU it-IT
    ko-KR nl-NL nl-BE pl-PL tr-TR vi-VN ro-RO bg-BG ca-ES th-TH da-DK fi-FI el-GR hu-HU id-ID no-NO sk-SK
    sv-SE lt-LT lv-LV cs-CZ ms-MY af-ZA ar-SA az-AZ bs-BA cy-GB fa-IR fil-PH gl-ES he-IL hr-HR hy-AM is-IS
    kk-KZ kn-IN mk-MK mr-IN ne-NP sl-SI sr-RS sw-KE ta-IN ur-IN yue-CN uk-UA
    """
)
"""Locales an agent can be set to; `multi` stands only as a single value, never in a list."""

_STT_PROVIDERS = ("azure", "deepgram", "soniox", "assemblyai", "muse")
_STT_MODES = ("fast", "accurate", "custom")
_SPEAKERS = ("user", "agent")
_NODE_TYPES = limit_check.words(
    """
    conversation subagent end function code transfer_call press_digit branch sms
    extract_dynamic_variables agent_swap mcp component bridge_transfer cancel_transfer
    """
)
_PROMPT = 2000

_PRESETS = (
    "default_personality",
    "echo_verification",
    "high_empathy",
    "natural_filler_words",
    "speech_normalization",
    "smart_matching",
    "nato_phonetic_alphabet",
    "scope_boundaries",
    "ai_disclosure",
)


def _custom_stt(at: str, row: partial[Limit]) -> tuple[Limit, ...]:
    """List a custom STT's fields; `row` says which document has them. Muse ignores the number it takes."""
    endpointing = f"{at}[provider={{}}].endpointing_ms".format
    return (
        _newer(f"{at}.provider", "string", choices=_STT_PROVIDERS),
        row(f"{at}.endpointing_ms", "integer", unit="ms"),
        row(endpointing("azure"), "integer", minimum=100, unit="ms"),
        row(endpointing("deepgram"), "integer", minimum=10, unit="ms"),
        row(endpointing("soniox"), "integer", minimum=500, unit="ms"),
        _newer(endpointing("assemblyai"), "integer", minimum=100, maximum=3000, unit="ms"),
        _newer(endpointing("muse"), "integer", minimum=100, unit="ms"),
    )


_TURNS = (
    _row("interruption_sensitivity", "number", minimum=0, maximum=1),
    _row("responsiveness", "number", minimum=0, maximum=1),
    _row("enable_dynamic_responsiveness", "boolean"),
    _row("enable_dynamic_voice_speed", "boolean"),
    _row("enable_backchannel", "boolean"),
    _row("backchannel_frequency", "number", minimum=0, maximum=1),
    _row("backchannel_words", "strings", nullable=True),
    _row("begin_message_delay_ms", "integer", minimum=0, maximum=5000, unit="ms"),
    _row("reminder_trigger_ms", "number", exclusive_minimum=0, unit="ms"),
    _row("reminder_max_count", "integer", minimum=0),
    _row("end_call_after_silence_ms", "integer", minimum=10000, unit="ms"),
    _row("max_call_duration_ms", "integer", minimum=60000, maximum=7200000, unit="ms"),
    _row("ring_duration_ms", "integer", minimum=5000, maximum=300000, unit="ms"),
    _row("allow_user_dtmf", "boolean"),
    _row("allow_dtmf_interruption", "boolean"),
    _row("user_dtmf_options", "object", nullable=True),
    _row("user_dtmf_options.digit_limit", "number", minimum=1, maximum=50, nullable=True),
    _row("user_dtmf_options.termination_key", "string", nullable=True, choices=(*"0123456789", "#", "*")),
    _row("user_dtmf_options.timeout_ms", "integer", minimum=1000, maximum=15000, unit="ms"),
)

_HEARING = (
    _row(
        "denoising_mode",
        "string",
        choices=("no-denoise", "noise-cancellation", "noise-and-background-speech-cancellation"),
    ),
    _newer("denoising_enhancement_level", "number", minimum=0, maximum=1, nullable=True),
    _row("stt_mode", "string", choices=_STT_MODES),
    _row("custom_stt_config", "object", nullable=True),
    *_custom_stt("custom_stt_config", _row),
    _row("vocab_specialization", "string", choices=("general", "medical")),
    _row("boosted_keywords", "strings", nullable=True),
    _row("language<string>", "string", choices=(*LANGUAGES, "multi")),
    _row("language<strings>", "strings", choices=LANGUAGES),
)

_SPEAKING = (
    _row(
        "ambient_sound",
        "string",
        choices=(
            *("coffee-shop", "convention-hall", "summer-outdoor"),
            *("mountain-outdoor", "static-noise", "call-center"),
        ),
        nullable=True,
    ),
    _row("ambient_sound_volume", "number", minimum=0, maximum=2),
    _row("voice_speed", "number", minimum=0.5, maximum=2),
    _row("voice_temperature", "number", minimum=0, maximum=2),
    _row("volume", "number", minimum=0, maximum=2),
    _row("handbook_config", "object"),
    *(_row(f"handbook_config.{preset}", "boolean") for preset in _PRESETS),
    _newer("handbook_config.conversational_personality", "boolean"),
)

_AROUND_THE_CALL = (
    _row("agent_name", "string", nullable=True),
    _row("version_description", "string", nullable=True),
    _newer("version_title", "string", nullable=True),
    _row("voicemail_option", "object", nullable=True),
    _row(
        "voicemail_option.action.type",
        "string",
        choices=("prompt", "static_text", "hangup", "bridge_transfer"),
    ),
    _row("voicemail_option.action.text", "string"),
    _row("voicemail_option.detection_prompt", "string", max_length=_PROMPT, nullable=True),
    _row("voicemail_detection_timeout_ms", "integer", minimum=5000, maximum=180000, unit="ms"),
    _row("ivr_option", "object", nullable=True),
    _row("ivr_option.action.type", "string", choices=("hangup",)),
    _row("ivr_option.detection_prompt", "string", max_length=_PROMPT, nullable=True),
    _row("call_screening_option", "object", nullable=True),
    _row("call_screening_option.agent_identity", "string", max_length=100),
    _row("call_screening_option.call_purpose", "string", max_length=300),
    _row("analysis_successful_prompt", "string", max_length=_PROMPT, nullable=True),
    _row("analysis_summary_prompt", "string", max_length=_PROMPT, nullable=True),
    _row("analysis_user_sentiment_prompt", "string", max_length=_PROMPT, nullable=True),
    _row("data_storage_retention_days", "integer", minimum=1, maximum=730, nullable=True, unit="days"),
)


def _model_and_start() -> tuple[Limit, ...]:
    return (
        _row("start_speaker", "string", choices=_SPEAKERS),
        _row("begin_after_user_silence_ms", "integer", nullable=True, unit="ms"),
        _row("knowledge_base_ids", "strings", nullable=True),
        _row("kb_config.top_k", "integer", minimum=1, maximum=10),
        _row("kb_config.filter_score", "number", minimum=0, maximum=1),
        _row("tool_call_strict_mode", "boolean", nullable=True),
        _newer("model_config", "object"),
        _newer("model_config.type", "string", choices=("cascading", "s2s")),
        _newer("model_config.temperature", "number", minimum=0, maximum=1),
    )


_LLM = (
    *_model_and_start(),
    _row("general_prompt", "string", nullable=True),
    _row("begin_message", "string", nullable=True),
    _row("model_temperature", "number", minimum=0, maximum=1),
    _row("general_tools", "array", nullable=True),
    _row("general_tools[].timeout_ms", "integer", minimum=1000, maximum=600000, unit="ms"),
    _row("general_tools[].speak_during_execution", "boolean"),
    _row("general_tools[].speak_after_execution", "boolean"),
    _row("starting_state", "string", nullable=True),
    _row("states", "array", nullable=True),
    _row("states[].name", "string", max_length=64),
    _row("states[].state_prompt", "string"),
)


def _node(at: str) -> tuple[Limit, ...]:
    """List what a conversation or subagent node may override; null inherits from the agent."""
    return (
        _row(f"{at}.type", "string", choices=_NODE_TYPES),
        _row(f"{at}.interruption_sensitivity", "number", minimum=0, maximum=1, nullable=True),
        _row(f"{at}.responsiveness", "number", minimum=0, maximum=1, nullable=True),
        _row(f"{at}.voice_speed", "number", minimum=0.5, maximum=2, nullable=True),
        _row(f"{at}.allow_dtmf_interruption", "boolean", nullable=True),
        _newer(f"{at}.reminder_trigger_ms", "number", exclusive_minimum=0, nullable=True, unit="ms"),
        _newer(f"{at}.reminder_max_count", "integer", minimum=0, nullable=True),
        _newer(f"{at}.stt_mode", "string", choices=_STT_MODES, nullable=True),
        _newer(f"{at}.boosted_keywords", "strings", nullable=True),
        _newer(f"{at}.custom_stt_config", "object", nullable=True),
        *_custom_stt(f"{at}.custom_stt_config", _newer),
    )


_FLOW = (
    *_model_and_start(),
    _row("global_prompt", "string", nullable=True),
    _row("model_temperature", "number", minimum=0, maximum=1, nullable=True),
    _newer("flex_mode", "boolean", nullable=True),
    _row("start_node_id", "string", nullable=True),
    _row("nodes", "array"),
    *_node("nodes[]"),
    *_node("components[].nodes[]"),
)

LIMITS: Mapping[str, Mapping[str, Limit]] = {
    AGENT: limit_check.by_path(_TURNS, _HEARING, _SPEAKING, _AROUND_THE_CALL),
    LLM: limit_check.by_path(_LLM),
    FLOW: limit_check.by_path(_FLOW),
}
"""The limits by kind of resource, then by path."""

SERVER_FIELDS: Mapping[str, frozenset[str]] = {
    AGENT: frozenset(
        {
            *("agent_id", "version", "base_version", "is_published", "assigned_tags"),
            *("last_modification_timestamp", "is_transfer_agent"),
        }
    ),
    LLM: frozenset({"llm_id", "version", "is_published", "last_modification_timestamp", "is_transfer_llm"}),
    FLOW: frozenset(
        {
            *("conversation_flow_id", "version", "is_published", "last_modification_timestamp"),
            *("is_transfer_cf", "is_transfer_llm"),
        }
    ),
}
"""Top-level keys the server sets: they come back on GET, are never compared and never sent.

The `is_transfer_*` marks can only be set at creation and are ignored on update (retell-sdk 6.2.13).
"""

NEWER_KEYS: Mapping[str, frozenset[str]] = {
    AGENT: frozenset(
        {
            *(
                "denoising_enhancement_level",
                "version_title",
                "contact_memory_config",
                "enable_dnc_detection",
            ),
            *("enable_expressive_mode", "expressive_emotion_tags", "expressive_mode_prompt"),
            *("pre_session_tools", "post_session_tools"),
        }
    ),
    LLM: frozenset({"model_config", "model_ultrafast", "backup_model", "is_transfer_llm"}),
    FLOW: frozenset({"model_config", "backup_model", "flex_mode", "is_transfer_cf"}),
}
"""Top-level keys retell-sdk 6.2.13 sends that the document of 2026-08-03 does not have yet."""

_DOCUMENT_KEYS: Mapping[str, tuple[str, ...]] = {
    AGENT: limit_check.words(
        """
        agent_name allow_dtmf_interruption allow_user_dtmf ambient_sound ambient_sound_volume
        analysis_successful_prompt analysis_summary_prompt analysis_user_sentiment_prompt
        backchannel_frequency backchannel_words begin_message_delay_ms boosted_keywords call_screening_option
        custom_stt_config data_storage_retention_days data_storage_setting denoising_mode enable_backchannel
        enable_dynamic_responsiveness enable_dynamic_voice_speed end_call_after_silence_ms fallback_voice_ids
        guardrail_config handbook_config interruption_sensitivity is_public ivr_option language
        max_call_duration_ms opt_in_signed_url pii_config post_call_analysis_data post_call_analysis_model
        pronunciation_dictionary reminder_max_count reminder_trigger_ms response_engine responsiveness
        ring_duration_ms signed_url_expiration_ms stt_mode timezone user_dtmf_options version_description
        vocab_specialization voice_emotion voice_id voice_model voice_speed voice_temperature
        voicemail_detection_timeout_ms voicemail_message voicemail_option volume webhook_events
        webhook_timeout_ms webhook_url
        """
    ),
    LLM: limit_check.words(
        """
        begin_after_user_silence_ms begin_message default_dynamic_variables general_prompt general_tools
        kb_config knowledge_base_ids mcps model model_high_priority model_temperature s2s_model start_speaker
        starting_state states tool_call_strict_mode version
        """
    ),
    FLOW: limit_check.words(
        """
        begin_after_user_silence_ms begin_tag_display_position components default_dynamic_variables
        global_prompt is_transfer_llm kb_config knowledge_base_ids mcps model_choice model_temperature nodes
        notes start_node_id start_speaker tool_call_strict_mode tools
        """
    ),
}

_STT_KEYS = ("provider", "endpointing_ms")
_REQUIRED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    AGENT: {
        "custom_stt_config": _STT_KEYS,
        "voicemail_option": ("action",),
        "ivr_option": ("action",),
        "call_screening_option": ("agent_identity", "call_purpose"),
    },
    LLM: {"states[]": ("name",)},
    FLOW: {
        "nodes[]": ("id", "type"),
        "nodes[].custom_stt_config": _STT_KEYS,
        "components[].nodes[].custom_stt_config": _STT_KEYS,
    },
}

CLOSED: Mapping[str, tuple[str, ...]] = {
    AGENT: ("custom_stt_config", "user_dtmf_options", "handbook_config"),
    LLM: ("kb_config",),
    FLOW: ("kb_config", "nodes[].custom_stt_config", "components[].nodes[].custom_stt_config"),
}
"""Objects whose keys the tables list completely."""

_CLOSED = {kind: limit_check.closed_objects(LIMITS[kind], paths) for kind, paths in CLOSED.items()}

_TABLES = {kind: limit_check.table_of(limits) for kind, limits in LIMITS.items()}


def limit_for(kind: str, path: str, body: Mapping[str, Any]) -> Limit | None:
    """Return the limit at `path`; a custom STT's endpointing is chosen by the `provider` in `body`.

    None where the table says nothing. KeyError for a kind other than "agent", "llm", "conversation-flow".
    """
    return _TABLES[kind].find(path, body)


def check(kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Say in words what in a body, whole or partial, breaks a limit; empty where all holds.

    `stt_mode: custom` must come with its `custom_stt_config`: Retell keeps what is omitted, but a body that
    sets one without the other depends on what somebody left there.
    """
    return (*_TABLES[kind].findings(body), *_without_its_config(body), *_two_models(kind, body))


def missing(kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which keys the document requires are absent from the objects that stand in `body`."""
    return limit_check.missing(_REQUIRED[kind], body)


def unknown_inside(kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths below the top level that neither document nor SDK has, in objects they close."""
    return limit_check.unknown_children(_CLOSED[kind], body)


def keys_beside(kind: str, path: str) -> frozenset[str]:
    """Return the keys that may stand where `path` ends: those of its object, or of the whole body."""
    return limit_check.keys_beside(_CLOSED[kind], path) or known_keys(kind)


def known_keys(kind: str) -> frozenset[str]:
    """Return the top-level keys an update of this kind may hold: the document's and the newer SDK's."""
    return NEWER_KEYS[kind].union(_DOCUMENT_KEYS[kind])


def _without_its_config(body: Mapping[str, Any]) -> list[str]:
    holders = [((), body), *limit_check.positions(body)]
    return [
        f"{limit_check.written((*position, 'custom_stt_config'))} is required when stt_mode is custom"
        for position, holder in holders
        if isinstance(holder, Mapping)
        and holder.get("stt_mode") == "custom"
        and holder.get("custom_stt_config") is None
    ]


def _two_models(kind: str, body: Mapping[str, Any]) -> list[str]:
    both = kind == LLM and body.get("model") is not None and body.get("s2s_model") is not None
    return ["model and s2s_model exclude each other: set one of them to null"] if both else []
