"""Delivered and remaining text: exact at word ends, and nothing is lost between the two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.context.delivery import context_at, sentence_at, sentence_spans
from local_agent.record import SpokenTurn, Word

TEXT = 'So, the "starter" plan costs nine pounds. Is that all right?'


def turn_of(text: str, words: tuple[Word, ...] = (), samples: int = 1000) -> SpokenTurn:
    """Return a turn of silence."""
    return SpokenTurn(text, np.zeros(samples, np.float32), words)


def timed(text: str, strip: str = "") -> SpokenTurn:
    """Return a turn whose words take 100 samples each."""
    words = tuple(
        Word(word.strip(strip) if strip else word, at * 100, at * 100 + 100)
        for at, word in enumerate(text.split())
    )
    return turn_of(text, words, len(words) * 100)


@pytest.mark.parametrize("strip", ["", '.,?"'])
def test_words_count_as_heard_once_their_last_sample_was_played(strip: str) -> None:
    """One sample before a word's end it remains; at its end it is delivered, with its punctuation."""
    turn = timed(TEXT, strip)
    assert context_at(turn, 299) == ("So, the ", '"starter" plan costs nine pounds. Is that all right?')
    assert context_at(turn, 300) == ('So, the "starter" ', "plan costs nine pounds. Is that all right?")
    assert context_at(turn, 0) == ("", TEXT)
    assert context_at(turn, len(turn.samples)) == (TEXT, "")


def test_a_word_said_twice_is_found_in_order() -> None:
    """The second "the" is not taken for the first."""
    assert context_at(timed("the cat, the dog, the end"), 300) == ("the cat, the ", "dog, the end")


@given(
    text=st.lists(st.text(st.characters(codec="utf-8"), max_size=6), max_size=8).map(" ".join),
    durations=st.lists(st.integers(1, 50), min_size=8, max_size=8),
    played=st.integers(-5, 500),
    known=st.booleans(),
)
def test_delivered_and_remaining_are_the_text(
    text: str, durations: list[int], played: int, *, known: bool
) -> None:
    """Both parts joined are the text, whatever the cut; what was delivered never shrinks."""
    ends = np.cumsum(durations)
    words = tuple(
        Word(word, int(end) - 1, int(end)) for word, end in zip(text.split(), ends, strict=False) if known
    )
    turn = turn_of(text, words, int(ends[-1]))
    delivered, remaining = context_at(turn, played)
    assert delivered + remaining == text
    assert len(context_at(turn, played + 1)[0]) >= len(delivered)


def test_without_word_times_written_words_are_as_long_as_their_letters() -> None:
    """Half of the samples is half of the letters, cut between words."""
    assert context_at(turn_of("aaaa bbbb cccc dddd", samples=1600), 800) == ("aaaa bbbb ", "cccc dddd")


def test_words_of_another_text_are_not_believed() -> None:
    """Times that do not belong to the text fall back to the proportional cut."""
    turn = turn_of("one two", (Word("three", 0, 900),), 1000)
    assert context_at(turn, 600) == ("one ", "two")


def test_sentences_end_at_marks_but_not_at_titles_or_numbers() -> None:
    """A "Dr." and "9.99" end no sentence."""
    text = "Dr. Smith paid 9.99 in full. Right? Well"
    assert [text[s.start : s.end] for s in sentence_spans(text)] == [
        "Dr. Smith paid 9.99 in full.",
        "Right?",
        "Well",
    ]


def test_the_sentence_at_a_cut_is_the_one_being_said() -> None:
    """A cut between sentences belongs to the finished one."""
    assert sentence_at("One is. Two is.", 3) == "One is."
    assert sentence_at("One is. Two is.", 8) == "One is."
    assert sentence_at("One is. Two is.", 9) == "Two is."
    assert sentence_at("", 0) == ""
