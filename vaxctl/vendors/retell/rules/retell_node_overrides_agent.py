"""A node of the conversation flow has its own value for what the profile sets on the agent.

## What it finds
A node of the agent's flow that sets `interruption_sensitivity`, `responsiveness`, `reminder_trigger_ms` or
`stt_mode` to something else than the profile writes on the agent. Seen at planning, or where an override
owns the nodes.

## Why it matters
In a conversation flow a node's value wins while the call is in that node; null means "as the agent"
(Retell OpenAPI document, 2026-08-03). The profile is applied and verified, and callers in that node still
cannot stop the agent, or are reminded at another time. Nodes are drawn by somebody else, so vaxctl leaves
them alone and says so.

## What to do
Clear the field in the node (null), if the profile is to hold everywhere; or excuse it with the node's reason.

## Bad
```yaml
barge_in: {enabled: true}
targets:
  retell:
    agent_id: agent_1
    overrides:
      conversation-flow: {nodes: [{id: n1, type: conversation, interruption_sensitivity: 0}]}
```

## Good
```yaml
barge_in: {enabled: true}
targets:
  retell:
    agent_id: agent_1
    overrides:
      conversation-flow: {nodes: [{id: n1, type: conversation, interruption_sensitivity: null}]}
```

## Excuse
```yaml
enabled: true  # vaxctl: allow retell-node-overrides-agent -- the legal notice is read to its end
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

_FIELDS = ("interruption_sensitivity", "responsiveness", "reminder_trigger_ms", "stt_mode")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find owned fields of the agent that nodes do not take over, one finding per field."""
    nodes = subject.trees.get("conversation-flow", {}).get("nodes") or []
    for leaf in subject.compiled.leaves_of("agent"):
        if leaf.at not in _FIELDS:
            continue
        own = [node for node in nodes if node.get(leaf.at) not in (None, leaf.value)]
        if own:
            names = ", ".join(repr(node.get("name") or node.get("id")) for node in own[:3])
            more = f" and {len(own) - 3} more" if len(own) > 3 else ""  # noqa: PLR2004 - three fit on a line
            message = (
                f"{leaf.at} is set by the flow's own node {names}{more}: the profile does not hold there"
            )
            advice = f"clear {leaf.at} in the node, so that it takes the agent's"
            yield subject.finding("retell-node-overrides-agent", SEVERITY, message, leaf.at, advice)
