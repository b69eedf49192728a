"""`vaxctl init`: a commented profile to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the profile goes.")] = Path("profile.yaml"),
    name: Annotated[str | None, typer.Option("--name", help="The profile's name; the file's when absent.")] = None,
) -> None:
    """Write a commented profile. Never overwrites a file."""
    import re

    from vaxctl.cli.console import out
    from vaxctl.errors import InvalidInput
    from vaxctl.prompts.shipped import shipped_text

    chosen = name or re.sub(r"[^A-Za-z0-9._ -]", "-", file.stem)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}", chosen):
        raise InvalidInput(f"{chosen!r} is no profile name", help="letters, digits, dots, dashes, spaces")
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(shipped_text("profile.yaml").replace("name: my-campaign", f"name: {chosen}"))
    except FileExistsError as error:
        raise InvalidInput(f"{file} is there already", help="choose another name: vaxctl init FILE") from error
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}") from error
    out(f"{file} written. Next: vaxctl validate {file}")
