"""One at a time: a lock on a file, which the system lets go when the process that held it ends."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def alone(file: Path, waiting: Callable[[], None] | None) -> Iterator[None]:
    """Hold the lock on `file`. Where another process holds it, call `waiting` once and wait.

    Without `waiting`, raise BlockingIOError instead.
    The file stays: taking it away would let two processes lock two files of one name.
    """
    with file.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is None:
                raise
            waiting()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
