"""What makes Vapi answer 400: unknown properties, values out of range, half of a `model`.

The ranges are `vaxctl.vendors.vapi.limits`; the closed shapes of the nested plans are here, read from Vapi's
OpenAPI of 2026-08-18. A union (transcriber, voice, model, hooks) is closed per provider there; it is left
open below its discriminator, because the document and the live API are known to differ in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.sandbox.call import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLOSED: Mapping[str, frozenset[str]] = {
    "startSpeakingPlan": frozenset(
        [
            "waitSeconds",
            "smartEndpointingEnabled",
            "smartEndpointingPlan",
            "customEndpointingRules",
            "transcriptionEndpointingPlan",
        ]
    ),
    "startSpeakingPlan.transcriptionEndpointingPlan": frozenset(
        ("onPunctuationSeconds", "onNoPunctuationSeconds", "onNumberSeconds")
    ),
    "startSpeakingPlan.smartEndpointingPlan": frozenset(("provider", "waitFunction", "server")),
    "stopSpeakingPlan": frozenset(
        ["numWords", "voiceSeconds", "backoffSeconds", "acknowledgementPhrases", "interruptionPhrases"]
    ),
    "backgroundSpeechDenoisingPlan": frozenset(("smartDenoisingPlan", "fourierDenoisingPlan")),
    "backgroundSpeechDenoisingPlan.smartDenoisingPlan": frozenset(("enabled",)),
    "backgroundSpeechDenoisingPlan.fourierDenoisingPlan": frozenset(
        [
            "enabled",
            "mediaDetectionEnabled",
            "staticThreshold",
            "baselineOffsetDb",
            "windowSizeMs",
            "baselinePercentile",
        ]
    ),
    "keypadInputPlan": frozenset(("enabled", "timeoutSeconds", "delimiters")),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "model": ("provider", "model"),
    "transcriber": ("provider",),
    "voice": ("provider",),
}


def check_assistant(sent: Mapping[str, Any]) -> None:
    """Raise Refused(400) with every complaint about a create or update body, in the order of its keys."""
    from vaxctl.vendors.vapi import limits

    # a null at the top clears that key, whatever its schema says (VapiAI/gitops, 2026-06-08)
    judged = {key: value for key, value in sent.items() if value is not None}
    complaints = [
        *_unknown(sent),
        *_missing(judged),
        *limits.missing("assistant", judged),
        *limits.check("assistant", judged),
    ]
    if complaints:
        raise Refused(400, *dict.fromkeys(complaints))


def _unknown(sent: Mapping[str, Any]) -> Iterator[str]:
    from vaxctl.vendors.vapi import limits

    known = limits.known_keys("assistant") - limits.SERVER_FIELDS["assistant"]
    yield from (f"property {key} should not exist" for key in sent if key not in known)
    for path, allowed in _CLOSED.items():
        plan = _at(sent, path)
        if isinstance(plan, dict):
            yield from (f"{path}.property {key} should not exist" for key in plan if key not in allowed)


def _missing(sent: Mapping[str, Any]) -> Iterator[str]:
    for path, names in _REQUIRED.items():
        part = _at(sent, path)
        if isinstance(part, dict):
            yield from (f"{path}.{name} should not be empty" for name in names if not part.get(name))


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
