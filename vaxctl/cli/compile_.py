"""`vaxctl compile`: a profile in a vendor's words, with what is exact, approximate and unsupported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Env, Json, Profile, Vendor

if TYPE_CHECKING:
    from vaxctl.cli.gathering import Gathered
    from vaxctl.vendors.compiled import Compiled


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compile", cls=Command, epilog="vaxctl compile profile.yaml --target vapi")(compile_)


def compile_(
    profile: Profile,
    target: Vendor,
    env: Env = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 4 when anything is approximate or unsupported.")
    ] = False,
    json: Json = False,
) -> None:
    """Print what a profile becomes at a vendor. Offline."""
    from vaxctl.cli.gathering import gather, usable
    from vaxctl.errors import ExitCode, InvalidInput, PolicyViolated
    from vaxctl.vendors.capability import Status
    from vaxctl.vendors.vendor import NAMES

    if target not in NAMES:
        raise InvalidInput(f"there is no vendor {target!r}", help=f"known: {', '.join(NAMES)}")
    if profile.is_dir():
        raise InvalidInput(f"{profile} is a folder; compile takes one profile")
    gathered = gather([profile], env, (target,))
    usable(gathered)  # a body with a secret in it is not shown either
    inexact = [c for c in gathered.compiled[0].capabilities if c.status is not Status.EXACT]
    if json:
        _print_json(gathered)
    else:
        _print_text(gathered.compiled[0])
    if strict and inexact:
        if json:
            raise typer.Exit(ExitCode.POLICY)
        raise PolicyViolated(f"{len(inexact)} settings are not exact at {target} (--strict)")


def _document(gathered: Gathered) -> dict[str, Any]:
    from vaxctl.report.findings_json import as_json

    compiled = gathered.compiled[0]
    return {
        "format_version": "1.0",
        "type": "compile",
        "profile": compiled.loaded.profile.name if compiled.loaded.profile else None,
        "resources": _resources(compiled),
        "capabilities": [
            {
                "path": c.path,
                "status": c.status.value,
                "vendor_path": c.vendor_path,
                "note": c.note,
                "source": c.source,
            }
            for c in compiled.capabilities
        ],
        "diagnostics": [as_json(finding) for finding in gathered.findings],
    }


def _resources(compiled: Compiled) -> list[dict[str, Any]]:
    from vaxctl.plan.redaction import shown

    bodies = ((kind, compiled.body(kind)) for kind in compiled.kinds)
    return [
        {"vendor": compiled.vendor, "kind": kind, "body": shown("", body)} for kind, body in bodies if body
    ]


def _print_json(gathered: Gathered) -> None:
    from vaxctl.cli.console import out_json

    out_json(_document(gathered))


def _print_text(compiled: Compiled) -> None:
    from vaxctl.cli.console import out, style, width
    from vaxctl.report.capabilities_text import capabilities_text

    for resource in _resources(compiled):
        out(style().bold(f"{resource['vendor']} {resource['kind']}"))
        out(json.dumps(resource["body"], indent=2, ensure_ascii=False))
    out("")
    out(capabilities_text(compiled.capabilities, style(), width()))
