"""The endpointing delay lies outside the band of its call type.

## What it finds
`endpointing.delay_ms` under or over the band of `call_type`: 380-420 ms for outbound-qualification, 480-550
ms for inbound-service, 600-800 ms for complex-questions.

## Why it matters
Under the band the agent answers into a pause of the caller; over it every answer starts with dead air. The
bands are those of the field report (2,000 calls per arm, 2026); its good set-up kept premature cut-offs at
1.8 %.

## What to do
(Where no `call_type` is named the default, inbound-service, is only a guess, and this is a note.)
Move the delay into the band, or name the call type that the campaign really has. Leave the key out, and the
middle of the band is used.

## Bad
```yaml
call_type: complex-questions
endpointing: {delay_ms: 400}
```

## Good
```yaml
call_type: complex-questions
endpointing: {delay_ms: 700}
```

## Excuse
```yaml
delay_ms: 450  # vaxctl: allow endpointing-outside-band -- tuned on 3,000 of our own calls, 2026-10
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
    """Find a delay that stands in the profile and is out of its band."""
    from vaxctl.profile.model import BANDS_MS

    delay, call_type = checked(loaded).endpointing.delay_ms, checked(loaded).call_type
    low, high = BANDS_MS[call_type]
    if delay is None or low <= delay <= high:
        return
    side, effect = (
        ("under", "cuts callers off in their pauses") if delay < low else ("over", "leaves dead air")
    )
    named = loaded.owns("call_type")
    whose = f"{call_type} calls" if named else f"{call_type} calls, the default call type"
    message = f"{delay} ms is {side} the band of {whose}, {low} to {high} ms: it {effect}"
    related = related_to(loaded, "call_type", "the call type is set here")
    advice = (
        f"use {low} to {high}, or the call type that these calls have"
        if named
        else "name the call_type of these calls"
    )
    severity = SEVERITY if named else Severity.INFO
    yield loaded.finding(
        "endpointing-outside-band", severity, message, "endpointing.delay_ms", advice, related=related
    )
