"""`vaxctl fmt`: one layout for every profile, comments kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Paths


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, epilog="vaxctl fmt profiles/\nvaxctl fmt --check profiles/   # in CI")(fmt)


def fmt(
    paths: Paths,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 4 when a file would change.")
    ] = False,
) -> None:
    """Put profiles into the one layout; comments stay.

    Key order, spacing and line ends change; comments and number forms do not.
    """
    from vaxctl.cli.console import err, out
    from vaxctl.cli.gathering import profile_files
    from vaxctl.errors import ExitCode

    changed = 0
    files = profile_files(paths)
    for file in files:
        before, after = _texts(file)
        if before == after:
            continue
        changed += 1
        out(f"{'would change' if check else 'changed'}: {file}")
        if not check:
            _replace(file, after)
    err(f"{changed} of {len(files)} files {'would change' if check else 'changed'}")
    if check and changed:
        raise typer.Exit(ExitCode.POLICY)


def _texts(file: Path) -> tuple[bytes, bytes]:
    from vaxctl.errors import InvalidInput
    from vaxctl.source.document import read
    from vaxctl.source.layout import formatted

    document = read(file)
    if document.findings:
        first = document.findings[0]
        raise InvalidInput(f"{first.location}: {first.message}", help=first.help)
    before = file.read_bytes()
    try:
        return before, formatted(before.decode("utf-8-sig")).encode()
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error.message}", help=error.help) from error


def _replace(file: Path, after: bytes) -> None:
    """Write the file whole or not at all, with the mode it had."""
    import shutil

    from vaxctl.errors import InvalidInput

    target = file.resolve()
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(after)
        shutil.copymode(target, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidInput(f"{file} cannot be written: {error.strerror}") from error
