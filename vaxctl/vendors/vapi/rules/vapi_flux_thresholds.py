"""Flux's two confidences contradict each other, or are out of Deepgram's range.

## What it finds
On a Deepgram Flux transcriber: `eagerEotThreshold` over `eotThreshold` (0.7 where it is not set), or outside
0.3 to 0.9. At planning the live values that the profile does not own are looked at too.

## Why it matters
The eager threshold is where the model starts on an answer before the turn is surely over; it has to come
first, and lies between 0.3 and 0.9 (Deepgram's Flux configuration page, read 2026-11). Vapi's document does not
have the field, and Vapi does not compare the two (VapiAI/gitops, learnings, 2026-06-08): the assistant is saved,
and only a call shows the mistake.

## What to do
Keep eager 0.1 to 0.3 under the final threshold, for example 0.5 and 0.7; or leave it out.

## Bad
```yaml
stt: {provider: deepgram, model: flux-general-en}
targets:
  vapi:
    assistant_id: a1
    overrides: {transcriber: {eotThreshold: 0.6, eagerEotThreshold: 0.8}}
```

## Good
```yaml
stt: {provider: deepgram, model: flux-general-en}
targets:
  vapi:
    assistant_id: a1
    overrides: {transcriber: {eotThreshold: 0.7, eagerEotThreshold: 0.5}}
```

## Excuse
```yaml
eagerEotThreshold: 0.2  # vaxctl: allow vapi-flux-thresholds -- Deepgram opened the range for this account
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.subject import Subject

SEVERITY = Severity.WARNING

_EAGER, _FINAL = "transcriber.eagerEotThreshold", "transcriber.eotThreshold"
_LOWEST, _HIGHEST = 0.3, 0.9
_FINAL_DEFAULT = 0.7


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find an eager threshold that Deepgram would refuse, where the profile owns part of the recogniser."""
    transcriber = subject.trees.get("assistant", {}).get("transcriber") or {}
    owned = {leaf.at for leaf in subject.compiled.leaves}
    is_flux = transcriber.get("provider") == "deepgram" and str(transcriber.get("model") or "").startswith(
        "flux"
    )
    eager = transcriber.get("eagerEotThreshold")
    if not is_flux or not _number(eager) or not any(at.startswith("transcriber") for at in owned):
        return
    final = transcriber.get("eotThreshold", _FINAL_DEFAULT)
    if not _LOWEST <= eager <= _HIGHEST:
        message = f"eagerEotThreshold is {_LOWEST} to {_HIGHEST} at Deepgram, not {eager:g}"
    elif _number(final) and eager > final:
        message = (
            f"eagerEotThreshold {eager:g} is over eotThreshold {final:g}: the early answer would come last"
        )
    else:
        return
    here = next(at for at in (_EAGER, _FINAL, "transcriber") if at in owned or at == "transcriber")
    advice = "keep it 0.1 to 0.3 under eotThreshold, or leave it out"
    yield subject.finding("vapi-flux-thresholds", SEVERITY, message, here, advice)


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
