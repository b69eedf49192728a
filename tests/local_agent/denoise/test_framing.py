"""Chunks, frames and alignment, with an engine whose lateness is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.denoise.framing import MOST_FRAMES, Framed
from local_agent.denoise.protocol import Off
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = 10
chunkings = st.lists(st.integers(0, 37), max_size=20)
lags = st.integers(0, 35)


class Late:
    """An engine that only delays, by any number of samples."""

    sample_rate = 1000
    frame_samples = FRAME

    def __init__(self, lag: int) -> None:
        self.lag_samples = lag
        self.reset()

    def reset(self) -> None:
        """Start with silence."""
        self._line = np.zeros(self.lag_samples, np.float32)

    def frames(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what was given before."""
        self._line = np.concatenate([self._line, frames.reshape(-1)])
        out, self._line = self._line[: frames.size], self._line[frames.size :]
        return out.reshape(frames.shape)


def _counted(total: int) -> NDArray[np.float32]:
    return np.arange(1, total + 1, dtype=np.float32)


@given(chunkings, lags)
def test_whatever_the_chunks_the_output_is_the_input(sizes: list[int], lag: int) -> None:
    """Aligned to the sample, and exactly as long, for any chunks and any lateness of the engine."""
    whole = _counted(sum(sizes))
    denoiser = Framed(Late(lag))
    out = [denoiser.process(part) for part in np.split(whole, np.cumsum(sizes))]
    np.testing.assert_array_equal(np.concatenate([*out, denoiser.flush()]), whole)


@given(chunkings, lags)
def test_output_is_there_when_the_delay_says_so(sizes: list[int], lag: int) -> None:
    """Sample k has come once k + delay samples have been given, after every chunk; and never before it was given."""
    denoiser = Framed(Late(lag))
    given_, returned = 0, 0
    for part in np.split(_counted(sum(sizes)), np.cumsum(sizes)):
        given_ += part.size
        returned += denoiser.process(part).size
        assert given_ - denoiser.delay_samples + 1 <= returned <= given_


def test_the_delay_is_no_longer_than_it_must_be() -> None:
    """There is a moment at which the output runs behind by exactly the delay."""
    denoiser = Framed(Late(7))
    behind = []
    returned = 0
    for count in range(1, 100):
        returned += denoiser.process(np.ones(1, np.float32)).size
        behind.append(count - returned)
    assert max(behind) + 1 == denoiser.delay_samples


def test_after_a_flush_a_new_stream_begins() -> None:
    """Nothing of the first stream is heard in the second."""
    denoiser = Framed(Late(13))
    whole = _counted(55)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate([denoiser.process(whole), denoiser.flush()]), whole)


def test_at_most_a_frame_is_held() -> None:
    """Memory does not grow with the stream."""
    denoiser = Framed(Late(3))
    for size in (1, 9, 1000, 33):
        denoiser.process(np.zeros(size, np.float32))
        assert denoiser._held.size < FRAME
        assert denoiser._held.base is None


def test_a_long_chunk_goes_to_the_engine_in_parts() -> None:
    """Hours given at once take the memory of some seconds, and come out whole."""
    asked: list[int] = []

    class Counting(Late):
        """An engine that notes how many frames it is given."""

        def frames(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
            asked.append(len(frames))
            return super().frames(frames)

    denoiser = Framed(Counting(13))
    whole = _counted(FRAME * (2 * MOST_FRAMES + 7))
    np.testing.assert_array_equal(np.concatenate([denoiser.process(whole), denoiser.flush()]), whole)
    assert asked == [MOST_FRAMES, MOST_FRAMES, 7, 2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_refused(bad: float) -> None:
    """It would stay in a recurrent state for the rest of the call; the stream goes on without it."""
    denoiser = Framed(Late(0))
    with pytest.raises(UnusableInput, match="NaN or infinity"):
        denoiser.process(np.array([0.0, bad], np.float32))
    np.testing.assert_array_equal(denoiser.process(_counted(10)), _counted(10))


def test_two_channels_are_refused() -> None:
    """Which one is the caller is not for the denoiser to say."""
    with pytest.raises(UnusableInput, match="one channel"):
        Framed(Late(0)).process(np.zeros((10, 2), np.float32))


def test_off_changes_nothing_and_costs_no_delay() -> None:
    """The same samples, at once."""
    denoiser = Off(8000)
    np.testing.assert_array_equal(denoiser.process(_counted(5)), _counted(5))
    denoiser.reset()
    assert denoiser.flush().size == 0
    assert denoiser.delay_samples == 0
