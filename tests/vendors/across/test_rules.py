"""The pages of the rules over all vendors of a profile are whole and true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.load import load
from vaxctl.rules.registry import discover
from vaxctl.rules.rule import SECTIONS
from vaxctl.vendors.judging import ACROSS, judge

if TYPE_CHECKING:
    from pathlib import Path

RULES = discover(ACROSS)
EXAMPLE = re.compile(r"^## (Bad|Good)\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_page(rule: str, tmp_path: Path) -> None:
    """Sections in order, examples that are found and not found, and an excuse that is taken."""
    page = RULES[rule].page
    assert tuple(re.findall(r"^## (.+)$", page, re.MULTILINE)) == SECTIONS
    examples = dict(EXAMPLE.findall(page))
    excused = examples["Bad"].replace("\n", f"  # vaxctl: allow {rule} -- tested\n", 1)
    path = tmp_path / "case.yaml"
    for text, expected in ((examples["Bad"], [rule]), (examples["Good"], []), (excused, [])):
        path.write_text(f"schema: vaxctl/v1\nname: case\n{text}", encoding="utf-8")
        assert [finding.rule for finding in judge(load(path)).findings] == expected


def test_a_guessed_call_type_makes_a_note(tmp_path: Path) -> None:
    """The band of a call type that nobody named is not held against the delay."""
    path = tmp_path / "case.yaml"
    path.write_text("schema: vaxctl/v1\nname: case\nendpointing: {delay_ms: 400}\n", encoding="utf-8")
    (finding,) = judge(load(path)).findings
    assert (finding.severity.value, "the default call type" in finding.message) == ("info", True)
