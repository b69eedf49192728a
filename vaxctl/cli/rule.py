"""`vaxctl rule`: a rule's page, or the list of all rules."""

from __future__ import annotations

from typing import Annotated

import typer

from vaxctl.cli import completing
from vaxctl.cli.helping import Command


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, epilog="vaxctl rule\nvaxctl rule threshold-too-sensitive")(rule)


def rule(
    rule_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="A rule's id; without one, all are listed.",
            autocompletion=completing.rules,
        ),
    ] = None,
) -> None:
    """Explain a rule: what it finds, why it matters, what to do."""
    from vaxctl.cli.console import out, style, width
    from vaxctl.errors import InvalidInput
    from vaxctl.report.style import table
    from vaxctl.source.document import closest
    from vaxctl.vendors.judging import every_rule

    rules = every_rule()
    if rule_id is None:
        rows = [
            (one.id, one.severity.value, one.summary) for one in sorted(rules.values(), key=lambda r: r.id)
        ]
        out(table(rows, ("rule", "severity", "what it finds"), width(), style()))
        return
    if rule_id not in rules:
        near = closest(rule_id, rules)
        advice = f"did you mean {near}?" if near else "vaxctl rule lists them all"
        raise InvalidInput(f"there is no rule {rule_id!r}", help=advice)
    found = rules[rule_id]
    out(style().bold(f"{found.id} ({found.severity.value})"))
    out("")
    out(found.page.strip())
