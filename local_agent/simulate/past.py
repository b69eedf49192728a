"""The last seconds of a lane, in a ring that never grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Past:
    """Keeps the last `capacity` samples of a stream that comes in windows of one size."""

    def __init__(self, capacity: int, window_samples: int) -> None:
        windows = -(-capacity // window_samples)
        self._size = window_samples
        self._ring = np.zeros((windows, window_samples), np.float32)
        self._count = 0

    @property
    def end_sample(self) -> int:
        """How many samples have come in."""
        return self._count * self._size

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in the next window."""
        self._ring[self._count % len(self._ring)] = window
        self._count += 1

    def since(self, start_sample: int) -> NDArray[np.float32]:
        """Return a copy of what came in from a sample on, as far as it is kept."""
        oldest = max(self._count - len(self._ring), 0)
        first = min(max(start_sample // self._size, oldest), self._count)
        kept = self._ring[np.arange(first, self._count) % len(self._ring)].reshape(-1)
        return kept[max(start_sample - first * self._size, 0) :]
