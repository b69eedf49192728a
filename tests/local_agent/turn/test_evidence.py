"""The second look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.parameters import BargeInParameters
from local_agent.turn.evidence import NO_WORDS, Evidence, Look, Thresholds, by_words

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


def reason(
    probabilities: list[float], transcript: str | None, *, answering: bool = False, **settings: object
) -> tuple[Look, str]:
    """Add windows of 32 ms of which somebody has made out a transcript, until the look decides."""
    evidence = Evidence(32.0, answering=answering, transcript=transcript)
    decided = Look.UNDECIDED, ""
    for probability in probabilities:
        evidence.add(probability, 0.55, 0.40, -20.0)
        decided = evidence.look(BargeInParameters(**settings), None)  # type: ignore[arg-type]
        if decided[0] is not Look.UNDECIDED:
            break
    return decided


SHORT = [1.0] * 10 + [0.05] * 20
"""A word of 0.3 s, and silence."""


def test_persistent_speech_takes_the_floor() -> None:
    """A third of a second of certain speech is an attempt at the floor."""
    assert heard([0.95] * 20) is Look.BARGE_IN


def test_a_burst_does_not() -> None:
    """Speech-like audio that ends at once was nothing."""
    assert heard([0.9] * 4 + [0.05] * 20) is Look.FALSE


def test_flicker_is_never_certain() -> None:
    """Audio that hovers around the threshold runs into the time-out."""
    assert heard([0.6, 0.5] * 60, timeout_ms=1000) is Look.FALSE


def test_speech_in_a_noisy_place_takes_the_floor_by_going_on() -> None:
    """Speech that is never certain does not end either; a cry of a second does."""
    limits = Thresholds()
    assert heard([0.7] * (limits.long_ms // 32)) is Look.BARGE_IN
    assert heard([0.7] * (limits.long_ms // 32 - 2) + [0.05] * 20) is Look.FALSE


def test_a_short_word_is_nothing_by_its_sound() -> None:
    """Where nobody hears words, nothing tells a word of 0.3 s from a sneeze; the answer to a question it may be."""
    assert reason(SHORT, None) == (Look.FALSE, "ended")
    assert reason(SHORT, None, answering=True) == (Look.BARGE_IN, "answer")


@pytest.mark.parametrize("certainty", [0.6, 1.0])
def test_an_interrupt_phrase_takes_the_floor_at_once(certainty: float) -> None:
    """However short and doubtful the sound, "stop" is heard before it has ended."""
    assert reason([certainty], "Stop", interrupt_phrases=("stop",)) == (Look.BARGE_IN, "interrupt-phrase")


def test_other_short_words_take_the_floor_at_their_end() -> None:
    """A word that is in no list counts, if its sound is half as certain as sound alone must be."""
    assert reason(SHORT, "Tuesday") == (Look.BARGE_IN, "words")
    assert reason([1.0] * 4 + SHORT[10:], "Thank you!") == (Look.FALSE, "ended")
    assert reason(SHORT, "Right", ignore_phrases=("right",)) == (Look.FALSE, "ignore-phrase")


@pytest.mark.parametrize(
    ("so_far", "whole", "phrase"),
    [
        ("I", "I see", "I see"),
        ("Stop,", "Stop, please stop.", "Stop, please stop."),
        ("right I", "right I see", "I see"),
    ],
)
def test_what_may_become_an_ignore_phrase_is_undecided_until_it_ends(
    so_far: str, whole: str, phrase: str
) -> None:
    """Neither its sound nor the count of its words takes the floor while it is being said."""
    ignored = ("right", phrase)
    for min_words in (0, 1):
        going_on = reason([1.0] * 40, so_far, ignore_phrases=ignored, min_words=min_words)
        assert going_on == (Look.UNDECIDED, "")
    assert reason([1.0] * 40 + [0.05] * 20, whole, ignore_phrases=ignored) == (Look.FALSE, "ignore-phrase")
    assert reason([1.0] * 80, so_far, ignore_phrases=ignored) == (Look.FALSE, "timeout")
    assert reason([1.0] * 40 + [0.05] * 20, so_far, ignore_phrases=ignored) == (Look.BARGE_IN, "words")
    assert reason([1.0] * 40, f"{so_far} but", ignore_phrases=ignored)[0] is Look.BARGE_IN


@pytest.mark.parametrize("said", ["Yes.", "No.", "Never.", "Tuesday."])
def test_any_words_answer_an_open_question(said: str) -> None:
    """However many words are asked for, and whether or not they stand in a list."""
    settings = {"min_words": 3, "ignore_phrases": ("yes",)}
    assert reason(SHORT, said, answering=True, **settings) == (Look.BARGE_IN, "answer")
    assert reason(SHORT, said, **settings)[0] is Look.FALSE


def needed_ms(min_words: int, probability: float = 1.0, **settings: object) -> float | None:
    """Return after how much unbroken speech without known words the floor is taken; None where it never is."""
    evidence = Evidence(32.0, hears_words=False)
    barge_in = BargeInParameters(min_words=min_words, **settings)  # type: ignore[arg-type]
    for _ in range(200):
        evidence.add(probability, 0.55, 0.40, -20.0)
        look, _ = evidence.look(barge_in, None)
        if look is not Look.UNDECIDED:
            return evidence.heard_ms if look is Look.BARGE_IN else None
    return None


def test_many_words_may_take_longer_than_the_time_out() -> None:
    """Ten words are 3,148 ms of speech: whoever goes on for so long gets the floor; what hovers does not."""
    assert needed_ms(1) == 448
    assert needed_ms(10) == 3168  # the first window that ends after 448 + 9 * 300
    assert needed_ms(10, timeout_ms=400) is None  # no word's worth by then
    assert needed_ms(10, probability=0.5) is None
    assert heard([0.95] * 30 + [0.5] * 200, min_words=10) is Look.FALSE


def test_words_too_may_take_longer_than_the_time_out() -> None:
    """Where words are made out, but not yet enough, the look goes on; where none are, it does not."""
    assert reason([1.0] * 80, "one two three", min_words=10) == (Look.UNDECIDED, "")
    assert reason([1.0] * 200, "one two three", min_words=10) == (Look.FALSE, "timeout")
    assert reason([1.0] * 64, None, min_words=10) == (Look.FALSE, "timeout")


def overheard(
    transcript: str | None,
    *,
    over: bool = False,
    windows: int = 10,
    answering: bool = False,
    hears: bool = True,
    **settings: object,
) -> tuple[Look, str]:
    """Return what is said of certain speech over an agent that speaks on."""
    evidence = Evidence(32.0, hears_words=hears, answering=answering, transcript=transcript)
    for _ in range(windows):
        evidence.add(1.0, 0.55, 0.40, -20.0)
    return evidence.overheard(BargeInParameters(validate=False, **settings), over=over)  # type: ignore[arg-type]


def test_words_decide_while_the_agent_speaks_on() -> None:
    """Interrupt phrases at once, ignore phrases never, other words by their count; answers all the same."""
    lists = {"ignore_phrases": ("I see",), "interrupt_phrases": ("stop",)}
    assert overheard("stop", min_words=5, **lists) == (Look.BARGE_IN, "interrupt-phrase")
    assert overheard("I", **lists) == overheard("I see", **lists) == (Look.UNDECIDED, "")
    assert overheard("I see", over=True, **lists) == (Look.FALSE, "ignore-phrase")
    assert overheard("I see", answering=True, **lists) == (Look.BARGE_IN, "answer")
    assert overheard("what", **lists) == overheard("I", over=True, **lists) == (Look.BARGE_IN, "words")
    assert overheard("what is", min_words=3) == (Look.UNDECIDED, "")
    assert overheard("what is", min_words=3, over=True) == (Look.FALSE, "ended")
    assert overheard("what is", min_words=3, over=True, answering=True) == (Look.BARGE_IN, "answer")
    assert overheard("what is it", min_words=3) == (Look.BARGE_IN, "words")


def test_sound_decides_while_the_agent_speaks_on_where_nobody_knows_words() -> None:
    """By duration, as in the second look; with a transcriber that makes out nothing, min_words is not reached."""
    assert overheard(None, windows=13, hears=False, min_words=1) == (Look.UNDECIDED, "")
    assert overheard(None, windows=14, hears=False, min_words=1) == (Look.BARGE_IN, "persistence")
    assert overheard(None, windows=23, hears=False, min_words=2) == (Look.UNDECIDED, "")
    assert overheard(None, windows=24, hears=False, min_words=2) == (Look.BARGE_IN, "persistence")
    assert overheard(None, hears=False, min_words=1, over=True) == (Look.FALSE, "ended")
    assert overheard(None, hears=False, min_words=1, over=True, answering=True) == (Look.BARGE_IN, "answer")
    assert overheard(None, windows=14, interrupt_phrases=("stop",)) == (Look.BARGE_IN, "persistence")
    assert overheard(None, windows=100, min_words=1) == overheard("", windows=100) == (Look.UNDECIDED, "")


def test_speech_without_a_word_is_not_for_the_agent() -> None:
    """A room full of voices is given up after a while, or when it ends; until then a word may yet be made out."""
    assert reason([1.0] * 100, "") == (Look.FALSE, NO_WORDS)
    assert reason([1.0] * 20 + [0.05] * 20, "") == (Look.FALSE, NO_WORDS)
    assert reason([1.0] * 30, "") == (Look.UNDECIDED, "")
    assert reason([1.0] * 30, None) == (Look.BARGE_IN, "persistence")


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
