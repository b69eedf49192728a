"""Run-time slots: what is known only once a caller has interrupted, written `{{ name }}` in a prompt.

The local agent fills them; no vendor can, so a template asks `runtime_slots` before it uses one. A platform's
own slots (`{{user_name}}`) look the same and are none of ours.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNTIME_SLOTS: Mapping[str, str] = MappingProxyType(
    {
        "interrupted_text": "the whole sentence or turn that was cut off",
        "caller_utterance": "what the caller said over it",
        "interruption_class": "aligned, redirecting, clarifying, backchannel, stop or unknown",
        "agent_intent": "what the agent was about to achieve with that turn",
        "delivered_text": "the part of the turn that the caller heard",
        "remaining_text": "the part that the caller did not hear",
    }
)
"""Name of each slot, and what stands in it."""

_SLOT = re.compile(r"\{\{[ \t]{0,8}(" + "|".join(RUNTIME_SLOTS) + r")[ \t]{0,8}\}\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each run-time slot that `values` knows replaced; all else stays byte for byte.

    Values are put in as they are: a `{{...}}` that a caller dictates is not filled in its turn. Keys of
    `values` that are no slots are not looked at, and a slot without a value stays.
    """
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), text)
