"""What both vendors' words share, and what a recogniser means to callers."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.vendors.retell import words as retell
from vaxctl.vendors.vapi import words as vapi

TOLD: list[tuple[Any, str, Any, Any, str | None]] = [
    (vapi, "transcriber.provider", "azure", "deepgram", "another recogniser listens: deepgram"),
    (retell, "custom_stt_config.provider", "azure", "deepgram", "another recogniser listens: deepgram"),
    (retell, "stt_mode", "fast", "custom", "the recogniser is chosen by name"),
    (
        retell,
        "custom_stt_config.endpointing_ms",
        None,
        400,
        "what the caller says is closed after a pause of 400 ms",
    ),
    (
        vapi,
        "transcriber.minEndOfTurnSilenceWhenConfident",
        None,
        700,
        "the agent takes a finished sentence as over after 700 ms",
    ),
    (vapi, "transcriber.maxTurnSilence", None, 4000, "a turn ends after 4000 ms of silence at the latest"),
    (vapi, "transcriber.keyterm", ["a", "b"], [], "all 2 entries are taken out"),
    (retell, "boosted_keywords", ["a"], [], "the one entry is taken out"),
    (retell, "boosted_keywords", ["a"], ["b"], None),
]


@pytest.mark.parametrize(("vendor", "path", "before", "after", "told"), TOLD)
def test_words(vendor: Any, path: str, before: Any, after: Any, told: str | None) -> None:
    """In callers' terms; None where they would notice nothing."""
    assert vendor.in_words(path, before, after) == told
