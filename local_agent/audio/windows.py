"""Chunks of any size become windows of one size: the same samples give the same windows, however they arrive.

The last partial window: `finish` fills it up with zeros, as Silero's own package does, and says how many of
its samples are real. A stream that ended on a boundary has no partial window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PartialWindow:
    """The end of a stream: a whole window whose first `real_samples` were audio, the rest zeros."""

    samples: NDArray[np.float32]
    real_samples: int


class ReBlocker:
    """Turns chunks into windows of `window_samples`; holds back less than one window."""

    def __init__(self, window_samples: int) -> None:
        if window_samples < 1:
            raise ValueError(f"a window of {window_samples} samples")
        self.window_samples = window_samples
        self._held = np.zeros(window_samples, dtype=np.float32)
        self._filled = 0

    def push(self, chunk: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Take a chunk; return the windows that it finished, oldest first. They may be views of the chunk."""
        size, filled = self.window_samples, self._filled
        if filled + len(chunk) < size:
            self._held[filled : filled + len(chunk)] = chunk
            self._filled += len(chunk)
            return []
        windows, start = [], 0
        if filled:
            start = size - filled
            windows.append(np.concatenate([self._held[:filled], chunk[:start]]))
        whole = (len(chunk) - start) // size
        windows.extend(chunk[start : start + whole * size].reshape(whole, size))
        rest = chunk[start + whole * size :]
        self._held[: len(rest)] = rest
        self._filled = len(rest)
        return windows

    def finish(self) -> PartialWindow | None:
        """Return the last partial window, zero-filled, or None where nothing is left; empties the blocker."""
        if not self._filled:
            return None
        window = np.zeros(self.window_samples, dtype=np.float32)
        window[: self._filled] = self._held[: self._filled]
        real, self._filled = self._filled, 0
        return PartialWindow(window, real)


def window_count(samples: int, window_samples: int) -> int:
    """Return how many windows a clip has, its last partial one included."""
    return -(-samples // window_samples)
