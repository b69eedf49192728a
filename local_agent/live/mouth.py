"""The mouth of a live call: replies are made in a thread of their own, and enter between two windows.

What a session asks for is asked of the `Desk`, which returns at once; `LiveMouth.due` tells, window by window,
when something has become ready and from which sample on it is to be spoken. In lockstep the mouth waits for
each piece instead, as simulation does: for sound that comes faster than real time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from local_agent.dialogue.responder import CallerTurn
from local_agent.errors import LocalAgentError
from local_agent.scenarios.agent_side import REMINDER
from local_agent.simulate.speaking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.dialogue.responder import Reply
    from local_agent.live.answers import Answers
    from local_agent.record import SpokenTurn
    from local_agent.simulate.speaking import Cut, Speaks
    from local_agent.simulate.words import Listens


class Submits(Protocol):
    """Where tasks are done: a worker, or in a test whatever does them when it pleases."""

    def submit(self, task: Callable[[], None]) -> Future[None]:
        """Have a task done; return at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A turn that is ready, and the sample from which on it may be spoken."""

    turn: SpokenTurn
    due_sample: int


class Job:
    """One answer in the making, asked for at `at`. Its pieces come in order; None ends them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.unwanted = False
        self.pieces: SimpleQueue[Piece | None] = SimpleQueue()
        self.outcome: Future[None] | None = None


class Desk:
    """Where replies are made: words, responder and voice, beside the frame path."""

    def __init__(
        self,
        answers: Answers,
        voice: Speaks,
        sample_rate_hz: int,
        worker: Submits,
        transcriber: Listens | None = None,
    ) -> None:
        self.answers, self._voice, self._rate = answers, voice, sample_rate_hz
        self._worker, self._transcriber = worker, transcriber
        self.hears_words = transcriber is not None
        self.reminder = voice.speak(REMINDER, sample_rate_hz)

    def first(self, at: int) -> Job:
        """Have the first message made."""
        job = Job(at)
        return self._begin(job, self.answers.first)

    def reply(self, at: int, turn_audio: NDArray[np.float32], cut: Cut | None) -> Job:
        """Have an answer made to what the caller said."""
        job = Job(at)

        def made() -> Iterator[Reply]:
            from local_agent.context.interruption import interruption

            said = ""
            if self._transcriber is not None:
                said = self._transcriber.transcribe(turn_audio, self._rate) or ""
            context = None if cut is None else interruption(cut.turn, cut.played_samples, said)
            return self.answers.answer(CallerTurn(said), context, lambda: job.unwanted)

        return self._begin(job, made)

    def drop(self, job: Job) -> None:
        """Let nobody wait for a job any more."""
        job.unwanted = True
        self.answers.stop()

    def _begin(self, job: Job, replies: Callable[[], Iterator[Reply]]) -> Job:
        def make() -> None:
            try:
                for reply in replies():
                    if job.unwanted:
                        return
                    job.pieces.put(self._piece(reply, job.at))
            finally:
                job.pieces.put(None)

        job.outcome = self._worker.submit(make)
        return job

    def _piece(self, reply: Reply, at: int) -> Piece:
        spoken = self._voice.speak(reply.text, self._rate) if reply.text.strip() else NOTHING
        turn = replace(spoken, intent=reply.intent, expects_answer=reply.expects_answer)
        return Piece(turn, at + reply.latency_ms * self._rate // 1000)


class LiveMouth:
    """What the agent says next, made elsewhere. `failures` are messages of replies that could not be made."""

    def __init__(
        self, desk: Desk, turn_audio: Callable[[], NDArray[np.float32]], *, lockstep: bool = False
    ) -> None:
        self.reminding = self.growing = False
        self.failures: list[str] = []
        self._desk, self._turn_audio, self._lockstep = desk, turn_audio, lockstep
        self._job: Job | None = None
        self._ready: deque[Piece] = deque()
        self._awaited = self._owed = self._reminder = False

    # -- what a session asks for

    def first(self, at: int) -> int | None:
        """Have the first message made."""
        self._job, self._awaited = self._desk.first(at), True
        return self._at_once()

    def more(self) -> SpokenTurn | None:
        """Return None: a live turn is handed out whole, sentence by sentence."""
        return None

    def reply(self, at: int, said: str, cut: Cut | None) -> int | None:
        """Have an answer made; the words are found beside the frame path, so `said` is not used."""
        del said
        self.cancel()
        self._job, self._awaited, self._owed = self._desk.reply(at, self._turn_audio(), cut), True, True
        return self._at_once()

    def unasked(self, at: int) -> int | None:
        """Return `at` where the answer goes on, or None; then it goes on as soon as more of it is ready."""
        self._collect(wait=self._lockstep)
        if self._ready:
            return max(at, self._ready[0].due_sample)
        self._awaited = self._job is not None
        return None

    def remind(self) -> bool:
        """Prepare the reminder, which was made before the call."""
        self._reminder = True
        return True

    def cancel(self) -> None:
        """Drop the answer, ready or in the making."""
        if self._job is not None:
            self._desk.drop(self._job)
        self._job, self._awaited, self._owed = None, False, False
        self._ready.clear()

    def take(self) -> SpokenTurn:
        """Hand out what is ready, or an empty turn."""
        self.reminding, self._reminder = self._reminder, False
        if self.reminding:
            return self._desk.reminder
        if not self._ready:
            return NOTHING
        turn = self._ready.popleft().turn
        self._desk.answers.spoken(turn.text)
        return turn

    # -- between two windows

    def due(self) -> int | None:
        """Return the sample from which on what was waited for may be spoken, once, when it has become ready.

        Where nothing comes of a reply the floor must pass on all the same: an empty turn is due.
        """
        self._collect()
        return self._told_due()

    def _at_once(self) -> int | None:
        if not self._lockstep:
            return None
        self._collect(wait=True)
        return self._told_due()

    def _told_due(self) -> int | None:
        if not self._awaited or (self._job is not None and not self._ready):
            return None
        owed, self._awaited, self._owed = self._owed, False, False
        if self._ready:
            return self._ready[0].due_sample
        return 0 if owed else None

    def _collect(self, *, wait: bool = False) -> None:
        """Take in the pieces that are there; with `wait`, wait for one where there is none."""
        job = self._job
        while job is not None and (not job.pieces.empty() or (wait and not self._ready)):
            piece = job.pieces.get()
            if piece is not None:
                self._ready.append(piece)
                continue
            self._job, ended = None, job.outcome
            error = None if ended is None else ended.exception()
            if isinstance(error, LocalAgentError):
                self.failures.append(error.message)
            elif error is not None:
                raise error
            return
