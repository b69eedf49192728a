"""Changes at Retell, told as a caller would notice them."""

from __future__ import annotations

from typing import Any

import pytest

from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.retell.words import WORDS, in_words

CASES: list[tuple[str, Any, Any, str | None]] = [
    ("interruption_sensitivity", 1, 0, "a caller can no longer stop the agent"),
    ("interruption_sensitivity", 0, 0.8, "a caller can stop the agent, which was not possible"),
    ("interruption_sensitivity", 1, 0.8, "a caller stops the agent less easily"),
    ("interruption_sensitivity", 0.5, 0.8, "a caller stops the agent more easily"),
    ("interruption_sensitivity", MISSING, 0.8, None),
    ("responsiveness", 1, 0.5, "the agent answers later"),
    ("responsiveness", 0.5, 1, "the agent answers sooner"),
    ("responsiveness", None, 1, None),
    ("reminder_trigger_ms", 5000, 8000, "a silent caller is asked after 8000 ms, not 5000 ms"),
    ("reminder_trigger_ms", MISSING, 8000, "a silent caller is asked after 8000 ms"),
    ("denoising_mode", MISSING, "no-denoise", "nothing is taken out of the caller's audio"),
    ("denoising_mode", MISSING, "something-new", None),
    ("denoising_enhancement_level", 0.5, 0.8, "other voices are turned down at level 0.8 of 1"),
    ("enable_backchannel", MISSING, True, "the agent says yeah and uh-huh while it listens"),
    ("allow_dtmf_interruption", True, False, "a key press does not stop the agent"),
    ("language", "en-US", "en-GB", "the agent expects en-GB"),
    ("voice_speed", 1, 2, None),
    ("language", "en-US", MISSING, None),
    ("general_prompt", MISSING, "x", "an interrupted agent knows how to go on"),
    ("global_prompt", "y", "x", "an interrupted agent is told anew how to go on"),
    ("general_prompt", "x", MISSING, "an interrupted agent is no longer told how to go on"),
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
