"""Writing a file whole or not at all: whoever interrupts a run, or runs two at once, finds the old one or a new one."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def check_replaceable(file: Path) -> None:
    """Refuse before the work what could not be written after it.

    Raises InvalidInput where the file's folder is not there, or where its name is that of a folder, a device or a pipe:
    putting a file in the place of one of those would be the end of it.
    """
    if not file.absolute().parent.is_dir():
        raise InvalidInput(f"{file} cannot be written", help="its folder must be there")
    if file.exists() and not file.is_file():
        raise InvalidInput(
            f"{file} cannot be written", help="it is there already, and is no file: name another"
        )


@contextmanager
def part_of(file: Path) -> Iterator[Path]:
    """Yield a path beside a file to write to, this process's own; what is left of it afterwards is removed.

    Raises InvalidInput where the file cannot be replaced, or the system refuses what is done with it.
    """
    check_replaceable(file)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield part
    except OSError as error:
        raise InvalidInput(
            f"{file} cannot be written: {error.strerror or error}",
            help="check its folder, its rights, and the disk",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def write_whole(file: Path, text: str) -> None:
    """Put a text in a file, in UTF-8. Raises InvalidInput where it cannot be written."""
    with part_of(file) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(file)
