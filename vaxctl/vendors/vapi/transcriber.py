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


def provider_read(live: Live) -> Any:
    """Decode `stt.provider`."""
    named = get(live.get(ASSISTANT), parse("transcriber.provider"))
    return next((ours for ours, theirs in PROVIDERS.items() if theirs == named), MISSING)


def model(reading: Reading) -> Outcome:
    """Encode `stt.model`."""
    named = reading.owned("stt.provider")
    if named not in PROVIDERS:
        return not_at_all("a model belongs to a provider: name stt.provider as well")
    field = _model_field(named)
    if field is None:
        return not_at_all(f"{named} at Vapi has no models to choose from")
    return exactly((ASSISTANT, f"transcriber.{field}", reading.get("stt.model")))


def _model_field(named: str) -> str | None:
    return {"assemblyai": "speechModel", "azure": None}.get(named, "model")


def model_read(live: Live) -> Any:
    """Decode `stt.model`."""
    field = _model_field(provider_read(live) or "")
    value = get(live.get(ASSISTANT), ("transcriber", field)) if field else MISSING
    return value if isinstance(value, str) and provider_read(live) is not MISSING else MISSING


def own_endpointing(reading: Reading) -> Outcome:
    """Encode `stt.endpointing_ms`: the recogniser's own silence, below the start-speaking plan."""
    outcome = _silence(reading, "stt.endpointing_ms")
    if outcome.leaves and reading.owned("stt.provider") == "elevenlabs":
        formula = (
            outcome.note or "minSilenceDurationMs, the hangover of ElevenLabs' VAD, closes the transcript"
        )
        return roughly(*outcome.leaves, formula=formula)
    return outcome


def min_speech(reading: Reading) -> Outcome:
    """Encode `vad.min_speech_ms` at the recogniser: only ElevenLabs' has a VAD with such a field."""
    if reading.owned("stt.provider") != "elevenlabs":
        return not_at_all("the recogniser has no such field")
    value = reading.get("vad.min_speech_ms")
    held = round(clamp(value, 50, 2000))
    leaf = (ASSISTANT, "transcriber.minSpeechDurationMs", held)
    formula = "minSpeechDurationMs = min_speech_ms held in 50..2000"
    return exactly(leaf, note="minSpeechDurationMs") if held == value else roughly(leaf, formula=formula)


def min_silence(reading: Reading) -> Outcome:
    """Encode `vad.min_silence_ms`: the nearest thing Vapi has is the recogniser's own silence."""
    if reading.owns("stt.endpointing_ms"):
        return not_at_all("the recogniser's silence is held by stt.endpointing_ms")
    outcome = _silence(reading, "vad.min_silence_ms")
    if not outcome.leaves or reading.owned("stt.provider") == "elevenlabs":
        return outcome
    return roughly(
        *outcome.leaves,
        formula=outcome.note or "the recogniser's own silence; Vapi's VAD has no hangover field",
    )


def min_silence_read(live: Live) -> Any:
    """Decode `vad.min_silence_ms`: only ElevenLabs' transcriber has a VAD's own hangover."""
    return _silence_read(live) if provider_read(live) == "elevenlabs" else MISSING


def own_endpointing_read(live: Live) -> Any:
    """Decode `stt.endpointing_ms`."""
    return MISSING if provider_read(live) == "elevenlabs" else _silence_read(live)


def _silence_read(live: Live) -> Any:
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
    if value is None:
        return not_at_all("no silence is named")
    kept = round(clamp(value, held.low_ms, held.high_ms))
    leaf = (ASSISTANT, f"transcriber.{held.field}", seconds(kept) if held.in_seconds else kept)
    if kept == value:
        return exactly(leaf)
    return roughly(
        leaf, formula=f"{held.field} = {key.rsplit('.', 1)[-1]} held in {held.low_ms}..{held.high_ms} ms"
    )


def threshold_read(live: Live) -> Any:
    """Decode `vad.threshold`, where the recogniser has one."""
    field = {"elevenlabs": "confidenceThreshold", "gladia": "speechThreshold"}.get(provider_read(live) or "")
    value = get(live.get(ASSISTANT), ("transcriber", field)) if field else MISSING
    return value if isinstance(value, int | float) else MISSING


def language(reading: Reading) -> Outcome:
    """Encode `language`: the recogniser's, where it takes the tag or its first part.

    Flux has languages without regions only (VapiAI/docs, pull request 1034), though the document lists Nova's too.
    """
    named = reading.owned("stt.provider")
    if named not in PROVIDERS:
        return not_at_all("the assistant has no language of its own: name stt.provider for the recogniser's")
    tag = reading.get("language")
    if tag is None:
        return not_at_all("no language is named")
    limit = limit_for(ASSISTANT, "transcriber.language", {"transcriber": {"provider": PROVIDERS[named]}})
    choices = limit.choices if limit else ()
    short = tag.split("-", 1)[0]
    who = "Flux" if is_flux(named, reading.owned("stt.model")) else named
    if tag in choices and (who != "Flux" or tag == short):
        return exactly((ASSISTANT, "transcriber.language", tag))
    if short in choices:
        return roughly(
            (ASSISTANT, "transcriber.language", short), formula=f"language = {short}: {who} takes no region"
        )
    near = next((known for known in choices if known.split("-", 1)[0] == short), None)
    if near is None:
        return not_at_all(f"{named} at Vapi does not take {tag}")
    return roughly(
        (ASSISTANT, "transcriber.language", near), formula=f"language = {near}: {named} does not take {tag}"
    )


def language_read(live: Live) -> Any:
    """Decode `language`."""
    value = get(live.get(ASSISTANT), parse("transcriber.language"))
    known = (
        isinstance(value, str) and value not in {"multi", "multi-eu"} and provider_read(live) is not MISSING
    )
    return value if known else MISSING
