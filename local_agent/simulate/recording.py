"""The files of one recorded call, and the agent's side run over them, block by block or kept whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import AudioStream
from local_agent.errors import UnusableInput
from local_agent.simulate.lanes import LaneRun, StreamedMouth, turn_spans
from local_agent.simulate.speaking import SilentMouth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from local_agent.audio.findings import AudioWarning
    from local_agent.audio.sources import RawFormat
    from local_agent.events import Event
    from local_agent.record import CallRecord, SpokenTurn
    from local_agent.simulate.lanes import Span
    from local_agent.simulate.opening import Models
    from local_agent.simulate.speaking import Mouth

    Samples = NDArray[np.float32]

KEPT_LIMIT_S = 1_800
"""The longest call kept whole for a page or a sound file: at 16 kHz and in stereo both together took 1.3 GB
(peak resident, measured). Events alone need no memory to speak of, however long the call is."""


class Recording:
    """A caller's file, and the agent's: in the same file (stereo, caller left), in its own, or nowhere.

    `raw` is given for files without a header and counts for both. Raises UnusableInput for files that cannot
    be used, as far as their headers tell; what is inside is found as it is read.
    """

    def __init__(self, audio: Path, agent: Path | None = None, raw: RawFormat | None = None) -> None:
        self.name = audio.stem
        self._caller = AudioStream(audio, raw=raw)
        self.sample_rate_hz = self._caller.sample_rate_hz
        self._agent = None if agent is None else AudioStream(agent, raw=raw, rate_hz=self.sample_rate_hz)
        if self._agent is not None:
            _refuse_channels(self._caller, self._agent)

    @property
    def duration_s(self) -> float:
        """The length of the caller's lane in seconds."""
        return self._caller.total_samples / self.sample_rate_hz

    @property
    def warnings(self) -> tuple[AudioWarning, ...]:
        """What makes results doubtful; complete once the call has been run."""
        return self._caller.warnings + (() if self._agent is None else self._agent.warnings)

    def refuse_keeping(self, what: str) -> None:
        """Raise UnusableInput where the call is too long to be kept whole for `what`."""
        if self.duration_s > KEPT_LIMIT_S:
            raise UnusableInput(
                f"{self._caller.path}: {self.duration_s / 60:.0f} minutes are too long for {what}, "
                f"which holds the whole call in memory (at most {KEPT_LIMIT_S // 60} minutes)",
                help=f"leave {what} out (events need no memory), or cut the file into parts",
            )

    def run(self, models: Models, *, keep: bool = False) -> RecordedRun:
        """Begin a run: where there is an agent's lane, it is gone through once for its turns."""
        spans = self._spans(models)
        mouth: Mouth = StreamedMouth(spans, self._agent_lane()) if spans else SilentMouth()
        return RecordedRun(self, LaneRun(models.session(mouth), keep=keep), spans, models)

    def caller_lane(self) -> Iterator[Samples]:
        """Return the caller's lane in blocks."""
        return self._caller.channel(0)

    def turns(self, spans: list[Span]) -> list[SpokenTurn]:
        """Return the agent's turns whole."""
        if not spans:
            return []
        mouth = StreamedMouth(spans, self._agent_lane())
        return [mouth.take() for _ in spans]

    def _agent_lane(self) -> Iterator[Samples]:
        return self._caller.channel(1) if self._agent is None else self._agent.channel(0)

    def _spans(self, models: Models) -> list[Span]:
        if self._agent is not None:
            return turn_spans(self._agent.channel(0), models)
        if self._caller.channels == 1:
            return []
        return turn_spans(self._right_side(), models)

    def _right_side(self) -> Iterator[Samples]:
        """Yield the agent's side; refuse a file whose sides are one and the same when it has ended."""
        same = True
        for block in self._caller:
            same = same and np.array_equal(block[:, 0], block[:, 1])
            yield np.ascontiguousarray(block[:, 1])
        if same:
            raise UnusableInput(
                f"{self._caller.path}: both channels hold the same sound, so it is no call of two sides",
                help="export it as mono; in a stereo call the caller is left and the agent right",
            )


class RecordedRun:
    """One run over a recording."""

    def __init__(self, recording: Recording, run: LaneRun, spans: list[Span], models: Models) -> None:
        self._recording, self._run, self._spans = recording, run, spans
        self.notes = models.notes

    def events(self) -> Iterator[Event]:
        """Run to the end; yield each event as it happens. Raises UnusableInput where the audio breaks off."""
        return self._run.events(self._recording.caller_lane())

    def record(self) -> CallRecord:
        """Return the call, where it was kept."""
        turns = self._recording.turns(self._spans)
        return self._run.record(self._recording.name, turns, self.notes)


def _refuse_channels(caller: AudioStream, agent: AudioStream) -> None:
    if caller.channels > 1:
        raise UnusableInput(
            f"{caller.path}: is stereo, and so holds the agent's side (right) already",
            help="leave --agent out, or give the caller's side as a mono file",
        )
    if agent.channels > 1:
        raise UnusableInput(
            f"{agent.path}: is stereo where the agent's side alone was expected",
            help="export the agent's side as mono, or give the whole call as a stereo --audio (caller left)",
        )
