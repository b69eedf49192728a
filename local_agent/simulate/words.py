"""Who tells the session what was said: a transcriber that listens, or the scenario that knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.record import Truth


class Listens(Protocol):
    """A transcriber: audio in, text out, None where it cannot tell."""

    def transcribe(self, samples: NDArray[np.float32], sample_rate_hz: int) -> str | None:
        """Return what was said."""


class Words(Protocol):
    """Tells what was said in a stretch of the caller's lane."""

    def said(self, samples: NDArray[np.float32], sample_rate_hz: int, end_sample: int) -> str | None:
        """Return the words in `samples`, which end at `end_sample` of the call.

        "" where there are none to be made out, None where nobody can tell.
        """


class TranscribedWords:
    """Words from a transcriber."""

    def __init__(self, transcriber: Listens) -> None:
        self._transcriber = transcriber

    def said(self, samples: NDArray[np.float32], sample_rate_hz: int, end_sample: int) -> str:
        """Return the words in `samples`, "" where it made out none."""
        del end_sample
        return self._transcriber.transcribe(samples, sample_rate_hz) or ""


class ScenarioWords:
    """Words as the scenario has them: those that had been spoken in full by the end of the stretch.

    Words are taken to be as long as they have characters. `truths` is asked each time, as scenarios place
    their events while the call goes on. Noises hold no words; what a caller says without a transcript nobody
    can tell.
    """

    def __init__(self, truths: Callable[[], Sequence[Truth]]) -> None:
        self._truths = truths

    def said(self, samples: NDArray[np.float32], sample_rate_hz: int, end_sample: int) -> str | None:
        """Return the words in the stretch, "" where the scenario has none there."""
        del sample_rate_hz
        start = end_sample - len(samples)
        truths = [
            truth for truth in self._truths() if truth.start_sample < end_sample and start < truth.end_sample
        ]
        if any(truth.expect != "ignore" and not truth.transcript for truth in truths):
            return None
        return " ".join(word for truth in truths for word in _spoken(truth, start, end_sample))


def _spoken(truth: Truth, start_sample: int, end_sample: int) -> list[str]:
    words = truth.transcript.split()
    total, passed, found = sum(map(len, words)), 0, []
    for word in words:
        middle = (
            truth.start_sample + (truth.end_sample - truth.start_sample) * (passed + len(word) / 2) / total
        )
        passed += len(word)
        ends = truth.start_sample + (truth.end_sample - truth.start_sample) * passed / total
        if start_sample <= middle and ends <= end_sample:
            found.append(word)
    return found
