"""The application: global options, and the commands in the order in which people meet them."""

from __future__ import annotations

from typing import Annotated

import typer

from vaxctl import __version__
from vaxctl.cli import (
    apply,
    compile_,
    drift,
    explain,
    fmt,
    init,
    plan,
    pull,
    rollback,
    rule,
    sandbox,
    schema,
    validate,
)
from vaxctl.cli.helping import Group

app = typer.Typer(
    name="vaxctl",
    cls=Group,
    epilog="vaxctl init\nvaxctl validate profile.yaml\nvaxctl plan profile.yaml --sandbox",
    help="The turn-taking of your voice agents as a reviewed file: validate, plan, apply and verify.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"vaxctl {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


for _command in (init, validate, fmt, explain, rule, schema, compile_, plan, apply, drift, rollback, pull):
    _command.register(app)
app.add_typer(sandbox.app, name="sandbox")
