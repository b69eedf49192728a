"""`vaxctl schema`: the profile's JSON Schema, for editors."""

from __future__ import annotations

import typer

from vaxctl.cli.helping import Command


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, epilog="vaxctl schema > vaxctl.schema.json")(schema)


def schema() -> None:
    """Print the JSON Schema of a profile. Editors: `# yaml-language-server: $schema=FILE`."""
    from vaxctl.cli.console import out_json
    from vaxctl.profile.schema import profile_schema

    out_json(profile_schema())
