"""The re-blocker: the same samples give the same windows in any chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.audio.windows import ReBlocker, window_count


@given(st.integers(1, 40), st.lists(st.integers(0, 90), max_size=20))
def test_windows_are_the_samples_in_order(size: int, chunks: list[int]) -> None:
    """Windows and the partial one, one after the other, are the samples; zeros fill the last."""
    blocker = ReBlocker(size)
    samples = np.arange(1, sum(chunks) + 1, dtype=np.float32)
    windows, at = [], 0
    for length in chunks:
        windows += [window.copy() for window in blocker.push(samples[at : at + length])]
        at += length
    partial = blocker.finish()
    assert all(len(window) == size for window in windows)
    assert len(windows) == len(samples) // size
    if partial is not None:
        windows.append(partial.samples)
        assert partial.real_samples == len(samples) % size
    assert len(windows) == window_count(len(samples), size)
    joined = np.concatenate(windows) if windows else np.zeros(0, np.float32)
    np.testing.assert_array_equal(joined[: len(samples)], samples)
    assert not joined[len(samples) :].any()


def test_a_finished_blocker_is_empty() -> None:
    """What was handed out at the end does not come again."""
    blocker = ReBlocker(4)
    assert blocker.push(np.ones(3, np.float32)) == []
    assert blocker.finish() is not None
    assert blocker.finish() is None


def test_a_window_has_samples() -> None:
    """A window of none would never end."""
    with pytest.raises(ValueError, match="0 samples"):
        ReBlocker(0)
