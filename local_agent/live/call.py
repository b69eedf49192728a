"""One live call without its pipes: bytes in, bytes out, window by window, and what happened handed on."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from local_agent.audio.windows import ReBlocker
from local_agent.events import (
    AgentSpeechStarted,
    BargeIn,
    Event,
    FalseBargeIn,
    SpeechStarted,
)
from local_agent.live.codec import LineDecoder, encoded
from local_agent.live.stopwatch import Stopwatch
from local_agent.simulate.past import Past

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.live.codec import LineEncoding
    from local_agent.live.mouth import LiveMouth
    from local_agent.simulate.session import Session

    Samples = NDArray[np.float32]

HEARD_S = 30
"""How much of the caller's turn is kept for a transcriber."""


@dataclass(frozen=True, slots=True)
class ReplyFailed(Event):
    """A reply could not be made; the agent says nothing, and the call goes on."""

    message: str


class TurnAudio:
    """The caller's turn so far, for whoever writes it down. Follows the events to know where it began."""

    def __init__(self, sample_rate_hz: int, window_samples: int, pre_roll_ms: int) -> None:
        self._past = Past(HEARD_S * sample_rate_hz, window_samples)
        self._pre_roll = pre_roll_ms * sample_rate_hz // 1000
        self._onset: int | None = None

    def add(self, window: Samples) -> None:
        """Take in the next window of the caller's lane."""
        self._past.add(window)

    def follow(self, event: Event) -> None:
        """Learn from an event where the turn began."""
        if isinstance(event, BargeIn) or (isinstance(event, SpeechStarted) and self._onset is None):
            self._onset = event.onset_sample
        elif isinstance(event, AgentSpeechStarted | FalseBargeIn):
            self._onset = None

    def since_onset(self) -> Samples:
        """Return the turn's audio, from a little before its onset."""
        start = self._past.end_sample if self._onset is None else self._onset - self._pre_roll
        return self._past.since(max(start, 0))


class LiveCall:
    """A session fed by a line. `push` gives a window out for each window that came in.

    Events go to `tell` as soon as they are known. `stopwatch` has how long each window took, from its last
    sample being here to its events and its answer being ready.
    """

    def __init__(
        self,
        session: Session,
        mouth: LiveMouth | None,
        encoding: LineEncoding,
        tell: Callable[[Event], None],
        turn_audio: TurnAudio,
    ) -> None:
        self.session, self.stopwatch = session, Stopwatch()
        self.late_replies = 0
        self._mouth, self._tell, self._turn_audio = mouth, tell, turn_audio
        self._decoder, self._encoding = LineDecoder(encoding), encoding
        self._blocks = ReBlocker(session.window)

    def push(self, data: bytes) -> Iterator[bytes]:
        """Take what the line brought, in pieces of any size; yield what the agent plays, window by window."""
        for window in self._blocks.push(self._decoder.decode(data)):
            if self.session.ended:
                return
            yield self._window(window)

    def finish(self) -> Iterator[bytes]:
        """Close the call at the end of the line; yield the last part of a window, as long as what came in."""
        rest = self._blocks.finish()
        if rest is not None and not self.session.ended:
            out = self._window(rest.samples)
            yield out[: len(out) * rest.real_samples // self.session.window]
        self.close()

    def close(self) -> None:
        """End the call here, whatever the line still holds."""
        self.session.finish()
        self._hand_on()

    @property
    def leftover_bytes(self) -> int:
        """Bytes of half a sample at the end of the line."""
        return self._decoder.leftover_bytes

    def _window(self, window: Samples) -> bytes:
        began = perf_counter()
        if self._mouth is not None:
            self._admit(self._mouth)
        said = self.session.speak()
        self._turn_audio.add(window)
        self.session.hear(window)
        self._hand_on()
        out = encoded(said, self._encoding)
        self.stopwatch.add(perf_counter() - began)
        return out

    def _admit(self, mouth: LiveMouth) -> None:
        """Let in a reply that has become ready."""
        due = mouth.due()
        for message in mouth.failures:
            self._tell(ReplyFailed(self.session.now, message))
        mouth.failures.clear()
        if due is not None:
            self.late_replies += due < self.session.now
            self.session.reply_ready(due)

    def _hand_on(self) -> None:
        for event in self.session.events:
            self._turn_audio.follow(event)
            if isinstance(event, BargeIn) and self._mouth is not None:
                self._mouth.cancel()  # the rest of the answer has lost its use
            self._tell(event)
        self.session.events.clear()
