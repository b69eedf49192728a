"""The tables of limits against the documents they were read from, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.vendors.retell import limits as retell
from vaxctl.vendors.vapi import limits as vapi

if TYPE_CHECKING:
    from types import ModuleType

FLATS = {"vapi": vapi, "retell": retell}
KINDS = [
    ("vapi", "assistant"),
    ("retell", "agent"),
    ("retell", "llm"),
    ("retell", "conversation-flow"),
]

_PROSE = "the document gives the range in the field's description, not as keywords"
_RETELL_SDK = "only retell-sdk 6.2.13 has the field"
_VAPI_SDK = "only vapi-server-sdk 3.0.0 has the field"
_ABSENT = frozenset({"absent"})
_BOTH_ENDS = frozenset({"minimum", "maximum"})
_MINIMUM = frozenset({"minimum"})

_FALLBACKS = "transcriber.fallbackPlan.transcribers[]"
_NODE_FIELDS_OF_THE_SDK = (
    "reminder_trigger_ms",
    "reminder_max_count",
    "stt_mode",
    "boosted_keywords",
    "custom_stt_config",
    "custom_stt_config.provider",
    "custom_stt_config.endpointing_ms",
    "custom_stt_config[provider=azure].endpointing_ms",
    "custom_stt_config[provider=deepgram].endpointing_ms",
    "custom_stt_config[provider=soniox].endpointing_ms",
    "custom_stt_config[provider=assemblyai].endpointing_ms",
    "custom_stt_config[provider=muse].endpointing_ms",
)

DIFFERENCES: dict[tuple[str, str], tuple[frozenset[str], str]] = {
    ("assistant", "startSpeakingPlan.smartEndpointingPlan"): (
        frozenset({"nullable"}),
        "VapiAI/gitops (2026-06-08) sends null to switch the plan off, and the API takes it",
    ),
    **{
        ("assistant", f"{at}.{field}"): (_ABSENT, _VAPI_SDK)
        for transcriber in ("transcriber", _FALLBACKS)
        for at, field in (
            (f"{transcriber}[provider=assembly-ai]", "agentContextAutoUpdateEnabled"),
            (f"{transcriber}[provider=soniox]", "endpointSensitivity"),
            (f"{transcriber}[provider=soniox]", "endpointLatencyAdjustmentLevel"),
            (f"{transcriber}[provider=soniox]", "confidenceThreshold"),
        )
    },
    ("agent", "backchannel_frequency"): (_BOTH_ENDS, _PROSE),
    ("agent", "begin_message_delay_ms"): (_BOTH_ENDS, _PROSE),
    ("agent", "reminder_trigger_ms"): (frozenset({"exclusive_minimum"}), _PROSE),
    ("agent", "reminder_max_count"): (_MINIMUM, _PROSE),
    ("agent", "end_call_after_silence_ms"): (_MINIMUM, _PROSE),
    ("agent", "max_call_duration_ms"): (_BOTH_ENDS, _PROSE),
    ("agent", "ambient_sound_volume"): (_BOTH_ENDS, _PROSE),
    ("agent", "voice_temperature"): (_BOTH_ENDS, _PROSE),
    ("agent", "volume"): (_BOTH_ENDS, _PROSE),
    ("agent", "voicemail_detection_timeout_ms"): (_BOTH_ENDS, _PROSE),
    ("agent", "user_dtmf_options.termination_key"): (frozenset({"choices"}), _PROSE),
    ("agent", "custom_stt_config[provider=azure].endpointing_ms"): (_MINIMUM, _PROSE),
    ("agent", "custom_stt_config[provider=deepgram].endpointing_ms"): (_MINIMUM, _PROSE),
    ("agent", "custom_stt_config[provider=soniox].endpointing_ms"): (_MINIMUM, _PROSE),
    ("agent", "custom_stt_config.provider"): (
        frozenset({"choices"}),
        "retell-sdk 6.2.13 adds assemblyai and muse",
    ),
    ("agent", "custom_stt_config[provider=assemblyai].endpointing_ms"): (_ABSENT, _RETELL_SDK),
    ("agent", "custom_stt_config[provider=muse].endpointing_ms"): (_ABSENT, _RETELL_SDK),
    ("agent", "denoising_enhancement_level"): (_ABSENT, _RETELL_SDK),
    ("agent", "handbook_config.conversational_personality"): (_ABSENT, _RETELL_SDK),
    ("agent", "version_title"): (_ABSENT, _RETELL_SDK),
    ("llm", "model_temperature"): (_BOTH_ENDS, _PROSE),
    ("llm", "general_tools[].timeout_ms"): (_BOTH_ENDS, _PROSE),
    ("llm", "states[].name"): (frozenset({"max_length"}), _PROSE),
    **{
        (kind, field): (_ABSENT, _RETELL_SDK)
        for kind in ("llm", "conversation-flow")
        for field in ("model_config", "model_config.type", "model_config.temperature")
    },
    ("conversation-flow", "flex_mode"): (_ABSENT, _RETELL_SDK),
    **{
        ("conversation-flow", f"{nodes}.{field}"): (_ABSENT, _RETELL_SDK)
        for nodes in ("nodes[]", "components[].nodes[]")
        for field in _NODE_FIELDS_OF_THE_SDK
    },
}
"""Where a table says something else than its document: in which facts, and why."""

TURN_TAKING = {
    "assistant": (
        *("startSpeakingPlan", "stopSpeakingPlan", "backgroundSpeechDenoisingPlan", "transcriber"),
        *("keypadInputPlan", "maxDurationSeconds", "voicemailDetection", "server"),
    ),
    "agent": tuple(sorted(retell.known_keys("agent"))),
    "llm": tuple(sorted(retell.known_keys("llm") - {"general_tools", "states", "mcps"})),
    "conversation-flow": tuple(
        sorted(retell.known_keys("conversation-flow") - {"tools", "nodes", "components", "mcps"})
    ),
}
"""The top-level keys under which every range the document states must be in the table."""

NOT_OURS = {
    "server.backoffPlan": "how often a webhook is repeated",
    "customVocabularyConfig.vocabulary[]": "the weight of one word",
    "machineDetection": "the telephone carrier's own detection of answering machines",
}
"""Parts of paths whose ranges are left out of the tables, and why."""


@pytest.mark.parametrize(("vendor", "kind"), KINDS)
def test_rows_say_what_the_document_says(
    vendor: str, kind: str, vendor_document: Any, closed_schema: ModuleType, document_facts: ModuleType
) -> None:
    """Each limit equals the document's in range, words, length and null, or its difference is explained."""
    schemas = vendor_document.published[vendor]
    root = closed_schema.UPDATE_BODIES[kind][1]
    found = {
        (kind, path): difference
        for path, limit in FLATS[vendor].LIMITS[kind].items()
        if (difference := document_facts.differences(schemas, root, limit))
    }
    explained = {key: facts for key, (facts, _why) in DIFFERENCES.items() if key[0] == kind}
    assert found == explained


def test_every_range_of_the_documents_has_a_row(
    vendor_document: Any, closed_schema: ModuleType, document_facts: ModuleType
) -> None:
    """No number with a range under the turn-taking keys is missing from the tables, but for those named."""
    unlisted = {
        path
        for vendor, kind in KINDS
        for path in document_facts.bounded_paths(
            vendor_document.published[vendor], closed_schema.UPDATE_BODIES[kind][1], TURN_TAKING[kind]
        )
        if FLATS[vendor].limit_for(kind, path, {}) is None
    }
    assert {path for path in unlisted if not any(part in path for part in NOT_OURS)} == set()
    assert {part for part in NOT_OURS if not any(part in path for path in unlisted)} == set()


@pytest.mark.parametrize(("vendor", "kind"), KINDS)
def test_known_keys_are_the_documents(
    vendor: str, kind: str, vendor_document: Any, closed_schema: ModuleType, document_facts: ModuleType
) -> None:
    """The keys an update may hold are the document's own, and the newer ones the bench knows of."""
    schemas = closed_schema.patched(vendor, vendor_document.published[vendor])
    properties = document_facts.leaves_at(schemas, closed_schema.UPDATE_BODIES[kind][1], "")
    assert FLATS[vendor].known_keys(kind) == {key for flat in properties for key in flat["properties"]}


def test_server_fields_are_those_a_response_adds(vendor_document: Any, document_facts: ModuleType) -> None:
    """Whatever a response holds beyond an update body is listed as set by the server."""
    for vendor, kind, response in (
        ("vapi", "assistant", "Assistant"),
        ("retell", "agent", "AgentResponse"),
        ("retell", "llm", "RetellLLMResponse"),
        ("retell", "conversation-flow", "ConversationFlowResponse"),
    ):
        flats = document_facts.leaves_at(vendor_document.published[vendor], response, "")
        added = {key for flat in flats for key in flat["properties"]} - FLATS[vendor].known_keys(kind)
        assert added
        assert added <= FLATS[vendor].SERVER_FIELDS[kind]


def test_explanations_name_rows_that_exist() -> None:
    """A difference is explained only for a row of a table, with a reason."""
    rows = {
        (kind, path) for flat in FLATS.values() for kind, limits in flat.LIMITS.items() for path in limits
    }
    assert set(DIFFERENCES) <= rows
    assert all(why for _facts, why in DIFFERENCES.values())


@pytest.mark.parametrize(("vendor", "kind"), KINDS)
def test_closed_objects_have_every_key_of_the_document(
    vendor: str, kind: str, vendor_document: Any, closed_schema: ModuleType, document_facts: ModuleType
) -> None:
    """No key that the document (or the newer SDK) allows in an object is refused as unknown there."""
    schemas = closed_schema.patched(vendor, vendor_document.published[vendor])
    for path in FLATS[vendor].CLOSED[kind]:
        flats = document_facts.leaves_at(schemas, closed_schema.UPDATE_BODIES[kind][1], path)
        theirs = {key for flat in flats for key in flat.get("properties", {})}
        assert theirs, path
        ours = FLATS[vendor].keys_beside(kind, f"{path}.x")
        assert theirs <= ours, (path, theirs - ours)
