"""Which variables a template reads, and where."""

from __future__ import annotations

import pytest

from vaxctl.prompts.failure import TemplateFailed
from vaxctl.prompts.reading import undeclared


def _places(source: str) -> list[tuple[str, int, int]]:
    return [(read.name, read.line, read.column) for read in undeclared(source)]


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("plain {{ slot }}", []),
        ("a [[ x ]]", [("x", 1, 6)]),
        ("a\r\n  [[ x ]]\r[[ y ]]", [("x", 2, 6), ("y", 3, 4)]),
        ("[[ a.b|join(c) ]]", [("a", 1, 4), ("c", 1, 13)]),
        ("[[ b.a ]] [[ x|a ]] [[ a ]]", None),
        ("[% set x = y %][[ x ]]", [("y", 1, 12)]),
        ("[[ x ]]\n[% set x = 1 %][[ x ]]", [("x", 1, 4)]),
        ("[% set x %][[ y ]][% endset %][[ x ]]", [("y", 1, 15)]),
        ("[% set x | replace(p, '') %][% endset %]", [("p", 1, 20)]),
        ("[% if a %][% set b = 1 %][% endif %][[ b ]]", [("a", 1, 7)]),
        ("[% for i in xs if i != z %][[ loop.index ]][[ i ]][% endfor %]", [("xs", 1, 13), ("z", 1, 24)]),
        ("[% for i in [] %][% else %]\n[[ i ]][% endfor %]\n[[ loop ]]", [("i", 2, 4), ("loop", 3, 4)]),
        ("[% for i in [1] %][% set s = i %][% endfor %][[ s ]]", [("s", 1, 49)]),
        ("[% with k = v %][[ k ]][% endwith %]\n[[ k ]]", [("v", 1, 13), ("k", 2, 4)]),
        (
            "[% macro m(a, b=c) %][[ a ]][[ d ]][[ caller() ]][% endmacro %][[ m(1) ]]",
            [("c", 1, 17), ("d", 1, 32)],
        ),
        ("[% macro m() %][% endmacro %][% call(u) m(w) %][[ u ]][% endcall %]", [("w", 1, 43)]),
        ("[% filter replace(f, '') %][[ g ]][% endfilter %]", [("f", 1, 19), ("g", 1, 31)]),
        ("[% block b %][% set q = 1 %][% endblock %]\n[[ q ]]", [("q", 2, 4)]),
        ("[[ range(3) ]][[ dict(a=1) ]][[ namespace() ]]", []),
        ("[[ x ]] [[ x ]]\n[[ x ]]", [("x", 1, 4), ("x", 2, 4)]),
    ],
)
def test_reads_and_places(source: str, places: list[tuple[str, int, int]] | None) -> None:
    """Every variable that is not local is found once per line, at its line and column."""
    expected = places if places is not None else [("b", 1, 4), ("x", 1, 14), ("a", 1, 24)]
    assert _places(source) == expected


@pytest.mark.parametrize(
    "question", ["[% if x is defined %]", "[% if x is undefined %]", "[% if x|default(1) %]", "[% if x|d %]"]
)
def test_a_variable_that_is_asked_for_is_optional(question: str) -> None:
    """A template that asks whether a variable is there does not need it."""
    reads = undeclared(question + "[[ x ]][[ y ]][% endif %]")
    assert {read.name: read.optional for read in reads} == {"x": True, "y": False}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("a\n[% if %]", "mine.j2:2: syntax error"),
        ("[[ " + "(" * 50_000, "nested too deeply"),
        ("[[ a" + ".b" * 50_000 + " ]]", "nested too deeply"),
        ("x" * 300_000, "over 256 kB"),
        ("[[ " + "9" * 5_000 + " ]]", "syntax error"),
        ("[% include 'x' %]", "templates cannot read files"),
    ],
)
def test_what_cannot_be_read_is_a_template_failure(source: str, says: str) -> None:
    """Reading fails as rendering does, never with a traceback."""
    with pytest.raises(TemplateFailed, match=r"mine\.j2") as caught:
        undeclared(source, name="mine.j2")
    assert says in caught.value.message


def test_reading_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No filter of the template is called, not even over constants."""
    from vaxctl.prompts.rendering import environment

    called: list[object] = []
    monkeypatch.setitem(environment().filters, "upper", called.append)
    assert _places("[[ 'a'|upper ]][[ x ]]") == [("x", 1, 19)]
    assert called == []
