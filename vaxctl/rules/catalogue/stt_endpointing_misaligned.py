"""The recogniser's endpointing runs into the delay above it: the double cut-off.

## What it finds
`stt.endpointing_ms` over 80 % of the endpointing delay in force (the profile's, or the middle of its call
type's band).

## Why it matters
Two timers count the same silence. The recogniser closes its transcript after `stt.endpointing_ms`; the turn
ends `endpointing.delay_ms` after the last speech. When the first is close to the second or over it, the
turn is decided before the last words have come; where a platform starts its own count at the transcript,
the two add up instead (Vapi's speaking plan runs on top of the transcriber's endpointing; LiveKit agents
issues 4325 and 6726; read 2026-11). Callers are cut off twice, or wait twice.

## What to do
Keep the recogniser at 80 % of the delay or less, leaving time for the transcript: 300 ms under 400 ms.
Deepgram's advice for pauses within a thought is 300 to 500 ms, so with a long delay there is room for both.

## Bad
```yaml
endpointing: {delay_ms: 500}
stt: {endpointing_ms: 500}
```

## Good
```yaml
endpointing: {delay_ms: 500}
stt: {endpointing_ms: 300}
```

## Excuse
```yaml
endpointing_ms: 500  # vaxctl: allow stt-endpointing-misaligned -- the provider takes no less than 500
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

_MOST = 0.8


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find recogniser endpointing that stands in the profile, close to the delay above it or over it."""
    below, delay = checked(loaded).stt.endpointing_ms, checked(loaded).delay_ms
    if below is None or below <= _MOST * delay:
        return
    how = "over" if below > delay else "as long as" if below == delay else "close to"
    what = f"the recogniser waits {below} ms, {how} the endpointing delay of {delay} ms"
    message = f"{what}: turns are cut off, or waited for, twice"
    advice = f"use {int(_MOST * delay)} or less here, or a longer endpointing.delay_ms"
    related = related_to(loaded, "endpointing.delay_ms", "the delay above it is set here")
    yield loaded.finding(
        "stt-endpointing-misaligned", SEVERITY, message, "stt.endpointing_ms", advice, related=related
    )
