"""The endpointing delay is shorter than the silence that ends speech.

## What it finds
An endpointing delay in force under `vad.min_silence_ms`. A note where only one of the two stands in the
profile.

## Why it matters
Both count from the last frame of speech, so a turn ends no earlier than the longer of the two: a delay
under `min_silence_ms` changes nothing. Elsewhere the two add up, which is no better: LiveKit's users met
both readings (LiveKit agents issues 4325 and 6726, read 2026-11).

## What to do
Lower `vad.min_silence_ms` to the delay or under it, or write the delay that callers get.

## Bad
```yaml
vad: {min_silence_ms: 600}
endpointing: {delay_ms: 500}
```

## Good
```yaml
vad: {min_silence_ms: 400}
endpointing: {delay_ms: 500}
```

## Excuse
```yaml
delay_ms: 380  # vaxctl: allow delay-under-min-silence -- min_silence_ms is for the local agent only
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
    """Find a delay without effect, at the delay if that stands in the profile, else at the silence."""
    delay, silence = checked(loaded).delay_ms, checked(loaded).vad.min_silence_ms
    at_delay, at_silence = "endpointing.delay_ms", "vad.min_silence_ms"
    owned = [path for path in (at_delay, at_silence) if loaded.owns(path)]
    if delay >= silence or not owned:
        return
    severity = SEVERITY if len(owned) > 1 else Severity.INFO
    message = (
        f"turns end {silence} ms after the last speech, not {delay}: vad.min_silence_ms is the longer one"
    )
    related = related_to(loaded, at_silence, "the silence is set here") if owned[0] == at_delay else ()
    advice = f"use a vad.min_silence_ms of {delay} or less, or a delay of {silence}"
    yield loaded.finding("delay-under-min-silence", severity, message, owned[0], advice, related=related)
