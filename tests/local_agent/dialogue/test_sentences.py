"""A stream of text is cut at sentence ends, whatever the pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from local_agent.dialogue.sentences import SentenceCutter

TEXT = 'Dr. Smith pays 9.99 today. "Really?" Yes! So it is... Well then'
SENTENCES = ["Dr. Smith pays 9.99 today.", '"Really?"', "Yes!", "So it is...", "Well then"]


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
def test_any_pieces_give_the_same_sentences(cuts: list[int]) -> None:
    """One piece or many."""
    places = [0, *sorted(cuts), len(TEXT)]
    cutter = SentenceCutter()
    found = [one for a, b in pairwise(places) for one in cutter.feed(TEXT[a:b])]
    assert found + cutter.flush() == SENTENCES


def test_a_sentence_is_given_as_soon_as_something_follows() -> None:
    """A full stop alone might be a number's; whitespace settles it."""
    cutter = SentenceCutter()
    assert cutter.feed("It costs 9.") == []
    assert cutter.feed("99.") == []
    assert cutter.feed(" ") == ["It costs 9.99."]
    assert cutter.flush() == []
