"""When the caller's turn is over, at Vapi.

Three mechanisms exclude each other silently (Vapi OpenAPI document 2026-08-18; VapiAI/gitops 2026-06-08):
`customEndpointingRules` beat `smartEndpointingPlan` beats `transcriptionEndpointingPlan`, and any smart plan
switches off the turn ends of Deepgram Flux and AssemblyAI. So each mode writes the plan it needs and clears
the one that would win over it. `waitSeconds` is a floor under the start of audio, not endpointing, and stays alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from vaxctl.vendors.compiled import Absent
from vaxctl.vendors.paths import MISSING, get, parse
from vaxctl.vendors.table import Outcome, Reading, clamp, exactly, milliseconds, not_at_all, roughly, seconds
from vaxctl.vendors.vapi.limits import ASSISTANT
from vaxctl.vendors.vapi.transcriber import ends_turns, is_flux, model_read, provider_read

Live = Mapping[str, Mapping[str, Any]]

SMART: Final = "startSpeakingPlan.smartEndpointingPlan"
_PLAN = "startSpeakingPlan.transcriptionEndpointingPlan"
DIGITS: Final = r"\d\W*$"
"""A caller who has just said digits is likely to say more: `hybrid` waits up to the cap."""
_DIGITS_RULE = f"startSpeakingPlan.customEndpointingRules[regex={DIGITS}]"
_NO_DIGITS = (ASSISTANT, _DIGITS_RULE, Absent())
"""Every other mode takes our rule out again; it would beat the plan of that mode."""
_WAIT = re.compile(r"(\d+) \+ (\d+) \* x\^2")
_NEEDS_MODE = "what holds it depends on the mode: name endpointing.mode as well"


def mode(reading: Reading) -> Outcome:
    """Encode `endpointing.mode`."""
    chosen, own = reading.get("endpointing.mode"), ends_turns(reading)
    if own is not None:
        return _mode_of_recogniser(chosen, own)
    if chosen == "silence":
        clears = (ASSISTANT, SMART, None)
        return roughly(clears, _NO_DIGITS, *_silence_leaves(reading), formula=_silence_formula("mode"))
    if not _english(reading):
        leaf = (ASSISTANT, SMART, {"provider": "vapi"})
        formula = "smart endpointing by Vapi: LiveKit's takes English only"
        return roughly(leaf, _NO_DIGITS, *_paced_leaves(reading), formula=formula)
    leaves = [(ASSISTANT, SMART, _livekit(reading))]
    if chosen == "hybrid":
        rule = {
            "type": "customer",
            "regex": DIGITS,
            "timeoutSeconds": seconds(reading.get("endpointing.max_delay_ms")),
        }
        leaves.append((ASSISTANT, _DIGITS_RULE, rule))
        formula = (
            "LiveKit's model, and a rule that waits max_delay_ms after digits; number words do not count"
        )
        return roughly(*leaves, formula=formula)
    return exactly(*leaves, _NO_DIGITS, note="LiveKit's model")


def delay(reading: Reading) -> Outcome:
    """Encode `endpointing.delay_ms`."""
    own = ends_turns(reading)
    if own == "flux":
        return not_at_all("Flux ends a turn by its own confidence and has no smallest silence")
    if own == "assemblyai":
        leaf = (
            ASSISTANT,
            "transcriber.minEndOfTurnSilenceWhenConfident",
            reading.get("endpointing.delay_ms"),
        )
        return roughly(
            leaf, formula="minEndOfTurnSilenceWhenConfident = delay_ms, counted by AssemblyAI's own VAD"
        )
    if not reading.owns("endpointing.mode"):
        return not_at_all(_NEEDS_MODE)
    if reading.get("endpointing.mode") == "silence":
        return roughly(*_silence_leaves(reading), formula=_silence_formula("delay_ms"))
    if not _english(reading):
        return roughly(*_sentence_leaves(reading), formula=_SENTENCE_FORMULA)
    return roughly((ASSISTANT, SMART, _livekit(reading)), formula=_WAIT_FORMULA)


def max_delay(reading: Reading) -> Outcome:
    """Encode `endpointing.max_delay_ms`."""
    own, value = ends_turns(reading), reading.get("endpointing.max_delay_ms")
    if own == "flux":
        held = round(clamp(value, 500, 10_000))
        leaf = (ASSISTANT, "transcriber.eotTimeoutMs", held)
        return (
            exactly(leaf)
            if held == value
            else roughly(leaf, formula="eotTimeoutMs = max_delay_ms held in 500..10000")
        )
    if own == "assemblyai":
        return exactly((ASSISTANT, "transcriber.maxTurnSilence", value))
    if not reading.owns("endpointing.mode"):
        return not_at_all(_NEEDS_MODE)
    if reading.get("endpointing.mode") == "silence":
        return not_at_all("with silence alone the turn ends at delay_ms; there is nothing to cap")
    if not _english(reading):
        return roughly(*_unfinished_leaves(reading), formula=_UNFINISHED_FORMULA)
    return roughly((ASSISTANT, SMART, _livekit(reading)), formula=_WAIT_FORMULA)


_WAIT_FORMULA = (
    "waitFunction = delay_ms + (max_delay_ms - delay_ms) * x^2, x the probability that the caller goes on"
)


def mode_read(live: Live) -> Any:
    """Decode `endpointing.mode`."""
    plan = get(live.get(ASSISTANT), parse(SMART))
    if isinstance(plan, dict) and plan.get("provider") in {"livekit", "vapi"}:
        digits = get(live.get(ASSISTANT), parse(_DIGITS_RULE))
        return "semantic" if digits is MISSING else "hybrid"
    if plan in (MISSING, None):
        return "semantic" if _recogniser_ends_turns(live) else _silence_read(live)
    return MISSING


def delay_read(live: Live) -> Any:
    """Decode `endpointing.delay_ms`."""
    if provider_read(live) == "assemblyai":
        value = get(live.get(ASSISTANT), parse("transcriber.minEndOfTurnSilenceWhenConfident"))
        return int(value) if isinstance(value, int | float) else MISSING
    if (times := _waits(live)) is not None:
        return times[0]
    value = get(live.get(ASSISTANT), parse(f"{_PLAN}.onPunctuationSeconds"))
    told = mode_read(live) == "silence" or _vapi_plan(live)
    return milliseconds(value) if isinstance(value, int | float) and told else MISSING


def max_delay_read(live: Live) -> Any:
    """Decode `endpointing.max_delay_ms`."""
    field = {"assemblyai": "maxTurnSilence", "deepgram": "eotTimeoutMs"}.get(provider_read(live) or "")
    if field and _recogniser_ends_turns(live):
        value = get(live.get(ASSISTANT), ("transcriber", field))
        return int(value) if isinstance(value, int | float) else MISSING
    if (times := _waits(live)) is not None:
        return times[0] + times[1]
    value = get(live.get(ASSISTANT), parse(f"{_PLAN}.onNoPunctuationSeconds"))
    return milliseconds(value) if isinstance(value, int | float) and _vapi_plan(live) else MISSING


def _mode_of_recogniser(chosen: str, own: str) -> Outcome:
    clears = ((ASSISTANT, SMART, None), _NO_DIGITS)
    if chosen == "silence":
        return not_at_all(f"{own} ends turns itself; silence alone needs another recogniser")
    if chosen == "hybrid":
        return roughly(*clears, formula=f"{own} decides alone; a rule for digits would be passed over")
    return exactly(*clears, note=f"{own} decides; any smart endpointing plan would switch that off")


def _english(reading: Reading) -> bool:
    tag = reading.owned("language")
    return tag is None or tag.split("-", 1)[0] == "en"


def _livekit(reading: Reading) -> dict[str, Any]:
    plan: dict[str, Any] = {"provider": "livekit"}
    if reading.owns("endpointing.delay_ms") or reading.owns("endpointing.max_delay_ms"):
        cap = reading.get("endpointing.max_delay_ms")
        low = min(
            reading.profile.delay_ms, cap
        )  # without a delay, the call type's, which may be over the cap
        plan["waitFunction"] = f"{low} + {cap - low} * x^2"
    return plan


def _silence_leaves(reading: Reading) -> tuple[tuple[str, str, Any], ...]:
    if not reading.owns("endpointing.delay_ms"):
        return ()
    held = min(reading.get("endpointing.delay_ms"), 3000)
    return (
        (ASSISTANT, f"{_PLAN}.onPunctuationSeconds", seconds(held)),
        (ASSISTANT, f"{_PLAN}.onNoPunctuationSeconds", seconds(held)),
        (ASSISTANT, f"{_PLAN}.onNumberSeconds", seconds(max(held, 500))),
    )


_SENTENCE_FORMULA = "onPunctuationSeconds = min(delay_ms, 3000)/1000, onNumberSeconds at least 0.5"
_UNFINISHED_FORMULA = (
    "onNoPunctuationSeconds = min(max_delay_ms, 3000)/1000: Vapi's own smart endpointing has no other cap"
)


def _sentence_leaves(reading: Reading) -> tuple[tuple[str, str, Any], ...]:
    """Return what holds the delay beside Vapi's own smart plan: the wait after a sentence."""
    return tuple(leaf for leaf in _silence_leaves(reading) if not leaf[1].endswith(".onNoPunctuationSeconds"))


def _unfinished_leaves(reading: Reading) -> tuple[tuple[str, str, Any], ...]:
    """Return what holds the cap there: the wait after words that end in no punctuation."""
    if not reading.owns("endpointing.max_delay_ms"):
        return ()
    held = min(reading.get("endpointing.max_delay_ms"), 3000)
    return ((ASSISTANT, f"{_PLAN}.onNoPunctuationSeconds", seconds(held)),)


def _paced_leaves(reading: Reading) -> tuple[tuple[str, str, Any], ...]:
    return (*_sentence_leaves(reading), *_unfinished_leaves(reading))


def _silence_formula(what: str) -> str:
    if what == "mode":
        return "smart endpointing cleared, so that the transcription plan counts"
    return "onPunctuationSeconds = onNoPunctuationSeconds = min(delay_ms, 3000)/1000, onNumberSeconds at least 0.5"


def _waits(live: Live) -> tuple[int, int] | None:
    function = get(live.get(ASSISTANT), parse(f"{SMART}.waitFunction"))
    match = _WAIT.fullmatch(function) if isinstance(function, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _vapi_plan(live: Live) -> bool:
    return bool(get(live.get(ASSISTANT), parse(f"{SMART}.provider")) == "vapi")


def _recogniser_ends_turns(live: Live) -> bool:
    named, known_model = provider_read(live), model_read(live)
    return named == "assemblyai" or is_flux(named or None, known_model or None)


def _silence_read(live: Live) -> Any:
    plan = get(live.get(ASSISTANT), parse(_PLAN))
    if not isinstance(plan, dict):
        return MISSING
    told = plan.get("onPunctuationSeconds")
    return "silence" if told is not None and told == plan.get("onNoPunctuationSeconds") else MISSING
