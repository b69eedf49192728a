"""The context of a cut turn, and its text in a prompt."""

from __future__ import annotations

import numpy as np
import pytest

from local_agent.context.interruption import asked_for_answer, interruption
from local_agent.record import SpokenTurn, Word

TEXT = "We open at nine. Would Tuesday at ten work for you?"


def turn_of(text: str = TEXT, *, expects_answer: bool = False) -> SpokenTurn:
    """Return a turn whose words take 100 samples each."""
    words = tuple(Word(word, at * 100, at * 100 + 100) for at, word in enumerate(text.split()))
    return SpokenTurn(text, np.zeros(len(words) * 100, np.float32), words, "book a visit", expects_answer)


def test_a_cut_turn_becomes_a_context() -> None:
    """Intent, both parts of the text, the words and their class are all there."""
    context = interruption(turn_of(), 650, "Yes.")
    assert (context.delivered_text, context.remaining_text) == (
        "We open at nine. Would Tuesday ",
        "at ten work for you?",
    )
    assert (context.interruption_class, context.agent_intent) == ("aligned", "book a visit")
    assert context.interrupted_text == TEXT


def test_a_question_nobody_has_heard_of_is_not_answered() -> None:
    """A "yes" over the first sentence is listening, though a question would have come."""
    assert interruption(turn_of(), 200, "Yes.").interruption_class == "backchannel"


@pytest.mark.parametrize(
    ("text", "cut", "expects", "asked"),
    [
        ("Is it? I see.", 0, False, False),
        ("Is it? I see.", 3, False, True),
        ("Is it? I see.", 9, False, False),
        ("Tell me your name.", 6, True, True),
        ("Tell me your name.", 6, False, False),
        ("One. Tell me your name.", 3, True, False),
    ],
)
def test_a_question_is_open_from_its_beginning(text: str, cut: int, *, expects: bool, asked: bool) -> None:
    """A question mark, or the last sentence of a turn that expects an answer."""
    assert asked_for_answer(turn_of(text, expects_answer=expects), cut) is asked


def test_the_template_is_filled() -> None:
    """Every slot has its value; other slots stay."""
    template = (
        "{{ interrupted_text }}|{{delivered_text}}|{{ remaining_text }}|{{ agent_intent }}|"
        "{{ caller_utterance }}|{{ interruption_class }}|{{user_name}}"
    )
    assert interruption(turn_of(), 700, "What time? ").rendered(template) == (
        f"{TEXT}|We open at nine. Would Tuesday at|ten work for you?|book a visit|What time?|clarifying"
        "|{{user_name}}"
    )
