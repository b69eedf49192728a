"""Of the bad and ugly profiles the rules say exactly what is marked; their README says the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.load import load
from vaxctl.rules.lint import lint
from vaxctl.rules.registry import GENERIC, discover
from vaxctl.rules.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

HALL = Path(__file__).parents[2] / "profiles" / "hall-of-shame"
PROFILES = sorted(HALL.glob("*.yaml"))


def test_the_hall_is_not_empty() -> None:
    """The three published set-ups and an ugly one are there."""
    assert {"barge-in-off-nine-second-turns", "car-commute-threshold-0.3", "published-vad-config"} < {
        path.stem for path in PROFILES
    }


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_rules_say_what_is_marked(path: Path, expected: Callable[[Path], set[tuple[int, str]]]) -> None:
    """Each marked rule is said on its line, once, and nothing else."""
    said = lint(load(path), discover(GENERIC), Settings())
    assert sorted((f.location.line, f.rule) for f in said) == sorted(expected(path))


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_readme_says_the_same(path: Path) -> None:
    """The README quotes each headline as the rules give it today."""
    readme = (HALL / "README.md").read_text(encoding="utf-8")
    for f in lint(load(path), discover(GENERIC), Settings()):
        at = f"{path.name}:{f.location.line}:{f.location.column}"
        assert f"{at}: {f.severity}: {f.message} [{f.rule}]" in readme
