"""`python -m vaxctl`, and the console script."""

from __future__ import annotations

import gc
import os
import sys


def settle() -> None:
    """Set this process up for a command that is run once."""
    # No plugin of another package has a say in our models, and looking for one reads the metadata of every
    # installed distribution: a third of what `validate` takes.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A command makes many values and keeps nearly all of them to its end: collecting early finds nothing, and
    # what start-up alone makes is over 50,000 objects, which take 10 ms to go through.
    gc.set_threshold(200_000, 20, 50)


def main() -> None:
    """Run the command line and exit with its code."""
    settle()
    from vaxctl.cli.running import run

    code = run(sys.argv[1:])
    # The interpreter's last collections would go through every object once more, for memory that the system takes
    # back a moment later: a fifth of what `validate` takes.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
