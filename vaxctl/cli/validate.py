"""`vaxctl validate`: everything that can be said of profiles offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vaxctl.cli import completing
from vaxctl.cli.helping import Command
from vaxctl.cli.options import Env, Paths

if TYPE_CHECKING:
    from vaxctl.cli.gathering import Gathered

_FORMATS = ("full", "concise", "json", "github", "sarif")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=Command,
        epilog="vaxctl validate profiles/\nvaxctl validate profiles/ --format github   # annotations in a pull request",
    )(validate)


def validate(
    paths: Paths,
    env: Env = None,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="full, concise, json, github or sarif.",
            autocompletion=completing.formats,
        ),
    ] = "full",
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
) -> None:
    """Check profiles offline: shape, ranges, rules, vendors' limits."""
    from vaxctl.cli.gathering import gather
    from vaxctl.errors import ExitCode, InvalidInput

    if format not in _FORMATS:
        raise InvalidInput(f"there is no format {format!r}", help=f"known: {', '.join(_FORMATS)}")
    gathered = gather(paths, env)
    _show(gathered, format)
    if gathered.invalid:
        raise typer.Exit(ExitCode.INVALID)
    if gathered.policy_broken or (strict and _warned(gathered)):
        raise typer.Exit(ExitCode.POLICY)


def _warned(gathered: Gathered) -> bool:
    from vaxctl.diagnostics import Severity

    return any(finding.severity is Severity.WARNING for finding in gathered.findings)


def _show(gathered: Gathered, format: str) -> None:
    from vaxctl.cli.console import err, out, out_json, style, width
    from vaxctl.cli.gathering import tell_links

    findings, files = gathered.findings, len(gathered.profiles)
    if format == "json":
        from vaxctl.report.findings_json import document

        out_json(document(findings, files))
    elif format == "sarif":
        from vaxctl import __version__
        from vaxctl.report.findings_sarif import log
        from vaxctl.vendors.judging import all_rules

        out_json(log(findings, all_rules(), __version__))
    elif format == "github":
        from vaxctl.report.findings_github import listing

        if text := listing(findings):
            out(text)
    elif format == "concise":
        from vaxctl.report.findings_text import concise

        out(concise(findings, files, style()))
    else:
        from vaxctl.report.findings_text import full

        out(full(findings, style(), width(), files))
    if format in {"full", "concise"}:
        tell_links(gathered)
    if gathered.skipped and format in {"full", "concise"}:
        err(f"{len(gathered.skipped)} other YAML files skipped: no `schema: vaxctl/v1`")
