"""The release threshold is too near to the threshold, too far below it, or above it.

## What it finds
`vad.release_threshold` at or above `vad.threshold` (an error), less than 0.05 under it, or more than 0.3
under it.

## Why it matters
Speech begins over the threshold and may end under the release threshold. With no gap, speech flickers on
and off within one word; with a wide one, breathing and line noise hold a finished turn open. Silero's own
iterator and LiveKit's plug-in use a gap of 0.15 (packages silero-vad 6.2.3 and livekit-plugins-silero
1.8.9, read 2026-11).

## What to do
Set it 0.1 to 0.2 under the threshold, or leave the key out: then it is 0.15 under it.

## Bad
```yaml
vad: {threshold: 0.5, release_threshold: 0.6}
```

## Good
```yaml
vad: {threshold: 0.5, release_threshold: 0.35}
```

## Excuse
```yaml
release_threshold: 0.15  # vaxctl: allow hysteresis-gap -- sung answers fade out; measured on our corpus
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

_NARROWEST = 0.05
_WIDEST = 0.3


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a release threshold that stands in the profile at a bad distance."""
    threshold, release = checked(loaded).vad.threshold, checked(loaded).vad.release_threshold
    if release is None:
        return
    gap = round(threshold - release, 4)
    if _NARROWEST <= gap <= _WIDEST:
        return
    severity = SEVERITY if gap > 0 else Severity.ERROR
    related = related_to(loaded, "vad.threshold", "the threshold is set here")
    advice = f"use about {max(threshold - 0.15, 0):g}, which is 0.15 under the threshold"
    message = f"release threshold {release:g} {_fault(gap, threshold)}"
    yield loaded.finding(
        "hysteresis-gap", severity, message, "vad.release_threshold", advice, related=related
    )


def _fault(gap: float, threshold: float) -> str:
    if gap <= 0:
        return f"is not under the threshold {threshold:g}: speech would end while it goes on"
    if gap < _NARROWEST:
        return f"is only {gap:g} under the threshold {threshold:g}: speech flickers within a word"
    return f"is {gap:g} under the threshold {threshold:g}: noise holds a finished turn open"
