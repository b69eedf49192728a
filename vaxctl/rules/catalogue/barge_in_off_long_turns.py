"""Callers cannot stop an agent that speaks for long.

## What it finds
`barge_in.enabled: false` with `campaign.longest_agent_turn_ms` of 5,000 ms or more; as a note where that
length is not given.

## Why it matters
With barge-in off and turns of 9 s, 34 % of conversations were completed, against 71 % with it on (field
report, 2,000 calls per arm, 2026). Callers who cannot stop a machine hang up on it.

## What to do
Turn barge-in on; to protect a legal notice use `barge_in.protect_first_message`. If it must stay off, have
no turn of 5 s or more, and say so in `campaign.longest_agent_turn_ms`.

## Bad
```yaml
campaign: {longest_agent_turn_ms: 9000}
barge_in: {enabled: false}
```

## Good
```yaml
campaign: {longest_agent_turn_ms: 9000}
barge_in: {enabled: true, protect_first_message: true}
```

## Excuse
```yaml
# vaxctl: allow barge-in-off-long-turns -- reads a legal text, counsel's order of 2026-09-02
enabled: false
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

_LONG_MS = 5_000


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find barge-in switched off over long turns, or over turns of unknown length."""
    longest = checked(loaded).campaign.longest_agent_turn_ms
    if checked(loaded).barge_in.enabled or (longest is not None and longest < _LONG_MS):
        return
    advice = "turn it on; protect_first_message is there for a text that must be heard to its end"
    if longest is None:
        severity, message = (
            Severity.INFO,
            "callers cannot stop the agent, and nothing says how long it speaks",
        )
        advice = f"{advice}. If all turns are short, say so in campaign.longest_agent_turn_ms"
    else:
        severity = SEVERITY
        message = (
            f"callers cannot stop turns of up to {longest / 1000:g} s; with 9 s, 34 % completed, not 71 %"
        )
    related = related_to(loaded, "campaign.longest_agent_turn_ms", "the longest turn is given here")
    yield loaded.finding(
        "barge-in-off-long-turns", severity, message, "barge_in.enabled", advice, related=related
    )
