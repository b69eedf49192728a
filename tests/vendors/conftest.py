"""Profiles from trees, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from vaxctl.profile.load import load
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.compiled import Compiled


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., LoadedProfile]:
    """Load a profile of the given blocks; it must be usable."""

    def make(**blocks: Any) -> LoadedProfile:
        path = tmp_path / "case.yaml"
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe", pure=True).dump({"schema": "vaxctl/v1", "name": "case", **blocks}, stream)
        made = load(path)
        assert made.profile is not None, made.findings
        return made

    return make


@pytest.fixture
def compiled(loaded: Callable[..., LoadedProfile]) -> Callable[..., Compiled]:
    """Compile a profile of the given blocks for a vendor."""

    def make(name: str, **blocks: Any) -> Compiled:
        return compile_for(loaded(**blocks), vendor(name))

    return make
