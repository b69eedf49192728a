"""Files in a folder of their own, loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.load import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxctl.profile.load import LoadedProfile

HEAD = "schema: vaxctl/v1\nname: case\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty project."""
    (tmp_path / "vaxctl.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def written(folder: Path) -> Callable[..., Path]:
    """Write a file, relative to the project; returned as it was named."""
    from pathlib import Path

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Path(name)

    return write


@pytest.fixture
def profile(written: Callable[..., Path]) -> Callable[..., LoadedProfile]:
    """Load a profile from what stands below its head."""

    def make(body: str = "", env: str | None = None, head: str = HEAD) -> LoadedProfile:
        return load(written("case.yaml", head + body), env)

    return make
