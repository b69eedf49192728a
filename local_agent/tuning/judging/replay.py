"""One trial under one setting, replayed by the session itself: the witness for the sweep, and what shows a clip.

Slow (tens of microseconds a window), exact by construction: it is `vaxctl simulate`'s own code, told the
probabilities instead of computing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.events import AgentSpeechPaused, AgentSpeechResumed, BargeIn, FalseBargeIn, UserTurnEnded
from local_agent.record import SpokenTurn
from local_agent.simulate.ear import Ear
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import RecordedMouth, SilentMouth
from local_agent.tuning.judging.outcome import Outcome
from local_agent.tuning.listening.traces import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import Parameters
    from local_agent.tuning.listening.traces import Traces

    Samples = NDArray[np.float32]


class ToldStream:
    """A probability stream that is told its answers."""

    def __init__(self, probabilities: Samples, sample_rate_hz: int, window_samples: int) -> None:
        self.sample_rate_hz, self.window_samples = sample_rate_hz, window_samples
        self._left: Iterator[float] = iter(probabilities.tolist())

    def probability(self, window: Samples) -> float:
        """Return the next one."""
        del window
        return next(self._left)


def replay(
    traces: Traces,
    index: int,
    parameters: Parameters,
    *,
    over_agent: bool,
    lane: Samples | None = None,
    classifier: TurnEndClassifier | None = None,
) -> Outcome:
    """Run one trial; `lane` is its audio, for presets that hear loudness and classifiers that hear words.

    The agent's own speech is silent, so that nothing on the caller's line is its echo.
    The audio must not have been suppressed: a trace behind a suppressor cannot be replayed.
    """
    return _read(
        replayed_session(traces, index, parameters, over_agent=over_agent, lane=lane, classifier=classifier)
    )


def replayed_session(
    traces: Traces,
    index: int,
    parameters: Parameters,
    *,
    over_agent: bool,
    lane: Samples | None = None,
    classifier: TurnEndClassifier | None = None,
) -> Session:
    """Return the session of one trial as it is when the floor is taken or the turn is over, else at the lane's end."""
    probabilities = traces.trial(index)
    rate, size = traces.sample_rate_hz, traces.window_samples
    stream = ToldStream(probabilities, rate, size)
    ear = Ear(parameters.vad, stream, early=parameters.barge_in.validate)
    lane = np.zeros(len(probabilities) * size, np.float32) if lane is None else lane
    spoken = SpokenTurn("", np.zeros(len(lane) + size, np.float32))
    mouth = RecordedMouth([(0, spoken)]) if over_agent else SilentMouth()
    session = Session(parameters, ear, mouth, classifier=classifier)
    for window in lane.reshape(-1, size):
        session.speak()
        session.hear(window)
        if any(isinstance(event, BargeIn | UserTurnEnded) for event in session.events):
            break
    return session


def _read(session: Session) -> Outcome:
    paused = [event.at_sample for event in session.events if isinstance(event, AgentSpeechPaused)]
    taken = [event.at_sample for event in session.events if isinstance(event, BargeIn)]
    dropped = not session.parameters.barge_in.resume
    if dropped and not taken:
        taken = [event.at_sample for event in session.events if isinstance(event, FalseBargeIn)]
    over = [event.at_sample for event in session.events if isinstance(event, UserTurnEnded)]
    resumes = sum(isinstance(event, AgentSpeechResumed) for event in session.events)
    return Outcome(
        paused[0] if paused else NEVER,
        max((at for at in paused if at <= taken[0]), default=NEVER) if taken else NEVER,
        taken[0] if taken else NEVER,
        resumes,
        over[0] if over else NEVER,
    )
