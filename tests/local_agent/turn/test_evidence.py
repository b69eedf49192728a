"""The second look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.parameters import BargeInParameters
from local_agent.turn.evidence import Evidence, Look, by_words

PHRASES = BargeInParameters(
    ignore_phrases=("mm-hmm", "right", "I see"), interrupt_phrases=("stop", "hold on")
)


def heard(
    probabilities: list[float], level_db: float = -20.0, caller_db: float | None = -20.0, **settings: object
) -> Look:
    """Add windows of 32 ms until the look decides."""
    evidence = Evidence(32.0)
    for probability in probabilities:
        evidence.add(probability, 0.55, 0.40, level_db)
        look, _ = evidence.look(BargeInParameters(**settings), caller_db)  # type: ignore[arg-type]
        if look is not Look.UNDECIDED:
            return look
    return Look.UNDECIDED


def test_persistent_speech_takes_the_floor() -> None:
    """A third of a second of certain speech is an attempt at the floor."""
    assert heard([0.95] * 20) is Look.BARGE_IN


def test_a_burst_does_not() -> None:
    """Speech-like audio that ends at once was nothing."""
    assert heard([0.9] * 4 + [0.05] * 20) is Look.FALSE


def test_flicker_is_never_certain() -> None:
    """Audio that hovers around the threshold runs into the time-out."""
    assert heard([0.6, 0.5] * 60, timeout_ms=1000) is Look.FALSE


def test_a_voice_far_below_the_callers_is_somebody_else() -> None:
    """A television in the next room does not take the floor however long it talks."""
    assert heard([0.95] * 40, level_db=-45.0) is Look.FALSE
    assert heard([0.95] * 40, level_db=-45.0, caller_db=None) is Look.BARGE_IN


def test_min_words_needs_words() -> None:
    """With min_words, sound alone does not decide for the caller."""
    assert heard([0.95] * 80, min_words=2, timeout_ms=2000) is Look.FALSE


@pytest.mark.parametrize(
    ("said", "look"),
    [
        ("Mm-hmm.", Look.FALSE),
        ("right, I see", Look.FALSE),
        ("right but stop", Look.BARGE_IN),
        ("Hold on!", Look.BARGE_IN),
        ("what does it cost", Look.UNDECIDED),
        ("", Look.UNDECIDED),
    ],
)
def test_words(said: str, look: Look) -> None:
    """Ignore phrases count as the whole of what was said, interrupt phrases anywhere in it."""
    assert by_words(said, PHRASES)[0] is look


@given(st.text(max_size=60))
def test_any_transcript_is_judged(said: str) -> None:
    """No text is too odd to be looked at."""
    assert by_words(said, PHRASES)[0] in set(Look)
