"""What Retell makes of each profile key: the one table that compile, decompile, explain and the docs read.

Facts: Retell OpenAPI document (2026-08-03), retell-sdk 6.2.13 docstrings, docs.retellai.com pages as stored
in 2026-08. Retell publishes no scale for `interruption_sensitivity` or `responsiveness`, so every mapping onto
them is marked approximate and uncalibrated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vaxctl.vendors.compiled import InPrompt
from vaxctl.vendors.paths import MISSING, get, parse
from vaxctl.vendors.retell.limits import AGENT, LANGUAGES, LLM
from vaxctl.vendors.table import Entry, Outcome, Reading, clamp, exactly, never, not_at_all, roughly, same

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT: Final = "Retell OpenAPI document (2026-08-03)"
NOISE_PAGE: Final = "docs.retellai.com/build/handle-background-noise (2026-08)"
SDK: Final = "retell-sdk 6.2.13 (read 2026-11-23)"

STT_MINIMUM_MS: Final[Mapping[str, int]] = {
    "azure": 100,
    "deepgram": 10,
    "soniox": 500,
    "assemblyai": 100,
    "muse": 100,
}
"""Smallest `custom_stt_config.endpointing_ms` per provider (retell-sdk 6.2.13)."""

STT_MAXIMUM_MS: Final[Mapping[str, int]] = {"assemblyai": 3000}
"""Largest, where there is one (the same)."""

PROMPT_PATH: Final = "general_prompt"

_STRONG = "noise-and-background-speech-cancellation"
_PLAIN = "noise-cancellation"


def _sensitivity(reading: Reading) -> float:
    """Return the uncalibrated sensitivity: 1, less 0.2 a word, less 0.1 per 100 ms of speech over 200."""
    words = reading.owned("barge_in.min_words") or 0
    speech_ms = reading.owned("vad.min_speech_ms") or 0
    return round(clamp(1 - 0.2 * words - max(0, speech_ms - 200) / 1000, 0.1, 1), 2)


_FORMULA = "1 - 0.2 x min_words - (min_speech_ms - 200)/1000, held in 0.1..1; Retell publishes no scale"


def _barge_in_part(reading: Reading) -> Outcome:
    if reading.owned("barge_in.enabled") is False:
        return not_at_all("barge-in is off: interruption_sensitivity is 0 whatever this says")
    return roughly(
        (AGENT, "interruption_sensitivity", _sensitivity(reading)),
        formula=f"interruption_sensitivity = {_FORMULA}",
    )


def _barge_in_enabled(reading: Reading) -> Outcome:
    if not reading.get("barge_in.enabled"):
        note = "0 means never interrupted; key presses are kept from interrupting too"
        return exactly(
            (AGENT, "interruption_sensitivity", 0), (AGENT, "allow_dtmf_interruption", False), note=note
        )
    leaf = (AGENT, "interruption_sensitivity", _sensitivity(reading))
    if leaf[2] != 1:
        return roughly(leaf, formula=f"on is any value over 0: interruption_sensitivity = {_FORMULA}")
    return exactly(leaf, note="1, the default: any value over 0 lets the caller in")


def _barge_in_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    value = get(live.get(AGENT), parse("interruption_sensitivity"))
    return MISSING if value in (MISSING, None) else value > 0


def _denoising_mode(reading: Reading) -> str:
    if reading.get("noise_suppression.engine") == "off":
        return "no-denoise"
    return _STRONG if reading.owned("noise_suppression.background_voices") else _PLAIN


def _engine(reading: Reading) -> Outcome:
    engine, mode = reading.get("noise_suppression.engine"), _denoising_mode(reading)
    leaf = (AGENT, "denoising_mode", mode)
    if engine in {"rnnoise", "nsnet2"}:
        return roughly(leaf, formula=f"{engine} -> denoising_mode {mode}; Retell does not name its engine")
    return exactly(leaf)


def _engine_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    mode = get(live.get(AGENT), parse("denoising_mode"))
    return {"no-denoise": "off", _PLAIN: "platform", _STRONG: "platform"}.get(mode, MISSING)


def _background_voices(reading: Reading) -> Outcome:
    if not reading.owns("noise_suppression.engine"):
        return not_at_all(
            "one field holds engine and background voices: name noise_suppression.engine as well"
        )
    if reading.get("noise_suppression.engine") == "off":
        return not_at_all("noise suppression is off: there is nothing to add to")
    note = (
        "costs extra per minute and may cost recognition accuracy"
        if reading.get("noise_suppression.background_voices")
        else ""
    )
    return exactly((AGENT, "denoising_mode", _denoising_mode(reading)), note=note)


def _background_voices_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    mode = get(live.get(AGENT), parse("denoising_mode"))
    return {_PLAIN: False, _STRONG: True}.get(mode, MISSING)


def _attenuation(reading: Reading) -> Outcome:
    if not reading.owns("noise_suppression.engine") or _denoising_mode(reading) != _STRONG:
        return not_at_all("only background-voice cancellation has a level")
    level = round(clamp(reading.get("noise_suppression.max_attenuation_db") / 25, 0, 1), 2)
    return roughly(
        (AGENT, "denoising_enhancement_level", level),
        formula="denoising_enhancement_level = max_attenuation_db / 25, held in 0..1 (20 dB = the default 0.8); uncalibrated",
    )


def _stt_source(reading: Reading) -> str | None:
    """Return the owned key that fills the recogniser's endpointing: the most specific one wins.

    The turn's delay does so only where silence alone ends turns: below a turn model it would cut a second time.
    """
    if reading.owns("stt.endpointing_ms"):
        return "stt.endpointing_ms"
    if reading.owns("endpointing.delay_ms"):
        return "endpointing.delay_ms" if reading.owned("endpointing.mode") == "silence" else None
    return "vad.min_silence_ms" if reading.owns("vad.min_silence_ms") else None


def _stt_leaves(reading: Reading) -> tuple[tuple[str, str, Any], ...]:
    provider, source = reading.owned("stt.provider"), _stt_source(reading)
    if provider not in STT_MINIMUM_MS or (source is None and provider != "muse"):
        return ()
    value = reading.get(source) if source else STT_MINIMUM_MS[provider]
    return (
        (AGENT, "stt_mode", "custom"),
        (AGENT, "custom_stt_config.provider", provider),
        (AGENT, "custom_stt_config.endpointing_ms", _held(value, provider)),
    )


def _held(value_ms: int, provider: str) -> int:
    raised = max(value_ms, STT_MINIMUM_MS[provider])
    return min(raised, STT_MAXIMUM_MS.get(provider, raised))


def _stt_provider(reading: Reading) -> Outcome:
    provider = reading.get("stt.provider")
    if provider not in STT_MINIMUM_MS:
        return not_at_all(f"Retell offers {', '.join(STT_MINIMUM_MS)}")
    leaves = _stt_leaves(reading)
    if not leaves:
        return not_at_all("custom_stt_config needs endpointing_ms too: add stt.endpointing_ms")
    if provider == "muse":
        return exactly(
            *leaves, note="endpointing_ms must be sent; muse finds turn ends itself and ignores it"
        )
    return exactly(*leaves[:2])


def _stt_provider_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    return _custom_stt(live, "provider")


def _stt_endpointing_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    return _custom_stt(live, "endpointing_ms")


def _custom_stt(live: Mapping[str, Mapping[str, Any]], field: str) -> Any:
    agent = live.get(AGENT, {})
    value = get(agent, ("custom_stt_config", field))
    return value if agent.get("stt_mode") == "custom" and value is not None else MISSING


_CUTS_TWICE = (
    "a recogniser silence as long as the turn's delay cuts twice: only endpointing.mode silence, or "
    "stt.endpointing_ms, sets it"
)


def _recogniser_silence(key: str, meaning: str) -> Any:
    def encode(reading: Reading) -> Outcome:
        leaves, source = _stt_leaves(reading), _stt_source(reading)
        if reading.owned("stt.provider") == "muse":
            return not_at_all("muse finds turn ends itself and ignores the number")
        if source is None:
            return not_at_all(_CUTS_TWICE)
        if not leaves:
            offered = ", ".join(STT_MINIMUM_MS)
            return not_at_all(
                f"{meaning}; only the recogniser's own endpointing can be set: name stt.provider ({offered})"
            )
        if source != key:
            return not_at_all(f"custom_stt_config.endpointing_ms is held by {source}")
        provider = reading.get("stt.provider")
        if key == "stt.endpointing_ms" and reading.get(key) == _held(reading.get(key), provider):
            return exactly(*leaves)
        name, most = key.rsplit(".", 1)[-1], STT_MAXIMUM_MS.get(provider)
        bound = f"max({name}, {STT_MINIMUM_MS[provider]})"
        bound = f"min({bound}, {most})" if most else bound
        return roughly(
            *leaves, formula=f"custom_stt_config.endpointing_ms = {bound}, below Retell's own turn model"
        )

    return encode


def _language(reading: Reading) -> Outcome:
    tag = reading.get("language")
    if tag is None or tag in LANGUAGES:
        return exactly((AGENT, "language", tag)) if tag else not_at_all("no language is named")
    near = next((known for known in LANGUAGES if known.split("-", 1)[0] == tag.split("-", 1)[0]), None)
    if near is None:
        return not_at_all(f"Retell does not take {tag}")
    return roughly((AGENT, "language", near), formula=f"language = {near}: Retell does not take {tag}")


def _language_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    tag = get(live.get(AGENT), ("language",))
    return tag if tag in LANGUAGES else MISSING


def _mode(reading: Reading) -> Outcome:
    mode = reading.get("endpointing.mode")
    adaptive = mode != "silence"
    return roughly(
        (AGENT, "enable_dynamic_responsiveness", adaptive),
        formula=f"{mode} -> enable_dynamic_responsiveness {str(adaptive).lower()}; Retell has no switch for how a turn ends",
    )


def _block(reading: Reading) -> Outcome:
    leaf = (LLM, PROMPT_PATH, InPrompt(reading.block))
    return exactly(leaf, note="one managed block; in a conversation flow it stands in global_prompt")


def _part_of_block(reading: Reading) -> Outcome:
    if not reading.owns("context_preservation.enabled"):
        return not_at_all("context_preservation.enabled is absent: the prompt is left alone")
    return exactly(note="part of the managed block")


def _block_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    from vaxctl.prompts.block import find

    prompt = get(live.get(LLM), (PROMPT_PATH,))
    return True if isinstance(prompt, str) and find(prompt) is not None else MISSING


_NO_VAD = "Retell has no field for it: nothing in its agent, LLM or flow sets a VAD"
_NO_FIELD = "Retell has no field for it"
_NO_DELAY = "Retell publishes no silence in milliseconds"

_ROWS: Final = (
    never("vad.model", _NO_VAD, DOCUMENT),
    never("vad.threshold", _NO_VAD, DOCUMENT),
    never("vad.release_threshold", _NO_VAD, DOCUMENT),
    Entry("vad.min_speech_ms", _barge_in_part, SDK),
    Entry("vad.min_silence_ms", _recogniser_silence("vad.min_silence_ms", _NO_DELAY), SDK),
    never("vad.window_size_ms", _NO_VAD, DOCUMENT),
    Entry("noise_suppression.engine", _engine, NOISE_PAGE, _engine_read),
    Entry("noise_suppression.background_voices", _background_voices, NOISE_PAGE, _background_voices_read),
    Entry("noise_suppression.max_attenuation_db", _attenuation, SDK),
    Entry("endpointing.mode", _mode, DOCUMENT),
    Entry("endpointing.delay_ms", _recogniser_silence("endpointing.delay_ms", _NO_DELAY), SDK),
    never("endpointing.max_delay_ms", _NO_DELAY, DOCUMENT),
    never(
        "endpointing.complete_threshold", "Retell has no field for how sure its turn model must be", DOCUMENT
    ),
    Entry("barge_in.enabled", _barge_in_enabled, SDK, _barge_in_read),
    Entry("barge_in.min_words", _barge_in_part, SDK),
    never("barge_in.backoff_ms", _NO_FIELD, DOCUMENT),
    never("barge_in.ignore_phrases", "Retell has no list of words that do not interrupt", DOCUMENT),
    never("barge_in.interrupt_phrases", "Retell has no list of words that always interrupt", DOCUMENT),
    never("barge_in.protect_first_message", _NO_FIELD, DOCUMENT),
    never("false_barge_in.validate", "Retell does not look at a barge-in a second time", DOCUMENT),
    never("false_barge_in.resume", "Retell does not resume a stopped speech", DOCUMENT),
    never("false_barge_in.timeout_ms", "Retell does not look at a barge-in a second time", DOCUMENT),
    same("agent_backchannel.enabled", AGENT, "enable_backchannel", DOCUMENT),
    same("agent_backchannel.frequency_ratio", AGENT, "backchannel_frequency", DOCUMENT),
    same("agent_backchannel.words", AGENT, "backchannel_words", DOCUMENT, to=list),
    same("silence.reminder_after_ms", AGENT, "reminder_trigger_ms", DOCUMENT, back=int),
    same("silence.hang_up_after_ms", AGENT, "end_call_after_silence_ms", DOCUMENT, back=int),
    Entry("stt.provider", _stt_provider, SDK, _stt_provider_read),
    never("stt.model", "Retell names the provider only", SDK),
    Entry(
        "stt.endpointing_ms", _recogniser_silence("stt.endpointing_ms", _NO_DELAY), SDK, _stt_endpointing_read
    ),
    Entry("language", _language, DOCUMENT, _language_read),
    Entry("context_preservation.enabled", _block, DOCUMENT, _block_read),
    Entry("context_preservation.template", _part_of_block, DOCUMENT),
    Entry("context_preservation.variables", _part_of_block, DOCUMENT),
)

TABLE: Final[Mapping[str, Entry]] = {entry.path: entry for entry in _ROWS}
