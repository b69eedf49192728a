"""Digits and letters given one by one, and the questions that ask for them."""

from __future__ import annotations

import pytest

from local_agent.endpointing.dictation import asks_for_dictation, is_dictating


@pytest.mark.parametrize(
    "text",
    [
        "it is 07700",
        "zero seven",
        "b as in bravo, k",
        "double four",
        "12-34-",
        "0 7 9",
        "k for kilo, d for delta",
    ],
)
def test_dictation_is_known_by_itself(text: str) -> None:
    """Two single symbols, a leading zero or four digits at the end call for patience, asked or not."""
    assert is_dictating(text)
    assert is_dictating(text, asked=True)


@pytest.mark.parametrize(
    "text", ["I'll take two", "about 300", "let's meet at one", "so do I", "plan A", "oh"]
)
def test_an_amount_is_no_dictation_unless_a_number_was_asked_for(text: str) -> None:
    """One symbol at the end is an amount or a word; after "what is your number?" it may be the first of eleven."""
    assert not is_dictating(text)
    assert is_dictating(text, asked=True)


@pytest.mark.parametrize("text", ["", "yes please", "I live in Reading", "2,800", "one moment"])
def test_plain_words_are_no_dictation(text: str) -> None:
    """Whatever was asked for."""
    assert not is_dictating(text)
    assert not is_dictating(text, asked=True)


@pytest.mark.parametrize(
    "text",
    [
        "What is the best number to reach you on?",
        "Thank you. Please tell me your postcode.",
        "Could you spell your surname?",
        "Give me your e-mail. Take your time.",
    ],
)
def test_questions_that_ask_for_dictation(text: str) -> None:
    """A question or a request, and what people dictate, in one sentence."""
    assert asks_for_dictation(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I have sent a code to your phone.",
        "We have a number of offers. Shall I send one?",
        "Is Tuesday fine?",
    ],
)
def test_statements_and_other_questions_do_not(text: str) -> None:
    """A number that is only spoken of is not asked for."""
    assert not asks_for_dictation(text)
