"""The VAD threshold misses soft speech.

## What it finds
`vad.threshold` over 0.75.

## Why it matters
Short and soft answers are what a high threshold loses first: on pipecat's default of 0.7 users report "yes"
and "no" going unheard (pipecat issue 984). Recall of Silero v6.2 falls from 0.961 at 0.3 to 0.938 at 0.5
and 0.930 at 0.55 on clean speech (ten-vad test set, measured for vaxctl, 2026-11). Nobody has published a
phone campaign above 0.75.

## What to do
Go back to 0.5 to 0.7, and hold noise off with `vad.min_speech_ms` or `barge_in.min_words` instead.

## Bad
```yaml
vad: {threshold: 0.85}
```

## Good
```yaml
vad: {threshold: 0.6}
```

## Excuse
```yaml
threshold: 0.8  # vaxctl: allow threshold-too-deaf -- kiosk with a microphone at 5 cm
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

_CEILING = 0.75


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a threshold that stands in the profile and is too high."""
    threshold = checked(loaded).vad.threshold
    if not loaded.owns("vad.threshold") or threshold <= _CEILING:
        return
    message = f"threshold {threshold:g} misses soft and short answers"
    advice = "use 0.5 to 0.7, and hold noise off with min_speech_ms or barge_in.min_words"
    yield loaded.finding("threshold-too-deaf", SEVERITY, message, "vad.threshold", advice)
