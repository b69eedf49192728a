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
    from vaxctl.cli.plan import failure_code, planned, show, tell_next
    from vaxctl.errors import ExitCode

    made = planned(paths, env, target, sandbox=sandbox, wire=wire, concurrency=concurrency)
    show(made, as_json=json, kind="drift")
    drifted = any(one.drift_ids for one in made.targets)
    if drifted and not json:
        tell_next(made, paths, env, target, sandbox=sandbox, wire=wire)
    if made.failures:
        raise typer.Exit(failure_code(made))
    # a marker that is damaged is drift where there is also something that differs
    if drifted or any(one.live.marker_damaged and one.changes for one in made.targets):
        raise typer.Exit(ExitCode.CHANGES_PENDING)
