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


@pytest.mark.parametrize(
    ("name", "count", "right", "told_apart"),
    [("utterances_held_out.toml", 55, 51, 53), ("utterances_third.toml", 85, 73, 84)],
)
def test_utterances_keep_the_published_accuracy(name: str, count: int, right: int, told_apart: int) -> None:
    """The figures in docs/voices.md: classes that are right, backchannels told from the rest."""
    found = [(classify(said, agent, asked)[0], kind) for said, agent, asked, kind in cases(name)]
    assert len(found) == count
    assert sum(got == kind for got, kind in found) >= right
    assert sum((got == "backchannel") == (kind == "backchannel") for got, kind in found) >= told_apart


def test_stops_are_found_more_often_than_not() -> None:
    """On the set that no rule was made for: 12 of 19, where the list of single phrases found 3."""
    got = [
        classify(said, agent, asked)[0]
        for said, agent, asked, kind in cases("utterances_third.toml")
        if kind == "stop"
    ]
    assert len(got) == 19
    assert got.count("stop") >= 12


@pytest.mark.parametrize(
    ("said", "asked", "kind"),
    [
        ("Don't sell it to me like that.", False, "stop"),
        ("Don't know.", True, "aligned"),
        ("Hold on, is that with tax?", False, "clarifying"),
        ("I'm working nights at present.", True, "aligned"),
    ],
)
def test_a_call_to_stop_is_told_from_what_looks_like_one(said: str, asked: bool, kind: str) -> None:  # noqa: FBT001 - a case
    """An order is one, what says something about the caller is none; a question after "hold on" is a question."""
    assert classify(said, "Are you working at the moment?", asked)[0] == kind


def test_low_confidence_is_wrong_more_often() -> None:
    """On utterances that no rule was made for, confidence of 0.55 and above goes with being right."""
    sure: list[bool] = []
    unsure: list[bool] = []
    for said, agent, asked, kind in cases("utterances_third.toml"):
        got, confidence = classify(said, agent, asked)
        (sure if confidence >= 0.55 else unsure).append(got == kind)
    assert sum(sure) / len(sure) > 0.8
    assert sum(unsure) / len(unsure) < sum(sure) / len(sure) - 0.2


def test_okay_answers_an_open_question_and_is_a_backchannel_otherwise() -> None:
    """The same word, told apart by what the agent had asked."""
    assert classify("Okay.", "Would Tuesday work for you?", True)[0] == "aligned"
    assert classify("Okay.", "We are open on Tuesdays.", False)[0] == "backchannel"


def test_without_words_the_class_is_unknown() -> None:
    """Somebody took the floor and nobody heard what for: no class is made up, and none is sure."""
    assert (
        classify("") == classify("...") == classify("", "Would Tuesday suit you?", True) == ("unknown", 0.0)
    )


@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_anything_gets_a_class_and_a_confidence(said: str, agent: str, asked: bool) -> None:  # noqa: FBT001 - drawn
    """No utterance breaks the rules, and confidence stays within 0 and 1."""
    kind, confidence = classify(said, agent, asked)
    assert kind in CLASSES
    assert (confidence == 0.0) is (kind == "unknown")
    assert 0.0 <= confidence <= 1.0
