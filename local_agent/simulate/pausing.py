"""The caller's turn: its pauses, the classifier asked once in each, and when the turn is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from local_agent.endpointing.dictation import asks_for_dictation
from local_agent.endpointing.policy import asks, wait_for
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier, Wait
    from local_agent.parameters import Parameters

NO_CLASSIFIER = (
    "endpointing: by silence alone, as the turn-end model is not here (vaxctl models pull smart_turn)"
)

ASKED_ABOUT_S = 8
"""A turn-end classifier is asked about the turn's last 8 s (smart-turn's window)."""

GATE_LAG_MS = 100
"""How far the gate's last speech frame lies behind the last sound: what is heard of a pause ends so much
sooner, so that a classifier which knows 200 ms of silence hears 200 and not 300. Medians on labelled clips, of
the default gate: 100 ms on 45 synthetic phrases and 83 ms on 25 stretches of real speech at 16 kHz, 106 and
103 ms at 8 kHz (benchmarks/endpointing.py prints the first)."""


@runtime_checkable
class AsksLater(Protocol):
    """A classifier that need not be waited for: until its answer is there, the pause goes on."""

    def ask(self, samples: NDArray[np.float32], sample_rate_hz: int) -> Callable[[], float | None]:
        """Ask, and return where to look for P(the turn is complete): None until it is known."""


class CallerTurnEnd:
    """Decides, window by window, until when a pause may last. `begin` starts a turn."""

    def __init__(
        self, parameters: Parameters, sample_rate_hz: int, classifier: TurnEndClassifier | None
    ) -> None:
        self._parameters, self._rate, self._classifier = parameters, sample_rate_hz, classifier
        self._asks = asks(parameters.endpointing) and classifier is not None
        ask_after_ms = parameters.endpointing.ask_after_ms
        self._ask_after = ask_after_ms * sample_rate_hz // 1000
        self._hears = max(ask_after_ms - GATE_LAG_MS, 0) * sample_rate_hz // 1000
        self._dictation_asked = False
        self.begin()

    def begin(self) -> None:
        """Forget the turn before."""
        self._pause: int | None = None
        self._wait: Wait | None = None
        self._asked = False
        self._answer: Callable[[], float | None] | None = None
        self._said: str | None = None

    def agent_said(self, text: str) -> None:
        """Take note of what the agent says before the caller's turn: it may ask for a number or a spelling."""
        self._dictation_asked = asks_for_dictation(text)

    @property
    def reason(self) -> str:
        """Why the turn is over, once it is."""
        return "silence" if self._wait is None else self._wait.reason

    def over_at(
        self,
        quiet_from: int | None,
        heard_until: int,
        audio: Callable[[int], NDArray[np.float32]],
        said: Callable[[], str | None],
    ) -> int | None:
        """Return the sample at which the turn is over if nothing more is said; None while the caller speaks.

        `audio` gives the turn's last seconds up to a sample and `said` its words; both are called at most
        once a pause. Raises UnusableInput where the classifier's answer is no probability.
        """
        if quiet_from is None:
            self._pause, self._wait, self._answer = None, None, None
            return None
        if quiet_from != self._pause:
            self._pause, self._asked, self._answer = quiet_from, False, None
            self._wait = self._decide(None, None)
        if self._asks and not self._asked and heard_until - quiet_from >= self._ask_after:
            self._asked = True
            self._said, self._answer = said(), self._ask(audio(quiet_from + self._hears))
        if self._answer is not None and (probability := self._answer()) is not None:
            self._wait, self._answer = self._decide(_checked(probability), self._said), None
        return quiet_from + (self._wait.ms if self._wait else 0) * self._rate // 1000

    def _ask(self, audio: NDArray[np.float32]) -> Callable[[], float | None] | None:
        """Return where to look for the answer."""
        if self._classifier is None:
            return None
        last = audio[-ASKED_ABOUT_S * self._rate :]
        if isinstance(self._classifier, AsksLater):
            return self._classifier.ask(last, self._rate)
        probability = self._classifier.probability_complete(last, self._rate)
        return lambda: probability

    def _decide(self, probability: float | None, said: str | None) -> Wait:
        return wait_for(
            self._parameters.endpointing,
            self._parameters.vad.min_silence_ms,
            probability,
            said,
            asked_to_dictate=self._dictation_asked,
        )


def _checked(probability: float) -> float:
    if not 0.0 <= probability <= 1.0:
        raise UnusableInput(
            f"the turn-end classifier answered {probability}", help="an answer is a probability from 0 to 1"
        )
    return probability
