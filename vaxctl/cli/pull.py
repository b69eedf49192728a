"""`vaxctl pull`: a live agent as a profile, to begin with or to take a drift into the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Json, Sandbox, Vendor, WireKind

if TYPE_CHECKING:
    from vaxctl.vendors.decompiling import Fragment


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=Command, epilog="vaxctl pull --target vapi --id 5ca1ab1e-0000-4000-8000-000000000001 --sandbox"
    )(pull)


def pull(
    target: Vendor,
    agent_id: Annotated[str, typer.Option("--id", metavar="ID", help="The agent's or assistant's id.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write here instead of stdout; never overwrites."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="The profile's name.")] = None,
    sandbox: Sandbox = False,
    wire: WireKind = "httpx",
    json: Json = False,
) -> None:
    """Write a live agent as a profile.

    What a profile has no key for stands below it as comments.
    """
    from vaxctl.cli.connecting import connected
    from vaxctl.cli.console import out as print_out
    from vaxctl.cli.console import out_json
    from vaxctl.vendors.decompiling import as_profile_text, decompile
    from vaxctl.vendors.exchange import run
    from vaxctl.vendors.live import Target
    from vaxctl.vendors.vendor import vendor

    flat, agent_id = vendor(target), _plain_id(agent_id)
    with connected([target], sandbox=sandbox, wire=wire, concurrency=1) as opened:
        live = run(flat.read(Target(target, agent_id)), opened.send)
    fragment = decompile(flat, live)
    text = as_profile_text(fragment, target, agent_id, name or (out.stem if out else f"pulled-{target}"))
    if out is not None:
        _write(out, text)
    if json:
        out_json(_document(fragment, target, agent_id))
    elif out is None:
        print_out(text.rstrip("\n"))
    else:
        print_out(
            f"{out} written: {len(fragment.values)} settings, {len(fragment.remainder)} more left alone."
        )


def _plain_id(agent_id: str) -> str:
    from vaxctl.errors import InvalidInput

    if not agent_id or not all(c.isascii() and (c.isalnum() or c in "_-") for c in agent_id):
        raise InvalidInput(f"{agent_id[:60]!r} is no id", help="ids hold letters, digits, - and _")
    return agent_id


def _write(out: Path, text: str) -> None:
    from vaxctl.errors import InvalidInput

    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InvalidInput(f"{out} is there already", help="choose another name") from error
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror}") from error


def _document(fragment: Fragment, target: str, agent_id: str) -> dict[str, Any]:
    from vaxctl.plan.redaction import shown

    rest = [{"kind": r.kind, "path": r.path, "value": shown(r.path, r.value)} for r in fragment.remainder]
    return {
        "format_version": "1.0",
        "type": "pull",
        "vendor": target,
        "id": agent_id,
        "profile": fragment.tree(),
        "remainder": rest,
        "notes": list(fragment.notes),
    }
