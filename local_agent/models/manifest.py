"""The manifest: which models there are, where they come from, and what they must be to the byte."""

from __future__ import annotations

import platform
import sys
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from local_agent.errors import UnusableInput

_MACHINES = {"amd64": "x86_64"}


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a model: where it stands in its package, and what it is."""

    path: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A published wheel and the members that are taken from it. `tag` is pip's name of the platform, or None."""

    platform: str
    tag: str | None
    file: str
    size: int
    sha256: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model: one that comes with an installed package (`installed_module`), or one that is pulled (`wheels`)."""

    id: str
    kind: str
    purpose: str
    licence: str
    attribution: str
    package: str
    version: str
    installed_module: str | None
    installed_members: tuple[Member, ...]
    wheels: tuple[Wheel, ...]

    def wheel(self) -> Wheel | None:
        """Return the wheel for this machine; None where there is none (or where none is needed)."""
        return next((wheel for wheel in self.wheels if wheel.platform in {"any", this_machine()}), None)

    def members(self) -> tuple[Member, ...]:
        """Return the files that make this model on this machine."""
        wheel = self.wheel()
        return wheel.members if wheel is not None else self.installed_members

    @property
    def size(self) -> int:
        """The bytes that the model takes on this machine."""
        return sum(member.size for member in self.members())


@dataclass(frozen=True, slots=True)
class Manifest:
    """All models, in the order of the file."""

    models: tuple[Model, ...]

    def model(self, model_id: str) -> Model:
        """Return the model of that id. Raises UnusableInput naming those that there are."""
        for model in self.models:
            if model.id == model_id:
                return model
        known = ", ".join(model.id for model in self.models)
        raise UnusableInput(f"there is no model {model_id!r}", help=f"the models are {known}")


def this_machine() -> str:
    """Return this machine as the manifest names it: linux-x86_64, linux-aarch64, darwin-arm64."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{_MACHINES.get(machine, machine)}"


@lru_cache(maxsize=1)
def shipped() -> Manifest:
    """Return the manifest that comes with the package."""
    return parsed((files("local_agent.models") / "manifest.toml").read_text("utf-8"))


def parsed(text: str) -> Manifest:
    """Return the manifest that a TOML text describes. Raises UnusableInput for a name that leaves its folder."""
    models = tuple(_model(entry) for entry in tomllib.loads(text)["model"])
    for model in models:
        for member in (
            *model.installed_members,
            *(member for wheel in model.wheels for member in wheel.members),
        ):
            for name in (model.id, model.version, member.name):
                _stays_inside(name)
    return Manifest(models)


def _stays_inside(name: str) -> None:
    if name in {"", ".", ".."} or PurePosixPath(name).name != name or "\\" in name or "\0" in name:
        raise UnusableInput(f"the manifest names {name!r}, which is no plain file name")


def _model(entry: dict[str, Any]) -> Model:
    return Model(
        id=entry["id"],
        kind=entry["kind"],
        purpose=entry["purpose"],
        licence=entry["licence"],
        attribution=entry["attribution"],
        package=entry["package"],
        version=entry["version"],
        installed_module=entry.get("installed_module"),
        installed_members=_members(entry),
        wheels=tuple(_wheel(wheel) for wheel in entry.get("wheel", ())),
    )


def _wheel(entry: dict[str, Any]) -> Wheel:
    return Wheel(
        platform=entry["platform"],
        tag=entry.get("tag"),
        file=entry["file"],
        size=entry["size"],
        sha256=entry["sha256"],
        members=_members(entry),
    )


def _members(entry: dict[str, Any]) -> tuple[Member, ...]:
    return tuple(Member(**member) for member in entry.get("member", ()))
