"""The recogniser at Vapi: provider names, and which field of which provider holds silence, threshold and language.

`transcriber` is one object whose `provider` decides what the other fields mean, so nothing is written there
unless the profile names the provider (Vapi OpenAPI document, 2026-08-18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vaxctl.vendors.paths import MISSING, get, parse
from vaxctl.vendors.table import Outcome, Reading, clamp, exactly, milliseconds, not_at_all, roughly, seconds
from vaxctl.vendors.vapi.limits import ASSISTANT, limit_for

Live = Mapping[str, Mapping[str, Any]]

PROVIDERS: Final[Mapping[str, str]] = {
    "deepgram": "deepgram",
    "azure": "azure",
    "soniox": "soniox",
    "assemblyai": "assembly-ai",
    "elevenlabs": "11labs",
    "gladia": "gladia",
    "speechmatics": "speechmatics",
}
"""Our word for a provider → Vapi's. Vapi does not offer muse."""


@dataclass(frozen=True, slots=True)
class _Silence:
    """The field that closes a transcript after silence, with its range in ms; `in_seconds` is the wire's unit."""

    field: str
    low_ms: int
    high_ms: int
    in_seconds: bool = False


_SILENCE: Final[Mapping[str, _Silence]] = {
    "deepgram": _Silence("endpointing", 10, 500),
    "azure": _Silence("segmentationSilenceTimeoutMs", 100, 5000),
    "soniox": _Silence("maxEndpointDelayMs", 500, 3000),
    "elevenlabs": _Silence("minSilenceDurationMs", 50, 2000),
    "gladia": _Silence("endpointing", 10, 10_000, in_seconds=True),
    "speechmatics": _Silence("maxDelay", 500, 10_000),
}


def is_flux(provider: str | None, model: str | None) -> bool:
    """Whether a recogniser is Deepgram Flux, which decides turn ends itself."""
    return provider == "deepgram" and (model or "").startswith("flux")


def ends_turns(reading: Reading) -> str | None:
    """Return "flux" or "assemblyai" when the profile names a recogniser that ends turns itself."""
    named = reading.owned("stt.provider")
    if named == "assemblyai":
        return "assemblyai"
    return "flux" if is_flux(named, reading.owned("stt.model")) else None


def provider(reading: Reading) -> Outcome:
    """Encode `stt.provider`."""
    named = reading.get("stt.provider")
    if named not in PROVIDERS:
        return not_at_all(f"Vapi offers {', '.join(PROVIDERS)}")
    return exactly((ASSISTANT, "transcriber.provider", PROVIDERS[named]))


def provider_read(live: Live) -> Any:  # noqa: ANN401 - a profile value
    """Decode `stt.provider`."""
    named = get(live.get(ASSISTANT), parse("transcriber.provider"))
    return next((ours for ours, theirs in PROVIDERS.items() if theirs == named), MISSING)


def model(reading: Reading) -> Outcome:
    """Encode `stt.model`."""
    if reading.owned("stt.provider") not in PROVIDERS:
        return not_at_all("a model belongs to a provider: name stt.provider as well")
    return exactly((ASSISTANT, "transcriber.model", reading.get("stt.model")))


def model_read(live: Live) -> Any:  # noqa: ANN401
    """Decode `stt.model`."""
    value = get(live.get(ASSISTANT), parse("transcriber.model"))
    return value if isinstance(value, str) and provider_read(live) is not MISSING else MISSING


def own_endpointing(reading: Reading) -> Outcome:
    """Encode `stt.endpointing_ms`: the recogniser's own silence, below the start-speaking plan."""
    return _silence(reading, "stt.endpointing_ms")


def min_silence(reading: Reading) -> Outcome:
    """Encode `vad.min_silence_ms`: the nearest thing Vapi has is the recogniser's own silence."""
    if reading.owns("stt.endpointing_ms"):
        return not_at_all("the recogniser's silence is held by stt.endpointing_ms")
    outcome = _silence(reading, "vad.min_silence_ms")
    if not outcome.leaves or reading.owned("stt.provider") == "elevenlabs":
        return outcome
    return roughly(*outcome.leaves, formula=outcome.note or "the recogniser's own silence; Vapi's VAD has no hangover field")


def own_endpointing_read(live: Live) -> Any:  # noqa: ANN401
    """Decode `stt.endpointing_ms`."""
    held = _SILENCE.get(provider_read(live) or "")
    value = get(live.get(ASSISTANT), ("transcriber", held.field)) if held else MISSING
    if held is None or not isinstance(value, int | float) or is_flux(provider_read(live), _live_model(live)):
        return MISSING
    return milliseconds(value) if held.in_seconds else int(value)


def _live_model(live: Live) -> str | None:
    value = model_read(live)
    return value if isinstance(value, str) else None


def _silence(reading: Reading, key: str) -> Outcome:
    named = reading.owned("stt.provider")
    if named is None:
        return not_at_all("the field depends on the recogniser: name stt.provider")
    if ends_turns(reading) is not None or named not in _SILENCE:
        return not_at_all(f"{reading.owned('stt.model') or named} ends turns itself and has no such silence")
    held = _SILENCE[named]
    value = reading.get(key)
    kept = round(clamp(value, held.low_ms, held.high_ms))
    leaf = (ASSISTANT, f"transcriber.{held.field}", seconds(kept) if held.in_seconds else kept)
    if kept == value:
        return exactly(leaf)
    return roughly(leaf, formula=f"{held.field} = {key.rsplit('.', 1)[-1]} held in {held.low_ms}..{held.high_ms} ms")


def threshold_read(live: Live) -> Any:  # noqa: ANN401
    """Decode `vad.threshold`, where the recogniser has one."""
    field = {"elevenlabs": "confidenceThreshold", "gladia": "speechThreshold"}.get(provider_read(live) or "")
    value = get(live.get(ASSISTANT), ("transcriber", field)) if field else MISSING
    return value if isinstance(value, int | float) else MISSING


def language(reading: Reading) -> Outcome:
    """Encode `language`: the recogniser's, where it takes the tag or its first part."""
    named = reading.owned("stt.provider")
    if named not in PROVIDERS:
        return not_at_all("the assistant has no language of its own: name stt.provider for the recogniser's")
    tag = reading.get("language")
    limit = limit_for(ASSISTANT, "transcriber.language", {"transcriber": {"provider": PROVIDERS[named]}})
    choices = limit.choices if limit else ()
    short = tag.split("-", 1)[0]
    if tag in choices:
        return exactly((ASSISTANT, "transcriber.language", tag))
    if short in choices:
        return roughly((ASSISTANT, "transcriber.language", short), formula=f"language = {short}: {named} takes no region")
    return not_at_all(f"{named} at Vapi does not take {tag}")


def language_read(live: Live) -> Any:  # noqa: ANN401
    """Decode `language`."""
    value = get(live.get(ASSISTANT), parse("transcriber.language"))
    known = isinstance(value, str) and value not in {"multi", "multi-eu"} and provider_read(live) is not MISSING
    return value if known else MISSING
