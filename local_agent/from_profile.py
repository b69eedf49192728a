"""From a loaded profile to the settings of a run: the one door between the local agent and vaxctl.profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from local_agent.errors import UnusableInput
from local_agent.parameters import (
    BargeInParameters,
    ContextParameters,
    Emulated,
    EndpointingParameters,
    NoiseParameters,
    Parameters,
    VadParameters,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.profile.model import Profile

RUN_PATHS: tuple[str, ...] = (
    "language",
    "vad.model",
    "vad.threshold",
    "vad.release_threshold",
    "vad.min_speech_ms",
    "vad.min_silence_ms",
    "noise_suppression.engine",
    "noise_suppression.max_attenuation_db",
    "endpointing.mode",
    "endpointing.delay_ms",
    "endpointing.max_delay_ms",
    "endpointing.complete_threshold",
    "barge_in.enabled",
    "barge_in.min_words",
    "barge_in.backoff_ms",
    "barge_in.ignore_phrases",
    "barge_in.interrupt_phrases",
    "barge_in.protect_first_message",
    "false_barge_in.validate",
    "false_barge_in.resume",
    "false_barge_in.timeout_ms",
    "silence.reminder_after_ms",
    "silence.hang_up_after_ms",
)
"""The keys of a profile that a run depends on."""

Engine = Literal["off", "rnnoise", "nsnet2"]

PLATFORM_ENGINE: Final = "rnnoise"
"""What stands in for a suppressor that only the platform has."""


def parameters_from(
    loaded: LoadedProfile, *, told: Iterable[str] | None = None, template: str = ""
) -> Parameters:
    """Return the settings of a run, all defaults filled in.

    `told` is given for a profile that was pulled from a platform: the keys that it told. The other keys that
    a run depends on are our defaults, and stand in `assumed`. `noise_suppression.engine: platform` is emulated
    by rnnoise, and stands in `emulated`. `template` is the text of the context block, rendered but for its
    run-time slots; a pulled agent whose prompt has no such block is told nothing of an interruption. Nor has
    one a second look at what triggered a barge-in: no platform documents such a thing. Raises UnusableInput
    for a profile that could not be loaded.
    """
    profile = loaded.profile
    if profile is None:
        findings = "; ".join(finding.message for finding in loaded.findings) or "it could not be read"
        raise UnusableInput(f"{loaded.file}: {findings}", help=f"run `vaxctl validate {loaded.file}`")
    return Parameters(
        name=profile.name,
        language=profile.language or "en",
        vad=_vad(profile),
        noise=_noise(profile),
        endpointing=EndpointingParameters(
            profile.endpointing.mode,
            profile.delay_ms,
            max(profile.endpointing.max_delay_ms, profile.delay_ms),
            complete_threshold=profile.endpointing.complete_threshold,
        ),
        barge_in=_barge_in(profile, told),
        context=ContextParameters(_told_of_interruptions(profile, told), template),
        reminder_after_ms=profile.silence.reminder_after_ms,
        hang_up_after_ms=profile.silence.hang_up_after_ms,
        assumed=_assumed(told),
        emulated=_emulated(profile),
    )


def parameters_of(path: Path, env: str | None = None) -> Parameters:
    """Load a profile's file, in an environment perhaps, and return the settings of a run.

    Raises UnusableInput, as `parameters_from` does.
    """
    from vaxctl.profile.load import load

    return parameters_from(load(path, env))


def _vad(profile: Profile) -> VadParameters:
    vad = profile.vad
    return VadParameters(
        model=vad.model,
        threshold=vad.threshold,
        release_threshold=profile.release_threshold,
        min_speech_ms=vad.min_speech_ms,
        min_silence_ms=vad.min_silence_ms,
    )


def _noise(profile: Profile) -> NoiseParameters:
    suppression = profile.noise_suppression
    engine: Engine = PLATFORM_ENGINE if suppression.engine == "platform" else suppression.engine
    return NoiseParameters(engine, suppression.max_attenuation_db)


def _barge_in(profile: Profile, told: Iterable[str] | None) -> BargeInParameters:
    barge_in, false = profile.barge_in, profile.false_barge_in
    validate = false.validate_ and (told is None or _known("false_barge_in.validate", set(told)))
    # The backchannels stand in for an unnamed list in the second look alone: a platform has the phrases it was given.
    named = not validate or "ignore_phrases" in barge_in.model_fields_set
    return BargeInParameters(
        enabled=barge_in.enabled,
        min_words=barge_in.min_words,
        backoff_ms=barge_in.backoff_ms,
        ignore_phrases=barge_in.ignore_phrases if named else _backchannels(profile.language),
        interrupt_phrases=barge_in.interrupt_phrases,
        protect_first_message=barge_in.protect_first_message,
        validate=validate,
        resume=false.resume,
        timeout_ms=false.timeout_ms,
    )


def _backchannels(language: str | None) -> tuple[str, ...]:
    """Return the ignore phrases of a profile that names none: the shipped lexicon's, if it speaks the language."""
    from local_agent.context.lexicon import shipped_lexicon

    lexicon = shipped_lexicon()
    if (language or "en").split("-")[0] != lexicon.language:
        return ()
    return tuple(
        sorted(" ".join(words) for part in ("backchannel", "heard_as") for words in lexicon.phrases[part])
    )


def _told_of_interruptions(profile: Profile, told: Iterable[str] | None) -> bool:
    if told is not None and not _known("context_preservation.enabled", set(told)):
        return False
    return profile.context_preservation.enabled


def _assumed(told: Iterable[str] | None) -> tuple[str, ...]:
    if told is None:
        return ()
    known = set(told)
    return tuple(path for path in RUN_PATHS if not _known(path, known))


def _known(path: str, told: set[str]) -> bool:
    """Whether a key was told, itself or as part of what it stands in."""
    return path in told or any(path.startswith(f"{one}.") for one in told)


def _emulated(profile: Profile) -> tuple[Emulated, ...]:
    if profile.noise_suppression.engine != "platform":
        return ()
    return (Emulated("noise_suppression.engine", "platform", PLATFORM_ENGINE),)
