"""The limits of a Vapi assistant, and what its document allows in an update.

Ranges come from the OpenAPI document of Vapi's own docs (2026-08-18): its SDK's types carry none. Fields that
only vapi-server-sdk 3.0.0 knows name it as their source. The live API also refuses keys it does not know
("property X should not exist"), which the document alone does not say: see `known_keys`.

Gone from assistants, though older pages still show them: `silenceTimeoutSeconds`, `messagePlan`,
`backgroundDenoisingEnabled`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from vaxctl.vendors import limit_check
from vaxctl.vendors.limits import Limit
from vaxctl.vendors.vapi.transcriber_limits import TRANSCRIBER_LIMITS, TRANSCRIBER_REQUIRES

if TYPE_CHECKING:
    from collections.abc import Mapping

ASSISTANT: Final = "assistant"

_row = partial(Limit, source="Vapi OpenAPI document", read_on="2026-08-18")

_ROLES = ("assistant", "function", "user", "system", "tool")
_REGEX_OPTIONS = ("ignore-case", "whole-word", "multi-line")
_PHRASE = 240
_MESSAGE = 100_000_000
_HOOK_TEXT = 1000

_START = "startSpeakingPlan"
_SMART = f"{_START}.smartEndpointingPlan"
_RULES = f"{_START}.customEndpointingRules[]"
_AFTER = f"{_START}.transcriptionEndpointingPlan"
_STOP = "stopSpeakingPlan"
_NOISE = "backgroundSpeechDenoisingPlan"
_FOURIER = f"{_NOISE}.fourierDenoisingPlan"
_VOICEMAIL = "voicemailDetection"
_DO = "hooks[].do[]"

_STARTING = (
    _row(_START, "object"),
    _row(f"{_START}.waitSeconds", "number", minimum=0, maximum=5, unit="s"),
    _row(f"{_START}.smartEndpointingEnabled<boolean>", "boolean"),
    _row(f"{_START}.smartEndpointingEnabled<string>", "string", choices=("livekit",)),
    _row(
        _SMART,
        "object",
        nullable=True,
        source="Vapi OpenAPI document; that null switches it off: VapiAI/gitops, 2026-06-08",
    ),
    _row(f"{_SMART}.provider", "string", choices=("vapi", "livekit", "custom-endpointing-model")),
    _row(f"{_SMART}.waitFunction", "string"),
    _row(f"{_SMART}.server.timeoutSeconds", "number", minimum=1, maximum=300, unit="s"),
    _row(f"{_START}.customEndpointingRules", "array"),
    _row(f"{_RULES}.type", "string", choices=("assistant", "customer", "both")),
    _row(f"{_RULES}.regex", "string"),
    _row(f"{_RULES}.assistantRegex", "string"),
    _row(f"{_RULES}.customerRegex", "string"),
    _row(f"{_RULES}.timeoutSeconds", "number", minimum=0, maximum=15, unit="s"),
    *(
        row
        for options in ("regexOptions", "assistantRegexOptions", "customerRegexOptions")
        for row in (
            _row(f"{_RULES}.{options}[].type", "string", choices=_REGEX_OPTIONS),
            _row(f"{_RULES}.{options}[].enabled", "boolean"),
        )
    ),
    _row(_AFTER, "object"),
    _row(f"{_AFTER}.onPunctuationSeconds", "number", minimum=0, maximum=3, unit="s"),
    _row(f"{_AFTER}.onNoPunctuationSeconds", "number", minimum=0, maximum=3, unit="s"),
    _row(f"{_AFTER}.onNumberSeconds", "number", minimum=0, maximum=3, unit="s"),
)

_STOPPING = (
    _row(_STOP, "object"),
    _row(f"{_STOP}.numWords", "number", minimum=0, maximum=10, unit="words"),
    _row(f"{_STOP}.voiceSeconds", "number", minimum=0, maximum=0.5, unit="s"),
    _row(f"{_STOP}.backoffSeconds", "number", minimum=0, maximum=10, unit="s"),
    _row(f"{_STOP}.acknowledgementPhrases", "strings", max_length=_PHRASE),
    _row(f"{_STOP}.interruptionPhrases", "strings", max_length=_PHRASE),
)

_SOUND = (
    _row(_NOISE, "object"),
    _row(f"{_NOISE}.smartDenoisingPlan", "object"),
    _row(f"{_NOISE}.smartDenoisingPlan.enabled", "boolean"),
    _row(_FOURIER, "object"),
    _row(f"{_FOURIER}.enabled", "boolean"),
    _row(f"{_FOURIER}.mediaDetectionEnabled", "boolean"),
    _row(f"{_FOURIER}.staticThreshold", "number", minimum=-80, maximum=0, unit="dB"),
    _row(f"{_FOURIER}.baselineOffsetDb", "number", minimum=-30, maximum=-5, unit="dB"),
    _row(f"{_FOURIER}.windowSizeMs", "number", minimum=1000, maximum=30000, unit="ms"),
    _row(f"{_FOURIER}.baselinePercentile", "number", minimum=1, maximum=99),
    _row("backgroundSound", "string"),
)

_CALL = (
    _row("name", "string", max_length=40),
    _row("metadata", "object"),
    _row("firstMessage", "string"),
    _row(
        "firstMessageMode",
        "string",
        choices=(
            "assistant-speaks-first",
            "assistant-speaks-first-with-model-generated-message",
            "assistant-waits-for-user",
        ),
    ),
    _row("firstMessageInterruptionsEnabled", "boolean"),
    _row("maxDurationSeconds", "number", minimum=10, maximum=43200, unit="s"),
    _row("modelOutputInMessagesEnabled", "boolean"),
    _row("endCallMessage", "string", max_length=1000),
    _row("endCallPhrases", "strings", max_length=140),
    _row("voicemailMessage", "string", max_length=1000),
    _row("keypadInputPlan", "object"),
    _row("keypadInputPlan.enabled", "boolean"),
    _row("keypadInputPlan.timeoutSeconds", "number", minimum=0, maximum=10, unit="s"),
    _row("keypadInputPlan.delimiters", "string", choices=("#", "*", "")),
    _row("server.timeoutSeconds", "number", minimum=1, maximum=300, unit="s"),
    _row(f"{_VOICEMAIL}<string>", "string", choices=("off",)),
    _row(f"{_VOICEMAIL}<object>", "object"),
    _row(f"{_VOICEMAIL}.provider", "string", choices=("google", "openai", "twilio", "vapi")),
    _row(f"{_VOICEMAIL}.type", "string", choices=("audio", "transcript")),
    _row(f"{_VOICEMAIL}.beepMaxAwaitSeconds", "number", minimum=0, maximum=30, unit="s"),
    _row(f"{_VOICEMAIL}.backoffPlan.startAtSeconds", "number", minimum=0, unit="s"),
    _row(f"{_VOICEMAIL}.backoffPlan.frequencySeconds", "number", minimum=2.5, unit="s"),
    _row(f"{_VOICEMAIL}.backoffPlan.maxRetries", "number", minimum=1, maximum=10),
)

_MODEL_AND_VOICE = (
    _row("model", "object"),
    _row("model.model", "string"),
    _row("model.messages", "array"),
    _row("model.messages[].role", "string", choices=_ROLES),
    _row("model.messages[].content", "string", max_length=_MESSAGE, nullable=True),
    _row("voice", "object"),
    _row("voice.chunkPlan", "object"),
    _row("voice.chunkPlan.enabled", "boolean"),
    _row("voice.chunkPlan.minCharacters", "number", minimum=1, maximum=80, unit="characters"),
    _row(
        "voice.chunkPlan.punctuationBoundaries",
        "strings",
        # Full-width, Arabic, Urdu and Devanagari marks by number: some of them look like Latin ones.
        choices=(
            *("\u3002", "\uff0c", ".", "!", "?", ";", ")", "\u060c"),
            *("\u06d4", "\u0964", "\u0965", "|", "||", ",", ":"),
        ),
    ),
    _row("voice.chunkPlan.formatPlan.enabled", "boolean"),
    _row("voice.chunkPlan.formatPlan.numberToDigitsCutoff", "number", minimum=0),
)

_HOOKS = (
    _row("hooks", "array"),
    _row("hooks[].on", "string", max_length=_HOOK_TEXT),
    _row("hooks[].name", "string", max_length=_HOOK_TEXT),
    _row("hooks[].options.timeoutSeconds", "number", minimum=1, maximum=1000, unit="s"),
    _row("hooks[].options.triggerMaxCount", "number", minimum=1, maximum=10),
    _row("hooks[].options.triggerResetMode", "string", choices=("onUserSpeech", "never")),
    _row("hooks[].do", "array"),
    _row(f"{_DO}.type", "string", choices=("say", "tool", "message.add")),
    _row(f"{_DO}.exact<string>", "string"),
    _row(f"{_DO}.exact<strings>", "strings"),
    _row(f"{_DO}.prompt<string>", "string"),
    _row(f"{_DO}.prompt<array>", "array"),
    _row(f"{_DO}.toolId", "string"),
    _row(f"{_DO}.message.role", "string", choices=_ROLES),
    _row(f"{_DO}.message.content", "string", max_length=_MESSAGE, nullable=True),
    _row(f"{_DO}.triggerResponseEnabled", "boolean"),
)

LIMITS: Mapping[str, Mapping[str, Limit]] = {
    ASSISTANT: limit_check.by_path(
        _STARTING, _STOPPING, _SOUND, _CALL, _MODEL_AND_VOICE, _HOOKS, TRANSCRIBER_LIMITS
    ),
}
"""The limits by kind of resource, then by path."""

SERVER_FIELDS: Mapping[str, frozenset[str]] = {
    ASSISTANT: frozenset(
        {
            *("id", "orgId", "createdAt", "updatedAt", "latestVersion"),
            # The SDK 3.0.0 says of modelDeprecations that it is ignored when sent back.
            "modelDeprecations",
            # VapiAI/gitops leaves these out of every comparison (2026-06-08).
            *("isServerUrlSecretSet", "workflowIds", "isDeleted", "analyticsMetadata"),
        }
    ),
}
"""Top-level keys the server sets: they come back on GET, are never compared and never sent."""

_KNOWN_KEYS: Mapping[str, tuple[str, ...]] = {
    ASSISTANT: limit_check.words(
        """
        analysisPlan artifactPlan backgroundSound backgroundSpeechDenoisingPlan clientMessages compliancePlan
        credentialIds credentials endCallMessage endCallPhrases firstMessage firstMessageInterruptionsEnabled
        firstMessageMode hooks keypadInputPlan maxDurationSeconds metadata model modelOutputInMessagesEnabled
        monitorPlan name observabilityPlan server serverMessages startSpeakingPlan stopSpeakingPlan
        transcriber transportConfigurations voice voicemailDetection voicemailMessage
        """
    ),
}

_REQUIRED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ASSISTANT: {
        **TRANSCRIBER_REQUIRES,
        "model": ("provider",),
        "model.messages[]": ("role", "content"),
        _SMART: ("provider",),
        _RULES: ("type", "timeoutSeconds"),
        f"{_RULES}[type=assistant]": ("regex",),
        f"{_RULES}[type=customer]": ("regex",),
        f"{_RULES}[type=both]": ("assistantRegex", "customerRegex"),
        "hooks[]": ("on", "do"),
        "hooks[].options": ("timeoutSeconds",),
        _DO: ("type",),
        f"{_DO}[type=message.add]": ("message",),
        f"{_DO}.message": ("role", "content"),
    },
}

CLOSED: Mapping[str, tuple[str, ...]] = {
    ASSISTANT: (
        *(_START, _SMART, _RULES, _AFTER, _STOP),
        *(_NOISE, f"{_NOISE}.smartDenoisingPlan", _FOURIER, "keypadInputPlan"),
        *("hooks[].options", "voice.chunkPlan"),
    ),
}
"""Objects whose keys the tables list completely: the live API refuses others."""

_CLOSED = {kind: limit_check.closed_objects(LIMITS[kind], paths) for kind, paths in CLOSED.items()}

_TABLES = {kind: limit_check.table_of(limits) for kind, limits in LIMITS.items()}


def limit_for(kind: str, path: str, body: Mapping[str, Any]) -> Limit | None:
    """Return the limit at `path`; fields of a transcriber are chosen by the `provider` in `body`.

    None where the table says nothing, or where the body does not name the provider. KeyError for a kind
    that is not "assistant".
    """
    return _TABLES[kind].find(path, body)


def check(kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Say in words what in a body, whole or partial, breaks a limit; empty where all holds."""
    return _TABLES[kind].findings(body)


def missing(kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which keys the document requires are absent from the objects that stand in `body`.

    For bodies about to be sent: Vapi replaces each top-level object whole.
    """
    return limit_check.missing(_REQUIRED[kind], body)


def unknown_inside(kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths below the top level that the document does not have, in objects it closes."""
    return limit_check.unknown_children(_CLOSED[kind], body)


def keys_beside(kind: str, path: str) -> frozenset[str]:
    """Return the keys that may stand where `path` ends: those of its object, or of the whole body."""
    return limit_check.keys_beside(_CLOSED[kind], path) or known_keys(kind)


def known_keys(kind: str) -> frozenset[str]:
    """Return the top-level keys the document allows in an update of this kind; others the API refuses."""
    return frozenset(_KNOWN_KEYS[kind])
