"""What a change at Retell means to a caller. Where Retell publishes no scale, the words say only the direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from vaxctl.vendors.paths import MISSING, emptied

Words = Callable[[Any, Any], str | None]

_DENOISE: Final = {
    "no-denoise": "nothing is taken out of the caller's audio",
    "noise-cancellation": "noise is taken out of the caller's audio",
    "noise-and-background-speech-cancellation": "noise and other people's voices are taken out of the caller's audio",
}


_STT_MODES: Final = {
    "fast": "the recogniser hands words on early",
    "accurate": "the recogniser takes its time to be sure of the words",
    "custom": "the recogniser is chosen by name",
}


def _interrupting(before: Any, after: Any) -> str | None:
    if after == 0:
        return "a caller can no longer stop the agent"
    if before == 0:
        return "a caller can stop the agent, which was not possible"
    if not _numbers(before, after):
        return None
    return (
        "a caller stops the agent less easily" if after < before else "a caller stops the agent more easily"
    )


def _answering(before: Any, after: Any) -> str | None:
    if not _numbers(before, after):
        return None
    return "the agent answers later" if after < before else "the agent answers sooner"


def _milliseconds(sentence: str) -> Words:
    def words(before: Any, after: Any) -> str | None:
        if not _numbers(after):
            return None
        was = f", not {_time(before)}" if _numbers(before) else ""
        return sentence.format(_time(after) + was)

    return words


def _time(milliseconds: float) -> str:
    """Tell a time as people do: 400 ms, but 30 s."""
    return f"{milliseconds / 1000:g} s" if milliseconds >= _LONG_MS else f"{milliseconds:g} ms"


_LONG_MS: Final = 10_000
"""From ten seconds on, nobody thinks in milliseconds."""


def _switch(on: str, off: str) -> Words:
    return lambda _, after: on if after else off


WORDS: Final[Mapping[str, Words]] = {
    "interruption_sensitivity": _interrupting,
    "responsiveness": _answering,
    "denoising_mode": lambda _, after: _DENOISE.get(str(after)),
    "denoising_enhancement_level": lambda _, after: (
        f"other voices are turned down at level {after:g} of 1" if _numbers(after) else None
    ),
    "enable_dynamic_responsiveness": _switch(
        "the agent adapts its pace to how the caller talks",
        "the agent no longer adapts its pace to how the caller talks",
    ),
    "enable_backchannel": _switch(
        "the agent says yeah and uh-huh while it listens", "the agent is quiet while it listens"
    ),
    "allow_dtmf_interruption": _switch("a key press stops the agent", "a key press does not stop the agent"),
    "reminder_trigger_ms": _milliseconds("a silent caller is asked after {}"),
    "end_call_after_silence_ms": _milliseconds("a silent caller is hung up on after {}"),
    "custom_stt_config.endpointing_ms": _milliseconds("what the caller says is closed after a pause of {}"),
    "custom_stt_config.provider": lambda _, after: f"another recogniser listens: {after}",
    "stt_mode": lambda _, after: _STT_MODES.get(str(after)),
    "language": lambda _, after: f"the agent expects {after}",
}


def in_words(path: str, before: Any, after: Any) -> str | None:
    """Tell the change of one leaf in callers' terms; None where a caller would notice nothing."""
    if path.endswith("_prompt"):
        return _prompt(before, after)
    tell = WORDS.get(path)
    told = tell(before, after) if tell and after is not MISSING else None
    return told or emptied(before, after)


def _prompt(before: Any, after: Any) -> str:
    if after is MISSING:
        return "an interrupted agent is no longer told how to go on"
    return (
        "an interrupted agent knows how to go on"
        if before is MISSING
        else "an interrupted agent is told anew how to go on"
    )


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
