"""Rules are discovered by file name, and a malformed rule module is refused aloud."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import Severity
from vaxctl.rules.registry import GENERIC, BrokenRule, discover, ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = '''"""Sums up.

## What it finds
"""
from vaxctl.diagnostics import Severity
SEVERITY = Severity.INFO
def check(x): return []
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make an empty package of rules that can be imported as `planted_rules`."""
    folder = tmp_path / "planted_rules"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    discover.cache_clear()
    for name in [name for name in sys.modules if name.startswith("planted_rules")]:
        del sys.modules[name]


def test_a_module_is_a_rule(package: Path) -> None:
    """Its name is the id, its docstring the page, its first line the summary."""
    (package / "two_words.py").write_text(WHOLE, encoding="utf-8")
    rules = discover("planted_rules")
    rule = rules["two-words"]
    assert list(rules) == ["two-words"]
    assert (rule.id, rule.summary, rule.severity, rule.needs_profile) == (
        "two-words",
        "Sums up.",
        Severity.INFO,
        True,
    )
    assert rule.page == "Sums up.\n\n## What it finds"
    assert rule.check(None) == []


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("no_page", WHOLE.partition('"""\n')[2], "no docstring"),
        ("no_severity", WHOLE.replace("SEVERITY", "SEVERE"), "no SEVERITY"),
        ("word_severity", WHOLE.replace("Severity.INFO", "'info'"), "no SEVERITY"),
        ("no_check", WHOLE.replace("def check", "def chek"), r"no check\(\)"),
        ("Camel", WHOLE, "file name"),
    ],
)
def test_a_malformed_module_is_refused(package: Path, name: str, text: str, complaint: str) -> None:
    """The complaint names the module."""
    (package / f"{name}.py").write_text(text, encoding="utf-8")
    with pytest.raises(BrokenRule, match=complaint) as caught:
        discover("planted_rules")
    assert f"planted_rules.{name}" in caught.value.message


def test_a_module_that_does_not_import_is_not_skipped(package: Path) -> None:
    """Its own error comes through."""
    (package / "broken.py").write_text("raise RuntimeError('boom')", encoding="utf-8")
    with pytest.raises(RuntimeError, match="boom"):
        discover("planted_rules")


def test_the_catalogue_is_sorted_and_cannot_be_changed() -> None:
    """It is shared by all callers."""
    rules = discover(GENERIC)
    assert list(rules) == sorted(rules)
    with pytest.raises(TypeError):
        rules["x"] = rules["illegal-window"]  # type: ignore[index]


def test_the_ids_are_known_without_importing_a_rule(package: Path) -> None:
    """Settings and excuses name rules that need not run: a module that does not import has an id too."""
    (package / "broken_one.py").write_text("raise RuntimeError", encoding="utf-8")
    assert "broken-one" in ids(package.name)
    assert ids(GENERIC) == frozenset(discover(GENERIC))
