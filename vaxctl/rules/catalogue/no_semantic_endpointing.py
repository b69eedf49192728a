"""A new campaign decides the end of a turn by silence alone.

## What it finds
`endpointing.mode: silence` while `campaign.deployment` is new, which it is unless the profile says
`established`.

## Why it matters
Silence cannot tell a pause for thought from an end: of callers' pauses within a turn, one in twenty is
longer than 2.5 s in call-centre recordings (LiveKit agents, pull request 3640). The published good set-up,
with semantic endpointing, had 1.8 % premature cut-offs (field report, 2026). A tuned delay can make silence
work, but a new campaign has no calls to tune it on.

## What to do
Use `semantic` or `hybrid`. Once the delay is tuned on your own calls, say `campaign.deployment:
established`.

## Bad
```yaml
endpointing: {mode: silence}
```

## Good
```yaml
endpointing: {mode: semantic}
```

## Excuse
```yaml
# vaxctl: allow no-semantic-endpointing -- spells out digits only, no sentences to understand
mode: silence
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.rules.places import checked, related_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.WARNING


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find endpointing by silence in a campaign that has no call data yet."""
    profile = checked(loaded)
    if profile.endpointing.mode != "silence" or profile.campaign.deployment != "new":
        return
    message = "silence alone decides that the caller has finished, in a campaign with no calls to tune it on"
    advice = "use semantic or hybrid; or say `campaign.deployment: established` once the delay is tuned"
    related = related_to(loaded, "campaign.deployment", "the deployment is given here")
    yield loaded.finding(
        "no-semantic-endpointing", SEVERITY, message, "endpointing.mode", advice, related=related
    )
