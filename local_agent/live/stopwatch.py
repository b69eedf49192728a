"""How long windows took, in memory that does not grow: the one wall clock of the local agent."""

from __future__ import annotations

from array import array
from itertools import accumulate

_BIN_MS = 0.01
_BINS = 10_000


class Stopwatch:
    """Counts durations in bins of 10 µs up to 100 ms; longer ones share the last bin, and the longest is kept."""

    def __init__(self) -> None:
        self.count = 0
        self.longest_ms = 0.0
        self._bins = array("L", [0]) * _BINS

    def add(self, duration_s: float) -> None:
        """Take in a duration."""
        took_ms = duration_s * 1000
        self.count += 1
        self.longest_ms = max(self.longest_ms, took_ms)
        self._bins[min(int(took_ms / _BIN_MS), _BINS - 1)] += 1

    def percentile_ms(self, share: float) -> float | None:
        """Return the upper edge of the bin in which so large a share of the durations is reached; None of none."""
        if not self.count:
            return None
        reached = (at for at, seen in enumerate(accumulate(self._bins)) if seen >= share * self.count)
        return min(round((next(reached) + 1) * _BIN_MS, 2), round(self.longest_ms, 3))
