"""The profile asks for more speech than Vapi can hold.

## What it finds
`vad.min_speech_ms` over 500 in a profile for Vapi: 500 is sent.

## Why it matters
`stopSpeakingPlan.voiceSeconds` ends at 0.5 (Vapi OpenAPI document, 2026-08-18), and a higher value is
refused. A profile that asks for 800 ms against a noisy line gets 500 at Vapi, while the local agent, on which
it was tried, keeps 800: what was measured is not what callers get.

## What to do
Write 500 or less, and take out noise with `noise_suppression` instead; or let a word decide with
`barge_in.min_words: 1`. 200 ms is the published good value.

## Bad
```yaml
vad: {min_speech_ms: 800}
targets: {vapi: {assistant_id: a1}}
```

## Good
```yaml
vad: {min_speech_ms: 200}
targets: {vapi: {assistant_id: a1}}
```

## Excuse
```yaml
min_speech_ms: 800  # vaxctl: allow vapi-min-speech-capped -- meant for the local agent; 500 at Vapi is fine
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.subject import Subject

SEVERITY = Severity.WARNING

_VOICE, _KEY = "stopSpeakingPlan.voiceSeconds", "vad.min_speech_ms"
_MOST_MS = 500


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find a minimum of speech that was cut down to what Vapi takes."""
    profile = subject.compiled.loaded.profile
    sent = any(leaf.at == _VOICE and leaf.origin == _KEY for leaf in subject.compiled.leaves)
    if profile is None or not sent or profile.vad.min_speech_ms <= _MOST_MS:
        return
    message = f"Vapi holds at most {_MOST_MS} ms of speech before a barge-in, not {profile.vad.min_speech_ms}"
    advice = f"write {_MOST_MS} or less; against noise, noise_suppression does more"
    yield subject.finding("vapi-min-speech-capped", SEVERITY, message, _VOICE, advice)
