"""`vaxctl plan`: what apply would change, and what callers would notice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Concurrency, Detailed, Env, Json, Only, Paths, Sandbox, Verbose, WireKind

if TYPE_CHECKING:
    from vaxctl.plan.change import Plan


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=Command,
        epilog="vaxctl plan profile.yaml --sandbox\nvaxctl plan profiles/ --env staging --out plan.json",
    )(plan)


def plan(
    paths: Paths,
    env: Env = None,
    target: Only = None,
    sandbox: Sandbox = False,
    wire: WireKind = "httpx",
    json: Json = False,
    detailed_exitcode: Detailed = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, for `apply --plan FILE`.")
    ] = None,
    concurrency: Concurrency = 4,
    verbose: Verbose = False,
) -> None:
    """Compare profiles with the live agents. Reads only."""
    from vaxctl.errors import ExitCode
    from vaxctl.plan.document import plan_document

    if out is not None:
        _check_can_save(out)
    made = planned(paths, env, target, sandbox=sandbox, wire=wire, concurrency=concurrency)
    if out is not None:
        _save(out, plan_document(made))
    show(made, as_json=json, verbose=verbose)
    if made.failures:
        raise typer.Exit(failure_code(made))
    if made.changes and not json:
        tell_next(made, paths, env, target, sandbox=sandbox, wire=wire, saved=out)
    if detailed_exitcode and made.changes:
        raise typer.Exit(ExitCode.CHANGES_PENDING)


def tell_next(
    made: Plan,
    paths: list[Path],
    env: str | None,
    target: str | None,
    *,
    sandbox: bool,
    wire: str,
    saved: Path | None = None,
) -> None:
    """Say on stderr which command carries this plan out, with the same options and every consent that it needs."""
    import shlex

    from vaxctl.cli.console import err

    words = ["vaxctl", "apply", *map(str, paths)]
    for option, value in (("--env", env), ("--target", target), ("--plan", saved)):
        words += [option, str(value)] if value is not None else []
    words += ["--sandbox"] if sandbox else []
    words += ["--wire", wire] if wire != "httpx" else []
    consents = [consent for one in made.targets for consent in one.consent_ids]
    for consent in consents:
        words += ["--overwrite", consent]
    what = "To carry it out, and over what others did" if consents else "To carry it out"
    err(f"{what}: {shlex.join(words)}")


def planned(
    paths: list[Path], env: str | None, target: str | None, *, sandbox: bool, wire: str, concurrency: int
) -> Plan:
    """Load, check and plan; what the rules say of the result is shown on stderr."""
    from vaxctl import __version__
    from vaxctl.cli.connecting import connected
    from vaxctl.cli.console import Progress
    from vaxctl.cli.gathering import gather, tell_links, usable, wanted_targets
    from vaxctl.errors import InvalidInput
    from vaxctl.plan.fleet import plan_fleet
    from vaxctl.vendors.vendor import NAMES

    if target is not None and target not in NAMES:
        raise InvalidInput(f"there is no vendor {target!r}", help=f"known: {', '.join(NAMES)}")
    gathered = usable(gather(paths, env))
    tell_links(gathered)
    wanted = wanted_targets(gathered, target)
    vendors = [compiled.vendor for compiled, _ in wanted]
    with connected(vendors, sandbox=sandbox, wire=wire, concurrency=concurrency) as opened:
        made = plan_fleet(
            wanted,
            opened.send,
            env=env,
            tool_version=__version__,
            concurrency=concurrency,
            progress=Progress("planning"),
        )
    warn(made)
    return made


def warn(made: Plan) -> None:
    """Show on stderr what the vendors' rules say of the agents as they would be."""
    import sys

    from vaxctl.cli.console import err, style
    from vaxctl.report.findings_text import headline
    from vaxctl.vendors.judging import live_findings, settings_shelf

    shelf = settings_shelf()
    found = (
        f for target in made.targets for f in live_findings(target.compiled, target.desired.trees, shelf)
    )
    for finding in dict.fromkeys(found):
        err(headline(finding, style(sys.stderr)) + (f"\n  help: {finding.help}" if finding.help else ""))


def show(made: Plan, *, as_json: bool, verbose: bool = False, kind: str = "plan") -> None:
    """Print a plan, as text or as one JSON document."""
    from vaxctl.cli.console import out, out_json, style, width
    from vaxctl.plan.document import plan_document
    from vaxctl.report.plan_text import drift_text, plan_text

    if as_json:
        out_json(plan_document(made, kind))
    elif kind == "drift":
        out(drift_text(made, style(), width()))
    else:
        out(plan_text(made, style(), width(), verbose=verbose))


def failure_code(made: Plan) -> int:
    """Return the exit code of the gravest failure: a wrong key before an unreachable vendor before the rest."""
    from vaxctl.errors import ExitCode

    codes = {failure.error.exit_code for failure in made.failures}
    order = (
        ExitCode.CREDENTIALS,
        ExitCode.VENDOR_UNAVAILABLE,
        ExitCode.UNSAFE,
        ExitCode.CONFLICT,
        ExitCode.INVALID,
    )
    return int(next((code for code in order if code in codes), ExitCode.UNEXPECTED))


def _check_can_save(path: Path) -> None:
    """Raise InvalidInput where something stands at `path` that is no plan of ours: it would be lost."""
    import json as json_module

    from vaxctl.errors import InvalidInput

    if not path.exists():
        return
    try:
        found = json_module.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    ours = isinstance(found, dict) and found.get("type") == "plan" and "format_version" in found
    if not ours:
        raise InvalidInput(
            f"{path} is there already and is no saved plan", help="name another file; nothing was written"
        )


def _save(path: Path, document: dict[str, object]) -> None:
    """Write a plan file whole or not at all."""
    import json as json_module

    from vaxctl.errors import InvalidInput

    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(json_module.dumps(document, indent=2) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InvalidInput(f"the plan cannot be saved to {path}: {error.strerror}") from error
