"""Limits of both vendors: the right row for a place in a body, and every broken one said in words."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.vendors import limit_check
from vaxctl.vendors.limits import Limit
from vaxctl.vendors.retell import limits as retell
from vaxctl.vendors.vapi import limits as vapi


def _transcriber(provider: str, **fields: Any) -> dict[str, Any]:
    return {"transcriber": {"provider": provider, **fields}}


@pytest.mark.parametrize(
    ("provider", "minimum", "maximum", "unit"),
    [("deepgram", 10, 500, "ms"), ("gladia", 0.01, 10, "s")],
)
def test_provider_decides_what_endpointing_means(
    provider: str, minimum: float, maximum: float, unit: str
) -> None:
    """The same field of two transcribers has each its own range and unit."""
    limit = vapi.limit_for("assistant", "transcriber.endpointing", _transcriber(provider))
    assert limit is not None
    assert (limit.minimum, limit.maximum, limit.unit) == (minimum, maximum, unit)


def test_unnamed_provider_has_no_limit() -> None:
    """Without a provider nothing is known about a transcriber's field."""
    assert vapi.limit_for("assistant", "transcriber.endpointing", {"transcriber": {}}) is None


def test_selector_in_the_path_counts_whatever_the_body_says() -> None:
    """A path may name the provider itself, and wins over the body's."""
    path = "transcriber[provider=gladia].endpointing"
    for body in ({}, _transcriber("deepgram")):
        limit = vapi.limit_for("assistant", path, body)
        assert limit is vapi.LIMITS["assistant"][path]


def test_list_elements_are_found_open_and_by_index() -> None:
    """`hooks[]` and `hooks[3]` are the same place of the table."""
    expected = vapi.LIMITS["assistant"]["hooks[].options.timeoutSeconds"]
    assert vapi.limit_for("assistant", "hooks[].options.timeoutSeconds", {}) is expected
    assert vapi.limit_for("assistant", "hooks[3].options.timeoutSeconds", {}) is expected


def test_retell_fields_are_chosen_by_the_body_too() -> None:
    """The endpointing of a custom speech-to-text follows the provider of its own node."""
    body = {"nodes": [{}, {"custom_stt_config": {"provider": "soniox", "endpointing_ms": 600}}]}
    limit = retell.limit_for("conversation-flow", "nodes[1].custom_stt_config.endpointing_ms", body)
    assert limit is not None
    assert limit.minimum == 500


def test_place_beyond_the_body_gets_the_general_row() -> None:
    """Where the body does not reach, no provider is known, and the row without one holds."""
    limit = retell.limit_for("conversation-flow", "nodes[1].custom_stt_config.endpointing_ms", {"nodes": []})
    assert limit is not None
    assert limit.minimum is None


def test_unknown_place_has_no_limit() -> None:
    """A field the table does not list is not judged."""
    assert vapi.limit_for("assistant", "compliancePlan.hipaaEnabled", {}) is None
    assert vapi.check("assistant", {"compliancePlan": {"hipaaEnabled": 1}}) == ()


def test_unknown_kind_is_an_error() -> None:
    """A kind the vendor does not have is a mistake of the caller."""
    with pytest.raises(KeyError, match="squad"):
        vapi.check("squad", {})


VAPI_BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"startSpeakingPlan": {"waitSeconds": 9}}, "startSpeakingPlan.waitSeconds is at most 5 s, not 9"),
    (
        {"stopSpeakingPlan": {"voiceSeconds": 0.51}},
        "stopSpeakingPlan.voiceSeconds is at most 0.5 s, not 0.51",
    ),
    ({"stopSpeakingPlan": None}, "stopSpeakingPlan cannot be null"),
    ({"name": "n" * 41}, "name holds at most 40 characters, not 41"),
    (
        {"startSpeakingPlan": {"smartEndpointingPlan": {"provider": "krisp"}}},
        "smartEndpointingPlan.provider is one of vapi, livekit, custom-endpointing-model, not 'krisp'",
    ),
    (
        {"startSpeakingPlan": {"customEndpointingRules": [{"timeoutSeconds": 1}, {"timeoutSeconds": 16}]}},
        "startSpeakingPlan.customEndpointingRules[1].timeoutSeconds is at most 15 s, not 16",
    ),
    (_transcriber("gladia", endpointing=300), "transcriber.endpointing is at most 10 s, not 300"),
    (_transcriber("deepgram", endpointing=0.3), "transcriber.endpointing is at least 10 ms, not 0.3"),
    (_transcriber("assembly"), "transcriber.provider is one of"),
    (
        {"transcriber": {"fallbackPlan": {"transcribers": [{"provider": "azure", "language": "en"}]}}},
        "transcriber.fallbackPlan.transcribers[0].language is one of af-ZA",
    ),
    (
        {"hooks": [{"options": {"timeoutSeconds": 0}}]},
        "hooks[0].options.timeoutSeconds is at least 1 s, not 0",
    ),
    ({"voicemailDetection": "no"}, "voicemailDetection is one of off, not 'no'"),
    ({"stopSpeakingPlan": {"acknowledgementPhrases": ["m" * 241]}}, "holds at most 240 characters, not 241"),
    ({"firstMessageInterruptionsEnabled": "off"}, "firstMessageInterruptionsEnabled takes a boolean"),
]


@pytest.mark.parametrize(("body", "message"), VAPI_BROKEN)
def test_vapi_says_what_is_broken(body: dict[str, Any], message: str) -> None:
    """One broken limit gives one message, with the place as it stands in the body."""
    (found,) = vapi.check("assistant", body)
    assert message in found


def test_vapi_takes_null_for_smart_endpointing() -> None:
    """Null is how the plan is switched off."""
    assert vapi.check("assistant", {"startSpeakingPlan": {"smartEndpointingPlan": None}}) == ()


@pytest.mark.parametrize("value", [True, "livekit"])
def test_two_forms_of_one_field_both_hold(value: bool | str) -> None:  # noqa: FBT001 - the field's own form
    """A union has a row per form, and each form is judged by its own."""
    assert vapi.check("assistant", {"startSpeakingPlan": {"smartEndpointingEnabled": value}}) == ()


def test_findings_keep_the_order_of_the_body() -> None:
    """All findings of a body come at once, in its own order."""
    body = {"stopSpeakingPlan": {"numWords": 11}, "maxDurationSeconds": 5, "name": "n" * 50}
    assert [finding.split(" ")[0] for finding in vapi.check("assistant", body)] == [
        "stopSpeakingPlan.numWords",
        "maxDurationSeconds",
        "name",
    ]


def test_vapi_names_missing_keys() -> None:
    """A whole body is told which required keys its objects lack; a partial one is not asked."""
    body = {
        "transcriber": {"provider": "speechmatics"},
        "startSpeakingPlan": {
            "customEndpointingRules": [{"type": "both", "customerRegex": "a", "timeoutSeconds": 1}]
        },
    }
    assert vapi.missing("assistant", body) == (
        "transcriber.customVocabulary is required",
        "startSpeakingPlan.customEndpointingRules[0].assistantRegex is required",
    )
    assert vapi.check("assistant", body) == ()


@pytest.mark.parametrize(
    ("provider", "least"),
    [("azure", 100), ("deepgram", 10), ("soniox", 500), ("assemblyai", 100), ("muse", 100)],
)
@pytest.mark.parametrize("kind", ["agent", "conversation-flow"])
def test_retell_endpointing_has_a_minimum_per_provider(provider: str, least: int, kind: str) -> None:
    """Each speech-to-text provider has its own floor, in the agent and in a node of a flow."""

    def found(milliseconds: int) -> tuple[str, ...]:
        config = {"custom_stt_config": {"provider": provider, "endpointing_ms": milliseconds}}
        return retell.check(kind, config if kind == "agent" else {"nodes": [config]})

    at = "" if kind == "agent" else "nodes[0]."
    assert found(least) == ()
    assert found(least - 1) == (
        f"{at}custom_stt_config.endpointing_ms is at least {least} ms, not {least - 1}",
    )


def test_retell_assemblyai_has_a_maximum() -> None:
    """AssemblyAI's silence ends at three seconds."""
    config = {"provider": "assemblyai", "endpointing_ms": 3001}
    assert retell.check("agent", {"custom_stt_config": config}) == (
        "custom_stt_config.endpointing_ms is at most 3000 ms, not 3001",
    )


@pytest.mark.parametrize("config", [{}, {"custom_stt_config": None}])
def test_retell_custom_stt_needs_its_config(config: dict[str, Any]) -> None:
    """`stt_mode: custom` alone, or with the config taken away, is a finding; at a node as well."""
    body = {"stt_mode": "custom", **config}
    message = "custom_stt_config is required when stt_mode is custom"
    assert retell.check("agent", body) == (message,)
    assert retell.check("conversation-flow", {"nodes": [body]}) == (f"nodes[0].{message}",)


def test_retell_custom_stt_with_its_config_holds() -> None:
    """Both together are fine."""
    body = {"stt_mode": "custom", "custom_stt_config": {"provider": "deepgram", "endpointing_ms": 400}}
    assert retell.check("agent", body) == ()


RETELL_BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("agent", {"interruption_sensitivity": 7}, "interruption_sensitivity is at most 1, not 7"),
    ("agent", {"responsiveness": None}, "responsiveness cannot be null"),
    ("agent", {"reminder_trigger_ms": 0}, "reminder_trigger_ms is over 0 ms, not 0"),
    ("agent", {"begin_message_delay_ms": 12.5}, "begin_message_delay_ms takes a whole number, not 12.5"),
    ("agent", {"denoising_mode": "krisp"}, "not 'krisp'"),
    ("agent", {"language": ["multi"]}, "not 'multi'"),
    ("agent", {"language": "en"}, "not 'en'"),
    ("llm", {"model": "gpt-5", "s2s_model": "gpt-realtime"}, "model and s2s_model exclude each other"),
    ("conversation-flow", {"nodes": [{"responsiveness": 2}]}, "nodes[0].responsiveness is at most 1, not 2"),
]


@pytest.mark.parametrize(("kind", "body", "message"), RETELL_BROKEN)
def test_retell_says_what_is_broken(kind: str, body: dict[str, Any], message: str) -> None:
    """One broken limit gives one message."""
    (found,) = retell.check(kind, body)
    assert message in found


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("agent", {"language": "multi"}),
        ("agent", {"language": ["en-GB", "de-DE"]}),
        ("agent", {"ambient_sound": None, "denoising_enhancement_level": None}),
        ("llm", {"model": None, "s2s_model": "gpt-realtime"}),
        ("conversation-flow", {"nodes": [{"responsiveness": None}]}),
    ],
)
def test_retell_takes_what_its_document_takes(kind: str, body: dict[str, Any]) -> None:
    """Nulls that clear or inherit, and both forms of a language, hold."""
    assert retell.check(kind, body) == ()


def test_retell_names_missing_keys() -> None:
    """A custom speech-to-text takes both its keys."""
    body = {"custom_stt_config": {"provider": "azure"}, "voicemail_option": None}
    assert retell.missing("agent", body) == ("custom_stt_config.endpointing_ms is required",)


def test_known_keys_hold_the_newer_ones_and_not_the_gone() -> None:
    """What an update may hold: the document's keys and the newer SDK's, none that vendors took away."""
    assert {"denoising_enhancement_level", "version_title", "stt_mode"} <= retell.known_keys("agent")
    assert "normalize_for_speech" not in retell.known_keys("agent")
    assert "startSpeakingPlan" in vapi.known_keys("assistant")
    assert not {"silenceTimeoutSeconds", "messagePlan", "backgroundDenoisingEnabled"} & vapi.known_keys(
        "assistant"
    )


@pytest.mark.parametrize("flat", [vapi, retell])
def test_every_row_sits_under_a_known_key_and_names_its_source(flat: Any) -> None:
    """A row for a key no update may hold, or from nowhere, is a slip of the pen."""
    for kind, limits in flat.LIMITS.items():
        heads = {limit_check.read_path(path)[0][0] for path in limits}
        assert heads <= flat.known_keys(kind)
        assert all(limit.path == path and limit.source and limit.read_on for path, limit in limits.items())


def test_a_path_listed_twice_is_refused() -> None:
    """Of two rows for one path the later would win in silence."""
    with pytest.raises(ValueError, match="name is listed twice"):
        limit_check.by_path((Limit("name", "string"), Limit("name", "string")))


@pytest.mark.parametrize("path", ["a..b", ".a", "a[x]", "a[b=c]d"])
def test_a_malformed_path_is_refused(path: str) -> None:
    """What is not in the notation of the tables is no path."""
    with pytest.raises(ValueError, match="is no path"):
        limit_check.read_path(path)


@pytest.mark.parametrize("path", ["a", "a.b", "a[0].b", "a[].b[2]", "a[]"])
def test_paths_are_written_as_they_are_read(path: str) -> None:
    """Reading and writing a plain path are inverse."""
    position, conditions = limit_check.read_path(path)
    assert (limit_check.written(position), conditions) == (path, ())
