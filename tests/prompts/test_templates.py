"""What templates can do, and what their authors are told when they do it wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.errors import ExitCode
from vaxctl.prompts import templates
from vaxctl.prompts.shipped import shipped_text
from vaxctl.prompts.templates import Value, is_shipped, render
from vaxctl.prompts.workshop import WORKSHOP

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.prompts.failure import TemplateFailed

    Fail = Callable[..., TemplateFailed]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi from [[ company ]].", "Hi from Acme."),
        (
            "Hi {{user_name}}, {% if x %} {{ interrupted_text }}",
            "Hi {{user_name}}, {% if x %} {{ interrupted_text }}",
        ),
        ("[# a note #]text", "text"),
        ("no line end", "no line end"),
        ("a line end\n", "a line end\n"),
        ("a\n  [% if fast %]\nb\n  [% endif %]\nc\n", "a\nb\nc\n"),
        ("[[ words|join(', ') ]]", "stop, wait"),
        ("[[ rate * 2 ]] [[ count + 1 ]] [[ company ~ '!' ]]", "1.0 4 Acme!"),
        ("[% for w in words %][[ loop.index ]][[ w ]] [% endfor %]", "1stop 2wait "),
        ("[% if who is defined %]x[% else %]y[% endif %][[ who|default('z') ]]", "yz"),
        ("[[ '%s and %05.1f' % (company, rate) ]] [[ '{:>6}'.format(company) ]]", "Acme and 000.5   Acme"),
        ("[% raw %][[ company ]][% endraw %]", "[[ company ]]"),
        ("[[ '<b>&' ]]", "<b>&"),
        ("", ""),
    ],
)
def test_features(source: str, text: str) -> None:
    """Variables, blocks and comments work, and a platform's own slots pass as they are."""
    variables: dict[str, Value] = {
        "company": "Acme",
        "fast": True,
        "words": ["stop", "wait"],
        "rate": 0.5,
        "count": 3,
    }
    assert render(source, variables, name="mine.j2") == text


@pytest.mark.parametrize(
    ("source", "line", "says", "advice"),
    [
        ("a\nb [[ compny ]]", 2, "unknown variable 'compny'", "Did you mean 'company'?"),
        ("\n\n[[ zzz ]]", 3, "unknown variable 'zzz'", "There are: company."),
        ("a\n[% if %]", 2, "syntax error", "[% if %]"),
        ("[# never closed", 1, "syntax error: Missing end of comment tag", "[% raw %]"),
        ("a\n[[ 'x'|shout ]]", 2, "No filter named 'shout'", None),
        ("a\n\n[[ 1 / 0 ]]", 3, "ZeroDivisionError", "Check the expression"),
        ("[[ company.size ]]", 1, "has no attribute 'size'", None),
        ("[[ 'a' % 5 ]]", 1, "TypeError", None),
    ],
)
def test_mistakes_are_explained(fail: Fail, source: str, line: int, says: str, advice: str | None) -> None:
    """The error names the template, the line, the trouble and the next step."""
    error = fail(source, company="Acme")
    assert (error.name, error.line) == ("mine.j2", line)
    assert error.message.startswith(f"mine.j2:{line}: ")
    assert says in error.message
    assert (advice or "") in (error.help or "")
    assert error.exit_code is ExitCode.INVALID


@pytest.mark.parametrize("bad", [None, {"a": 1}, [1], object()])
def test_odd_variables_are_refused(fail: Fail, bad: Any) -> None:
    """Only texts, numbers, booleans and lists of texts are handed to a template."""
    assert "variable 'odd' cannot be a" in fail("x", odd=bad).message


def test_huge_variables_are_refused(fail: Fail) -> None:
    """The variables together are bounded too."""
    assert "over 256 kB together" in fail("x", long="y" * 300_000).message


def test_huge_source_is_refused(fail: Fail) -> None:
    """A template over 256 kB is not even parsed; bytes count, not characters."""
    assert "over 256 kB" in fail("x" * (256 * 1024 + 1)).message
    assert "over 256 kB" in fail("é" * (128 * 1024 + 1)).message


def test_texts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same template with the same variables is rendered once; 1, 1.0 and true are not the same."""
    asked: list[Any] = []
    inner = templates._rendered

    def counted(*args: Any, **kwargs: Any) -> str:
        asked.append(args)
        return inner(*args, **kwargs)

    monkeypatch.setattr(templates, "_rendered", counted)
    values: list[Value] = [1, 1.0, True, 1, 1.0, True]
    texts = [render("kept [[ one ]]", {"one": value}, name="mine.j2") for value in values]
    assert texts == ["kept 1", "kept 1.0", "kept True"] * 2
    assert len(asked) == 3


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old texts go when there are too many."""
    monkeypatch.setattr(templates, "_CACHED", 2)
    for number in range(5):
        render("[[ n ]] bounded", {"n": number}, name="mine.j2")
    assert len(templates._cache) == 2


def test_only_shipped_templates_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """`trusted` saves the worker for a shipped template, and for nothing that merely claims to be one."""
    sent: list[str] = []

    def take(source: str, *_: object) -> str:
        sent.append(source)
        return "from the worker"

    monkeypatch.setattr(WORKSHOP, "render", take)
    shipped = shipped_text("context_preservation.md.j2")
    variables: dict[str, Value] = {"runtime_slots": True, "company": "Trusted Ltd"}
    assert "Trusted Ltd" in render(shipped, variables, name="context_preservation.md.j2", trusted=True)
    assert (
        render(shipped + " ", variables, name="context_preservation.md.j2", trusted=True) == "from the worker"
    )
    assert sent == [shipped + " "]
    assert is_shipped(shipped)
    assert not is_shipped(shipped + " ")
