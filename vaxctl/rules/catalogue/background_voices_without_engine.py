"""Background voices cannot be removed while the suppressor is off.

## What it finds
`noise_suppression.background_voices: true` with the engine off, which it is unless the profile names one.

## Why it matters
Other people's voices are speech to any VAD: crowded-room babble triggers Silero v6.2 18 to 28 times a
minute (LiveKit's and pipecat's ambience recordings, measured for vaxctl, 2026-11). Removing them is a stage
of the suppressor, so with the engine off the key does nothing, and the babble stops the agent.

## What to do
Name the engine: `platform` where the vendor separates the main speaker, `rnnoise` or `nsnet2` locally.

## Bad
```yaml
noise_suppression: {background_voices: true, engine: off}
```

## Good
```yaml
noise_suppression: {background_voices: true, engine: platform}
```

## Excuse
```yaml
# vaxctl: allow background-voices-without-engine -- the engine is chosen per environment, all of which set it
background_voices: true
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
    """Find removal of voices asked for with nothing to do it."""
    suppression = checked(loaded).noise_suppression
    if not suppression.background_voices or suppression.engine != "off":
        return
    engine = "noise_suppression.engine"
    state = "the engine is off" if loaded.owns(engine) else "the profile names no engine"
    message = f"background voices are to be removed, but {state}"
    advice = "name the engine: platform, rnnoise or nsnet2"
    related = related_to(loaded, engine, "it is off here")
    here = "noise_suppression.background_voices"
    yield loaded.finding("background-voices-without-engine", SEVERITY, message, here, advice, related=related)
