"""Profiles from text, and what the rules say of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.load import load
from vaxctl.rules.lint import lint
from vaxctl.rules.registry import EXCUSING, GENERIC, discover
from vaxctl.rules.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

_MARK = re.compile(r"expect: ([a-z-]+(?:, [a-z-]+)*)")
HEAD = "schema: vaxctl/v1\nname: case\n"


@pytest.fixture
def expected() -> Callable[[Path], set[tuple[int, str]]]:
    """Read the `expect:` marks of a file as pairs of line and rule id."""

    def marks(path: Path) -> set[tuple[int, str]]:
        lines = path.read_text(encoding="utf-8").splitlines()
        found = ((number, _MARK.search(line)) for number, line in enumerate(lines, start=1))
        return {(number, rule) for number, mark in found if mark for rule in mark[1].split(", ")}

    return marks


@pytest.fixture
def known() -> frozenset[str]:
    """Return the ids of all rules of this room."""
    return frozenset(discover(GENERIC)) | frozenset(discover(EXCUSING))


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., LoadedProfile]:
    """Load a profile from the text below its head."""

    def make(body: str, head: str = HEAD, env: str | None = None) -> LoadedProfile:
        path = tmp_path / "case.yaml"
        path.write_text(head + body, encoding="utf-8")
        return load(path, env)

    return make


@pytest.fixture
def found(loaded: Callable[..., LoadedProfile], known: frozenset[str]) -> Callable[..., list[Diagnostic]]:
    """Lint the text of a profile with the generic rules."""

    def run(
        body: str, settings: Settings | None = None, more: tuple[Diagnostic, ...] = (), env: str | None = None
    ) -> list[Diagnostic]:
        profile = loaded(body, env=env)
        return list(lint(profile, discover(GENERIC), settings or Settings(known=known), more))

    return run
