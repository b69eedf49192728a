"""The speech a caller needs to stop the agent is set, and Vapi counts words instead.

## What it finds
`stopSpeakingPlan.voiceSeconds` (from `vad.min_speech_ms`) while `stopSpeakingPlan.numWords` is over 0. At
planning this is mostly a `numWords` that was set in the dashboard and that the profile does not own.

## Why it matters
Vapi stops the agent either on voice or on words: `voiceSeconds` is looked at only while `numWords` is 0
(Vapi OpenAPI document, 2026-08-18). With `numWords: 2` a minimum of 200 ms changes nothing, and callers talk
into the agent for 500 to 800 ms until two words are transcribed (VapiAI/gitops, learnings, 2026-06-08).

## What to do
Own the switch: `barge_in: {enabled: true}` or `min_words: 0` writes `numWords: 0`. Or keep the words, and
leave `vad.min_speech_ms` to the local agent.

## Bad
```yaml
vad: {min_speech_ms: 200}
targets:
  vapi:
    assistant_id: a1
    overrides: {stopSpeakingPlan: {numWords: 2}}
```

## Good
```yaml
vad: {min_speech_ms: 200}
barge_in: {enabled: true, min_words: 0}
targets: {vapi: {assistant_id: a1}}
```

## Excuse
```yaml
min_speech_ms: 200  # vaxctl: allow vapi-voice-seconds-ignored -- for Retell; at Vapi words decide
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

_VOICE = "stopSpeakingPlan.voiceSeconds"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find an owned voiceSeconds under a numWords that keeps it from counting."""
    words = (subject.trees.get("assistant", {}).get("stopSpeakingPlan") or {}).get("numWords")
    if not words or not any(leaf.at == _VOICE for leaf in subject.compiled.leaves):
        return
    message = f"numWords is {words:g}, so Vapi waits for words and voiceSeconds does not count"
    advice = "write barge_in.min_words: 0, or leave the length of speech out"
    yield subject.finding("vapi-voice-seconds-ignored", SEVERITY, message, _VOICE, advice)
