"""One at a time: a lock on a file, which the system lets go when the process that held it ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def alone(file: Path, waiting: Callable[[], None] | None) -> Iterator[None]:
    """Hold the lock on `file`. Where another process holds it, call `waiting` once and wait.

    Without `waiting`, raise BlockingIOError instead.
    The file is taken away at the end, while it is still locked. Who waited for it then holds a file that has
    no name any more, beside which a third could lock a new one: so it is asked for again under its name.
    """
    while True:
        with file.open("a") as stream:
            waiting = _locked(stream, waiting)
            if not _has_its_name(stream, file):
                continue
            try:
                yield
            finally:
                file.unlink(missing_ok=True)
            return


def _locked(stream: IO[str], waiting: Callable[[], None] | None) -> Callable[[], None] | None:
    """Lock a file; return what to call when it has to be waited for again: it is said once."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if waiting is None:
            raise
        waiting()
        fcntl.flock(stream, fcntl.LOCK_EX)
        return _said
    return waiting


def _said() -> None:
    """Say nothing: it was said before."""


def _has_its_name(stream: IO[str], file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), file.stat())
    except FileNotFoundError:
        return False
