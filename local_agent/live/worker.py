"""A thread beside the frame path, for what may take longer than a window."""

from __future__ import annotations

from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier

Outcome = TypeVar("Outcome")

_END_S = 2.0
"""How long a call that is over waits for work under way; a thread that waits for an endpoint dies with us."""


class Worker:
    """Does tasks one after the other. What a task raises is raised where its outcome is asked for."""

    def __init__(self, name: str) -> None:
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._over = False
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, task: Callable[[], Outcome]) -> Future[Outcome]:
        """Have a task done; return at once."""
        outcome: Future[Outcome] = Future()
        self._tasks.put((outcome, task))
        return outcome

    def close(self) -> None:
        """Begin nothing more, and wait a moment for what is under way: a model must not be at work as we end."""
        self._over = True
        self._tasks.put(None)
        self._thread.join(_END_S)

    def _work(self) -> None:
        while (given := self._tasks.get()) is not None and not self._over:
            outcome, task = given
            try:
                outcome.set_result(task())
            except Exception as error:  # noqa: BLE001 - raised again where the outcome is asked for
                outcome.set_exception(error)


class DeferredClassifier:
    """A turn-end classifier whose answer comes some windows later, so that no window waits for it."""

    def __init__(self, classifier: TurnEndClassifier, worker: Worker) -> None:
        self._classifier, self._worker = classifier, worker

    def probability_complete(self, samples: NDArray[np.float32], sample_rate_hz: int) -> float:
        """Answer at once, for those who can wait."""
        return self._classifier.probability_complete(samples, sample_rate_hz)

    def ask(self, samples: NDArray[np.float32], sample_rate_hz: int) -> Callable[[], float | None]:
        """Ask, and return where to look for the answer: None until it is there."""
        outcome = self._worker.submit(lambda: self.probability_complete(samples, sample_rate_hz))
        return lambda: outcome.result() if outcome.done() else None
