"""Comments are told from what only looks like one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vaxctl.rules.comments import Comment, comments_of

TEXT = """\
# head
a: 'q # no'  # yes
b: "two
  # no
  lines"  # after
c: |  # header
  x # no
  # no
d: >-
  # no
# out
e: a#b
f: {x: 1,  # inside
  y: it's}
"""


def test_comments() -> None:
    """Quoted, block and plain texts hold none; headers of block texts and flow collections may."""
    found = [(c.line, c.text, c.alone) for c in comments_of(TEXT.splitlines())]
    assert found == [
        (1, "# head", True),
        (2, "# yes", False),
        (5, "# after", False),
        (6, "# header", False),
        (11, "# out", True),
        (13, "# inside", False),
    ]
    assert comments_of(["a: 1 # b"]) == [Comment(1, 6, "# b", alone=False)]


def test_a_text_that_is_no_yaml_has_none() -> None:
    """Its comments cannot be told from its values."""
    assert comments_of(["a: [", "# x"]) == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=30))
def test_no_quoted_text_is_a_comment(text: str) -> None:
    """Whatever stands between single quotes on a line."""
    quoted = text.replace("'", "''")
    assert [c.text for c in comments_of([f"a: '{quoted}' # real"])] == ["# real"]
