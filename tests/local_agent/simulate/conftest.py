"""A session whose ear is told what it hears: probabilities stand in for audio."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters
from local_agent.record import SpokenTurn
from local_agent.simulate.ear import Ear
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import RecordedMouth

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.simulate.speaking import Mouth
    from local_agent.simulate.words import Words

RATE, WINDOW = 16_000, 512


class Told:
    """A probability stream that is told its answers."""

    sample_rate_hz, window_samples = RATE, WINDOW

    def __init__(self) -> None:
        self.next = 0.0

    def probability(self, window: np.ndarray) -> float:
        """Return what was told."""
        return self.next


class Call:
    """Drives a session with runs of (probability, windows); each sound is noise of its own."""

    def __init__(self, parameters: Parameters, mouth: Mouth, words: Words | None, classifier: object) -> None:
        self._stream = Told()
        ear = Ear(parameters.vad, self._stream, early=parameters.barge_in.validate)  # type: ignore[arg-type]
        self.session = Session(parameters, ear, mouth, classifier=classifier, words=words)  # type: ignore[arg-type]
        self.agent: list[np.ndarray] = []
        self._chance = np.random.default_rng(0)

    def hear(self, *runs: tuple[float, int], level: float = 0.1) -> Call:
        """Let the caller's line carry these windows."""
        for probability, windows in runs:
            self._stream.next = probability
            for _ in range(windows):
                self.agent.append(self.session.speak().copy())
                self.session.hear(self._chance.uniform(-level, level, WINDOW).astype(np.float32))
        return self

    def of(self, *kinds: type) -> list[object]:
        """Return the events of these kinds."""
        return [event for event in self.session.events if isinstance(event, kinds)]

    @property
    def lane(self) -> np.ndarray:
        """What the agent played."""
        return np.concatenate(self.agent)


@pytest.fixture
def prompt() -> SpokenTurn:
    """Six seconds of an agent's turn in which no sample is zero."""
    samples = np.random.default_rng(9).uniform(0.1, 0.3, 6 * RATE).astype(np.float32)
    return SpokenTurn(
        "I can offer you Tuesday or Wednesday. Which one suits you?", samples, expects_answer=True
    )


@pytest.fixture
def call(prompt: SpokenTurn) -> Callable[..., Call]:
    """Return a maker of calls in which the agent speaks the prompt from the first sample."""

    def make(
        *,
        mouth: Mouth | None = None,
        words: Words | None = None,
        classifier: object = None,
        **barge_in: object,
    ) -> Call:
        mode = "silence" if classifier is None else "semantic"
        parameters = Parameters(
            endpointing=EndpointingParameters(mode=mode),  # type: ignore[arg-type]
            barge_in=BargeInParameters(**barge_in),  # type: ignore[arg-type]
        )
        return Call(parameters, mouth or RecordedMouth([(0, prompt)]), words, classifier)

    return make
