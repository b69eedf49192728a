"""`vaxctl drift`: tell whether somebody changed in the dashboard what the profiles own."""

from __future__ import annotations

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Concurrency, Env, Json, Only, Paths, Sandbox, WireKind


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, epilog="vaxctl drift profiles/ --env production")(drift)


def drift(
    paths: Paths,
    env: Env = None,
    target: Only = None,
    sandbox: Sandbox = False,
    wire: WireKind = "httpx",
    json: Json = False,
    concurrency: Concurrency = 4,
) -> None:
    """Tell what was changed in the dashboard. Exit 2 when anything was."""
    from vaxctl.cli.plan import failure_code, planned, show
    from vaxctl.errors import ExitCode

    made = planned(paths, env, target, sandbox=sandbox, wire=wire, concurrency=concurrency)
    show(made, as_json=json, kind="drift")
    if made.failures:
        raise typer.Exit(failure_code(made))
    if any(one.drift_ids for one in made.targets):
        raise typer.Exit(ExitCode.CHANGES_PENDING)
