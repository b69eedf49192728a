"""A caller who says nothing, at Vapi: hooks of ours, known by their names among somebody else's.

`silenceTimeoutSeconds` is gone from assistants; what is left is the hook `customer.speech.timeout`
(Vapi OpenAPI document, 2026-08-18: 1..1000 s, counted from the end of the assistant's speech).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vaxctl.vendors.paths import MISSING, get, parse
from vaxctl.vendors.table import Outcome, Reading, milliseconds, roughly, seconds
from vaxctl.vendors.vapi.limits import ASSISTANT

REMINDER: Final = "hooks[name=vaxctl-reminder]"
HANG_UP: Final = "hooks[name=vaxctl-hang-up]"
_EVENT = "customer.speech.timeout"
_ASK = "The caller has said nothing for a while. Ask in one short sentence whether they are still there."

Live = Mapping[str, Mapping[str, Any]]


def reminder(reading: Reading) -> Outcome:
    """Encode `silence.reminder_after_ms`."""
    hook = _hook("vaxctl-reminder", reading.get("silence.reminder_after_ms"), {"type": "say", "prompt": _ASK})
    return roughly((ASSISTANT, REMINDER, hook), formula=f"a hook on {_EVENT} that asks once per silence")


def hang_up(reading: Reading) -> Outcome:
    """Encode `silence.hang_up_after_ms`."""
    ends = {"type": "tool", "tool": {"type": "endCall"}}
    hook = _hook("vaxctl-hang-up", reading.get("silence.hang_up_after_ms"), ends)
    return roughly((ASSISTANT, HANG_UP, hook), formula=f"a hook on {_EVENT} that ends the call")


def reminder_read(live: Live) -> Any:
    """Decode `silence.reminder_after_ms` from our own hook."""
    return _after_ms(live, REMINDER)


def hang_up_read(live: Live) -> Any:
    """Decode `silence.hang_up_after_ms` from our own hook."""
    return _after_ms(live, HANG_UP)


def _hook(name: str, after_ms: int, action: dict[str, Any]) -> dict[str, Any]:
    options = {"timeoutSeconds": seconds(after_ms), "triggerMaxCount": 1, "triggerResetMode": "onUserSpeech"}
    return {"on": _EVENT, "name": name, "options": options, "do": [action]}


def _after_ms(live: Live, path: str) -> Any:
    value = get(live.get(ASSISTANT), parse(f"{path}.options.timeoutSeconds"))
    return milliseconds(value) if isinstance(value, int | float) else MISSING
