"""Changes at Vapi, told as a caller would notice them."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.vapi.words import WORDS, in_words

CASES: list[tuple[str, Any, Any, str | None]] = [
    ("stopSpeakingPlan.voiceSeconds", 0.5, 0.2, "a caller must speak 200 ms, not 500 ms, to stop the agent"),
    ("stopSpeakingPlan.voiceSeconds", MISSING, 0.2, "a caller must speak 200 ms to stop the agent"),
    ("stopSpeakingPlan.numWords", 2, 0, "a caller's voice alone stops the agent"),
    ("stopSpeakingPlan.numWords", MISSING, 1, "a caller must say 1 word to stop the agent"),
    ("stopSpeakingPlan.numWords", 1, 2, "a caller must say 2, not 1, words to stop the agent"),
    ("stopSpeakingPlan.acknowledgementPhrases", [], ["a", "b"], "2 phrases never stop the agent"),
    ("stopSpeakingPlan.acknowledgementPhrases", [], ["a"], "1 phrase never stops the agent"),
    ("stopSpeakingPlan.interruptionPhrases", ["a"], [], "no phrase always stops the agent"),
    (
        "startSpeakingPlan.smartEndpointingPlan",
        {},
        MISSING,
        "the recogniser, or silence alone, decides that the caller is done",
    ),
    (
        "startSpeakingPlan.smartEndpointingPlan",
        MISSING,
        {"waitFunction": "400 + 2100 * x^2"},
        "the agent takes a finished sentence as over after 400 ms, an unfinished one after 2500 ms at the latest",
    ),
    (
        "startSpeakingPlan.smartEndpointingPlan",
        MISSING,
        {"provider": "vapi"},
        "what was said, not silence alone, decides that the caller is done",
    ),
    (
        "backgroundSpeechDenoisingPlan.smartDenoisingPlan.enabled",
        MISSING,
        False,
        "nothing is taken out of the caller's audio",
    ),
    ("firstMessageInterruptionsEnabled", MISSING, True, "the first message can be interrupted"),
    (
        "hooks[name=vaxctl-reminder]",
        MISSING,
        {"options": {"timeoutSeconds": 7.5}},
        "a silent caller is asked after 7.5 s",
    ),
    ("transcriber.eotTimeoutMs", 500, 900, "a turn ends after 900 ms of silence at the latest"),
    ("stopSpeakingPlan.numWords", 2, MISSING, None),
    ("voice.speed", 1, 2, None),
    ("model.messages[role=system].content", MISSING, "x", "an interrupted agent knows how to go on"),
    ("model.messages[role=system].content", "y", "x", "an interrupted agent is told anew how to go on"),
    (
        "model.messages[role=system].content",
        "x",
        MISSING,
        "an interrupted agent is no longer told how to go on",
    ),
]


@pytest.mark.parametrize(("path", "before", "after", "said"), CASES)
def test_words(path: str, before: Any, after: Any, said: str | None) -> None:
    """A sentence where a caller notices, nothing where not."""
    assert in_words(path, before, after) == said


@pytest.mark.parametrize("path", WORDS)
@pytest.mark.parametrize("value", [None, True, "text", [], {}, 7.5])
def test_no_live_value_breaks_them(path: str, value: Any) -> None:
    """What a dashboard or an override holds may be of any kind."""
    for before, after in ((value, 1), (MISSING, value), (value, MISSING)):
        said = in_words(path, before, after)
        assert said is None or said
