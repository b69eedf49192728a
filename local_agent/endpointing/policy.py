"""How long a pause may be before the turn is over. Pure; all times count from the last speech frame.

    silence    the turn is over after `delay_ms`
    semantic   a classifier is asked once a pause, `ask_after_ms` into it: complete → `delay_ms`, else →
    `max_delay_ms` hybrid     the classifier's doubt stretches the wait: delay + (max - delay) x (1 - p)^2,
    and a caller who has just given digits or letters one by one gets the whole of `max_delay_ms`

No mode ends a turn before `vad.min_silence_ms` has passed, and nothing adds up: a wait is the larger of the
two, not their sum (the trap of livekit/agents #4325). The hybrid curve is the one that Vapi's waitFunction
gets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from local_agent.parameters import EndpointingParameters

COMPLETE = 0.5
"""Probability from which a turn counts as complete: smart-turn's own threshold (pipecat-ai 1.14.0)."""

_NUMBER_WORDS = "zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|double|triple|hundred|thousand|point|dash|dot|at"
_SPELLING = re.compile(rf"(?:\d[\d\s,.-]*|\b(?:[a-z]|{_NUMBER_WORDS}))[\s,.-]*$", re.IGNORECASE)


class TurnEndClassifier(Protocol):
    """Says how likely a caller is done, from what was heard."""

    def probability_complete(self, samples: npt.NDArray[np.float32], sample_rate_hz: int) -> float:
        """Return P(the turn is complete), given the turn's audio up to now, the pause included."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The silence after which the turn is over, and why."""

    ms: int
    reason: str


def asks(parameters: EndpointingParameters) -> bool:
    """Whether a mode needs a classifier at all."""
    return parameters.mode != "silence"


def wait_for(
    parameters: EndpointingParameters,
    min_silence_ms: int,
    probability_complete: float | None,
    transcript: str = "",
) -> Wait:
    """Return how long this pause may become.

    `probability_complete` is None while nobody has been asked (or nobody is there to ask): then silence
    alone decides in mode silence, and the cap in the others, so that an absent answer never cuts anybody
    off. `transcript` is what the caller has said in this turn, as far as it is known.
    """
    floor, cap = max(parameters.delay_ms, min_silence_ms), max(parameters.max_delay_ms, min_silence_ms)
    if parameters.mode == "silence":
        return Wait(floor, "silence")
    if probability_complete is None:
        return Wait(cap, "cap")
    if parameters.mode == "hybrid":
        if is_spelling(transcript):
            return Wait(cap, "cap")
        doubt = (1 - probability_complete) ** 2
        stretched = round(parameters.delay_ms + (parameters.max_delay_ms - parameters.delay_ms) * doubt)
        return Wait(max(stretched, floor), "semantic")
    return Wait(floor, "semantic") if probability_complete >= COMPLETE else Wait(cap, "cap")


def is_spelling(transcript: str) -> bool:
    """Whether the caller has just given a digit, a number word or a single letter, so that more is likely to come."""
    return bool(transcript) and _SPELLING.search(transcript.strip()) is not None
