"""Retell's rows, one by one where they hold a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.vendors.capability import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.vendors.compiled import Compiled

STT = "custom_stt_config"
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"vad": {"threshold": 0.5}}, {}),
    ({"vad": {"min_speech_ms": 200}}, {"interruption_sensitivity": 1}),
    ({"vad": {"min_speech_ms": 500}, "barge_in": {"min_words": 1}}, {"interruption_sensitivity": 0.5}),
    ({"barge_in": {"min_words": 10}}, {"interruption_sensitivity": 0.1}),
    (
        {"barge_in": {"enabled": False, "min_words": 2}},
        {"interruption_sensitivity": 0, "allow_dtmf_interruption": False},
    ),
    ({"noise_suppression": {"engine": "off"}}, {"denoising_mode": "no-denoise"}),
    ({"noise_suppression": {"engine": "rnnoise"}}, {"denoising_mode": "noise-cancellation"}),
    ({"noise_suppression": {"background_voices": True}}, {}),
    (
        {"noise_suppression": {"engine": "platform", "background_voices": True, "max_attenuation_db": 20}},
        {"denoising_mode": "noise-and-background-speech-cancellation", "denoising_enhancement_level": 0.8},
    ),
    ({"endpointing": {"mode": "semantic", "delay_ms": 400}}, {"enable_dynamic_responsiveness": True}),
    ({"endpointing": {"mode": "silence"}}, {"enable_dynamic_responsiveness": False}),
    ({"stt": {"provider": "deepgram"}}, {}),
    ({"stt": {"provider": "gladia", "endpointing_ms": 300}}, {}),
    (
        {"stt": {"provider": "soniox"}, "endpointing": {"mode": "silence", "delay_ms": 400}},
        {
            "enable_dynamic_responsiveness": False,
            "stt_mode": "custom",
            f"{STT}.provider": "soniox",
            f"{STT}.endpointing_ms": 500,
        },
    ),
    (
        {"stt": {"provider": "assemblyai", "endpointing_ms": 9000}, "vad": {"min_silence_ms": 300}},
        {"stt_mode": "custom", f"{STT}.provider": "assemblyai", f"{STT}.endpointing_ms": 3000},
    ),
    ({"language": "en-GB"}, {"language": "en-GB"}),
    ({"language": "fr"}, {"language": "fr-FR"}),
    ({"language": "en-ZA"}, {"language": "en-US"}),
    ({"language": "tlh"}, {}),
    ({"silence": {"hang_up_after_ms": 30000}}, {"end_call_after_silence_ms": 30000}),
    (
        {"agent_backchannel": {"enabled": True, "words": ["yeah"]}},
        {"enable_backchannel": True, "backchannel_words": ["yeah"]},
    ),
]


@pytest.mark.parametrize(("blocks", "expected"), CASES)
def test_leaves(blocks: dict[str, Any], expected: dict[str, Any], compiled: Callable[..., Compiled]) -> None:
    """What a profile writes at Retell, and nothing more."""
    assert {leaf.at: leaf.value for leaf in compiled("retell", **blocks).leaves} == expected


def test_too_short_a_silence_is_refused(compiled: Callable[..., Compiled]) -> None:
    """Retell hangs up after ten seconds at the earliest; nothing is bent silently."""
    (finding,) = compiled("retell", silence={"hang_up_after_ms": 5000}).findings
    assert finding.message == "retell: end_call_after_silence_ms is at least 10000 ms, not 5000"


@pytest.mark.parametrize(
    ("blocks", "status"),
    [
        ({"stt": {"provider": "deepgram", "endpointing_ms": 300}}, Status.EXACT),
        ({"stt": {"provider": "soniox", "endpointing_ms": 300}}, Status.APPROXIMATE),
        ({"stt": {"provider": "muse", "endpointing_ms": 300}}, Status.UNSUPPORTED),
        ({"stt": {"endpointing_ms": 300}}, Status.UNSUPPORTED),
    ],
)
def test_how_the_recogniser_is_held(
    blocks: dict[str, Any], status: Status, compiled: Callable[..., Compiled]
) -> None:
    """Exact only where the number arrives as it is, and counts."""
    report = {one.path: one.status for one in compiled("retell", **blocks).capabilities}
    assert report["stt.endpointing_ms"] is status


@pytest.mark.parametrize("mode", ["semantic", "hybrid", None])
def test_the_recogniser_is_not_swapped_to_hold_a_delay(
    mode: str | None, compiled: Callable[..., Compiled]
) -> None:
    """Below a turn model a silence as long as the delay would cut twice: nothing is written, and the report says why."""
    endpointing = {"delay_ms": 400, **({"mode": mode} if mode else {})}
    made = compiled(
        "retell", stt={"provider": "deepgram"}, endpointing=endpointing, vad={"min_silence_ms": 400}
    )
    assert not any(leaf.at.startswith(("stt_mode", "custom_stt")) for leaf in made.leaves)
    report = {one.path: one for one in made.capabilities}
    assert report["endpointing.delay_ms"].status is Status.UNSUPPORTED
    assert "cuts twice" in report["endpointing.delay_ms"].note


def test_muse_needs_no_number(compiled: Callable[..., Compiled]) -> None:
    """The field must be sent all the same; muse ignores what stands in it."""
    made = compiled("retell", stt={"provider": "muse"})
    assert made.body("agent")["custom_stt_config"] == {"provider": "muse", "endpointing_ms": 100}


def test_one_recogniser_one_silence(compiled: Callable[..., Compiled]) -> None:
    """Three keys could fill the field: the most particular one does, and the others say so."""
    made = compiled(
        "retell",
        stt={"provider": "azure", "endpointing_ms": 300},
        endpointing={"delay_ms": 700},
        vad={"min_silence_ms": 500},
    )
    notes = {one.path: one.note for one in made.capabilities}
    assert notes["endpointing.delay_ms"] == notes["vad.min_silence_ms"]
    assert "held by stt.endpointing_ms" in notes["vad.min_silence_ms"]
