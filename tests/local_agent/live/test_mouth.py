"""The live mouth: asks at once, tells when something is ready, drops what nobody wants, goes on sentence by sentence."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.dialogue.endpoint import ResponderFailed
from local_agent.live.mouth import Desk, LiveMouth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_agent.dialogue.responder import Reply

RATE = 16_000


def mouth_of(answers: Any, worker: Any, transcriber: Any = None, **options: bool) -> LiveMouth:
    """Return a mouth over a desk."""
    desk = Desk(answers, answers, RATE, worker, transcriber)
    return LiveMouth(desk, lambda: np.zeros(RATE, np.float32), **options)


def test_a_reply_is_asked_for_at_once_and_due_when_it_is_ready(patient: Any, sentences: Any) -> None:
    """Nothing is due while the worker has not worked; then the latency counts from the asking."""
    mouth = mouth_of(sentences("Yes.", latency_ms=500), patient)
    assert mouth.reply(1_000, "", None) is None
    assert mouth.due() is None
    patient.work()
    assert mouth.due() == 1_000 + 8_000
    assert mouth.due() is None  # told once
    assert mouth.take().text == "Yes."
    assert mouth.unasked(20_000) is None


def test_an_answer_goes_on_sentence_by_sentence(patient: Any, sentences: Any) -> None:
    """What is ready follows at once; what was heard is told to the answers, and nothing else."""
    answers = sentences("One.", "Two.", "Three.")
    mouth = mouth_of(answers, patient)
    mouth.reply(0, "", None)
    patient.work()
    assert mouth.due() == 0
    mouth.take()
    assert mouth.unasked(9_000) == 9_000
    mouth.take()
    assert answers.heard == ["One.", "Two."]


def test_the_next_sentence_is_waited_for(patient: Any, sentences: Any) -> None:
    """Where the answer is slower than its speech, the mouth tells when it goes on."""
    mouth = mouth_of(sentences("One."), patient)
    mouth.reply(0, "", None)
    assert mouth.unasked(8_000) is None
    patient.work()
    assert mouth.due() == 0
    assert mouth.take().text == "One."
    assert mouth.unasked(16_000) is None
    assert mouth.due() is None


def test_what_is_cancelled_is_never_spoken(patient: Any, sentences: Any) -> None:
    """A barge-in stops the answers and drops what is ready and what is still in the making."""
    answers = sentences("One.", "Two.")
    mouth = mouth_of(answers, patient)
    mouth.reply(0, "", None)
    mouth.cancel()
    patient.work()
    assert answers.stops == 1
    assert mouth.due() is None
    assert len(mouth.take().samples) == 0


def test_a_new_answer_replaces_the_old(patient: Any, sentences: Any) -> None:
    """Pieces of an old answer do not come up in a new one."""
    answers = sentences("Old.", "Older.")
    mouth = mouth_of(answers, patient)
    mouth.reply(0, "", None)
    patient.work()
    mouth.due()
    mouth.take()
    answers._sentences = ("New.",)
    mouth.reply(5_000, "", None)
    assert mouth.due() is None
    patient.work()
    assert mouth.due() == 5_000
    assert mouth.take().text == "New."


class Fails:
    """Answers that cannot be made."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def answer(self, *_: object) -> Iterator[Reply]:
        """Fail."""
        raise self._error

    def stop(self) -> None:
        """Do nothing."""


def failing(error: Exception, patient: Any, sentences: Any) -> LiveMouth:
    """Return a mouth whose reply has failed."""
    answers = sentences()
    answers.answer = Fails(error).answer
    mouth = mouth_of(answers, patient)
    mouth.reply(0, "", None)
    patient.work()
    return mouth


def test_a_reply_that_fails_is_told_and_the_floor_passes_on(patient: Any, sentences: Any) -> None:
    """An endpoint that is down ends a reply, not the call."""
    mouth = failing(ResponderFailed("no reply"), patient, sentences)
    assert mouth.due() == 0
    assert mouth.failures == ["no reply"]
    assert len(mouth.take().samples) == 0


def test_a_bug_is_no_failed_reply(patient: Any, sentences: Any) -> None:
    """It is raised in the frame path, where it is seen."""
    mouth = failing(ZeroDivisionError("bug"), patient, sentences)
    with pytest.raises(ZeroDivisionError):
        mouth.due()


def test_lockstep_waits(prompt_worker: Any, sentences: Any) -> None:
    """As in simulation: the due sample is the answer to the asking."""
    mouth = mouth_of(sentences("One.", latency_ms=100), prompt_worker, lockstep=True)
    assert mouth.first(0) == 1_600
    assert mouth.take().text == "Hello."
    assert mouth.unasked(9_000) is None
    assert mouth.reply(10_000, "", None) == 11_600


def test_nothing_to_say_passes_the_floor_on(prompt_worker: Any, sentences: Any) -> None:
    """An answer without a piece is due at once, and empty; an answer that has ended asks for nothing."""
    mouth = mouth_of(sentences(), prompt_worker)
    mouth.reply(700, "", None)
    assert mouth.due() == 0
    assert len(mouth.take().samples) == 0
    assert mouth.unasked(900) is None
    assert mouth.due() is None


def test_a_reminder_is_there_without_being_made(patient: Any, sentences: Any) -> None:
    """It was made before the call."""
    mouth = mouth_of(sentences(), patient)
    assert mouth.remind()
    assert mouth.take().text == "Are you still there?"
    assert mouth.reminding
    mouth.take()
    assert not mouth.reminding


class Hears:
    """A transcriber."""

    def transcribe(self, samples: np.ndarray, sample_rate_hz: int) -> str:
        """Tell how much it was given."""
        return f"{len(samples)} samples"


def test_words_are_found_beside_the_frame_path(patient: Any, sentences: Any) -> None:
    """The transcriber is asked by the worker, about the turn's audio."""
    answers = sentences("Yes.")
    mouth = mouth_of(answers, patient, Hears())
    mouth.reply(0, "", None)
    assert answers.asked == []
    patient.work()
    assert answers.asked == [("16000 samples", None)]
