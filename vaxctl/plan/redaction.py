"""Secrets are known by the name of their place, on both sides of a change; their values are never shown or stored."""

from __future__ import annotations

import re
from typing import Any

SECRET = "(secret)"  # noqa: S105 - what stands in place of one
_NAMES = re.compile(
    r"secret|token(?!s\b)|passw|api[-_]?key|authori[sz]ation|credential(?!Ids)|private[-_]?key|x-.*-key|bearer", re.IGNORECASE
)
_LAST_STEP = re.compile(r"[^.\[\]]+")


def shown(path: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return `value` with everything that stands under a secret's name replaced, all the way down."""
    if any(_NAMES.search(step) for step in _LAST_STEP.findall(path)) and not isinstance(value, bool | int | float):
        return SECRET
    if isinstance(value, dict):
        return {key: shown(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown("", item) for item in value]
    return value
