"""The time of the reminder is set on an agent that never reminds.

## What it finds
An owned `reminder_trigger_ms` (from `silence.reminder_after_ms`) on an agent whose `reminder_max_count` is 0.
Mostly seen at planning, where the count was set in the dashboard.

## Why it matters
A count of 0 switches reminders off (Retell OpenAPI document, 2026-08-03): the silent caller is never asked and,
with `silence.hang_up_after_ms` in the same file, is hung up on without a word.

## What to do
Own the count as well, with an override: `agent: {reminder_max_count: 1}`. Or leave the reminder out.

## Bad
```yaml
silence: {reminder_after_ms: 8000}
targets:
  retell:
    agent_id: agent_1
    overrides: {agent: {reminder_max_count: 0}}
```

## Good
```yaml
silence: {reminder_after_ms: 8000}
targets:
  retell:
    agent_id: agent_1
    overrides: {agent: {reminder_max_count: 1}}
```

## Excuse
```yaml
reminder_after_ms: 8000  # vaxctl: allow retell-reminder-never-comes -- the other environment's agent reminds
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

_TRIGGER = "reminder_trigger_ms"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find an owned time of a reminder that is switched off."""
    count = subject.trees.get("agent", {}).get("reminder_max_count")
    owned = any(leaf.at == _TRIGGER for leaf in subject.compiled.leaves_of("agent"))
    if not owned or count is None or count > 0:
        return
    message = "reminder_max_count is 0: a silent caller is never asked, whatever time is set"
    advice = "own the count too: targets.retell.overrides.agent.reminder_max_count: 1"
    yield subject.finding("retell-reminder-never-comes", SEVERITY, message, _TRIGGER, advice)
