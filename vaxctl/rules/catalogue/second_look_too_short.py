"""The second look at a barge-in has no time to hear that somebody speaks.

## What it finds
`false_barge_in.timeout_ms` under 700 ms while `false_barge_in.validate` and `barge_in.enabled` are true.

## Why it matters
What is undecided at the time-out counts as false, and the agent speaks on. The second look of the local agent takes
448 ms of certain speech for an attempt at the floor. Of 80 clips of speech none got it within 400 ms; with 448 ms
9 clips were missed, with 500 ms 1 clean and 2 at 10 dB (measured 2026-11, benchmarks/barge_in.py's reported part). Those
are fluent voices: speech in a noisy place may take 1,088 ms, so 700 leaves room, and no more.

## What to do
Leave it at 2,000 ms, the default: the agent is silent meanwhile, and a noise is known for one as soon as it ends.
To have no second look, set `validate: false`.

## Bad
```yaml
false_barge_in: {timeout_ms: 400}
```

## Good
```yaml
false_barge_in: {timeout_ms: 2000}
```

## Excuse
```yaml
timeout_ms: 500  # vaxctl: allow second-look-too-short -- only interrupt phrases may stop this agent
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.rules.places import checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.WARNING

_SHORTEST_MS = 700


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a second look that ends before half a second of speech can be heard."""
    profile = checked(loaded)
    look = profile.false_barge_in
    if not profile.barge_in.enabled or not look.validate_ or look.timeout_ms >= _SHORTEST_MS:
        return
    message = (
        f"a second look of {look.timeout_ms} ms is over before the 448 ms of certain speech that it needs"
    )
    advice = "use 2000, the default; or validate: false for no second look"
    yield loaded.finding("second-look-too-short", SEVERITY, message, "false_barge_in.timeout_ms", advice)
