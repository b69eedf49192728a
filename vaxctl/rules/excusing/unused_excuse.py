"""An excuse has nothing to excuse.

## What it finds
A comment `vaxctl: allow RULE-ID` in the checked file itself, on a line where that rule finds nothing. Bases
are not looked at, because another profile may need the excuse; nor is a value that is not in force, or a
rule that is off or was not asked.

## Why it matters
The value was mended and the excuse left behind: it would hide the next person's mistake on that line
(vaxctl's own policy, 2026-11).

## What to do
Take the comment out.

## Bad
```yaml
vad:
  threshold: 0.55  # vaxctl: allow threshold-too-sensitive -- quiet line
```

## Good
```yaml
vad:
  threshold: 0.55
```

## Excuse
It cannot be excused; `vaxctl.toml` can weigh it differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.rules.excuses import Ledger

SEVERITY = Severity.WARNING


def check(ledger: Ledger) -> Iterator[Diagnostic]:
    """Find excuses, in the checked file, for rules that were asked and found nothing there."""
    for excuse, name in ledger.unused():
        yield excuse.finding(
            "unused-excuse", SEVERITY, f"{name} finds nothing here to excuse", "take the comment out"
        )
