"""`waitSeconds` is set like an endpointing delay, and it is none.

## What it finds
An override of `startSpeakingPlan.waitSeconds` of 0.3 or more in a profile of which nothing else at Vapi ends
turns.

## Why it matters
It is the field that looks like "wait this long before you answer", and the dashboard shows it first. But it
is a floor at the very end: turn over, model, voice, and only then the wait, as far as it is not used up
already (Vapi OpenAPI document and speech configuration page, 2026-08-18). So 0.6 there does not keep the
agent from cutting in at a pause: the turn was over long before. It only delays fast answers.

## What to do
Say `endpointing: {mode: semantic, delay_ms: …}` and leave `waitSeconds` out, or keep it near 0.

## Bad
```yaml
targets:
  vapi:
    assistant_id: a1
    overrides: {startSpeakingPlan: {waitSeconds: 0.6}}
```

## Good
```yaml
endpointing: {mode: semantic, delay_ms: 600}
targets: {vapi: {assistant_id: a1}}
```

## Excuse
```yaml
waitSeconds: 0.6  # vaxctl: allow vapi-wait-seconds-is-not-endpointing -- answers are to sound less rushed
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

_WAIT = "startSpeakingPlan.waitSeconds"
_ENDPOINTING = (
    "startSpeakingPlan.smartEndpointing",
    "startSpeakingPlan.transcriptionEndpointingPlan",
    "startSpeakingPlan.customEndpointingRules",
    "transcriber.eot",
)
_LIKE_A_DELAY_S = 0.3


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find a wait that was meant to be a delay: it is long, and nothing else in the profile ends turns."""
    leaves = subject.compiled.leaves
    wait = next((leaf.value for leaf in leaves if leaf.at == _WAIT), None)
    if not isinstance(wait, int | float) or wait < _LIKE_A_DELAY_S:
        return
    if any(leaf.at.startswith(_ENDPOINTING) for leaf in leaves):
        return
    message = (
        f"waitSeconds {wait:g} holds back answers that are ready; it does not decide when a turn is over"
    )
    advice = f"write endpointing: {{mode: semantic, delay_ms: {round(wait * 1000)}}} and drop waitSeconds"
    yield subject.finding("vapi-wait-seconds-is-not-endpointing", SEVERITY, message, _WAIT, advice)
