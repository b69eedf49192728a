"""A key is owned, and none of the profile's vendors can hold it.

## What it finds
A key of `endpointing`, `barge_in`, `noise_suppression`, `agent_backchannel`, `silence` or `stt`, or `language`,
that is unsupported at every target of the profile. Keys of `vad` and `false_barge_in`, and
`endpointing.complete_threshold`, are left out: by their nature they are the local agent's, and vendors hold them only
by the way.

## Why it matters
A plan without changes reads as if the agent did what the file says. What a vendor has no field for is not
compared, not written and not verified (Retell publishes no silence in milliseconds: OpenAPI document of
2026-08-03), so the value in the file is a wish.

## What to do
Take the key out, add what the vendor needs to hold it (the note says so), or name a vendor that has it.

## Bad
```yaml
barge_in: {backoff_ms: 500}
targets: {retell: {agent_id: agent_1}}
```

## Good
```yaml
barge_in: {backoff_ms: 500}
targets: {retell: {agent_id: agent_1}, vapi: {assistant_id: a-1}}
```

## Excuse
```yaml
backoff_ms: 500  # vaxctl: allow owned-but-held-nowhere -- our own agent reads the same file
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.vendors.capability import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.compiled import Compiled

SEVERITY = Severity.WARNING

_LOCAL = ("vad.", "false_barge_in.", "endpointing.complete_threshold")
"""Sections and keys of the local agent."""


def check(compiled: tuple[Compiled, ...]) -> Iterator[Diagnostic]:
    """Find the owned keys that are unsupported wherever the profile goes."""
    notes: dict[str, list[str]] = {}
    for one in compiled:
        for capability in one.capabilities:
            if capability.status is Status.UNSUPPORTED and not capability.path.startswith(_LOCAL):
                notes.setdefault(capability.path, []).append(f"{one.vendor}: {capability.note}")
    for path, told in notes.items():
        if len(told) == len(compiled):
            message = f"{path} is sent to no vendor here: {'; '.join(told)}"
            advice = "take it out, or name what the vendor needs to hold it"
            yield compiled[0].loaded.finding("owned-but-held-nowhere", SEVERITY, message, path, advice)
