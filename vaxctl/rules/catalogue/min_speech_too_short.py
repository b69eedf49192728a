"""A cough is long enough to stop the agent.

## What it finds
`vad.min_speech_ms` under 200 ms while `barge_in.enabled` is true. Where `barge_in.min_words` asks for words
it is only a note: voice alone does not stop the agent then.

## Why it matters
The published good set-up has 200 ms and 3.2 % false barge-ins (field report, 2026). On 400 recordings of
sounds without speech, going from 96 to 250 ms at threshold 0.5 takes false triggers from 1.41 to 0.45 a
minute (Silero v6.2, ESC-10, measured for vaxctl, 2026-11).

## What to do
Ask for 200 ms or more. It costs as much on the way to a true barge-in, so stay under about 400 ms.

## Bad
```yaml
vad: {min_speech_ms: 80}
```

## Good
```yaml
vad: {min_speech_ms: 200}
```

## Excuse
```yaml
# vaxctl: allow min-speech-too-short -- headsets in a quiet room, 1,200 calls listened to
min_speech_ms: 150
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

_FLOOR_MS = 200


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find a minimum of speech that stands in the profile and lets noise stop the agent."""
    profile = checked(loaded)
    length = profile.vad.min_speech_ms
    if not loaded.owns("vad.min_speech_ms") or length >= _FLOOR_MS or not profile.barge_in.enabled:
        return
    guarded = profile.barge_in.min_words > 0
    message = f"{length} ms of sound are enough to stop the agent: a cough, a door, a click"
    if guarded:
        message = f"{length} ms of sound count as speech; only min_words keeps noise from stopping the agent"
    severity = Severity.INFO if guarded else SEVERITY
    yield loaded.finding("min-speech-too-short", severity, message, "vad.min_speech_ms", "use 200 or more")
