"""`vaxctl drift`: has somebody changed in the dashboard what the profiles own?"""

from __future__ import annotations

import typer

from vaxctl.cli.options import Concurrency, Env, Json, Only, Paths, Sandbox, WireKind


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(drift)


def drift(  # noqa: PLR0913 - one parameter per option
    paths: Paths,
    env: Env = None,
    target: Only = None,
    sandbox: Sandbox = False,
    wire: WireKind = "httpx",
    json: Json = False,
    concurrency: Concurrency = 4,
) -> None:
    """Tell drift from profiles that moved on. Exit 2 when something drifted or diverged."""
    from dataclasses import replace

    from vaxctl.cli.plan import failure_code, planned, show
    from vaxctl.errors import ExitCode

    made = planned(paths, env, target, sandbox=sandbox, wire=wire, concurrency=concurrency)
    drifted = tuple(one for one in made.targets if one.drift_ids)
    if json:
        show(made, as_json=True, kind="drift")
    else:
        show(replace(made, targets=drifted), as_json=False, kind="drift")
    if made.failures:
        raise typer.Exit(failure_code(made))
    if drifted:
        raise typer.Exit(ExitCode.CHANGES_PENDING)
