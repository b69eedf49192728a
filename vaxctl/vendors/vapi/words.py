"""What a change at Vapi means to a caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from vaxctl.vendors.paths import MISSING, emptied

Words = Callable[[Any, Any], str | None]

_WAIT = re.compile(r"(\d+) \+ (\d+) \* x\^2")


def _ms(value: Any) -> str:
    return f"{round(value * 1000)} ms"


def _was(before: Any, told: Callable[[Any], str]) -> str:
    return f", not {told(before)}," if _number(before) else ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seconds(sentence: str) -> Words:
    return lambda before, after: sentence.format(_ms(after) + _was(before, _ms)) if _number(after) else None


def _milliseconds(sentence: str) -> Words:
    return lambda _, after: sentence.format(f"{after:g}") if _number(after) else None


def _words_needed(before: Any, after: Any) -> str | None:
    if not _number(after):
        return None
    if after == 0:
        return "a caller's voice alone stops the agent"
    was = _was(before, lambda value: f"{value:g}")
    return (
        f"a caller must say {after:g}{was} {'word' if after == 1 and not was else 'words'} to stop the agent"
    )


def _smart(before: Any, after: Any) -> str | None:
    del before
    if after is MISSING or after is None:
        return "the recogniser, or silence alone, decides that the caller is done"
    times = _WAIT.fullmatch(str(after.get("waitFunction", ""))) if isinstance(after, dict) else None
    if times:
        low, cap = int(times[1]), int(times[1]) + int(times[2])
        return (
            f"the agent takes a finished sentence as over after {low} ms, "
            f"an unfinished one after {cap} ms at the latest"
        )
    return "what was said, not silence alone, decides that the caller is done"


def _phrases(when: str) -> Words:
    def words(_: Any, after: Any) -> str:
        count = len(after) if isinstance(after, list) else 0
        return f"{count or 'no'} {'phrase' if count < 2 else 'phrases'} {when} {'stop' if count > 1 else 'stops'} the agent"  # noqa: PLR2004 - plural

    return words


def _noise(_: Any, after: Any) -> str:
    return (
        "noise is taken out of the caller's audio" if after else "nothing is taken out of the caller's audio"
    )


def _hook(sentence: str) -> Words:
    def words(_: Any, after: Any) -> str | None:
        return (
            sentence.format(f"{after['options']['timeoutSeconds']:g} s")
            if isinstance(after, dict) and _number(after.get("options", {}).get("timeoutSeconds"))
            else None
        )

    return words


WORDS: Final[Mapping[str, Words]] = {
    "stopSpeakingPlan.voiceSeconds": _seconds("a caller must speak {} to stop the agent"),
    "stopSpeakingPlan.numWords": _words_needed,
    "stopSpeakingPlan.backoffSeconds": _seconds("a stopped agent is silent for {} before it goes on"),
    "stopSpeakingPlan.acknowledgementPhrases": _phrases("never"),
    "stopSpeakingPlan.interruptionPhrases": _phrases("always"),
    "startSpeakingPlan.smartEndpointingPlan": _smart,
    "startSpeakingPlan.transcriptionEndpointingPlan.onPunctuationSeconds": _seconds(
        "the agent answers {} after a sentence"
    ),
    "backgroundSpeechDenoisingPlan.smartDenoisingPlan.enabled": _noise,
    "firstMessageInterruptionsEnabled": lambda _, after: (
        "the first message can be interrupted" if after else "the first message is spoken to its end"
    ),
    "hooks[name=vaxctl-reminder]": _hook("a silent caller is asked after {}"),
    "hooks[name=vaxctl-hang-up]": _hook("a silent caller is hung up on after {}"),
    "transcriber.eotTimeoutMs": _milliseconds("a turn ends after {} ms of silence at the latest"),
    "transcriber.maxTurnSilence": _milliseconds("a turn ends after {} ms of silence at the latest"),
    "transcriber.minEndOfTurnSilenceWhenConfident": _milliseconds(
        "the agent takes a finished sentence as over after {} ms"
    ),
    "transcriber.provider": lambda _, after: f"another recogniser listens: {after}",
}


def in_words(path: str, before: Any, after: Any) -> str | None:
    """Tell the change of one leaf in callers' terms; None where a caller would notice nothing."""
    if path.startswith("model.messages"):
        return _prompt(before, after)
    tell = WORDS.get(path)
    if tell is None or (after is MISSING and path != "startSpeakingPlan.smartEndpointingPlan"):
        return emptied(before, after)
    return tell(before, after)


def _prompt(before: Any, after: Any) -> str:
    if after is MISSING:
        return "an interrupted agent is no longer told how to go on"
    return (
        "an interrupted agent knows how to go on"
        if before is MISSING
        else "an interrupted agent is told anew how to go on"
    )
