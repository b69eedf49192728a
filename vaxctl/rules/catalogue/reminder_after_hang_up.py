"""The call ends before the agent asks whether the caller is there.

## What it finds
`silence.reminder_after_ms` at or over `silence.hang_up_after_ms`.

## Why it matters
Both count the same silence, so the reminder is never spoken and a caller who is looking for a number loses
the call without a word. Open test harnesses expect a check-in on a silent caller within 8 s (callback-voice
0.1.2, read 2026-11).

## What to do
Let the reminder come first, with time to answer it: 10 s and 30 s are the defaults.

## Bad
```yaml
silence: {reminder_after_ms: 30000, hang_up_after_ms: 20000}
```

## Good
```yaml
silence: {reminder_after_ms: 10000, hang_up_after_ms: 30000}
```

## Excuse
```yaml
# vaxctl: allow reminder-after-hang-up -- no reminder wanted; the key keeps the dashboard's value
reminder_after_ms: 30000
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
    """Find a reminder that comes too late, at whichever of the two keys stands in the profile."""
    silence = checked(loaded).silence
    reminder, hang_up = "silence.reminder_after_ms", "silence.hang_up_after_ms"
    if silence.reminder_after_ms < silence.hang_up_after_ms:
        return
    here, there = (reminder, hang_up) if loaded.owns(reminder) else (hang_up, reminder)
    ends, reminds = silence.hang_up_after_ms, silence.reminder_after_ms
    message = f"the call ends after {ends} ms of silence, and the reminder would come after {reminds} ms"
    advice = "let the reminder come first, and leave time to answer it"
    related = related_to(loaded, there, "the other time is set here")
    yield loaded.finding("reminder-after-hang-up", SEVERITY, message, here, advice, related=related)
