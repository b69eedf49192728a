"""Sample rates: 8 and 16 kHz stay as they are, everything else becomes 16 kHz through soxr.

soxr takes its own delay out: output sample i stands at the time of input sample i·rate/target. The length is
round(n·target/rate), halves rounded up, whatever the chunks; streaming gives bit for bit what the whole
file gives (measured with soxr 1.1, 2026-11; held by a property test).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NATIVE_RATES_HZ = (8_000, 16_000)
TARGET_RATE_HZ = 16_000


def working_rate(sample_rate_hz: int) -> int:
    """Return the rate that audio of `sample_rate_hz` is worked on at: its own if native, else 16 kHz."""
    return sample_rate_hz if sample_rate_hz in NATIVE_RATES_HZ else TARGET_RATE_HZ


def resampled_length(samples: int, from_hz: int, to_hz: int) -> int:
    """Return how many samples `samples` become: round(samples · to_hz / from_hz), halves up."""
    return (2 * samples * to_hz + from_hz) // (2 * from_hz)


class StreamResampler:
    """Takes frames `[n, channels]` in chunks of any size and gives frames at another rate."""

    def __init__(self, from_hz: int, to_hz: int, channels: int = 1) -> None:
        self.from_hz, self.to_hz, self.channels = from_hz, to_hz, channels
        self._taken = self._given = 0
        self._stream = None
        if from_hz != to_hz:
            import soxr

            self._stream = soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32", quality="HQ")

    def push(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take a chunk; return what is ready, which may be nothing yet."""
        return self._resampled(frames, last=False)

    def finish(self) -> NDArray[np.float32]:
        """Return what is left, so that the whole has exactly `resampled_length` frames; then push no more."""
        rest = self._resampled(np.zeros((0, self.channels), np.float32), last=True)
        missing = resampled_length(self._taken, self.from_hz, self.to_hz) - self._given
        if missing > 0:
            rest = np.concatenate([rest, np.zeros((missing, self.channels), np.float32)])
        return rest[: len(rest) + min(missing, 0)]

    def _resampled(self, frames: NDArray[np.float32], *, last: bool) -> NDArray[np.float32]:
        self._taken += len(frames)
        if self._stream is None:
            out = frames
        else:
            shaped = frames if self.channels > 1 else frames[:, 0]
            out = self._stream.resample_chunk(np.ascontiguousarray(shaped), last=last).reshape(
                -1, self.channels
            )
        self._given += len(out)
        return out


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Return a whole clip (one channel) at another rate, `resampled_length` samples long."""
    stream = StreamResampler(from_hz, to_hz)
    head = stream.push(np.asarray(samples, dtype=np.float32)[:, np.newaxis])
    return np.concatenate([head, stream.finish()])[:, 0]
