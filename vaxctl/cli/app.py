"""The application: global options, and the commands in the order in which people meet them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from vaxctl import __version__
from vaxctl.cli.helping import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "init": "init",
    "validate": "validate",
    "fmt": "fmt",
    "explain": "explain",
    "rule": "rule",
    "schema": "schema",
    "compile": "compile_",
    "plan": "plan",
    "apply": "apply",
    "drift": "drift",
    "rollback": "rollback",
    "pull": "pull",
    "simulate": "simulate",
    "tune": "tune",
    "sandbox": "sandbox",
    "models": "models",
    "corpus": "corpus",
}
"""The module of each command."""


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the application, with only the command that `arguments` name where they name one.

    typer reads the signature of every command it is given, which takes longer than checking a profile does.
    """
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
    app.callback()(options)
    first = next((word for word in arguments if not word.startswith("-")), None)
    for name in [first] if first in _COMMANDS else _COMMANDS:
        import_module(f"vaxctl.cli.{_COMMANDS[name]}").register(app)
    return app


def _version(value: bool) -> None:
    if value:
        typer.echo(f"vaxctl {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that stand before a command."""
