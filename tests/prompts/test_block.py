"""The managed block: what is somebody else's stays as it was, character for character."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vaxctl.errors import InvalidInput, RefusedAsUnsafe
from vaxctl.prompts.block import BlockRefused, ManagedBlock, PromptBlockBroken, find, put, remove

_pieces = st.sampled_from(
    ["\r\n", "\n", "\n\n", " \t", "\x00", "\x85", "\u2028", "{{name}}", "-->", "<!--", "é", "😀"]
)
texts = st.lists(st.one_of(_pieces, st.text(max_size=20)), max_size=6).map("".join)
blocks = st.builds(ManagedBlock, st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True), texts)

BLOCK = ManagedBlock("context", "When the caller interrupts, stop.\n")
OTHER = ManagedBlock("other", "Something else.")
BEGIN = f"<!-- vaxctl:begin context sha256={BLOCK.digest} -->"
END = "<!-- vaxctl:end context -->"


@given(texts, blocks)
@example("", BLOCK)
@example("\n", BLOCK)
@example("no line end", BLOCK)
@example("crlf\r\n\r\n", BLOCK)
@example("  \n\n\n", BLOCK)
def test_remove_undoes_put(prompt: str, block: ManagedBlock) -> None:
    """Taking the block out gives the prompt back byte for byte."""
    assert remove(put(prompt, block)) == prompt


@given(texts, blocks)
def test_put_twice_is_put_once(prompt: str, block: ManagedBlock) -> None:
    """A second put changes nothing."""
    once = put(prompt, block)
    assert put(once, block) == once


@given(texts, blocks, blocks)
def test_last_put_wins(prompt: str, first: ManagedBlock, second: ManagedBlock) -> None:
    """Updating gives what putting the second block into the bare prompt gives."""
    assert put(put(prompt, first), second) == put(prompt, second)


@given(texts, blocks, blocks, texts, texts)
def test_update_leaves_later_text_alone(
    prompt: str, first: ManagedBlock, second: ManagedBlock, before: str, after: str
) -> None:
    """Text that the user put around the block later survives an update, and a removal."""
    edited = before + put(prompt, first) + after
    assert put(edited, second) == before + put(prompt, second) + after
    assert remove(put(edited, second)) == remove(edited)
    assert remove(edited).startswith(before + prompt)
    assert remove(edited).endswith(after)
    assert remove(edited).removeprefix(before + prompt).removesuffix(after).strip("\n") == ""


@given(texts, blocks, texts, texts)
def test_moved_block_is_updated_where_it_stands(prompt: str, block: ManagedBlock, a: str, b: str) -> None:
    """A block that was cut and pasted elsewhere is replaced there, and nothing around it changes."""
    with_block = put(prompt, block)
    found = find(with_block)
    assert found is not None
    moved = a + with_block[found.marker_start : found.end] + b
    new = put(moved, ManagedBlock("context", "new"))
    again = find(new)
    assert again is not None
    assert (new[: again.marker_start], new[again.end :]) == (a, b)


@given(texts, blocks)
def test_find_reads_what_put_wrote(prompt: str, block: ManagedBlock) -> None:
    """Name, text, digest and span come back, and the block is intact."""
    written = put(prompt, block)
    found = find(written)
    assert found is not None
    assert (found.name, found.text, found.digest, found.intact) == (
        block.name,
        block.text,
        block.digest,
        True,
    )
    assert (written[: found.start], found.end) == (prompt, len(written))


def test_a_blank_line_stands_before_the_block() -> None:
    """Somebody who reads the prompt sees the block apart from their own text."""
    assert put("Be kind.", BLOCK).startswith("Be kind.\n\n<!-- vaxctl:begin context sha256=")
    assert put("Be kind.\n", BLOCK).startswith("Be kind.\n\n<!-- vaxctl:begin context sha256=")
    assert put("", BLOCK) == f"{BEGIN}\n{BLOCK.text}\n{END}"


def test_the_gap_stays_where_it_keeps_the_users_words_apart() -> None:
    """Text typed right behind the block is not glued to the text before it."""
    assert remove(put("One.", BLOCK) + "Two.") == "One.\n\nTwo."
    assert remove(put("One.", BLOCK) + "\nTwo.") == "One.\n\n\nTwo."
    assert remove(put("One.", BLOCK) + "\n\nTwo.") == "One.\n\nTwo."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stop", "go on"),
        (BLOCK.digest, "0" * 12),
        ("\n" + END, END),
        ("begin context sha256", "begin context sha256"),
    ],
)
def test_edits_inside_show(old: str, new: str) -> None:
    """An edited text, digest or frame is recognised; nothing edited is intact."""
    prompt = put("Hello.", BLOCK).replace(old, new)
    found = find(prompt)
    assert found is not None
    assert found.intact is (old == new)
    assert put(prompt, BLOCK) == put("Hello.", BLOCK)


def test_no_block() -> None:
    """Without a marker there is nothing to find and nothing to remove; prose about vaxctl is no marker."""
    prose = "We use vaxctl:begin and <!-- comments --> here."
    assert find(prose) is None
    assert remove(prose) == prose


@pytest.mark.parametrize(
    ("prompt", "line", "says"),
    [
        (f"a\nb\n{BEGIN}\ntext", 3, "never ends"),
        (f"a\n{END}\n", 2, "never began"),
        (f"{put('x', BLOCK)}\n{put('x', BLOCK)}", 9, "second vaxctl block begins here"),
        (f"{BEGIN}\n{BEGIN}\n{END}\n{END}", 2, "begins inside the one that began on line 1"),
        (f"{BEGIN}\n{END}\n{END}", 3, "second vaxctl block ends here"),
        (f"{END}\n{BEGIN}", 1, "never began"),
        (f"{BEGIN}\n<!-- vaxctl:end other -->", 2, "ends here as 'other'"),
        (f"\n<!-- vaxctl:begin context -->\n{END}", 2, "marker is damaged"),
        (f"{BEGIN.replace('<', '&lt;')}\ntext\n{END}", 1, "marker is damaged"),
    ],
)
def test_broken_blocks_are_refused(prompt: str, line: int, says: str) -> None:
    """Each broken situation is named with its line and a way out, by every function."""
    for attempt in (find, remove, lambda p: put(p, BLOCK)):
        with pytest.raises(PromptBlockBroken, match=says) as caught:
            attempt(prompt)
        assert caught.value.line == line
        assert f"line {line} of the prompt" in caught.value.message
        assert "delete the stray vaxctl marker" in (caught.value.help or "")
        assert isinstance(caught.value, RefusedAsUnsafe)


@pytest.mark.parametrize("text", [f"a\n{BEGIN}", END, "<!--vaxctl:begin", "&lt;!-- vaxctl:end x"])
def test_a_text_with_a_marker_is_refused(text: str) -> None:
    """A template cannot smuggle a marker in."""
    with pytest.raises(BlockRefused, match="contains a vaxctl marker on its line") as caught:
        ManagedBlock("context", text)
    assert isinstance(caught.value, InvalidInput)


@pytest.mark.parametrize("name", ["", "two words", "a-->", "x" * 65, "line\n"])
def test_odd_names_are_refused(name: str) -> None:
    """A name must fit into the marker."""
    with pytest.raises(BlockRefused, match="cannot name a managed block"):
        ManagedBlock(name, "text")


@pytest.mark.parametrize("filler", ["<!-- ", "<!-- vaxctl:", " ", "\n", "<!--\t\t\t\t"])
def test_a_megabyte_of_near_markers(filler: str) -> None:
    """A large prompt made to look like markers is handled whole."""
    prompt = filler * (1_000_000 // len(filler))
    assert remove(put(prompt, OTHER)) == prompt


def test_a_text_can_be_made_when_it_is_asked_for() -> None:
    """Once, with the same check as a text that is given; the block is equal to one that has it."""
    made = iter(["Listen."])
    block = ManagedBlock("context", lambda: next(made))
    assert (block.text, block.text) == ("Listen.", "Listen.")
    assert block == ManagedBlock("context", "Listen.")
    assert len({block, ManagedBlock("context", "Listen.")}) == 1
    torn = ManagedBlock("context", lambda: "<!-- vaxctl:begin x")
    with pytest.raises(BlockRefused, match="contains a vaxctl marker on its line 1"):
        _ = torn.text
