"""The contract bench itself: the closed documents refuse typos, and take what the live APIs take."""

from __future__ import annotations

from typing import Any

import pytest

GOOD: list[tuple[str, dict[str, Any]]] = [
    (
        "assistant",
        {
            "name": "outbound qualification",
            "startSpeakingPlan": {
                "waitSeconds": 0,
                "smartEndpointingPlan": {"provider": "livekit", "waitFunction": "400 + 2100 * x^2"},
                "customEndpointingRules": [{"type": "customer", "regex": "number", "timeoutSeconds": 2}],
            },
            "stopSpeakingPlan": {"numWords": 0, "voiceSeconds": 0.2, "acknowledgementPhrases": ["mm-hmm"]},
            "backgroundSpeechDenoisingPlan": {"smartDenoisingPlan": {"enabled": True}},
            "transcriber": {"provider": "deepgram", "model": "nova-3", "endpointing": 300},
            "model": {
                "provider": "openai",
                "model": "gpt-4.1",
                "messages": [{"role": "system", "content": "You are an agent."}],
            },
            "hooks": [
                {
                    "on": "customer.speech.timeout",
                    "options": {"timeoutSeconds": 10},
                    "do": [{"type": "say", "exact": "Are you there?"}],
                }
            ],
            "voicemailDetection": "off",
            "clientMessages": ["user-interrupted"],
            "server": {
                "url": "https://example.test/hook",
                "backoffPlan": {"type": "fixed", "maxRetries": 1, "baseDelaySeconds": 1},
            },
            "metadata": {"vaxctl": {"profile": "outbound", "digest": "sha256:00"}},
        },
    ),
    (
        "agent",
        {
            "interruption_sensitivity": 0.8,
            "denoising_mode": "noise-and-background-speech-cancellation",
            "denoising_enhancement_level": None,
            "stt_mode": "custom",
            "custom_stt_config": {"provider": "muse", "endpointing_ms": 100},
            "ambient_sound": None,
            "language": ["en-US", "es-ES"],
            "version_title": "outbound@00",
            "response_engine": {"type": "retell-llm", "llm_id": "llm_1"},
        },
    ),
    (
        "llm",
        {
            "general_prompt": "You are an agent.",
            "begin_message": None,
            "model": "gpt-4.1",
            "general_tools": [{"type": "end_call", "name": "end_call"}],
        },
    ),
    (
        "conversation-flow",
        {
            "global_prompt": "You are an agent.",
            "nodes": [
                {
                    "id": "start",
                    "type": "conversation",
                    "instruction": {"type": "prompt", "text": "Greet."},
                    "interruption_sensitivity": None,
                    "stt_mode": "fast",
                }
            ],
        },
    ),
]

BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "vapi-typo-at-the-top": ("assistant", {"stopSpeakingPlann": {}}),
    "vapi-typo-inside": ("assistant", {"stopSpeakingPlan": {"voiceSecond": 0.2}}),
    "vapi-typo-in-a-transcriber": ("assistant", {"transcriber": {"provider": "deepgram", "endpoint": 300}}),
    "vapi-typo-in-a-rule": (
        "assistant",
        {
            "startSpeakingPlan": {
                "customEndpointingRules": [{"type": "customer", "rgex": "a", "timeoutSeconds": 1}]
            }
        },
    ),
    "vapi-typo-in-a-message": (
        "assistant",
        {
            "model": {
                "provider": "openai",
                "model": "gpt-4.1",
                "messages": [{"role": "user", "content": "a", "contents": "b"}],
            }
        },
    ),
    "vapi-key-that-is-gone": ("assistant", {"silenceTimeoutSeconds": 30}),
    "vapi-server-field-sent-back": ("assistant", {"orgId": "org_1"}),
    "vapi-out-of-range": ("assistant", {"startSpeakingPlan": {"waitSeconds": 9}}),
    "vapi-unit-of-another-provider": (
        "assistant",
        {"transcriber": {"provider": "gladia", "endpointing": 300}},
    ),
    "vapi-wrong-word": ("assistant", {"startSpeakingPlan": {"smartEndpointingPlan": {"provider": "krisp"}}}),
    "vapi-wrong-word-in-a-list": ("assistant", {"clientMessages": ["user-interupted"]}),
    "vapi-name-too-long": ("assistant", {"name": "n" * 41}),
    "vapi-null-where-none-is-known": ("assistant", {"stopSpeakingPlan": None}),
    "retell-typo-at-the-top": ("agent", {"interruption_sensitivty": 0.5}),
    "retell-typo-inside": ("agent", {"handbook_config": {"ai_disclosur": True}}),
    "retell-out-of-range": ("agent", {"interruption_sensitivity": 7}),
    "retell-wrong-word": ("agent", {"denoising_mode": "krisp"}),
    "retell-wrong-word-in-a-list": ("agent", {"language": ["multi"]}),
    "retell-null-where-none-is-known": ("agent", {"responsiveness": None}),
    "retell-incomplete-object": ("agent", {"custom_stt_config": {"provider": "azure"}}),
    "retell-llm-typo": ("llm", {"general_promt": "a"}),
    "retell-llm-typo-in-a-state": ("llm", {"states": [{"name": "a", "state_promt": "b"}]}),
    "retell-llm-wrong-word": ("llm", {"start_speaker": "caller"}),
    "retell-flow-typo": ("conversation-flow", {"global_promt": "a"}),
    "retell-flow-typo-in-a-node": (
        "conversation-flow",
        {
            "nodes": [
                {
                    "id": "start",
                    "type": "conversation",
                    "instruction": {"type": "prompt", "text": "a"},
                    "responsivness": 1,
                }
            ]
        },
    ),
    "retell-flow-out-of-range": ("conversation-flow", {"model_temperature": 2}),
}


@pytest.mark.parametrize(("kind", "body"), GOOD, ids=[kind for kind, _body in GOOD])
def test_good_bodies_pass(kind: str, body: dict[str, Any], vendor_document: Any) -> None:
    """A body that uses documented and newer fields rightly has no finding."""
    assert vendor_document.errors(kind, body) == []


@pytest.mark.parametrize("case", BROKEN)
def test_broken_bodies_are_refused(case: str, vendor_document: Any) -> None:
    """A typo, a number out of range, a wrong word: each is found on its own."""
    kind, body = BROKEN[case]
    assert len(vendor_document.errors(kind, body)) == 1


@pytest.mark.parametrize("kind", ["assistant", "agent", "llm", "conversation-flow"])
def test_an_empty_update_passes(kind: str, vendor_document: Any) -> None:
    """Nothing is required of an update body."""
    assert vendor_document.errors(kind, {}) == []


def test_null_switches_smart_endpointing_off(vendor_document: Any) -> None:
    """The published document rejects this null; the API takes it."""
    assert vendor_document.errors("assistant", {"startSpeakingPlan": {"smartEndpointingPlan": None}}) == []


def test_a_finding_says_where(vendor_document: Any) -> None:
    """The place of the error is part of its words, and long schemas are cut."""
    (error,) = vendor_document.errors("assistant", {"stopSpeakingPlan": {"voiceSeconds": 0.8}})
    assert error == "$.stopSpeakingPlan.voiceSeconds: 0.8 is greater than the maximum of 0.5"


def test_absent_documents_are_said(
    closed_schema: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """Where the folder holds no document, opening it fails with the file's name."""
    monkeypatch.setenv("VAXCTL_SPECS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=closed_schema.VAPI_FILE):
        closed_schema.open_documents(closed_schema.specs_folder())
