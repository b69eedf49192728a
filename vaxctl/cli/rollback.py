"""`vaxctl rollback`: undo what one run of apply wrote, through the same gates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Json, Sandbox, WireKind

if TYPE_CHECKING:
    from vaxctl.plan.change import Plan, TargetFailure, TargetPlan
    from vaxctl.plan.rolling_back import Undo
    from vaxctl.vendors.exchange import Send


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=Command,
        epilog="vaxctl rollback 20260823T101500Z-1a2b3c --sandbox\n"
        "vaxctl rollback .vaxctl/runs/20260823T101500Z-1a2b3c.jsonl --auto-approve",
    )(rollback)


def rollback(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A journal in .vaxctl/runs/, or its name.")],
    sandbox: Sandbox = False,
    wire: WireKind = "httpx",
    json: Json = False,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")] = False,
) -> None:
    """Take a run back: plan what stood before it, ask, write, verify.

    What somebody changed after that run is left alone, and told.
    """
    from vaxctl.cli.apply import _carried_out, _confirm, _exit_code, _show_results
    from vaxctl.cli.connecting import connected
    from vaxctl.cli.plan import show
    from vaxctl.plan.rolling_back import find_journal, undo_of

    undos = undo_of(find_journal(Path.cwd(), run))
    vendors = [undo.target.vendor for undo in undos]
    with connected(vendors, sandbox=sandbox, wire=wire, concurrency=1) as opened:
        made = _planned(undos, opened.send)
    if not json:
        show(made, as_json=False)
    if made.changes:
        _confirm(made, asked=not auto_approve, as_json=json)
    results = _carried_out(made, frozenset(), sandbox=sandbox, wire=wire, concurrency=1)
    code = _exit_code(made, results)
    _show_results(made, results, code, as_json=json)
    raise typer.Exit(code)


def _planned(undos: list[Undo], send: Send) -> Plan:
    from vaxctl import __version__
    from vaxctl.plan.change import TargetFailure, TargetPlan
    from vaxctl.plan.planning import plan_of

    planned = [_planned_one(undo, send) for undo in undos]
    targets = [one for one in planned if isinstance(one, TargetPlan)]
    failures = [one for one in planned if isinstance(one, TargetFailure)]
    return plan_of(targets, failures, env=None, tool_version=__version__)


def _planned_one(undo: Undo, send: Send) -> TargetPlan | TargetFailure:
    from vaxctl.errors import RefusedAsUnsafe, VaxctlError
    from vaxctl.plan.change import TargetFailure
    from vaxctl.plan.rolling_back import plan_undo
    from vaxctl.vendors.exchange import run
    from vaxctl.vendors.vendor import vendor

    try:
        if undo.target.id is None:
            raise RefusedAsUnsafe(undo.notes[0])
        return plan_undo(undo, run(vendor(undo.target.vendor).read(undo.target), send))
    except VaxctlError as error:
        return TargetFailure(undo.compiled, undo.target.vendor, error, undo.target.id)
