"""An excuse gives no reason.

## What it finds
A comment `vaxctl: allow RULE-ID` that does not go on with ` -- ` and a reason.

## Why it matters
An excuse outlives the person who wrote it. Without its reason nobody dares to take it out, and nobody can
tell whether it still holds. The finding that it covers stays covered, so that each line has one thing to
mend (vaxctl's own policy, 2026-11).

## What to do
Say why, in a few words that a stranger can check.

## Bad
```yaml
vad:
  threshold: 0.35  # vaxctl: allow threshold-too-sensitive
```

## Good
```yaml
vad:
  threshold: 0.35  # vaxctl: allow threshold-too-sensitive -- line at -38 dBFS, gain is not ours
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

SEVERITY = Severity.ERROR


def check(ledger: Ledger) -> Iterator[Diagnostic]:
    """Find excuses without a reason."""
    for excuse in ledger.excuses:
        if not excuse.reason:
            message = f"this excuse for {', '.join(excuse.ids) or 'nothing'} gives no reason"
            yield excuse.finding(
                "excuse-without-reason", SEVERITY, message, "go on with `-- ` and the reason"
            )
