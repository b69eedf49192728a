"""The agent talks over callers until they have said several words.

## What it finds
`barge_in.min_words` of 2 or more while `barge_in.enabled` is true.

## Why it matters
Two words are 500 to 800 ms of both talking at once, and the recogniser garbles what is said in them (Vapi's
gitops field notes, read 2026-08). "Wait" and "stop" are one word: users report that more than two break
"wait, listen" (bolna issue 223).

## What to do
Ask for one word with noise suppression, or for none with `vad.min_speech_ms` of 200 or more. List "stop",
"wait" and the like under `barge_in.interrupt_phrases`, and the fillers under `ignore_phrases`.

## Bad
```yaml
barge_in: {min_words: 3}
```

## Good
```yaml
barge_in: {min_words: 1, interrupt_phrases: [stop, wait]}
```

## Excuse
```yaml
min_words: 2  # vaxctl: allow min-words-overlap -- speakerphone echo gets one word through
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

_MOST_WORDS = 1


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find more than one word asked for before the agent stops."""
    barge_in = checked(loaded).barge_in
    if not barge_in.enabled or barge_in.min_words <= _MOST_WORDS:
        return
    message = f"{barge_in.min_words} words before the agent stops: it talks over callers for 0.5 s and more"
    advice = "use 1 with noise suppression, or 0 with vad.min_speech_ms of 200 or more"
    if not barge_in.interrupt_phrases:
        advice += '; list "stop" and "wait" under interrupt_phrases'
    yield loaded.finding("min-words-overlap", SEVERITY, message, "barge_in.min_words", advice)
