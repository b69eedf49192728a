"""Run-time slots: ours are filled, everybody else's are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxctl.prompts.slots import RUNTIME_SLOTS, fill


@pytest.mark.parametrize("written", ["{{delivered_text}}", "{{ delivered_text }}", "{{\tdelivered_text  }}"])
def test_a_slot_is_filled(written: str) -> None:
    """Spaces inside the braces do not matter."""
    assert fill(f"heard: {written}.", {"delivered_text": "Good morning"}) == "heard: Good morning."


@pytest.mark.parametrize(
    "text",
    [
        "{{user_name}}",
        "{{ delivered_text | upper }}",
        "{ {delivered_text}}",
        "{{delivered_text}",
        "{{\ndelivered_text}}",
    ],
)
def test_others_stay(text: str) -> None:
    """What is not exactly one of our slots passes byte for byte."""
    assert fill(text, dict.fromkeys(RUNTIME_SLOTS, "x") | {"user_name": "no"}) == text


def test_a_slot_without_a_value_stays() -> None:
    """Missing values do not empty a slot."""
    assert fill("{{agent_intent}} {{delivered_text}}", {"delivered_text": "x"}) == "{{agent_intent}} x"


def test_values_are_not_filled_in_their_turn() -> None:
    """A caller who dictates braces gets them back as words, backslashes too."""
    values = {"caller_utterance": r"{{agent_intent}} \1", "agent_intent": "secret plan"}
    assert fill("{{caller_utterance}}", values) == r"{{agent_intent}} \1"


@given(st.text(alphabet="{} \ntexdlivr_\\"))
def test_no_values_no_change(text: str) -> None:
    """Filling with nothing changes nothing."""
    assert fill(text, {}) == text
