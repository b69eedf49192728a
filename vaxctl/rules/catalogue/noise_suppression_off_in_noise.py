"""Noise suppression is off where callers are in noise.

## What it finds
`noise_suppression.engine: off` while `campaign.caller_setting` is open-office, car, street or public-place;
as a note where the engine is not in the profile, since each platform then does what it does by default.

## Why it matters
Suppression was part of the published good set-up (field report, 2026). In steady noise it helps: with
dishes at 0 dB the ROC area of Silero v6.2 goes from 0.831 to 0.930 under NSNet2, to 0.914 under RNNoise. It
also harms: of 100 short sounds without speech, 11 trigger at 0.5 with 96 ms without it, 31 under NSNet2 and
35 under RNNoise; limited to 20, 12 and 6 dB, NSNet2 triggers on 27, 19 and 15 (ten-vad test set and ESC-10,
measured for vaxctl, 2026-11).

## What to do
Turn it on, with `max_attenuation_db` of 6 to 20, `vad.min_speech_ms` of 200 or more, and measure false
barge-ins on your own calls. If it made them worse, excuse the line and say so.

## Bad
```yaml
campaign: {caller_setting: street}
noise_suppression: {engine: off}
```

## Good
```yaml
campaign: {caller_setting: street}
noise_suppression: {engine: rnnoise, max_attenuation_db: 12}
```

## Excuse
```yaml
# vaxctl: allow noise-suppression-off-in-noise -- slamming doors trigger more with it, 400 calls compared
engine: off
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.rules.noise import is_noisy
from vaxctl.rules.places import checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.WARNING


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a noisy setting without suppression, at the engine or, where that is absent, at the setting."""
    if not is_noisy(checked(loaded)) or checked(loaded).noise_suppression.engine != "off":
        return
    setting = checked(loaded).campaign.caller_setting
    if loaded.owns("noise_suppression.engine"):
        severity, here = SEVERITY, "noise_suppression.engine"
        message = f"noise suppression is off, and callers are in the setting {setting!r}"
    else:
        severity, here = Severity.INFO, "campaign.caller_setting"
        message = f"callers are in the setting {setting!r}, and the profile names no noise suppression"
    advice = "name an engine, with max_attenuation_db of 6 to 20: more lets bangs and coughs through"
    yield loaded.finding("noise-suppression-off-in-noise", severity, message, here, advice)
