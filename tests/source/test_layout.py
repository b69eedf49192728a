"""The layout of `vaxctl fmt`: what it changes, what it never touches."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from vaxctl.errors import ExitCode, InvalidInput, VaxctlError
from vaxctl.source import layout
from vaxctl.source.layout import CANONICAL_ORDER, formatted


def data(text: str) -> Any:
    """Return what a reader gets from the text."""
    return YAML(typ="safe", pure=True).load(text)


CASES = {
    "order": ("vad: {threshold: 0.40}\nname: a\n", "name: a\nvad: {threshold: 0.40}\n"),
    "unknown keys keep their place at the end": ("z: 1\nb: 2\nname: n\n", "name: n\nz: 1\nb: 2\n"),
    "comments travel": (
        "# of vad\n# more\nvad: {}\n\n# of name\nname: a # side\n",
        "# of name\nname: a # side\n# of vad\n# more\nvad: {}\n",
    ),
    "the head of the file stays": ("# licence\n\nvad: {}\nname: a\n", "# licence\n\nname: a\nvad: {}\n"),
    "a modeline stays": (
        "# yaml-language-server: $schema=s\nb: 1\nname: a\n",
        "# yaml-language-server: $schema=s\nname: a\nb: 1\n",
    ),
    "comment at the end": ("vad: {}\nname: a\n# end", "name: a\nvad: {}\n# end\n"),
    "comment below a value": ("vad:\n    x: 1\n    # inner\nname: a\n", "name: a\nvad:\n  x: 1\n  # inner\n"),
    "number and word forms": ("a: 0.40\nb: off\nc: 0x1F\nd: 1e3\n", "a: 0.40\nb: off\nc: 0x1F\nd: 1e3\n"),
    "quotes": ("a: 'x'\nb: \"y\"\nc: z\n", "a: 'x'\nb: \"y\"\nc: z\n"),
    "sequences are indented": ("extends:\n- a\n# one\n- b\n", "extends:\n  - a\n  # one\n  - b\n"),
    "nested sequences": (
        "a:\n    -   - 1\n        - 2\n    -   x: 1\n        y: 2\n",
        "a:\n  - - 1\n    - 2\n  - x: 1\n    y: 2\n",
    ),
    "flow spacing": ("a: { x : 1,y: [1,2 ] , z: }\n", "a: {x: 1, y: [1, 2], z: }\n"),
    "flow over lines": (
        "a:\n    b: {x: 1,   # why\n        # and\n        y: 2}\n",
        "a:\n  b: {x: 1,   # why\n      # and\n      y: 2}\n",
    ),
    "literal text": (
        "a:\n    b: |\n        one  \n          two\n\n        # no comment\n\n\nc: 1\n",
        "a:\n  b: |\n    one  \n      two\n\n    # no comment\n\nc: 1\n",
    ),
    "literal kept ends": ("a: |+\n    x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
    "literal indicator": ("a:\n    b: |2-\n          x\n", "a:\n  b: |2-\n        x\n"),
    "folded text": ("a: >-\n      one\n      two\n", "a: >-\n  one\n  two\n"),
    "long lines stay": (f"a: {'word ' * 60}end\n", f"a: {'word ' * 60}end\n"),
    "quoted over lines": ('a:\n      "one\n\n   two \\\n     three"\n', 'a:\n  "one\n\n  two \\\n  three"\n'),
    "anchors and merges": (
        "base: &b {x: 1}\nvad:\n    <<: *b\n    y: *b\n",
        "base: &b {x: 1}\nvad:\n  <<: *b\n  y: *b\n",
    ),
    "markers": ("---\nvad: {}\nname: a\n...\n", "---\nname: a\nvad: {}\n...\n"),
    "line ends and mark": ("\ufeffvad: {}\r\nname: a\r\n\r\n\r\n", "name: a\nvad: {}\n"),
    "tabs in comments": ("a: 1 #\tx\n#\ty\nb: 2\n", "a: 1 #\tx\n#\ty\nb: 2\n"),
    "blank lines": ("\n\na: 1  \n \n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
    "empty": ("", ""),
    "only comments": ("# a\n\n\n# b", "# a\n\n# b\n"),
    "no mapping": ("- a\n-   b\n", "- a\n- b\n"),
    "explicit keys keep their layout": ("? a\n:   b\n", "? a\n:   b\n"),
    "exotic breaks keep their layout": ("b:   1\nname: 'x\u2028y'\n", "b:   1\nname: 'x\u2028y'\n"),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_layout(before: str, after: str) -> None:
    """Each case comes out as written, and stays so."""
    assert formatted(before) == after
    assert formatted(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "a: 1\n\tb: 2\n",
        "a: 1\na: 2\n",
        "v: {x: 1, x: 2}\n",
        "a: 1\n---\nb: 2\n",
        "a: *b\n",
        "[" * 5000,
        "\x00",
    ],
)
def test_what_does_not_parse_is_invalid(text: str) -> None:
    """Broken text is the user's to mend: exit 3."""
    with pytest.raises(InvalidInput) as caught:
        formatted(text)
    assert caught.value.exit_code is ExitCode.INVALID


def test_a_wrong_layout_is_never_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the edits went wrong, the text is refused."""
    monkeypatch.setattr(layout, "_edited", lambda *_: "a: 2\n")
    with pytest.raises(VaxctlError, match="same data"):
        formatted("a: 1\n")


def test_alias_bombs_cost_nothing() -> None:
    """Aliases are compared as the shared nodes they are."""
    rows = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    text = "\n".join(rows) + "\n"
    assert formatted(text) == text


COMMENT = re.compile(r"# (?:own|apart|far|near|note|two|tab\there)")
word = st.sampled_from(["on", "off", "0.40", "1e3", "'q # u'", '"d: q"', "mm-hmm", "~", "", "*ref", "é 中"])
comment = st.sampled_from(["", "  # note", "  # tab\there"])
blank = st.sampled_from(["", "\n", "\n\n  \n", "# own\n", "\n# apart\n\n", "      # far\n", "  # near\n"])


@st.composite
def block(draw: st.DrawFn, indent: int, depth: int) -> str:
    """Draw the value of a key, from behind the colon to the line end."""
    pad = " " * (indent + draw(st.integers(1, 5)))
    kinds = ["word", "flow", "literal", "folded", "quoted"] + (["map", "seq", "flush"] if depth else [])
    match draw(st.sampled_from(kinds)):
        case "word":
            return f" {draw(word)}{draw(comment)}\n"
        case "flow":
            return f" {{a:  {draw(word)} ,\n{pad}b: [1,2 ]}}{draw(comment)}\n"
        case "literal":
            chomping = draw(st.sampled_from(["", "-", "+"]))
            end = draw(st.sampled_from(["", "\n\n"]))
            return f" |{chomping}\n{pad}one \n\n{pad}  # two\n{end}"
        case "folded":
            return f" >\n{pad}one\n{pad}two\n"
        case "quoted":
            return f' "one\n\n{pad}two \\\n{pad}three"\n'
        case "map":
            keys = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True))
            rows = [f"{draw(blank)}{pad}{key}:{draw(block(len(pad), depth - 1))}" for key in keys]
        case kind:
            pad = " " * indent if kind == "flush" else pad
            gap = " " * draw(st.integers(0, 3))
            inner = len(pad) + 2 + len(gap)
            left = " " * inner
            rows = [
                f"{draw(blank)}{pad}- {gap}k:{draw(block(inner, depth - 1))}{left}l:{draw(block(inner, 0))}"
                for _ in range(draw(st.integers(1, 2)))
            ]
    return draw(comment) + "\n" + "".join(rows)


@st.composite
def profiles(draw: st.DrawFn) -> str:
    """Draw a profile in some hand's layout."""
    keys = draw(st.lists(st.sampled_from([*CANONICAL_ORDER, "x-a", "x-b"]), max_size=5, unique=True))
    rows = [f"{draw(blank)}{key}:{draw(block(0, 2))}" for key in keys]
    return f"{draw(blank)}ref: &ref {{x: 1}}\n{''.join(rows)}{draw(blank)}"


@settings(deadline=None)  # ruamel's pure scanner, on a machine that may be busy
@given(profiles())
def test_any_profile_keeps_data_and_comments(text: str) -> None:
    """Data and comments survive; a second pass changes nothing; only block texts end in spaces."""
    out = formatted(text)
    assert data(out) == data(text)
    assert sorted(COMMENT.findall(out)) == sorted(COMMENT.findall(text))
    assert formatted(out) == out
    assert not out.startswith("\n")
    assert all(line == line.rstrip() or line.strip() in ("one", "") for line in out.split("\n"))


@settings(deadline=None)  # as above
@given(st.permutations(["schema: v", "name: n", "vad: {}", "stt: {}", "x-b: 1", "x-a: 2"]))
def test_order_of_keys(rows: list[str]) -> None:
    """Known keys come in canonical order, the others behind them in their own, each with its comment."""
    text = "".join(f"# of {row}\n{row}\n" for row in rows)
    known = ["schema: v", "name: n", "vad: {}", "stt: {}"]
    expected = known + [row for row in rows if row.startswith("x-")]
    assert formatted(text) == "".join(f"# of {row}\n{row}\n" for row in expected)
