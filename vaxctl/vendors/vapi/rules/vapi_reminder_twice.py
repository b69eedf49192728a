"""A silent caller would be asked twice: the assistant has a reminder of its own.

## What it finds
At planning: a hook of somebody else's on `customer.speech.timeout` that says something, beside the one that
`silence.reminder_after_ms` adds.

## Why it matters
Hooks do not know of each other; each runs on its own clock (Vapi OpenAPI document, 2026-08-18). With two of them
a caller who is looking for a card hears "Are you still there?" and then the same question in other words.
vaxctl knows its own hook by name and leaves the others alone, so it cannot put this right by itself.

## What to do
Remove the other hook in the dashboard, or leave `silence.reminder_after_ms` out of the profile and keep that one.

## Bad
```yaml
silence: {reminder_after_ms: 8000}
targets:
  vapi:
    assistant_id: a1
    overrides:
      hooks:
        - {on: customer.speech.timeout, name: vaxctl-reminder, do: [{type: say, prompt: Ask again}]}
        - {on: customer.speech.timeout, name: ours, do: [{type: say, exact: 'Are you still there?'}]}
```

## Good
```yaml
silence: {reminder_after_ms: 8000}
targets: {vapi: {assistant_id: a1}}
```

## Excuse
```yaml
reminder_after_ms: 8000  # vaxctl: allow vapi-reminder-twice -- the other hook speaks after a minute only
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

_OURS = "hooks[name=vaxctl-reminder]"
_EVENT = "customer.speech.timeout"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find a reminder beside ours, on the assistant as it would be."""
    if not any(leaf.at.startswith(_OURS) for leaf in subject.compiled.leaves):
        return
    hooks = subject.trees.get("assistant", {}).get("hooks") or []
    others = [hook for hook in hooks if _reminds(hook) and not str(hook.get("name")).startswith("vaxctl-")]
    if others:
        name = others[0].get("name") or "without a name"
        message = f"the assistant asks silent callers already (hook {name!r}): they would be asked twice"
        advice = "remove that hook in the dashboard, or leave silence.reminder_after_ms out"
        yield subject.finding("vapi-reminder-twice", SEVERITY, message, _OURS, advice)


def _reminds(hook: Mapping[str, Any]) -> bool:
    says = any(action.get("type") == "say" for action in hook.get("do") or [])
    return says and hook.get("on") == _EVENT
