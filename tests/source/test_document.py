"""A file as data with places. Attacks are bounded in nodes, not by a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from vaxctl.source import document as module
from vaxctl.source.document import MAX_BYTES, MAX_NODES, Document, closest, parse, read

if TYPE_CHECKING:
    from pathlib import Path


def of(text: str | bytes) -> Document:
    """Parse a text."""
    return parse(text, Document("x.yaml"))


def only(document: Document) -> str:
    """Return the one finding's message; it must make the file unusable."""
    (finding,) = document.findings
    assert finding.invalid
    return finding.message


def test_every_key_and_value_has_its_place() -> None:
    """Lists and mappings too; a parent stands in for what is not there."""
    found = of("vad:\n  threshold: 0.5\nlist: [a, b]\n")
    assert found.data == {"vad": {"threshold": 0.5}, "list": ["a", "b"]}
    assert str(found.location(("vad", "threshold"))) == "x.yaml:2:14"
    assert str(found.location(("vad", "threshold"), key=True)) == "x.yaml:2:3"
    assert str(found.location(("list", 1))) == "x.yaml:3:11"
    assert str(found.location(("vad", "absent", "deeper"))) == "x.yaml:2:3"
    assert str(Document("y").location(("a",))) == "y:1:1"
    assert (found.line(3), found.line(4), found.line(0)) == ("list: [a, b]", None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("# only\n", "empty"),
        ("~\n", "empty"),
        ("- a\n", "a mapping of keys"),
        ("word", "a mapping of keys"),
        ("a: 1\na: 2\n", "'a' stands here twice; first on line 1"),
        ("1: x", "the key 1 is not a word"),
        ("true: x", "the key True is not a word"),
        ("? [a]\n: 1", "a key must be a plain word"),
        ("a: .nan", "nan is not a number"),
        ("a: 1e999", "inf is not a number"),
        ("a: [-.inf]", "-inf is not a number"),
        ("<<: 1\n", "`<<` takes a mapping"),
        (b"a: \xff", "not UTF-8"),
        ("a: {b: 1, b: 2}", "twice"),
        ("\ta: 1\n", "cannot start"),
    ],
)
def test_what_is_wrong_is_a_finding(text: str | bytes, said: str) -> None:
    """Never an exception."""
    assert said in only(of(text))


def test_a_tab_is_named() -> None:
    """YAML's own message does not say what to do."""
    assert of("a:\n\tb: 1\n").findings[0].help == "YAML is indented with spaces; replace the tab"
    assert of("a: [\n").findings[0].help is None


def test_a_byte_order_mark_is_no_character() -> None:
    """Editors on Windows write one."""
    assert of(b"\xef\xbb\xbfa: 1").data == {"a": 1}
    bad = of(b"ab: 1\nc: \xff").findings[0].location
    assert (bad.line, bad.column) == (2, 4)


def test_merge_keys_lie_under_what_stands_there() -> None:
    """Own keys win, earlier sources win over later ones, and places are the source's."""
    found = of("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2, <<: *a}\nc:\n  <<: [*a, *b]\n  x: 3\nd: {<<: *b}\n")
    assert found.data["c"] == {"x": 3, "y": 1, "z": 2}
    assert found.data["d"] == {"y": 2, "z": 2, "x": 1}
    assert str(found.location(("c", "z"), key=True)) == "x.yaml:2:14"
    assert found.findings == []


def billion_laughs() -> str:
    """Return nine levels of nine aliases."""
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines)


def merge_bomb() -> str:
    """Return a wide mapping merged again and again: few new keys, much to look at."""
    wide = ", ".join(f"k{n}: 1" for n in range(5000))
    return f"a: &a {{{wide}}}\nb:\n  <<: [{', '.join(['*a'] * 5000)}]\n"


def chain(link: str, start: str, count: int = 3000) -> str:
    """Return thousands of anchors, each on top of the last."""
    return "\n".join([f"a0: &a0 {start}", *(f"a{n}: &a{n} {link.format(n - 1)}" for n in range(1, count))])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (billion_laughs(), "values once aliases are written out"),
        (merge_bomb(), "values once aliases are written out"),
        (chain("[*a{}]", "[1]"), "levels once aliases are written out"),
        (chain("{{k: *a{}}}", "{k: 1}"), "levels once aliases are written out"),
        (chain("{{<<: *a{}}}", "{k: 1}"), "mappings deep"),
        ("a: [" + "1," * 30_000 + "]", "values once"),
        ("{a: " * 1000 + "1" + "}" * 1000, "nested deeper"),
    ],
)
def test_bombs_end_within_the_budget(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a small file would multiply to, little more than MAX_NODES is looked at."""
    looked = 0
    plain = module._Builder.key_name

    def counted(self: Any, key: Any) -> str:
        nonlocal looked
        looked += 1
        return plain(self, key)

    monkeypatch.setattr(module._Builder, "key_name", counted)
    found = of(text)
    assert said in only(found)
    assert found.data == {}
    assert looked <= 3 * MAX_NODES


def test_files_that_are_no_profiles(tmp_path: Path) -> None:
    """A folder, a missing file, a file that cannot be read, a huge one."""
    assert "folder" in only(read(tmp_path))
    assert "No such file" in only(read(tmp_path / "absent.yaml"))
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"a: " + b"x" * MAX_BYTES)
    assert "larger than 1,000,000 bytes" in only(read(huge, "shown.yaml"))
    assert read(huge, "shown.yaml").findings[0].location.file == "shown.yaml"
    small = tmp_path / "small.yaml"
    small.write_bytes(b"a: 1")
    assert read(small).data == {"a": 1}
    assert "cannot be read" in only(read(small / "below.yaml"))


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e6, 1e6)
    | st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), PLAIN, min_size=1, max_size=4))
def test_what_ruamel_writes_is_read_back(data: dict[str, Any]) -> None:
    """The tree says what the text says."""
    import io

    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(data, stream)
    found = of(stream.getvalue())
    assert found.findings == []
    assert found.data == data


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_data_or_findings(text: str | bytes) -> None:
    """No text breaks the reader."""
    found = of(text)
    assert found.data or found.findings or text


def test_what_was_meant() -> None:
    """The nearest name, or none."""
    assert closest("treshold", ["threshold", "model"]) == "threshold"
    assert closest("zzz", ["threshold"]) is None
