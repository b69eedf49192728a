"""The VAD threshold takes noise for speech.

## What it finds
`vad.threshold` under 0.4 anywhere, or under 0.5 where `campaign.caller_setting` is open-office, car, street
or public-place. Under 0.4 in such a setting it is an error.

## Why it matters
Threshold 0.3 on car commuters gave 22 % false barge-ins, against 3.2 % in the set-up with 0.55, and was
paused on day 3 (field report, 2026). On 400 recordings of everyday sounds without speech, Silero v6.2 took
17.0 % for speech at 0.3 with 64 ms, 8.8 % at 0.5 with 96 ms and 3.8 % at 0.5 with 250 ms (ESC-10, measured
for vaxctl, 2026-11).

## What to do
Go to 0.5 to 0.6. When quiet callers are then missed, mend the sound first: `noise_suppression`, and see
that the line's level is right.

## Bad
```yaml
campaign: {caller_setting: car}
vad: {threshold: 0.3}
```

## Good
```yaml
campaign: {caller_setting: car}
vad: {threshold: 0.55}
```

## Excuse
```yaml
# vaxctl: allow threshold-too-sensitive -- a line at -38 dBFS whose gain we cannot change
threshold: 0.35
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.rules.noise import is_noisy
from vaxctl.rules.places import checked, related_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.WARNING

_FLOOR = 0.4
_NOISY_FLOOR = 0.5


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a threshold that stands in the profile and is too low for its callers."""
    threshold, noisy = checked(loaded).vad.threshold, is_noisy(checked(loaded))
    floor = _NOISY_FLOOR if noisy else _FLOOR
    if not loaded.owns("vad.threshold") or threshold >= floor:
        return
    severity = Severity.ERROR if noisy and threshold < _FLOOR else SEVERITY
    where = f" for callers in the setting {checked(loaded).campaign.caller_setting!r}" if noisy else ""
    message = f"threshold {threshold:g} takes noise for speech{where}; 0.3 in cars gave 22 % false barge-ins"
    related = related_to(loaded, "campaign.caller_setting", "the callers are here")
    advice = f"use {floor:g} or more; the published good set-up has 0.55"
    yield loaded.finding(
        "threshold-too-sensitive", severity, message, "vad.threshold", advice, related=related
    )
