"""Rates with Wilson intervals, and percentiles: own code, plain floats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_Z: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution: intervals are 95 %, two-sided."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `n` chances."""

    count: int
    n: int

    @property
    def value(self) -> float | None:
        """The share; None where there was no chance."""
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson score interval; None where there was no chance."""
        return wilson(self.count, self.n) if self.n else None


def wilson(count: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (E. B. Wilson, JASA 22, 1927; no continuity correction).

    It keeps near its promise for the small counts and the shares near 0 that barge-in rates are, where the
    textbook interval does not (Newcombe, Statistics in Medicine 17, 1998). Raises ValueError unless 0 <=
    count <= n and n > 0.
    """
    if n <= 0 or not 0 <= count <= n:
        raise ValueError(f"{count} of {n} is no share")
    share, square = count / n, _Z * _Z
    middle = share + square / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = (middle - spread) / (1 + square / n), (middle + spread) / (1 + square / n)
    return (0.0 if count == 0 else low), (1.0 if count == n else high)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that `share` (0 to 1) of the values lie below, linear between two; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
