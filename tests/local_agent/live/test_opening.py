"""What the head of a live call says of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.live import opening
from local_agent.live.opening import LiveOptions, opened
from local_agent.parameters import EndpointingParameters, Parameters

if TYPE_CHECKING:
    from pathlib import Path


class Deaf:
    """A transcriber that makes out nothing."""

    def transcribe(self, samples: object, sample_rate_hz: int) -> None:
        """Tell nothing."""


@pytest.mark.parametrize("words", ["none", "whisper"])
def test_the_head_says_what_words_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Live, phrases have no say at a barge-in, and min_words has one: by duration."""
    monkeypatch.setattr(opening, "_transcriber", lambda name: None if name == "none" else Deaf())
    script = tmp_path / "script.yaml"
    script.write_text("schema: vaxctl-script/v1\nturns:\n  - say: Hello.\n", encoding="utf-8")
    silence = Parameters(endpointing=EndpointingParameters(mode="silence"))
    options = LiveOptions(16_000, script=script, voice="tone", words=words)
    with opened(silence, options, [].append) as ready:
        (note,) = (note for note in ready.notes if note.startswith("words:"))
    assert "ignore_phrases and interrupt_phrases have no say" in note
    assert note.endswith("min_words goes by how long the caller speaks")
