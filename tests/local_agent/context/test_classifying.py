"""The class of an interruption: what the rules are meant to do, and what they reach on new utterances."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.context.classifying import CLASSES, classify

HERE = Path(__file__).parent


def cases(name: str) -> list[tuple[str, str, bool, str]]:
    """Return utterance, agent sentence, whether asked, and class of each case in a file."""
    told = tomllib.loads((HERE / name).read_text("utf-8"))["case"]
    return [
        (said, case["agent"], case.get("asked", False), kind) for case in told for said, kind in case["said"]
    ]


@pytest.mark.parametrize(("said", "agent", "asked", "kind"), cases("utterances_seen.toml"))
def test_the_rules_do_what_they_were_written_for(said: str, agent: str, kind: str, *, asked: bool) -> None:
    """Every utterance that was in view when the rules were written gets its class."""
    assert classify(said, agent, asked)[0] == kind


def test_held_out_utterances_keep_the_published_accuracy() -> None:
    """The figures in docs/voices.md: 39 of 55 classes, 53 of 55 backchannels told from the rest."""
    held_out = cases("utterances_held_out.toml")
    found = [(classify(said, agent, asked)[0], kind) for said, agent, asked, kind in held_out]
    assert len(found) == 55
    assert sum(got == kind for got, kind in found) >= 39
    assert sum((got == "backchannel") == (kind == "backchannel") for got, kind in found) >= 53


def test_low_confidence_is_wrong_more_often() -> None:
    """On held-out utterances, confidence of 0.55 and above goes with being right."""
    sure: list[bool] = []
    unsure: list[bool] = []
    for said, agent, asked, kind in cases("utterances_held_out.toml"):
        got, confidence = classify(said, agent, asked)
        (sure if confidence >= 0.55 else unsure).append(got == kind)
    assert sum(sure) / len(sure) > 0.8
    assert sum(unsure) / len(unsure) < 0.5


def test_okay_answers_an_open_question_and_is_a_backchannel_otherwise() -> None:
    """The same word, told apart by what the agent had asked."""
    assert classify("Okay.", "Would Tuesday work for you?", True)[0] == "aligned"
    assert classify("Okay.", "We are open on Tuesdays.", False)[0] == "backchannel"


def test_no_words_are_hardly_a_backchannel() -> None:
    """Silence and punctuation are no interruption, and nothing to be sure about."""
    assert classify("") == classify("...") == ("backchannel", 0.3)


@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_anything_gets_a_class_and_a_confidence(said: str, agent: str, asked: bool) -> None:  # noqa: FBT001 - drawn
    """No utterance breaks the rules, and confidence stays within 0 and 1."""
    kind, confidence = classify(said, agent, asked)
    assert kind in CLASSES
    assert 0.0 < confidence <= 1.0
