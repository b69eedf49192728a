"""Each rule finds what its failing cases mark and nothing in its passing ones; its page is whole and true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vaxctl.profile.load import load
from vaxctl.rules.registry import discover
from vaxctl.rules.rule import SECTIONS
from vaxctl.vendors.judging import judge

CASES = Path(__file__).parent / "cases"
RULES = discover("vaxctl.vendors.retell.rules")
MARK = re.compile(r"expect: ([a-z-]+)")
HEADINGS = re.compile(r"^## (.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^## (Bad|Good)\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEAD = "schema: vaxctl/v1\nname: case\n"


def marked(path: Path) -> list[tuple[int, str]]:
    """Return the `expect:` marks of a file as pairs of line and rule id."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [(number, mark[1]) for number, line in lines if (mark := MARK.search(line))]


def said(path: Path) -> list[tuple[int, str]]:
    """Return what this vendor's rules say of a profile, as pairs of line and rule id."""
    judged = judge(load(path))
    assert judged.compiled, judged.findings
    assert not [f for f in judged.findings if f.invalid and f.rule not in RULES]
    return sorted((f.location.line, f.rule) for f in judged.findings if f.rule in RULES)


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*.yaml")), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_case(case: Path) -> None:
    """The findings of all rules of this vendor are exactly the marked ones, on their lines, with advice."""
    marks = marked(case)
    assert bool(marks) == case.stem.startswith("fail")
    assert {rule for _, rule in marks} <= {case.parent.name}
    assert said(case) == sorted(marks)
    assert all(f.help and f.source_line for f in judge(load(case)).findings if f.rule in RULES)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_failing_and_a_passing_case(rule: str) -> None:
    """No rule goes without cases, and no folder of cases without a rule."""
    assert list((CASES / rule).glob("fail*.yaml"))
    assert list((CASES / rule).glob("pass*.yaml"))
    assert {folder.name for folder in CASES.iterdir()} == set(RULES)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_page(rule: str, tmp_path: Path) -> None:
    """The page has its sections in order, a source with a date, and says how to excuse; its examples are true."""
    page = RULES[rule].page
    assert tuple(HEADINGS.findall(page)) == SECTIONS
    why, excuse = page.split("## Why it matters")[1].split("## What to do")[0], page.split("## Excuse")[1]
    assert re.search(r"\([^()]*20\d\d", why)
    assert f"vaxctl: allow {rule} -- " in excuse or "cannot be excused" in excuse
    for name, text in EXAMPLE.findall(page):
        path = tmp_path / f"{name}.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        assert {found for _, found in said(path)} == ({rule} if name == "Bad" else set())
