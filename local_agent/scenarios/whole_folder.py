"""A folder that is written whole, or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Yield a path beside `out` for the block to make a folder of; it becomes `out` at the block's end, else it goes.

    Parents are made. Raises UnusableInput where it cannot be written.
    """
    partial = out.parent / f".{out.name}.partial-{os.getpid()}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(out)
    except OSError as problem:
        raise UnusableInput(
            f"{out}: cannot be written: {problem.strerror or problem}",
            help="nothing was written; name a folder that can be made, and see that there is space for it",
        ) from problem
    finally:
        shutil.rmtree(partial, ignore_errors=True)
