"""The assistant's name is longer than Vapi takes.

## What it finds
An assistant's `name` of more than 40 characters, from `targets.vapi.name` or an override.

## Why it matters
Vapi answers 400 to the whole request, so nothing else in it is applied either (Vapi OpenAPI document,
2026-08-18; VapiAI/gitops, learnings, 2026-06-08).

## What to do
Shorten the name. An assistant with an `assistant_id` needs none: leave the key out, and the name it has stays.

## Bad
```yaml
targets: {vapi: {assistant_id: a1, name: Outbound qualification for the autumn campaign}}
```

## Good
```yaml
targets: {vapi: {assistant_id: a1, name: Outbound qualification (autumn)}}
```

## Excuse
It cannot be excused: Vapi would refuse the request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.subject import Subject

SEVERITY = Severity.ERROR

_LONGEST = 40


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find an owned name over the limit. The finding makes the profile invalid, as every broken limit does."""
    for leaf in subject.compiled.leaves_of("assistant"):
        if leaf.at == "name" and isinstance(leaf.value, str) and len(leaf.value) > _LONGEST:
            message = f"an assistant's name has at most {_LONGEST} characters at Vapi, not {len(leaf.value)}"
            advice = f"shorten it, for example to {leaf.value[:_LONGEST].rstrip()!r}"
            yield replace(
                subject.finding("vapi-name-too-long", SEVERITY, message, "name", advice), invalid=True
            )
