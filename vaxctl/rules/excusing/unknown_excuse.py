"""An excuse names no rule that there is.

## What it finds
A comment `vaxctl: allow …` whose rule id is misspelt, missing, or belongs to no rule; and a comment that
begins with `vaxctl:` and goes on with anything but `allow`.

## Why it matters
It excuses nothing, though somebody thought it did. What makes a profile unusable (a wrong type, an unknown
key) is no rule's finding and cannot be excused (vaxctl's own policy, 2026-11).

## What to do
Write the id that stands in brackets at the end of the finding.

## Bad
```yaml
vad:
  threshold: 0.55  # vaxctl: allow threshold-too-sensible -- quiet line
```

## Good
```yaml
vad:
  threshold: 0.35  # vaxctl: allow threshold-too-sensitive -- quiet line
```

## Excuse
It cannot be excused; `vaxctl.toml` can weigh it differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.source.document import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.rules.excuses import Ledger

SEVERITY = Severity.WARNING
_FORM = "write `vaxctl: allow RULE-ID -- reason`"


def check(ledger: Ledger) -> Iterator[Diagnostic]:
    """Find excuses that no rule answers to."""
    for excuse in ledger.excuses:
        if not excuse.ids:
            yield excuse.finding(
                "unknown-excuse", SEVERITY, "this comment speaks to vaxctl and names no rule", _FORM
            )
        for name in excuse.ids:
            if name not in ledger.known:
                near = closest(name, ledger.known)
                advice = f"did you mean {near}?" if near else _FORM
                yield excuse.finding(
                    "unknown-excuse", SEVERITY, f"there is no rule {name!r} to excuse", advice
                )
