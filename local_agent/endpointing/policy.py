"""How long a pause may be before the turn is over. Pure; all times count from the last speech frame.

    silence    the turn is over after `delay_ms`
    semantic   a classifier is asked once a pause, `ask_after_ms` into it: complete (`complete_threshold` or
               more) → `delay_ms`, else → `max_delay_ms`
    hybrid     the classifier's doubt stretches the wait: delay + (max - delay) x (1 - p)^2

Where a classifier is asked, a caller who has just given digits or letters one by one (dictation.py) gets the
whole of `max_delay_ms`, whatever the classifier says: each group of a number sounds finished.

No mode ends a turn before `vad.min_silence_ms` has passed, and nothing adds up: a wait is the larger of the
two, not their sum (the trap of livekit/agents #4325). The hybrid curve is the one that Vapi's waitFunction
gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from local_agent.endpointing.dictation import is_dictating

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from local_agent.parameters import EndpointingParameters


class TurnEndClassifier(Protocol):
    """Says how likely a caller is done, from what was heard. Anything with this method will do.

    One may be shared by calls that run side by side, so it keeps nothing between questions.
    """

    def probability_complete(self, samples: npt.NDArray[np.float32], sample_rate_hz: int) -> float:
        """Return P(the turn is complete), 0 to 1.

        `samples` is mono audio at the call's own rate (8 or 16 kHz): the turn's last 8 s at most, from a
        little before its first sound to about `ask_after_ms` after its last one.
        """


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
    transcript: str | None = None,
    *,
    asked_to_dictate: bool = False,
) -> Wait:
    """Return how long this pause may become.

    `probability_complete` is None while nobody has been asked (or nobody is there to ask): then silence
    alone decides in mode silence, and the cap in the others, so that an absent answer never cuts anybody
    off. `transcript` is what the caller has said in this turn, as far as it is known; where it is not, that
    the agent had asked for a number or a spelling stands in for it.
    """
    floor, cap = max(parameters.delay_ms, min_silence_ms), max(parameters.max_delay_ms, min_silence_ms)
    if parameters.mode == "silence":
        return Wait(floor, "silence")
    if probability_complete is None:
        return Wait(cap, "cap")
    if is_dictating(transcript, asked=asked_to_dictate) if transcript else asked_to_dictate:
        return Wait(cap, "dictation")
    if parameters.mode == "hybrid":
        doubt = (1 - probability_complete) ** 2
        stretched = round(parameters.delay_ms + (parameters.max_delay_ms - parameters.delay_ms) * doubt)
        return Wait(max(stretched, floor), "semantic")
    complete = probability_complete >= parameters.complete_threshold
    return Wait(floor, "semantic") if complete else Wait(cap, "cap")
