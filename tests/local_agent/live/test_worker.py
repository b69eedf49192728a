"""Work beside the frame path: in order, errors where the outcome is asked for, turn ends later."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

from threading import Event, Thread

import numpy as np
import pytest

from local_agent.live.worker import DeferredClassifier, Worker
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.simulate.pausing import CallerTurnEnd

RATE = 16_000


def test_tasks_are_done_in_order_and_errors_travel() -> None:
    """What a task raises does not end the thread."""
    worker, done = Worker("test"), []

    def fails() -> None:
        raise ValueError("no")

    outcomes = [
        worker.submit(lambda: done.append(1)),
        worker.submit(fails),
        worker.submit(lambda: done.append(2)),
    ]
    with pytest.raises(ValueError, match="no"):
        outcomes[1].result(10)
    outcomes[2].result(10)
    assert done == [1, 2]
    worker.close()


def test_a_closed_worker_begins_nothing_more() -> None:
    """What is under way is waited for; what waits behind it is never begun."""
    worker, began, may_end, done = Worker("test"), Event(), Event(), []

    def long() -> None:
        began.set()
        assert may_end.wait(10)
        done.append("long")

    worker.submit(long)
    worker.submit(lambda: done.append("waiting"))
    assert began.wait(10)
    closing = Thread(target=worker.close)
    closing.start()
    while not worker._over:
        closing.join(0.001)
    may_end.set()
    closing.join()
    assert done == ["long"]


class Complete:
    """A classifier that takes its time."""

    def __init__(self) -> None:
        self.may_answer = Event()

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Wait, and say that the turn is complete."""
        assert self.may_answer.wait(10)
        return 0.9


def over_at(turn_end: CallerTurnEnd, heard_until: int) -> int | None:
    """Ask about a pause that began at sample 0."""
    return turn_end.over_at(0, heard_until, lambda _end: np.zeros(RATE, np.float32), lambda: None)


def test_no_window_waits_for_the_turn_end() -> None:
    """Until the answer is there the pause may last to the cap; then the same end is due as if it had come at once."""
    parameters = Parameters(endpointing=EndpointingParameters(mode="semantic"))
    classifier, worker = Complete(), Worker("test")
    turn_end = CallerTurnEnd(parameters, RATE, DeferredClassifier(classifier, worker))
    cap, delay = parameters.endpointing.max_delay_ms * 16, parameters.endpointing.delay_ms * 16
    assert over_at(turn_end, 3_000) == cap
    assert over_at(turn_end, 3_584) == cap  # asked, and not yet answered
    classifier.may_answer.set()
    worker.submit(lambda: None).result(10)  # tasks are done in order, so the answer is there
    assert over_at(turn_end, 4_096) == delay
    assert turn_end.reason == "semantic"


def test_an_answer_about_a_pause_that_is_over_is_not_used() -> None:
    """The caller went on speaking: the next pause is asked about anew."""
    parameters = Parameters(endpointing=EndpointingParameters(mode="semantic"))
    classifier, worker = Complete(), Worker("test")
    turn_end = CallerTurnEnd(parameters, RATE, DeferredClassifier(classifier, worker))
    over_at(turn_end, 3_584)
    assert turn_end.over_at(None, 4_096, lambda _end: np.zeros(1, np.float32), lambda: None) is None
    classifier.may_answer.set()
    worker.submit(lambda: None).result(10)  # tasks are done in order, so the answer is there
    again = turn_end.over_at(5_000, 6_000, lambda _end: np.zeros(1, np.float32), lambda: None)
    assert again == 5_000 + parameters.endpointing.max_delay_ms * 16
