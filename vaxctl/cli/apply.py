"""`vaxctl apply`: carry a plan out, verify it, and say what became of each agent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.helping import Command
from vaxctl.cli.options import Concurrency, Env, Json, Only, Paths, Sandbox, WireKind

if TYPE_CHECKING:
    from vaxctl.plan.applying import Applied
    from vaxctl.plan.change import Plan


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=Command,
        epilog="vaxctl apply profile.yaml --sandbox\nvaxctl apply profiles/ --env staging --plan plan.json",
    )(apply)


def apply(
    paths: Paths,
    env: Env = None,
    target: Only = None,
    sandbox: Sandbox = False,
    wire: WireKind = "httpx",
    json: Json = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Taken as plan takes it; here it changes nothing.")
    ] = False,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")] = False,
    overwrite: Annotated[
        list[str] | None,
        typer.Option(
            "--overwrite",
            metavar="ID",
            help="Overwrite this drift-…, or publish this publish-…, as plan names it; may be given again.",
        ),
    ] = None,
    saved: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Apply this saved plan; what is stale is left alone."),
    ] = None,
    concurrency: Concurrency = 4,
) -> None:
    """Plan, ask, write, read again, verify.

    Without a terminal nothing is asked: give --auto-approve, or a saved plan.
    """
    from vaxctl.cli.plan import planned, show

    del detailed_exitcode  # accepted so that plan and apply can be given the same options
    made = planned(paths, env, target, sandbox=sandbox, wire=wire, concurrency=concurrency)
    accepted = _known_drift(made, overwrite or [])
    made = made if saved is None else _bound(made, saved)
    if not json:
        show(made, as_json=False)
    if made.changes:
        _confirm(made, asked=not auto_approve and saved is None, as_json=json)
    results = _carried_out(made, accepted, sandbox=sandbox, wire=wire, concurrency=concurrency)
    code = _exit_code(made, results)
    _show_results(made, results, code, as_json=json)
    raise typer.Exit(code)


def _known_drift(made: Plan, overwrite: list[str]) -> frozenset[str]:
    from vaxctl.errors import PlanIsStale

    known = {consent for target in made.targets for consent in target.consent_ids}
    unknown = sorted(set(overwrite) - known)
    if unknown:
        listed = ", ".join(sorted(known)) or "none"
        message = f"there is no {', '.join(unknown)} to accept (any more)"
        raise PlanIsStale(message, help=f"plan again and look at it; now: {listed}")
    return frozenset(overwrite)


def _bound(made: Plan, saved: Path) -> Plan:
    """Keep the targets whose profile and live agent are what they were when the plan was saved; fail the others."""
    from dataclasses import replace

    from vaxctl.errors import PlanIsStale
    from vaxctl.plan.change import TargetFailure
    from vaxctl.plan.document import plan_document

    known = _saved_targets(saved, made)
    now = _by_target(plan_document(made))
    fresh, stale = [], []
    for target in made.targets:
        key = (target.target.vendor, target.target.id, target.compiled.loaded.file)
        why = _why_stale(known.get(key), now[key])
        if why is None:
            fresh.append(target)
        else:
            told = f"{key[0]} {key[1] or target.target.name}: {why}"
            error = PlanIsStale(told, help="plan again; it was left alone")
            stale.append(TargetFailure(target.compiled, key[0], error, key[1]))
    return replace(made, targets=tuple(fresh), failures=(*made.failures, *stale))


Key = tuple[str, str | None, str]


def _why_stale(saved: dict[str, Any] | None, now: dict[str, Any]) -> str | None:
    """Tell who moved since the plan was saved; None where nobody did, and the file tells what will be done."""
    if saved is None:
        return "it is not in the saved plan"
    was, is_ = saved["target"], now["target"]
    if was.get("desired_digest") != is_["desired_digest"]:
        moved = "the profile" if was.get("live_digest") == is_["live_digest"] else "the profile and the agent"
        return f"{moved} changed since the plan was saved"
    if was.get("live_digest") != is_["live_digest"]:
        return "the agent changed since the plan was saved"
    if saved != now:
        return "the saved plan tells something else than would be done: the file was edited, or vaxctl's marker changed"
    return None


def _by_target(document: dict[str, Any]) -> dict[Key, dict[str, Any]]:
    """Return what a plan's document says of each target: its own entry, and its resources."""
    return {
        (target["vendor"], target["id"], target["file"]): {
            "target": target,
            "resources": [
                one
                for one in document["resources"]
                if (one["vendor"], one["file"]) == (target["vendor"], target["file"])
            ],
        }
        for target in document["targets"]
    }


def _saved_targets(saved: Path, made: Plan) -> dict[Key, dict[str, Any]]:
    import json as json_module

    from vaxctl.errors import InvalidInput, PlanIsStale

    try:
        document: dict[str, Any] = json_module.loads(saved.read_text("utf-8"))
        major = str(document["format_version"]).split(".", 1)[0]
        targets = _by_target(document)
        bound = (document["env"], document["tool_version"], document["type"], major)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it does not hold what plan --out writes"
        raise InvalidInput(
            f"{saved} is no saved plan: {why}", help="make one: vaxctl plan … --out FILE"
        ) from error
    if bound != (made.env, made.tool_version, "plan", "1"):
        raise PlanIsStale(f"{saved} was made for another environment or by another vaxctl", help="plan again")
    return targets


def _confirm(made: Plan, *, asked: bool, as_json: bool) -> None:
    from vaxctl.cli.console import err, interactive
    from vaxctl.errors import RefusedAsUnsafe

    if not asked:
        return
    if as_json or not interactive():
        raise RefusedAsUnsafe("nobody is there to confirm", help="look at the plan, then add --auto-approve")
    count = sum(target.changes for target in made.targets)
    err(f"Apply this to {count} agent{'s' if count != 1 else ''}? Only `yes` goes on.")
    sys.stderr.write("> ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise RefusedAsUnsafe("not confirmed; nothing was written")


def _carried_out(
    made: Plan, accepted: frozenset[str], *, sandbox: bool, wire: str, concurrency: int
) -> list[Applied]:
    from threading import Lock

    from vaxctl.cli.connecting import connected
    from vaxctl.cli.console import Progress
    from vaxctl.plan.fleet import apply_fleet
    from vaxctl.plan.journal import Journal, open_journal

    opened: list[Journal] = []
    lock = Lock()

    def journal() -> Journal:
        with lock:
            if not opened:
                opened.append(open_journal(Path.cwd(), made.digest))
            return opened[0]

    vendors = [target.target.vendor for target in made.targets]
    try:
        with connected(vendors, sandbox=sandbox, wire=wire, concurrency=concurrency) as line:
            return apply_fleet(
                made,
                line.send,
                journal,
                accepted=accepted,
                concurrency=concurrency,
                progress=Progress("applying"),
            )
    finally:
        for one in opened:
            one.close()


def _exit_code(made: Plan, results: list[Applied]) -> int:
    from vaxctl.cli.plan import failure_code
    from vaxctl.errors import ExitCode
    from vaxctl.plan.applying import Outcome

    errors = [result.error for result in results if result.error is not None]
    wrote = any(result.outcome in {Outcome.APPLIED, Outcome.FAILED_MIDWAY} for result in results)
    if not errors and not made.failures:
        return int(ExitCode.DONE)
    if wrote:
        return int(ExitCode.PARTLY_APPLIED)
    return int(errors[0].exit_code) if errors else failure_code(made)


def _show_results(made: Plan, results: list[Applied], code: int, *, as_json: bool) -> None:
    from vaxctl.cli.console import out, out_json, style, width
    from vaxctl.plan.document import apply_document
    from vaxctl.report.plan_text import results_text

    if as_json:
        out_json(apply_document(made, results, code))
    elif made.changes:
        out("\n" + results_text(results, style(), width(), not_planned=len(made.failures)))
