"""Recorded lanes: the agent's side over a caller's recording, and perhaps over the recorded agent's own.

A recording may be longer than memory allows for: `LaneRun` hands events on as they happen and keeps no audio,
`turn_spans` finds a recorded agent's turns in one pass, and `StreamedMouth` reads each when it is to be
spoken. `run_lanes` is the same with everything kept, for short recordings.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.windows import ReBlocker
from local_agent.record import CallRecord, SpokenTurn
from local_agent.simulate.speaking import NOTHING, RecordedMouth, SilentMouth
from local_agent.simulate.words import TranscribedWords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from local_agent.events import Event
    from local_agent.parameters import Parameters
    from local_agent.record import Truth
    from local_agent.simulate.opening import Models
    from local_agent.simulate.session import Session
    from local_agent.simulate.speaking import Mouth
    from local_agent.simulate.words import Listens

    Samples = NDArray[np.float32]

    Span = tuple[int, int]
    """First sample of a turn, and the one after its last."""


def run_lanes(
    name: str,
    caller: Iterable[Samples],
    parameters: Parameters,
    sample_rate_hz: int,
    *,
    agent: Samples | None = None,
    transcriber: Listens | None = None,
    models: Models | None = None,
) -> CallRecord:
    """Run the agent's side over a caller's lane, in chunks of any size, and perhaps the agent's own.

    The recorded agent's turns are cut out of its lane by the same detector, and are what the agent says, each
    at its time or as soon as the floor is free. Without them the agent is silent: turns and their ends are
    all there is. Raises ModelMissing where a model is needed that is not here.
    """
    from local_agent.simulate.opening import models_for

    models = models or models_for(parameters, sample_rate_hz)
    turns = [] if agent is None else recorded_turns(agent, models)
    mouth: Mouth = RecordedMouth(turns) if turns else SilentMouth()
    session = models.session(mouth, None if transcriber is None else TranscribedWords(transcriber))
    run = LaneRun(session, keep=True)
    for _ in run.events(caller):
        pass
    return run.record(name, [turn for _, turn in turns], models.notes)


class LaneRun:
    """A session over a caller's lane.

    Without `keep` nothing grows with the call: audio, probabilities and events are gone once they are handed
    on. With it the call can be had as a record afterwards.
    """

    def __init__(self, session: Session, *, keep: bool = False) -> None:
        self._session = session
        self._blocks = ReBlocker(session.window)
        self._lanes = CallLanes(session) if keep else None

    def events(self, caller: Iterable[Samples]) -> Iterator[Event]:
        """Run the whole lane, in chunks of any size; yield each event as soon as it is known.

        Where nothing is kept, the rest of the lane is not read once the agent has hung up.
        """
        for chunk in caller:
            if self._session.ended and self._lanes is None:
                return
            for window in self._blocks.push(chunk):
                yield from self._window(window)
        rest = self._blocks.finish()
        if rest is not None:
            yield from self._window(rest.samples)
        yield from self._happened(self._session.finish)

    def record(self, name: str, turns: Sequence[SpokenTurn], notes: tuple[str, ...]) -> CallRecord:
        """Return the call that was kept. Raises ValueError where nothing was to be kept."""
        if self._lanes is None:
            raise ValueError("nothing of this run was kept")
        return self._lanes.record(name, list(turns), (), notes)

    def _window(self, window: Samples) -> Iterator[Event]:
        def pass_on() -> None:
            said = self._session.speak()
            if self._lanes is None:
                self._session.hear(window)
            else:
                self._lanes.window(window, said)

        return self._happened(pass_on)

    def _happened(self, step: Callable[[], None]) -> Iterator[Event]:
        before = len(self._session.events)
        step()
        new = self._session.events[before:]
        if self._lanes is None:
            self._session.events.clear()
        return iter(new)


TURN_GAP_MS = 700
"""Silence in a recorded agent's lane from which on it is another turn."""
_EDGE_MS = 100


def recorded_turns(agent: Samples, models: Models) -> list[tuple[int, SpokenTurn]]:
    """Return the turns in an agent's lane, each with its first sample."""
    return [(start, SpokenTurn("", agent[start:end])) for start, end in turn_spans([agent], models)]


def turn_spans(agent: Iterable[Samples], models: Models) -> list[Span]:
    """Return where the turns in an agent's lane are, from one pass over it in chunks of any size."""
    from local_agent.parameters import VadParameters
    from local_agent.vad.gate_runs import gate_events
    from local_agent.vad.settings import gate_settings

    stream, rate = models.fresh_stream(), models.sample_rate_hz
    blocks, length = ReBlocker(stream.window_samples), 0
    scores = array("f")
    for chunk in agent:
        length += len(chunk)
        scores.extend(stream.probability(window) for window in blocks.push(chunk))
    rest = blocks.finish()
    if rest is not None:
        scores.append(stream.probability(rest.samples))
    vad = VadParameters(threshold=0.5, release_threshold=0.35, min_speech_ms=64, min_silence_ms=TURN_GAP_MS)
    settings = gate_settings(vad, rate, stream.window_samples)
    found = gate_events(np.frombuffer(scores, np.float32), settings)
    edge, spans = _EDGE_MS * rate // 1000, []
    ends = [*found.offsets.tolist(), length]
    for number, onset in enumerate(found.onsets.tolist()):
        spans.append((max(onset - edge, 0), min(ends[number] + edge, length)))
    return spans


class StreamedMouth(RecordedMouth):
    """A recording's turns, each read from its lane when it is to be spoken: one is in memory at a time."""

    def __init__(self, spans: Sequence[Span], agent: Iterable[Samples]) -> None:
        super().__init__((start, NOTHING) for start, _ in spans)
        self._audio = _cut(spans, agent)

    def take(self) -> SpokenTurn:
        """Read the next turn; an empty one where there is none."""
        if not self._coming:
            return NOTHING
        self._coming.popleft()
        return SpokenTurn("", next(self._audio))


def _cut(spans: Sequence[Span], lane: Iterable[Samples]) -> Iterator[Samples]:
    """Yield the audio of each span; they follow one another without overlap."""
    chunks, held, at = iter(lane), np.zeros(0, np.float32), 0
    for start, end in spans:
        pieces: list[Samples] = []
        while at < end:
            if not len(held):
                held = next(chunks)
            used = held[: end - at]
            pieces.append(used[max(start - at, 0) :])
            held, at = held[len(used) :], at + len(used)
        yield np.concatenate(pieces)


class CallLanes:
    """Collects what a session hears and says."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lanes = _Lanes([], [], [])

    def window(self, heard: Samples, said: Samples) -> None:
        """Let the session hear a window, and keep it beside what the agent said."""
        self._lanes.caller.append(heard.copy())
        self._lanes.agent.append(said)
        self._lanes.probabilities += [sound.probability for sound in self._session.hear(heard)]

    def record(
        self,
        name: str,
        turns: list[SpokenTurn],
        truths: tuple[Truth, ...],
        notes: tuple[str, ...],
    ) -> CallRecord:
        """Return the call so far."""
        session, lanes = self._session, self._lanes
        return CallRecord(
            name,
            session.rate,
            session.window,
            _joined(lanes.caller),
            _joined(lanes.agent),
            np.array(lanes.probabilities, np.float32),
            tuple(session.events),
            truths,
            tuple(turns),
            session.ear.threshold,
            session.ear.release,
            notes,
        )


@dataclass(slots=True)
class _Lanes:
    caller: list[Samples]
    agent: list[Samples]
    probabilities: list[float]


def _joined(windows: list[Samples]) -> Samples:
    return np.concatenate(windows) if windows else np.zeros(0, np.float32)
