"""What each transcriber that Vapi offers may be set to.

`transcriber.provider` decides what a field means: `endpointing` is milliseconds at Deepgram and seconds at
Gladia, `confidenceThreshold` drops transcripts at Deepgram and is the voice activity threshold at 11labs.
So every path here names its provider.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from vaxctl.vendors.limits import Limit
from vaxctl.vendors.vapi import transcriber_languages as languages

_row = partial(Limit, source="Vapi OpenAPI document", read_on="2026-08-18")
_newer = partial(Limit, source="vapi-server-sdk 3.0.0", read_on="2026-11-23")

PROVIDERS = (
    "assembly-ai",
    "azure",
    "custom-transcriber",
    "deepgram",
    "11labs",
    "gladia",
    "google",
    "speechmatics",
    "talkscriber",
    "openai",
    "cartesia",
    "soniox",
    "xai",
    "vapi",
)

_ASSEMBLY_AI = "transcriber[provider=assembly-ai]"
_AZURE = "transcriber[provider=azure]"
_CARTESIA = "transcriber[provider=cartesia]"
_DEEPGRAM = "transcriber[provider=deepgram]"
_ELEVENLABS = "transcriber[provider=11labs]"
_GLADIA = "transcriber[provider=gladia]"
_GOOGLE = "transcriber[provider=google]"
_OPENAI = "transcriber[provider=openai]"
_SONIOX = "transcriber[provider=soniox]"
_SPEECHMATICS = "transcriber[provider=speechmatics]"
_TALKSCRIBER = "transcriber[provider=talkscriber]"
_VAPI = "transcriber[provider=vapi]"
_XAI = "transcriber[provider=xai]"

_ENDS_ITS_OWN_TURNS = (
    _row(f"{_DEEPGRAM}.language", "string", choices=languages.DEEPGRAM),
    _row(f"{_DEEPGRAM}.languages", "strings"),
    _row(f"{_DEEPGRAM}.model", "string"),
    _row(f"{_DEEPGRAM}.endpointing", "number", minimum=10, maximum=500, unit="ms"),
    _row(f"{_DEEPGRAM}.eotThreshold", "number", minimum=0.5, maximum=0.9),
    _row(f"{_DEEPGRAM}.eotTimeoutMs", "number", minimum=500, maximum=10000, unit="ms"),
    _row(f"{_DEEPGRAM}.confidenceThreshold", "number", minimum=0, maximum=1),
    _row(f"{_DEEPGRAM}.smartFormat", "boolean"),
    _row(f"{_DEEPGRAM}.numerals", "boolean"),
    _row(f"{_DEEPGRAM}.keywords", "strings"),
    _row(f"{_DEEPGRAM}.keyterm", "strings"),
    _row(f"{_ASSEMBLY_AI}.language", "string", choices=("multi", "en")),
    _row(f"{_ASSEMBLY_AI}.languageCodes", "strings", choices=languages.ASSEMBLY_AI_CODES),
    _row(
        f"{_ASSEMBLY_AI}.speechModel",
        "string",
        choices=("universal-streaming-english", "universal-streaming-multilingual", "universal-3-5-pro"),
    ),
    _row(f"{_ASSEMBLY_AI}.mode", "string", choices=("max_accuracy", "min_latency", "balanced")),
    _row(f"{_ASSEMBLY_AI}.confidenceThreshold", "number", minimum=0, maximum=1),
    _row(f"{_ASSEMBLY_AI}.endOfTurnConfidenceThreshold", "number", minimum=0, maximum=1),
    _row(f"{_ASSEMBLY_AI}.minEndOfTurnSilenceWhenConfident", "number", minimum=0, unit="ms"),
    _row(f"{_ASSEMBLY_AI}.wordFinalizationMaxWaitTime", "number", minimum=0, unit="ms"),
    _row(f"{_ASSEMBLY_AI}.maxTurnSilence", "number", minimum=0, unit="ms"),
    _row(f"{_ASSEMBLY_AI}.vadAssistedEndpointingEnabled", "boolean"),
    _row(f"{_ASSEMBLY_AI}.endUtteranceSilenceThreshold", "number"),
    _row(f"{_ASSEMBLY_AI}.disablePartialTranscripts", "boolean"),
    _row(f"{_ASSEMBLY_AI}.formatTurns", "boolean"),
    _row(f"{_ASSEMBLY_AI}.prompt", "string", max_length=1750),
    _row(f"{_ASSEMBLY_AI}.agentContext", "string", max_length=1750),
    _row(f"{_ASSEMBLY_AI}.wordBoost", "strings", max_length=2500),
    _row(f"{_ASSEMBLY_AI}.keytermsPrompt", "strings", max_length=50),
    _newer(f"{_ASSEMBLY_AI}.agentContextAutoUpdateEnabled", "boolean"),
    _row(f"{_VAPI}.version", "string", choices=("latest", "1")),
    _row(f"{_VAPI}.language", "string", choices=languages.ISO_639_1),
    _row(f"{_VAPI}.languages", "strings", choices=languages.ISO_639_1),
    _row(f"{_VAPI}.turnTaking", "string", choices=("intelligent", "manual")),
    _row(f"{_VAPI}.keywords", "strings"),
)

_HAS_VOICE_ACTIVITY_KNOBS = (
    _row(f"{_ELEVENLABS}.language", "string", choices=languages.ISO_639_1),
    _row(f"{_ELEVENLABS}.model", "string", choices=("scribe_v1", "scribe_v2", "scribe_v2_realtime")),
    _row(f"{_ELEVENLABS}.silenceThresholdSeconds", "number", minimum=0.3, maximum=3, unit="s"),
    _row(f"{_ELEVENLABS}.confidenceThreshold", "number", minimum=0.1, maximum=0.9),
    _row(f"{_ELEVENLABS}.minSpeechDurationMs", "number", minimum=50, maximum=2000, unit="ms"),
    _row(f"{_ELEVENLABS}.minSilenceDurationMs", "number", minimum=50, maximum=2000, unit="ms"),
    _row(f"{_GLADIA}.language", "string", choices=languages.GLADIA),
    _row(f"{_GLADIA}.languages", "strings", choices=languages.GLADIA),
    _row(
        f"{_GLADIA}.languageBehaviour",
        "string",
        choices=("manual", "automatic single language", "automatic multiple languages"),
    ),
    _row(f"{_GLADIA}.model", "string", choices=("fast", "accurate", "solaria-1")),
    _row(f"{_GLADIA}.transcriptionHint", "string", max_length=600),
    _row(f"{_GLADIA}.audioEnhancer", "boolean"),
    _row(f"{_GLADIA}.confidenceThreshold", "number", minimum=0, maximum=1),
    _row(f"{_GLADIA}.endpointing", "number", minimum=0.01, maximum=10, unit="s"),
    _row(f"{_GLADIA}.speechThreshold", "number", minimum=0, maximum=1),
    _row(f"{_GLADIA}.receivePartialTranscripts", "boolean"),
    _row(f"{_GLADIA}.customVocabularyConfig.defaultIntensity", "number", minimum=0, maximum=1),
    _row(f"{_SPEECHMATICS}.minimumSpeechDuration", "number", minimum=0, maximum=5, unit="s"),
)

_ENDS_BY_SILENCE = (
    _row(f"{_AZURE}.language", "string", choices=languages.AZURE),
    _row(f"{_AZURE}.segmentationStrategy", "string", choices=("Default", "Time", "Semantic")),
    _row(f"{_AZURE}.segmentationSilenceTimeoutMs", "number", minimum=100, maximum=5000, unit="ms"),
    _row(f"{_AZURE}.segmentationMaximumTimeMs", "number", minimum=20000, maximum=70000, unit="ms"),
    _row(f"{_SONIOX}.language", "string", choices=languages.ISO_639_1),
    _row(f"{_SONIOX}.languages", "strings", choices=languages.ISO_639_1),
    _row(f"{_SONIOX}.languageHintsStrict", "boolean"),
    _row(f"{_SONIOX}.model", "string", choices=("stt-rt-v4", "stt-rt-v5")),
    _row(f"{_SONIOX}.maxEndpointDelayMs", "number", minimum=500, maximum=3000, unit="ms"),
    _row(f"{_SONIOX}.customVocabulary", "strings"),
    _newer(f"{_SONIOX}.endpointSensitivity", "number", minimum=-1, maximum=1),
    _newer(f"{_SONIOX}.endpointLatencyAdjustmentLevel", "integer", minimum=0, maximum=3),
    _newer(f"{_SONIOX}.confidenceThreshold", "number"),
    _row(f"{_SPEECHMATICS}.language", "string", choices=languages.SPEECHMATICS),
    _row(f"{_SPEECHMATICS}.model", "string", choices=("default",)),
    _row(f"{_SPEECHMATICS}.operatingPoint", "string", choices=("standard", "enhanced")),
    _row(f"{_SPEECHMATICS}.region", "string", choices=("eu", "us")),
    _row(f"{_SPEECHMATICS}.enableDiarization", "boolean"),
    _row(f"{_SPEECHMATICS}.maxDelay", "number", minimum=500, maximum=10000, unit="ms"),
    _row(f"{_SPEECHMATICS}.endOfTurnSensitivity", "number", minimum=0, maximum=1),
    _row(f"{_SPEECHMATICS}.numeralStyle", "string", choices=("written", "spoken")),
    _row(f"{_SPEECHMATICS}.removeDisfluencies", "boolean"),
    _row(f"{_SPEECHMATICS}.customVocabulary", "array"),
)

_LANGUAGE_ONLY = (
    _row(f"{_CARTESIA}.language", "string", choices=languages.ISO_639_1),
    _row(f"{_CARTESIA}.model", "string", choices=("ink-whisper", "ink-2")),
    _row(f"{_GOOGLE}.language", "string", choices=languages.GOOGLE),
    _row(f"{_OPENAI}.language", "string", choices=languages.OPENAI),
    _row(f"{_OPENAI}.model", "string", choices=("gpt-4o-transcribe", "gpt-4o-mini-transcribe")),
    _row(f"{_TALKSCRIBER}.language", "string", choices=languages.TALKSCRIBER),
    _row(f"{_TALKSCRIBER}.model", "string", choices=("whisper",)),
    _row(f"{_XAI}.language", "string", choices=languages.XAI),
    _row(f"{_XAI}.model", "string", choices=("default",)),
)

_BY_PROVIDER = (*_ENDS_ITS_OWN_TURNS, *_HAS_VOICE_ACTIVITY_KNOBS, *_ENDS_BY_SILENCE, *_LANGUAGE_ONLY)

# What stands in for a failing transcriber has the same fields; Vapi's own cannot stand in.
_FALLBACKS = "transcriber.fallbackPlan.transcribers[]"
_FALLBACK_PROVIDERS = tuple(provider for provider in PROVIDERS if provider != "vapi")

TRANSCRIBER_LIMITS = (
    _row("transcriber", "object"),
    _row("transcriber.provider", "string", choices=PROVIDERS),
    *_BY_PROVIDER,
    _row(
        "transcriber[provider=custom-transcriber].server.timeoutSeconds",
        "number",
        minimum=1,
        maximum=300,
        unit="s",
    ),
    _row(f"{_FALLBACKS}.provider", "string", choices=_FALLBACK_PROVIDERS),
    *(
        replace(row, path=row.path.replace("transcriber", _FALLBACKS, 1))
        for row in _BY_PROVIDER
        if not row.path.startswith(_VAPI)
    ),
)
"""Every transcriber field that touches turn-taking, vocabulary or language, by provider."""

TRANSCRIBER_REQUIRES = {
    "transcriber": ("provider",),
    "transcriber[provider=custom-transcriber]": ("server",),
    "transcriber[provider=openai]": ("model",),
    "transcriber[provider=speechmatics]": ("customVocabulary",),
}
"""The keys a whole transcriber must have."""
