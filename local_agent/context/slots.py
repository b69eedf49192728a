"""Run-time slots of a rendered template, written `{{ name }}`: filled here, once a caller has interrupted.

The names and the rule are those of the profile's templates: a slot that has no value stays, any other `{{
... }}` is somebody else's and stays too, and what a caller said is put in as it is and never filled in its
turn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOTS = (
    "interrupted_text",
    "caller_utterance",
    "interruption_class",
    "agent_intent",
    "delivered_text",
    "remaining_text",
)
_SLOT = re.compile(r"\{\{[ \t]{0,8}(" + "|".join(SLOTS) + r")[ \t]{0,8}\}\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each slot that `values` knows replaced; all else stays byte for byte."""
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), text)
