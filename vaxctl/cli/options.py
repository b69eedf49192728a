"""Options that several commands share, with one wording each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vaxctl.cli import completing

Paths = Annotated[list[Path], typer.Argument(metavar="PATH", help="Profiles, or folders of them.")]
Profile = Annotated[Path, typer.Argument(metavar="PROFILE", help="A profile.")]
Env = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="ENV",
        help="Environment: picks ids and overrides.",
        autocompletion=completing.environments,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="VENDOR",
        help="Only this vendor: retell or vapi.",
        autocompletion=completing.vendors,
    ),
]
Vendor = Annotated[
    str,
    typer.Option(
        "--target", metavar="VENDOR", help="Vendor: retell or vapi.", autocompletion=completing.vendors
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Use the built-in model of both vendors: no account, no network.")
]
WireKind = Annotated[
    str,
    typer.Option(
        "--wire",
        metavar="WIRE",
        help="httpx, or sdk (the vendors' own packages).",
        autocompletion=completing.wires,
    ),
]
Concurrency = Annotated[
    int,
    typer.Option("--concurrency", metavar="N", min=1, max=64, help="Requests under way at once, 1 to 64."),
]
Detailed = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 when there are changes to apply.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what is in sync too.")]
Database = Annotated[Path, typer.Option("--db", metavar="FILE", help="The sandbox's database.")]
