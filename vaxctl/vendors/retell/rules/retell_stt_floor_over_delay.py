"""The recogniser's smallest silence is over the endpointing delay of the profile.

## What it finds
A `custom_stt_config.endpointing_ms` over the endpointing delay in force, because the provider takes no less
than it (Soniox: 500 ms) or because an override says so.

## Why it matters
At Retell the recogniser's silence lies under the turn model: nothing above it can answer before the
transcript is closed. A profile for outbound calls asks for 380 to 420 ms; with Soniox it gets 500 and the
pace of another call type (providers' minima: retell-sdk 6.2.13, read 2026-11; that timers of two layers add
up or cut twice: LiveKit agents issues 4325 and 6726). The number is raised, not refused, so only the report
of `vaxctl compile` would show it.

## What to do
Take a provider with a smaller minimum (Deepgram 10 ms, Azure and AssemblyAI 100 ms), or a call type whose
delay is 500 ms or more.

## Bad
```yaml
call_type: outbound-qualification
endpointing: {mode: silence, delay_ms: 400}
stt: {provider: soniox}
targets: {retell: {agent_id: agent_1}}
```

## Good
```yaml
call_type: outbound-qualification
endpointing: {mode: silence, delay_ms: 400}
stt: {provider: deepgram}
targets: {retell: {agent_id: agent_1}}
```

## Excuse
```yaml
delay_ms: 400  # vaxctl: allow retell-stt-floor-over-delay -- Soniox is wanted for Welsh; 500 is accepted
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.compiled import Leaf
    from vaxctl.vendors.subject import Subject

SEVERITY = Severity.WARNING

_RULE = "retell-stt-floor-over-delay"
_PATH = "custom_stt_config.endpointing_ms"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find a silence over the delay that no key of the profile says: those that do are other rules' matter."""
    leaf = next((leaf for leaf in subject.compiled.leaves_of("agent") if leaf.at == _PATH), None)
    profile = subject.compiled.loaded.profile
    if leaf is None or profile is None or not isinstance(leaf.value, int):
        return
    asked = _asked(subject, leaf)
    if leaf.value <= profile.delay_ms or (asked is not None and leaf.value <= asked):
        return
    config = subject.trees.get("agent", {}).get("custom_stt_config") or {}
    who = config.get("provider", "the recogniser")
    message = (
        f"{who} waits {leaf.value} ms before it closes a transcript, over the delay of {profile.delay_ms} ms"
    )
    advice = "choose another stt.provider (deepgram takes 10 ms), or a longer endpointing.delay_ms"
    yield subject.finding(_RULE, SEVERITY, message, _PATH, advice)


def _asked(subject: Subject, leaf: Leaf) -> int | None:
    """Return what the key behind the leaf says; None for an override."""
    profile = subject.compiled.loaded.profile
    if profile is None or leaf.origin.startswith("targets."):
        return None
    value = profile.get(leaf.origin)
    return value if isinstance(value, int) else None
