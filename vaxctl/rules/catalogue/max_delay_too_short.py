"""The cap on the endpointing delay cuts callers off in their pauses.

## What it finds
`endpointing.max_delay_ms` under the delay in force; or, with mode semantic or hybrid, under 1,400 ms.

## Why it matters
The cap ends a turn whatever was said, so it undoes what semantic endpointing decided. Of callers' pauses
within a turn one in twenty is longer than 1.4 s in two-channel recordings and 2.5 s in call-centre ones
(LiveKit agents, pull request 3640, which set its own cap to 3 s). Digits and addresses are dictated with
such pauses.

## What to do
Use 2,000 to 3,000 ms; 2,500 is the default.

## Bad
```yaml
endpointing: {mode: semantic, max_delay_ms: 800}
```

## Good
```yaml
endpointing: {mode: semantic, max_delay_ms: 2500}
```

## Excuse
```yaml
max_delay_ms: 1200  # vaxctl: allow max-delay-too-short -- yes-or-no questions only
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

_SHORTEST_MS = 1_400


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a cap that stands in the profile and is under the delay, or under callers' pauses."""
    endpointing, delay = checked(loaded).endpointing, checked(loaded).delay_ms
    cap = endpointing.max_delay_ms
    if not loaded.owns("endpointing.max_delay_ms"):
        return
    if cap < delay:
        message = f"the cap of {cap} ms is under the delay of {delay} ms in force"
    elif endpointing.mode != "silence" and cap < _SHORTEST_MS:
        message = (
            f"the cap of {cap} ms ends turns in mid-thought, whatever {endpointing.mode} endpointing decides"
        )
    else:
        return
    advice = "use 2000 to 3000: callers' longest pauses are 1.4 to 2.5 s"
    yield loaded.finding("max-delay-too-short", SEVERITY, message, "endpointing.max_delay_ms", advice)
