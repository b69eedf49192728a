"""`vaxctl init`: a commented profile to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vaxctl.cli.helping import Command


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, epilog="vaxctl init profiles/callbacks.yaml")(init)


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the profile goes.")] = Path(
        "profile.yaml"
    ),
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The profile's name; the file's when absent.")
    ] = None,
) -> None:
    """Write a commented profile. Never overwrites a file."""
    import re
    import shlex

    from vaxctl.cli.console import out
    from vaxctl.errors import InvalidInput
    from vaxctl.prompts.shipped import shipped_text

    chosen = name or re.sub(r"[^A-Za-z0-9._ -]", "-", file.stem)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}", chosen):
        raise InvalidInput(f"{chosen!r} is no profile name", help="letters, digits, dots, dashes, spaces")
    text = shipped_text("profile.yaml").replace("name: my-campaign", f"name: {_scalar(chosen)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InvalidInput(
            f"{file} is there already", help="choose another name: vaxctl init FILE"
        ) from error
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}") from error
    out(f"{file} written. Next: vaxctl validate {shlex.quote(str(file))}")


def _scalar(name: str) -> str:
    """Return the name as YAML reads it back as text: `007`, `1e3`, `null` and `true` need their quotes."""
    plain = name[0].isalpha() and name.lower() not in {"null", "true", "false"} and not name.endswith(" ")
    return name if plain else f'"{name}"'
