"""Settings that are known elsewhere, to stand beside what a tuning finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from local_agent.parameters import EndpointingParameters
from local_agent.tuning.search.space import RELEASE, THRESHOLD, applied
from local_agent.vad.settings import LIVEKIT, PIPECAT

if TYPE_CHECKING:
    from local_agent.parameters import Parameters, VadParameters
    from local_agent.tuning.judging.evaluating import Judging
    from local_agent.tuning.search.space import Setting

PUBLISHED: Final[Setting] = {
    THRESHOLD: 0.55,
    RELEASE: 0.40,
    "vad.min_speech_ms": 200,
    "vad.min_silence_ms": 400,
    "endpointing.mode": "semantic",
    "endpointing.delay_ms": 400,
}
"""The settings of the field report that started the project: 3.2 % false barge-ins, 1.8 % premature cut-offs. What it
does not tell (release, silence, delay) is this project's default; suppression is the present profile's."""
_AT_ONCE: Final = "no second look: each trigger takes the floor, so no pause is counted"
_LIVEKIT_NOTE: Final = "no second look either; not its least interruption (0.5 s), nor resume"
_BY_SILENCE: Final = "turns end by silence: no turn-end model was asked"


@dataclass(frozen=True, slots=True)
class Known:
    """A setting with its name; `note` says what about it is not as the name has it, "" where nothing is."""

    name: str
    parameters: Parameters
    note: str = ""


def known_settings(present: Parameters, bench: Judging) -> list[Known]:
    """Return the published good settings and two frameworks' defaults, as far as a bench can judge them.

    Pipecat hears loudness: without lanes it is left out. Without a turn-end model turns end by silence.
    """
    published = applied(PUBLISHED, present)
    if not bench.has_answers:
        silence = replace(published.endpointing, mode="silence")
        rows = [Known("published", replace(published, endpointing=silence), _BY_SILENCE)]
    else:
        rows = [Known("published", published)]
    if bench.has_volumes:
        rows.append(_pipecat(present, semantic=bench.has_answers))
    livekit = _preset(present, LIVEKIT, EndpointingParameters("silence", 500, 3000))
    return [*rows, Known("livekit", livekit, _LIVEKIT_NOTE)]


def _pipecat(present: Parameters, *, semantic: bool) -> Known:
    """Return Pipecat 1.14's defaults: smart-turn at 0.2 s with a cap of 3 s; without it, 0.6 s of silence."""
    if semantic:
        return Known(
            "pipecat", _preset(present, PIPECAT, EndpointingParameters("semantic", 200, 3000)), _AT_ONCE
        )
    silence = EndpointingParameters("silence", 600, 3000)
    return Known("pipecat", _preset(present, PIPECAT, silence), f"{_AT_ONCE}; {_BY_SILENCE}")


def _preset(present: Parameters, vad: VadParameters, endpointing: EndpointingParameters) -> Parameters:
    """Return a framework's own way on the present model: no suppressor, no second look, nothing taken up again."""
    return replace(
        present,
        vad=replace(vad, model=present.vad.model, reset_after_quiet_ms=present.vad.reset_after_quiet_ms),
        noise=replace(present.noise, engine="off"),
        endpointing=endpointing,
        barge_in=replace(present.barge_in, enabled=True, min_words=0, validate=False, resume=False),
    )
