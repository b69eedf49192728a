"""Values set in place: everything else stays, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.errors import InvalidInput
from vaxctl.source.document import Document, parse
from vaxctl.source.editing import with_values
from vaxctl.source.layout import NotYaml, formatted

PROFILES = sorted((Path(__file__).parents[2] / "profiles").rglob("*.yaml"))
TEXT = """\
# Top.
schema: vaxctl/v1
name: one   # a name

vad: {threshold: 0.5, min_speech_ms: 200}  # flow

# Why this delay.
endpointing:
  mode: semantic
  delay_ms: 400  # measured
  # after it

targets:
  retell:
    agent_id: agent_1
# the end
"""


def test_a_value_is_replaced_where_it_stands() -> None:
    """Comments behind, above and below it stay."""
    edited = with_values(TEXT, {("endpointing", "delay_ms"): 380, ("vad", "threshold"): 0.55})
    assert edited == TEXT.replace("400", "380").replace("0.5,", "0.55,")


def test_a_value_that_is_there_stays_as_it_is_written() -> None:
    """No edit, no note."""
    text = TEXT.replace("0.5,", "5.0e-1,")
    assert with_values(text, {("vad", "threshold"): 0.5}, note="tuned") == text


def test_missing_keys_come_at_the_end_of_their_mapping() -> None:
    """In a block on a line of their own, in braces after the last."""
    edited = with_values(TEXT, {("vad", "min_silence_ms"): 320, ("endpointing", "max_delay_ms"): 1800})
    assert "min_speech_ms: 200, min_silence_ms: 320}  # flow" in edited
    assert "  delay_ms: 400  # measured\n  max_delay_ms: 1800\n  # after it\n" in edited


def test_missing_blocks_come_where_a_profile_is_read() -> None:
    """After the keys that come before them, with all their new keys together."""
    edited = with_values(
        TEXT,
        {("barge_in", "min_words"): 2, ("barge_in", "enabled"): True, ("false_barge_in", "validate"): True},
    )
    assert edited.index("endpointing:") < edited.index("barge_in:") < edited.index("targets:")
    assert "barge_in:\n  min_words: 2\n  enabled: true\n" in edited


def test_the_note_stands_above_the_first_change_and_replaces_the_last_one() -> None:
    """One line, however often it is written."""
    once = with_values(
        TEXT, {("endpointing", "delay_ms"): 380}, note="tuned on 40 calls", mark="vaxctl tune: "
    )
    assert "  # vaxctl tune: tuned on 40 calls\n  delay_ms: 380  # measured\n" in once
    twice = with_values(
        once, {("endpointing", "delay_ms"): 360}, note="tuned on 90 calls", mark="vaxctl tune: "
    )
    assert twice == once.replace("40 calls", "90 calls").replace("380", "360")
    added = with_values(TEXT, {("barge_in", "min_words"): 2}, note="tuned", mark="vaxctl tune: ")
    assert "# vaxctl tune: tuned\nbarge_in:\n  min_words: 2\n" in added


def test_nested_braces_are_added_in_braces() -> None:
    """A block that is not there, within one in braces."""
    edited = with_values("a: {}\n", {("a", "b", "c"): 1})
    assert parse(edited, Document("")).data == {"a": {"b": {"c": 1}}}


def test_a_file_without_a_last_line_end_gets_whole_lines() -> None:
    """The new key does not run on."""
    assert with_values("name: x", {("vad", "threshold"): 0.6}) == "name: x\nvad:\n  threshold: 0.6\n"


@pytest.mark.parametrize(
    ("text", "path", "part"),
    [
        ("a: &x {t: 1}\nb: *x\n", ("b", "t"), "an alias"),
        ("a: 3\n", ("a", "t"), "no mapping"),
        ("a: &x 3\nb: *x\n", ("a",), "no plain value of its own"),
        ("a: [1]\n", ("a",), "no plain value of its own"),
        ("a:\nb: 1\n", ("a", "t"), "is empty"),
        ("- 1\n", ("a",), "no mapping"),
    ],
)
def test_what_cannot_be_set_in_place_is_refused(text: str, path: tuple[str, ...], part: str) -> None:
    """With the line, and nothing handed out."""
    with pytest.raises(InvalidInput, match=part):
        with_values(text, {path: 1})


def test_text_that_does_not_parse_is_refused() -> None:
    """As everywhere."""
    with pytest.raises(NotYaml):
        with_values("a: [", {("a",): 1})


KNOWN = st.sampled_from(
    [
        ("vad", "threshold"), ("vad", "release_threshold"), ("vad", "min_speech_ms"), ("vad", "min_silence_ms"),
        ("endpointing", "mode"), ("endpointing", "delay_ms"), ("endpointing", "max_delay_ms"),
        ("barge_in", "min_words"), ("false_barge_in", "validate"), ("noise_suppression", "engine"),
    ]
)  # fmt: skip
SCALARS = st.one_of(
    st.booleans(),
    st.integers(0, 3000),
    st.floats(0, 1, width=16),
    st.sampled_from(["hybrid", "off", 'a "b"']),
)


@pytest.mark.parametrize("file", PROFILES, ids=lambda file: file.stem)
@settings(max_examples=25, deadline=None)
@given(st.dictionaries(KNOWN, SCALARS, min_size=1))
def test_shipped_profiles_keep_their_comments_and_layout(
    file: Path, values: dict[tuple[str, ...], bool | int | float | str]
) -> None:
    """Whatever is set: every line that holds no set key stays, the result means what was asked, and its layout is ours."""
    text = file.read_text(encoding="utf-8")
    edited = with_values(text, values, note="why", mark="vaxctl tune: ")
    data = parse(edited, Document("")).data
    for path, value in values.items():
        found = data
        for key in path:
            found = found[key]
        assert found == value
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    assert [
        line for line in edited.splitlines() if line.lstrip().startswith("#") and "tune: why" not in line
    ] == comments
    if "schema:" in text:  # else nothing says where a profile begins, and fmt would move the new blocks up
        assert formatted(edited) == edited
