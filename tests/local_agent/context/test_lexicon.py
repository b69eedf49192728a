"""The lexicon: laid over, taken out of, and refused with all its faults told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.context.classifying import classify
from local_agent.context.lexicon import SECTIONS, parsed, read_lexicon, shipped_lexicon, variants, words_of
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'schema = "vaxctl-lexicon/v1"\n'


def test_the_shipped_lexicon_has_words_in_every_section() -> None:
    """No section is empty."""
    assert all(shipped_lexicon().phrases[section] for section in SECTIONS)


def test_a_user_s_file_adds_and_takes_out(tmp_path: Path) -> None:
    """What the file adds counts, what it takes out does not, and the rest stays."""
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + '[stop]\nphrases = ["whoa"]\n[backchannel]\nwithout = ["right"]\n')
    lexicon, found = read_lexicon(path)
    assert found == ()
    assert classify("Whoa!", "", False, lexicon)[0] == "stop"
    assert classify("Whoa!")[0] != "stop"
    assert ("right",) not in lexicon.phrases["backchannel"]
    assert ("okay",) in lexicon.phrases["backchannel"]


@pytest.mark.parametrize(
    ("phrase", "ways"),
    [
        ("hold on", {"hold on"}),
        ("don't|never call|ring", {"don't call", "don't ring", "never call", "never ring"}),
        ("not really? now?", {"not", "not now", "not really", "not really now"}),
        (
            "i'm|we're at? busy?",
            {"i'm", "i'm at", "i'm busy", "i'm at busy", "we're", "we're at", "we're busy", "we're at busy"},
        ),
        ("really?", {"really"}),
        ("stop|", set()),
        (" ".join(["a|b|c|d|e|f"] * 6), set()),
        ("", set()),
    ],
)
def test_a_phrase_stands_for_all_its_ways(phrase: str, ways: set[str]) -> None:
    """Alternatives and optional words; an empty choice, or too many ways, is none."""
    assert {" ".join(way) for way in variants(phrase)} == ways


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    """One reading names them all."""
    path = tmp_path / "bad.toml"
    path.write_text(
        HEAD + '[stpo]\nphrases = []\n[stop]\nphrase = ["x"]\nphrases = ["...", "mm-hmm", 3]\n'
        '[again]\nphrases = "what"\n'
    )
    with pytest.raises(UnusableInput) as refused:
        read_lexicon(path)
    told = refused.value.message
    assert f"{path}:2: error: stpo is no section" in told
    assert f"{path}:5: error: stop.phrase is unknown" in told
    assert f"{path}:6: error: stop.phrases: '...' has no words" in told
    assert f"{path}:6: error: 'mm-hmm' stands in backchannel and in stop" in told
    assert "again.phrases must be a list" in told


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[stop\n", 1, "not TOML"),
        ("language = 'en'\n", 1, "must say schema"),
        (HEAD + "stop = 1\n", 2, "must be a section"),
        (HEAD + "language = 3\n", 2, "language is a short text"),
        (HEAD + '[stop]\nphrases = ["a b c d e f g h i"]\n', 3, "longer than 8"),
    ],
)
def test_a_fault_has_its_line_and_words(text: str, line: int, message: str) -> None:
    """Each way of being wrong says which."""
    lexicon, found = parsed(text)
    assert lexicon is None
    assert found[0].line == line
    assert message in found[0].message


def test_taking_out_what_is_not_there_is_a_warning() -> None:
    """It changes nothing, so the file still serves."""
    lexicon, found = parsed(HEAD + '[stop]\nwithout = ["zebra"]\n', shipped_lexicon())
    assert lexicon is not None
    assert [one.severity for one in found] == ["warning"]


def test_a_missing_file_is_refused_with_help(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(UnusableInput, match="cannot be read as a lexicon"):
        read_lexicon(tmp_path / "none.toml")


def test_words_are_compared_without_case_punctuation_or_curly_apostrophes() -> None:
    """Both spellings of a phrase are the same words."""
    assert words_of("That\u2019s OK!") == words_of("that's ok") == ("that's", "ok")
