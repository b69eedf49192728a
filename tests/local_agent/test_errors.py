"""A command of the local agent without its extra says what to install; any other missing module is a bug."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from local_agent.__main__ import main
from local_agent.errors import extra_missing
from vaxctl.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a profile, and an installation without numpy: what imports it has to be imported anew."""
    for name in [name for name in sys.modules if name.startswith("local_agent.")]:
        if name != "local_agent.errors":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numpy", None)
    file = tmp_path / "p.yaml"
    file.write_text("schema: vaxctl/v1\nname: p\n", "utf-8")
    return file


def test_simulate_names_the_extra(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3 and the command that brings it; not "a bug in vaxctl"."""
    assert run(["simulate", str(bare)]) == 3
    told = capsys.readouterr().err
    assert "vaxctl[agent]" in told
    assert "bug" not in told


def test_run_names_the_extra(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m local_agent run` says the same."""
    assert main(["run", "--profile", str(bare), "--audio", "x.wav"]) != 0
    assert "vaxctl[agent]" in capsys.readouterr().err


def test_any_other_module_is_a_bug() -> None:
    """A module that no extra brings is not blamed on the user."""
    assert extra_missing(ModuleNotFoundError(name="vaxctl.nothing")) is None
