"""Options that several commands share, with one wording each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Profiles, or folders of them.")]
Profile = Annotated[Path, typer.Argument(metavar="PROFILE", help="A profile.")]
Env = Annotated[str | None, typer.Option("--env", metavar="ENV", help="Environment: picks ids and overrides.")]
Only = Annotated[str | None, typer.Option("--target", metavar="VENDOR", help="Only this vendor: retell or vapi.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Use the built-in model of both vendors: no account, no network.")
]
WireKind = Annotated[str, typer.Option("--wire", metavar="WIRE", help="httpx, or sdk (the vendors' own packages).")]
Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=64, help="Requests under way at once.")]
Detailed = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 2 when there are changes to apply.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what is in sync too.")]
