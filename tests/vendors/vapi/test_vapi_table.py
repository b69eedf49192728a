"""Vapi's rows, one by one where they hold a formula or a trap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.vendors.compiled import Absent

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.vendors.compiled import Compiled

SMART = "startSpeakingPlan.smartEndpointingPlan"
PLAN = "startSpeakingPlan.transcriptionEndpointingPlan"
STOP = "stopSpeakingPlan"
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"vad": {"threshold": 0.5}}, {}),
    (
        {"vad": {"threshold": 0.95}, "stt": {"provider": "elevenlabs"}},
        {"transcriber.confidenceThreshold": 0.9, "transcriber.provider": "11labs"},
    ),
    (
        {"vad": {"threshold": 0.95}, "stt": {"provider": "gladia"}},
        {"transcriber.speechThreshold": 0.95, "transcriber.provider": "gladia"},
    ),
    ({"vad": {"min_speech_ms": 200}}, {f"{STOP}.voiceSeconds": 0.2}),
    ({"vad": {"min_speech_ms": 800}}, {f"{STOP}.voiceSeconds": 0.5}),
    ({"vad": {"min_speech_ms": 800}, "barge_in": {"min_words": 2}}, {f"{STOP}.numWords": 2}),
    (
        {"vad": {"min_speech_ms": 10}, "stt": {"provider": "elevenlabs"}},
        {
            f"{STOP}.voiceSeconds": 0.01,
            "transcriber.minSpeechDurationMs": 50,
            "transcriber.provider": "11labs",
        },
    ),
    (
        {"vad": {"min_speech_ms": 100}, "stt": {"provider": "elevenlabs"}, "barge_in": {"min_words": 1}},
        {f"{STOP}.numWords": 1, "transcriber.minSpeechDurationMs": 100, "transcriber.provider": "11labs"},
    ),
    (
        {"noise_suppression": {"engine": "off"}},
        {
            "backgroundSpeechDenoisingPlan.smartDenoisingPlan.enabled": False,
            "backgroundSpeechDenoisingPlan.fourierDenoisingPlan.enabled": False,
        },
    ),
    (
        {"noise_suppression": {"engine": "nsnet2"}},
        {"backgroundSpeechDenoisingPlan.smartDenoisingPlan.enabled": True},
    ),
    ({"endpointing": {"delay_ms": 400}}, {}),
    ({"endpointing": {"mode": "semantic"}}, {SMART: {"provider": "livekit"}}),
    (
        {"endpointing": {"mode": "semantic", "delay_ms": 400, "max_delay_ms": 2500}},
        {SMART: {"provider": "livekit", "waitFunction": "400 + 2100 * x^2"}},
    ),
    (
        {"endpointing": {"mode": "semantic", "max_delay_ms": 300}},
        {SMART: {"provider": "livekit", "waitFunction": "300 + 0 * x^2"}},
    ),
    (
        {"endpointing": {"mode": "silence", "delay_ms": 400}},
        {
            SMART: None,
            f"{PLAN}.onPunctuationSeconds": 0.4,
            f"{PLAN}.onNoPunctuationSeconds": 0.4,
            f"{PLAN}.onNumberSeconds": 0.5,
        },
    ),
    (
        {"language": "de", "endpointing": {"mode": "semantic", "delay_ms": 400, "max_delay_ms": 2500}},
        {
            SMART: {"provider": "vapi"},
            f"{PLAN}.onPunctuationSeconds": 0.4,
            f"{PLAN}.onNoPunctuationSeconds": 2.5,
            f"{PLAN}.onNumberSeconds": 0.5,
        },
    ),
    (
        {"language": "de", "endpointing": {"mode": "semantic", "delay_ms": 4000, "max_delay_ms": 4000}},
        {
            SMART: {"provider": "vapi"},
            f"{PLAN}.onPunctuationSeconds": 3,
            f"{PLAN}.onNoPunctuationSeconds": 3,
            f"{PLAN}.onNumberSeconds": 3,
        },
    ),
    (
        {
            "stt": {"provider": "deepgram", "model": "flux-general-en"},
            "endpointing": {"mode": "semantic", "delay_ms": 400, "max_delay_ms": 12000},
        },
        {
            "transcriber.provider": "deepgram",
            "transcriber.model": "flux-general-en",
            SMART: None,
            "transcriber.eotTimeoutMs": 10000,
        },
    ),
    (
        {
            "stt": {"provider": "assemblyai"},
            "endpointing": {"mode": "silence", "delay_ms": 400, "max_delay_ms": 900},
        },
        {
            "transcriber.provider": "assembly-ai",
            "transcriber.minEndOfTurnSilenceWhenConfident": 400,
            "transcriber.maxTurnSilence": 900,
        },
    ),
    (
        {"stt": {"provider": "azure", "model": "x", "endpointing_ms": 50}},
        {"transcriber.provider": "azure", "transcriber.segmentationSilenceTimeoutMs": 100},
    ),
    (
        {"stt": {"provider": "gladia", "endpointing_ms": 300}},
        {"transcriber.provider": "gladia", "transcriber.endpointing": 0.3},
    ),
    (
        {"stt": {"provider": "elevenlabs"}, "vad": {"min_silence_ms": 400}},
        {"transcriber.provider": "11labs", "transcriber.minSilenceDurationMs": 400},
    ),
    (
        {"stt": {"provider": "deepgram", "endpointing_ms": 300}, "vad": {"min_silence_ms": 400}},
        {"transcriber.provider": "deepgram", "transcriber.endpointing": 300},
    ),
    ({"stt": {"provider": "muse", "model": "x", "endpointing_ms": 300}}, {}),
    ({"language": "en-GB"}, {}),
    (
        {"language": "en-GB", "stt": {"provider": "deepgram"}},
        {"transcriber.provider": "deepgram", "transcriber.language": "en-GB"},
    ),
    (
        {"language": "en-GB", "stt": {"provider": "assemblyai"}},
        {"transcriber.provider": "assembly-ai", "transcriber.language": "en"},
    ),
    (
        {"language": "de", "stt": {"provider": "azure"}},
        {"transcriber.provider": "azure", "transcriber.language": "de-AT"},
    ),
    ({"language": "tlh", "stt": {"provider": "azure"}}, {"transcriber.provider": "azure"}),
    (
        {"barge_in": {"enabled": False, "interrupt_phrases": ["x"], "protect_first_message": False}},
        {
            f"{STOP}.numWords": 10,
            f"{STOP}.interruptionPhrases": [],
            "firstMessageInterruptionsEnabled": False,
        },
    ),
    (
        {"barge_in": {"backoff_ms": 1500, "ignore_phrases": ["right"], "protect_first_message": True}},
        {
            f"{STOP}.backoffSeconds": 1.5,
            f"{STOP}.acknowledgementPhrases": ["right"],
            "firstMessageInterruptionsEnabled": False,
        },
    ),
]


@pytest.mark.parametrize(("blocks", "expected"), CASES)
def test_leaves(blocks: dict[str, Any], expected: dict[str, Any], compiled: Callable[..., Compiled]) -> None:
    """What a profile writes at Vapi, and nothing more."""
    leaves = {leaf.at: leaf.value for leaf in compiled("vapi", **blocks).leaves}
    assert {at: value for at, value in leaves.items() if not isinstance(value, Absent)} == expected


def test_silence_is_two_hooks_of_ours(compiled: Callable[..., Compiled]) -> None:
    """Known by name among somebody else's, in whole seconds where they are whole."""
    made = compiled("vapi", silence={"reminder_after_ms": 7500, "hang_up_after_ms": 30000})
    hooks = made.body("assistant")["hooks"]
    assert [hook["name"] for hook in hooks] == ["vaxctl-reminder", "vaxctl-hang-up"]
    assert [hook["options"]["timeoutSeconds"] for hook in hooks] == [7.5, 30]


def test_what_removes_is_not_reported_as_written(compiled: Callable[..., Compiled]) -> None:
    """The report names what a key writes; a rule taken out is not among it."""
    (line,) = compiled("vapi", endpointing={"mode": "semantic"}).capabilities
    assert line.vendor_path == SMART
