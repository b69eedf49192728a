"""What Vapi makes of each profile key: the one table that compile, decompile, explain and the docs read.

Facts: Vapi OpenAPI document (2026-08-18) for fields and ranges, Vapi's documentation and its gitops tool
(2026-06 to 2026-08) for what takes precedence over what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vaxctl.vendors.capability import Status
from vaxctl.vendors.compiled import Absent, InPrompt
from vaxctl.vendors.paths import MISSING, get, parse
from vaxctl.vendors.table import (
    Entry,
    Outcome,
    Reading,
    clamp,
    exactly,
    milliseconds,
    never,
    not_at_all,
    roughly,
    same,
    seconds,
)
from vaxctl.vendors.vapi import endpointing, silence, transcriber
from vaxctl.vendors.vapi.limits import ASSISTANT

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT: Final = "Vapi OpenAPI document (2026-08-18)"
GITOPS: Final = "VapiAI/gitops, docs/learnings (2026-06-08)"

PROMPT_PATH: Final = "model.messages[role=system].content"
WORDS_WHEN_OFF: Final = 10
"""`numWords` has no "never"; ten is its maximum."""

_SMART = "backgroundSpeechDenoisingPlan.smartDenoisingPlan.enabled"
_FOURIER = "backgroundSpeechDenoisingPlan.fourierDenoisingPlan.enabled"
_NUM_WORDS = "stopSpeakingPlan.numWords"
_VOICE_SECONDS = "stopSpeakingPlan.voiceSeconds"
_INTERRUPTING = "stopSpeakingPlan.interruptionPhrases"
_MAX_VOICE_MS = 500


def _off(reading: Reading) -> bool:
    return reading.owned("barge_in.enabled") is False


def _threshold(reading: Reading) -> Outcome:
    provider, value = reading.owned("stt.provider"), reading.get("vad.threshold")
    if provider == "gladia":
        return exactly((ASSISTANT, "transcriber.speechThreshold", value))
    if provider == "elevenlabs":
        held = clamp(value, 0.1, 0.9)
        leaf = (ASSISTANT, "transcriber.confidenceThreshold", held)
        return (
            exactly(leaf)
            if held == value
            else roughly(leaf, formula="confidenceThreshold = threshold held in 0.1..0.9")
        )
    return not_at_all(
        "Vapi has a VAD threshold only through the transcribers elevenlabs and gladia: name one as stt.provider"
    )


def _min_speech(reading: Reading) -> Outcome:
    value, heard = reading.get("vad.min_speech_ms"), transcriber.min_speech(reading)
    idle = _voice_seconds_idle(reading)
    if idle is not None:
        return roughly(*heard.leaves, formula=f"{heard.note}; {idle}") if heard.leaves else not_at_all(idle)
    leaf = (ASSISTANT, _VOICE_SECONDS, seconds(min(value, _MAX_VOICE_MS)))
    if value > _MAX_VOICE_MS:
        formula = "voiceSeconds = min(min_speech_ms, 500)/1000: Vapi holds at most 0.5 s"
        return roughly(leaf, *heard.leaves, formula=formula)
    if heard.status is Status.APPROXIMATE:
        return roughly(leaf, *heard.leaves, formula=heard.note)
    return exactly(leaf, *heard.leaves)


def _voice_seconds_idle(reading: Reading) -> str | None:
    if _off(reading):
        return "barge-in is off: voiceSeconds does not count"
    if reading.owned("barge_in.min_words"):
        return "voiceSeconds counts only while numWords is 0, and barge_in.min_words is not"
    return None


def _min_speech_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    value = get(live.get(ASSISTANT), parse(_VOICE_SECONDS))
    words = get(live.get(ASSISTANT), parse(_NUM_WORDS))
    return MISSING if value in (MISSING, None) or (words is not MISSING and words) else milliseconds(value)


def _engine(reading: Reading) -> Outcome:
    engine = reading.get("noise_suppression.engine")
    if engine == "off":
        note = "written out: Krisp is on where nothing is said"
        return exactly((ASSISTANT, _SMART, False), (ASSISTANT, _FOURIER, False), note=note)
    if engine == "platform":
        return exactly((ASSISTANT, _SMART, True), note="Krisp")
    return roughly(
        (ASSISTANT, _SMART, True), formula=f"{engine} -> smartDenoisingPlan.enabled true: Vapi runs Krisp"
    )


def _engine_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    smart = get(live.get(ASSISTANT), parse(_SMART))
    fourier = get(live.get(ASSISTANT), parse(_FOURIER))
    if smart is True:
        return "platform"
    return "off" if smart is False and fourier is not True else MISSING


def _enabled(reading: Reading) -> Outcome:
    if reading.get("barge_in.enabled"):
        words = reading.owned("barge_in.min_words") or 0
        # what switching off left behind, where nothing else was said since
        phrases = (
            () if reading.owns("barge_in.interrupt_phrases") else ((ASSISTANT, _INTERRUPTING, Absent([])),)
        )
        note = "on unless numWords is out of reach; a protected first message stays protected"
        return exactly((ASSISTANT, _NUM_WORDS, words), *phrases, note=note)
    return roughly(
        (ASSISTANT, _NUM_WORDS, WORDS_WHEN_OFF),
        (ASSISTANT, _INTERRUPTING, []),
        (ASSISTANT, "firstMessageInterruptionsEnabled", False),
        formula="no switch: numWords 10 and no interruption phrases; a caller who says ten words still takes the floor, "
        "and what an empty phrase list does is not documented",
    )


def _enabled_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    words = get(live.get(ASSISTANT), parse(_NUM_WORDS))
    phrases = get(live.get(ASSISTANT), parse(_INTERRUPTING))
    if words in (MISSING, None):
        return MISSING
    return not (words == WORDS_WHEN_OFF and phrases == [])


def _min_words(reading: Reading) -> Outcome:
    if _off(reading):
        return not_at_all("barge-in is off: numWords is 10 whatever this says")
    words = reading.get("barge_in.min_words")
    note = "over 0, voiceSeconds stops counting and 200-500 ms of overlap are added" if words else ""
    return exactly((ASSISTANT, _NUM_WORDS, words), note=note)


def _min_words_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    words = get(live.get(ASSISTANT), parse(_NUM_WORDS))
    return MISSING if words in (MISSING, None) or _enabled_read(live) is False else int(words)


def _interrupt_phrases(reading: Reading) -> Outcome:
    if _off(reading):
        return not_at_all("barge-in is off: the phrases would turn it on again")
    phrases = list(reading.get("barge_in.interrupt_phrases"))
    return exactly(
        (ASSISTANT, _INTERRUPTING, phrases),
        note="replaces Vapi's 20 built-in phrases",
    )


def _interrupt_phrases_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    phrases = get(live.get(ASSISTANT), parse(_INTERRUPTING))
    return MISSING if phrases in (MISSING, None) or _enabled_read(live) is False else phrases


def _first_message(reading: Reading) -> Outcome:
    protected = reading.get("barge_in.protect_first_message")
    if _off(reading) and not protected:
        return not_at_all("barge-in is off: the first message is protected too")
    leaf = (ASSISTANT, "firstMessageInterruptionsEnabled", not protected)
    if _off(reading):
        return roughly(leaf, formula="barge-in is off, which protects the first message as well")
    return exactly(leaf)


def _first_message_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    value = get(live.get(ASSISTANT), parse("firstMessageInterruptionsEnabled"))
    return MISSING if value in (MISSING, None) or _enabled_read(live) is False else not value


def _block(reading: Reading) -> Outcome:
    leaves: list[tuple[str, str, Any]] = [(ASSISTANT, PROMPT_PATH, InPrompt(reading.block))]
    if reading.block is not None:
        leaves.append((ASSISTANT, "modelOutputInMessagesEnabled", False))
    return exactly(
        *leaves, note="one managed block in the first system message; the history keeps what was spoken"
    )


def _part_of_block(reading: Reading) -> Outcome:
    if not reading.owns("context_preservation.enabled"):
        return not_at_all("context_preservation.enabled is absent: the prompt is left alone")
    return exactly(note="part of the managed block")


def _block_read(live: Mapping[str, Mapping[str, Any]]) -> Any:
    from vaxctl.prompts.block import find

    prompt = get(live.get(ASSISTANT), parse(PROMPT_PATH))
    return True if isinstance(prompt, str) and find(prompt) is not None else MISSING


_NO_SECOND_LOOK = (
    "Vapi does not look at a barge-in a second time; barge_in.min_words and ignore_phrases prevent some"
)
_NO_BACKCHANNEL = "Vapi's assistant has no backchannel field"
_LOCAL = "only the local agent has it"

_ROWS: Final = (
    never("vad.model", _LOCAL, DOCUMENT),
    Entry("vad.threshold", _threshold, DOCUMENT, transcriber.threshold_read),
    never("vad.release_threshold", _LOCAL, DOCUMENT),
    Entry("vad.min_speech_ms", _min_speech, DOCUMENT, _min_speech_read),
    Entry("vad.min_silence_ms", transcriber.min_silence, DOCUMENT, transcriber.min_silence_read),
    never(
        "vad.window_size_ms", "fourierDenoisingPlan.windowSizeMs is a loudness window, not a VAD's", DOCUMENT
    ),
    Entry("noise_suppression.engine", _engine, DOCUMENT, _engine_read),
    never(
        "noise_suppression.background_voices",
        "Krisp takes them out as it is; Vapi has no switch for it",
        DOCUMENT,
    ),
    never("noise_suppression.max_attenuation_db", "Krisp at Vapi has no level", DOCUMENT),
    Entry("endpointing.mode", endpointing.mode, DOCUMENT, endpointing.mode_read),
    Entry("endpointing.delay_ms", endpointing.delay, DOCUMENT, endpointing.delay_read),
    Entry("endpointing.max_delay_ms", endpointing.max_delay, DOCUMENT, endpointing.max_delay_read),
    never(
        "endpointing.complete_threshold",
        "LiveKit's plan has no threshold, and a recogniser's own confidence is another model's",
        DOCUMENT,
    ),
    Entry("barge_in.enabled", _enabled, GITOPS, _enabled_read),
    Entry("barge_in.min_words", _min_words, DOCUMENT, _min_words_read),
    same(
        "barge_in.backoff_ms",
        ASSISTANT,
        "stopSpeakingPlan.backoffSeconds",
        DOCUMENT,
        to=seconds,
        back=milliseconds,
    ),
    same(
        "barge_in.ignore_phrases",
        ASSISTANT,
        "stopSpeakingPlan.acknowledgementPhrases",
        DOCUMENT,
        to=list,
        note="replaces Vapi's 22 built-in phrases",
    ),
    Entry("barge_in.interrupt_phrases", _interrupt_phrases, DOCUMENT, _interrupt_phrases_read),
    Entry("barge_in.protect_first_message", _first_message, DOCUMENT, _first_message_read),
    never("false_barge_in.validate", _NO_SECOND_LOOK, DOCUMENT),
    never("false_barge_in.resume", "Vapi does not resume a stopped speech", DOCUMENT),
    never("false_barge_in.timeout_ms", _NO_SECOND_LOOK, DOCUMENT),
    never("agent_backchannel.enabled", _NO_BACKCHANNEL, DOCUMENT),
    never("agent_backchannel.frequency_ratio", _NO_BACKCHANNEL, DOCUMENT),
    never("agent_backchannel.words", _NO_BACKCHANNEL, DOCUMENT),
    Entry("silence.reminder_after_ms", silence.reminder, DOCUMENT, silence.reminder_read),
    Entry("silence.hang_up_after_ms", silence.hang_up, DOCUMENT, silence.hang_up_read),
    Entry("stt.provider", transcriber.provider, DOCUMENT, transcriber.provider_read),
    Entry("stt.model", transcriber.model, DOCUMENT, transcriber.model_read),
    Entry("stt.endpointing_ms", transcriber.own_endpointing, DOCUMENT, transcriber.own_endpointing_read),
    Entry("language", transcriber.language, DOCUMENT, transcriber.language_read),
    Entry("context_preservation.enabled", _block, DOCUMENT, _block_read),
    Entry("context_preservation.template", _part_of_block, DOCUMENT),
    Entry("context_preservation.variables", _part_of_block, DOCUMENT),
)

TABLE: Final[Mapping[str, Entry]] = {entry.path: entry for entry in _ROWS}
