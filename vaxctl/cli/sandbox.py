"""`vaxctl sandbox`: the built-in model of both vendors, as a server, shown, or reset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vaxctl.cli.helping import Command, Group
from vaxctl.cli.options import Database, Json

app = typer.Typer(
    cls=Group,
    epilog="vaxctl sandbox show\nvaxctl sandbox serve --port 8787",
    help="A model of both vendors' APIs, from their documents. It is a model, not the vendors.",
    no_args_is_help=True,
)

_FILE = Path(".vaxctl") / "sandbox.db"


def register(above: typer.Typer) -> None:
    """Add the group of commands."""
    above.add_typer(app, name="sandbox")


@app.command(cls=Command, epilog="vaxctl sandbox serve --fault '429:7@PATCH /vapi*2'")
def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port; 0 picks a free one.")
    ] = 8787,
    db: Database = _FILE,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="SPEC",
            help="Misbehave, e.g. 429:7@PATCH /vapi*2; `vaxctl sandbox faults` lists all kinds.",
        ),
    ] = None,
    versioning: Annotated[
        str, typer.Option("--versioning", metavar="MODE", help="Vapi's assistant versions: off, on or draft.")
    ] = "off",
) -> None:
    """Serve both vendors on loopback until interrupted."""
    from vaxctl.cli.connecting import open_sandbox
    from vaxctl.cli.console import err
    from vaxctl.errors import InvalidInput
    from vaxctl.sandbox.serve import serve as serve_forever

    if versioning not in {"off", "on", "draft"}:
        raise InvalidInput(f"versioning is off, on or draft, not {versioning!r}")
    model = open_sandbox(db, tuple(fault or ()), versioning)

    def started(bound: int) -> None:
        base = f"http://{host}:{bound}"
        err(f"A model of both vendors, not the vendors, at {base}. In another terminal:")
        err(f"  export VAXCTL_RETELL_BASE_URL={base}/retell RETELL_API_KEY=sandbox")
        err(f"  export VAXCTL_VAPI_BASE_URL={base}/vapi VAPI_API_KEY=sandbox")

    try:
        serve_forever(model, host, port, started=started)
    finally:
        model.close()


@app.command(cls=Command, epilog="vaxctl sandbox faults")
def faults() -> None:
    """List the faults that --fault takes, and their grammar."""
    from vaxctl.cli.console import out
    from vaxctl.sandbox import faults as kinds

    out((kinds.__doc__ or "").strip())


@app.command(cls=Command, epilog="vaxctl sandbox reset")
def reset(db: Database = _FILE) -> None:
    """Put the sandbox back to what a fresh one holds."""
    from vaxctl.cli.connecting import open_sandbox
    from vaxctl.cli.console import out
    from vaxctl.sandbox.seed import seed

    model = open_sandbox(db)
    model.store.clear()
    seed(model)
    model.close()
    out("The sandbox is as new: two Retell agents and two Vapi assistants that belong to somebody else.")


@app.command(cls=Command, epilog="vaxctl sandbox show\nvaxctl sandbox show agent_5ca1ab1e0000000000000001")
def show(
    object_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="One object; without, all are listed.")
    ] = None,
    db: Database = _FILE,
    json: Json = False,
) -> None:
    """List what the sandbox holds, or show one object."""
    import json as json_module

    from vaxctl.cli.connecting import open_sandbox
    from vaxctl.cli.console import out, out_json, style, width
    from vaxctl.plan.redaction import shown
    from vaxctl.report.style import table
    from vaxctl.sandbox.show import detail, overview

    model = open_sandbox(db)
    try:
        rows = detail(model, object_id) if object_id else overview(model)
    finally:
        model.close()
    rows = [shown("", row) for row in rows]
    if json:
        out_json({"format_version": "1.0", "type": "sandbox", "objects": rows})
    elif object_id:
        out(json_module.dumps(rows[-1]["body"], indent=2, ensure_ascii=False))
    else:
        paint = style()
        cells = [tuple(map(paint.visible, _cells(row))) for row in rows]
        out(table(cells, ("object", "version", "id", "name"), width(), paint))


def _cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    kind = {"conversation-flow": "flow"}.get(row["kind"], row["kind"])
    state = {True: " published", False: " draft", None: ""}[row["published"]]
    version = "" if row["version"] is None else str(row["version"])
    return f"{row['vendor']} {kind}", f"{version}{state}", row["id"], row["name"]
