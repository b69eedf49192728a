"""Audio for the agent: one side of a call, or both, whole or in blocks, at 8 or 16 kHz, float32 in -1..1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.findings import AudioWarning, SampleInspector
from local_agent.audio.resampling import StreamResampler, resampled_length, working_rate
from local_agent.audio.sources import open_source
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from local_agent.audio.sources import RawFormat, Source

WHOLE_FILE_LIMIT_S = 3_600
"""The longest audio read whole (230 MB at 16 kHz); longer ones are streamed."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One channel of a file, whole."""

    path: Path
    sample_rate_hz: int
    samples: NDArray[np.float32]
    warnings: tuple[AudioWarning, ...] = ()

    @property
    def duration_s(self) -> float:
        """The clip's length in seconds."""
        return len(self.samples) / self.sample_rate_hz


class AudioStream:
    """A file in blocks: iterate once for float32 `[n, channels]` at `sample_rate_hz`; memory does not grow.

    `total_samples` is known from the start; `warnings` is complete when the iteration has ended.
    """

    def __init__(self, path: Path | str, *, raw: RawFormat | None = None, rate_hz: int | None = None) -> None:
        self.path = Path(path)
        self._raw = raw
        with open_source(self.path, raw) as source:
            self.channels, self.source_rate_hz = source.channels, source.sample_rate_hz
            self.sample_rate_hz = rate_hz or working_rate(source.sample_rate_hz)
            self.total_samples = resampled_length(source.frames, source.sample_rate_hz, self.sample_rate_hz)
        self.warnings: tuple[AudioWarning, ...] = ()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        with open_source(self.path, self._raw) as source:
            yield from self._converted(source)

    def _converted(self, source: Source) -> Iterator[NDArray[np.float32]]:
        inspector = SampleInspector(self.path, source.sample_rate_hz, source.peak)
        resampler = StreamResampler(source.sample_rate_hz, self.sample_rate_hz, source.channels)
        for block in source.blocks:
            ready = resampler.push(inspector.pass_on(block))
            if len(ready):
                yield np.clip(ready, -1.0, 1.0)  # a resampled peak may overshoot full scale
        rest = resampler.finish()
        self.warnings = inspector.warnings()
        if len(rest):
            yield np.clip(rest, -1.0, 1.0)

    def channel(self, number: int) -> Iterator[NDArray[np.float32]]:
        """Return the blocks of one channel (0 or 1), float32 `[n]`."""
        if not 0 <= number < self.channels:
            raise UnusableInput(
                f"{self.path}: has no channel {number}; its channels are 0..{self.channels - 1}",
                help="mono files have channel 0 alone"
                if self.channels == 1
                else "choose 0 (left) or 1 (right)",
            )
        return (np.ascontiguousarray(block[:, number]) for block in self)


def read_clip(
    path: Path | str,
    *,
    channel: int = 0,
    raw: RawFormat | None = None,
    rate_hz: int | None = None,
) -> Clip:
    """Read one channel of a file whole.

    `rate_hz` None keeps 8 and 16 kHz and turns the rest into 16 kHz. Raises UnusableInput, as `open_source`
    does, and for a channel that is not there or audio longer than an hour.
    """
    stream = AudioStream(path, raw=raw, rate_hz=rate_hz)
    blocks = stream.channel(channel)
    samples = np.empty(_whole_length(stream), dtype=np.float32)
    at = 0
    for block in blocks:
        samples[at : at + len(block)] = block
        at += len(block)
    return Clip(stream.path, stream.sample_rate_hz, samples, stream.warnings)


def read_call(
    path: Path | str, *, caller: int = 0, raw: RawFormat | None = None, rate_hz: int | None = None
) -> tuple[Clip, Clip | None]:
    """Read a call whole: the caller, and the agent where the file is stereo (`caller` 0 is left, 1 right)."""
    stream = AudioStream(path, raw=raw, rate_hz=rate_hz)
    if stream.channels == 1:
        return read_clip(path, channel=caller, raw=raw, rate_hz=rate_hz), None
    if caller not in (0, 1):
        raise UnusableInput(
            f"{path}: has no channel {caller}", help="choose 0 (left) or 1 (right) for the caller"
        )
    both = np.empty((_whole_length(stream), 2), dtype=np.float32)
    at = 0
    for block in stream:
        both[at : at + len(block)] = block
        at += len(block)
    sides = [
        Clip(stream.path, stream.sample_rate_hz, np.ascontiguousarray(both[:, side]), stream.warnings)
        for side in (caller, 1 - caller)
    ]
    return sides[0], sides[1]


def _whole_length(stream: AudioStream) -> int:
    duration_s = stream.total_samples / stream.sample_rate_hz
    if duration_s > WHOLE_FILE_LIMIT_S:
        raise UnusableInput(
            f"{stream.path}: {duration_s / 60:.0f} minutes are too long to be read whole",
            help=f"cut it into parts of at most {WHOLE_FILE_LIMIT_S // 60} minutes, or run it as a stream",
        )
    return stream.total_samples
