"""A smart endpointing plan switches off a recogniser that ends turns itself.

## What it finds
`startSpeakingPlan.smartEndpointingPlan` that is not null (or the older `smartEndpointingEnabled`) on an
assistant whose transcriber is Deepgram Flux or AssemblyAI. At planning the live assistant is looked at too,
as it would be after apply.

## Why it matters
Flux and AssemblyAI decide from audio and words together when a turn is over. Vapi uses their decision only
while no smart plan is set; with any plan, whatever its provider, the fields `eotThreshold`, `eotTimeoutMs`,
`endOfTurnConfidenceThreshold` and `maxTurnSilence` stay on the assistant and do nothing. No error is given
(VapiAI/gitops, learnings, 2026-06-08; Vapi OpenAPI document, 2026-08-18: "only used if smartEndpointingPlan
is not set"). The usual way into it: a profile with `mode: semantic` that does not say which recogniser the
assistant has, and so gets LiveKit's plan.

## What to do
Name the recogniser under `stt` (for Flux the model too): vaxctl then clears the plan and writes the
recogniser's own fields. Or choose a recogniser that does not end turns.

## Bad
```yaml
stt: {provider: deepgram, model: flux-general-en}
targets:
  vapi:
    assistant_id: a1
    overrides: {startSpeakingPlan: {smartEndpointingPlan: {provider: livekit}}}
```

## Good
```yaml
stt: {provider: deepgram, model: flux-general-en}
endpointing: {mode: semantic}
targets: {vapi: {assistant_id: a1}}
```

## Excuse
```yaml
# vaxctl: allow vapi-smart-endpointing-disables-turn-ends -- LiveKit and Flux are compared on this assistant
smartEndpointingPlan: {provider: livekit}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.subject import Subject

SEVERITY = Severity.WARNING

_RULE = "vapi-smart-endpointing-disables-turn-ends"
_PLAN = "startSpeakingPlan.smartEndpointingPlan"
_OLD = "startSpeakingPlan.smartEndpointingEnabled"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find a smart plan over a recogniser with turn ends of its own, where the profile owns part of either."""
    assistant = subject.trees.get("assistant", {})
    owned = [leaf.at for leaf in subject.compiled.leaves]
    named, plan = _turn_ender(assistant.get("transcriber") or {}), _plan(assistant)
    if named is None or plan is None:
        return
    places = (_PLAN, _OLD, "transcriber")
    here = next((at for place in places for at in owned if at.startswith(place)), None)
    if here is None:
        return
    message = f"{named} ends turns itself, and smart endpointing ({plan}) switches that off"
    advice = (
        "clear the plan: smartEndpointingPlan: null"
        if any(at.startswith("transcriber.provider") for at in owned)
        else "name the recogniser under stt (provider, and for Flux the model): the plan is then cleared"
    )
    yield subject.finding(_RULE, SEVERITY, message, here, advice)


def _turn_ender(transcriber: Mapping[str, Any]) -> str | None:
    provider, model = transcriber.get("provider"), str(transcriber.get("model") or "")
    if provider == "deepgram" and model.startswith("flux"):
        return "Deepgram Flux"
    return "AssemblyAI" if provider == "assembly-ai" else None


def _plan(assistant: Mapping[str, Any]) -> str | None:
    start = assistant.get("startSpeakingPlan") or {}
    if (plan := start.get("smartEndpointingPlan")) is not None:
        return str(plan.get("provider"))
    return "smartEndpointingEnabled" if start.get("smartEndpointingEnabled") else None
