"""Wheels in a folder, against the manifest: for this machine and for others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import UnusableInput
from local_agent.models.manifest import shipped
from local_agent.models.wheels import how_to_fetch, inspect_folder

if TYPE_CHECKING:
    from pathlib import Path


def _for_two_machines(forge: Any) -> Any:
    """Return a model with a wheel for no machine that there is, and one for every machine."""
    model = forge.manifest.model("single")
    foreign = replace(model.wheels[0], platform="plan9-mips", file="fakes-1.0-py3-none-plan9.whl")
    return replace(model, wheels=(foreign, model.wheels[0]))


def test_a_wheel_for_another_machine_is_looked_at_too(forge: Any) -> None:
    """A folder made for elsewhere is checked here: right it counts, wrong it is corrupt."""
    model = _for_two_machines(forge)
    foreign = forge.wheel.rename(forge.wheels / "fakes-1.0-py3-none-plan9.whl")
    assert inspect_folder(model, forge.wheels) == ("here", str(foreign))
    foreign.write_bytes(b"short")
    state, why = inspect_folder(model, forge.wheels)
    assert (state, "has 5 bytes" in why) == ("corrupt", True)


def test_an_empty_folder_names_the_wheel_that_is_wanted(forge: Any, tmp_path: Path) -> None:
    """This machine's; where nobody publishes one, that is said instead."""
    (tmp_path / "empty").mkdir()
    model = _for_two_machines(forge)
    assert inspect_folder(model, tmp_path / "empty")[0] == "missing"
    assert "fakes-1.0-py3-none-any.whl" in inspect_folder(model, tmp_path / "empty")[1]
    assert inspect_folder(replace(model, wheels=model.wheels[:1]), tmp_path / "empty")[0] == "no build"


def test_an_installed_model_is_in_no_folder(tmp_path: Path) -> None:
    """Silero v6 comes with its package: asking a folder for it is a slip."""
    with pytest.raises(UnusableInput, match="comes with an installed package"):
        inspect_folder(shipped().model("silero_v6"), tmp_path)


def test_the_command_for_a_platform_wheel_names_its_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it can be typed on any machine."""
    monkeypatch.setattr("local_agent.models.manifest.this_machine", lambda: "linux-aarch64")
    assert "--platform manylinux2014_aarch64 pyrnnoise==0.4.5" in how_to_fetch(shipped().model("rnnoise"))
