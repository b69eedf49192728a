"""The numbers that settings are judged by, each taken from counts alone, also from groups drawn again.

The names are those of metrics/measuring.py where the thing is the same; there whole calls are measured, here
single trials:

    false_barge_in_rate              trials of ignorable sound that cost the agent the floor, of all of them
    worst_class_false_barge_in_rate  the same for the class of sound that does worst, of those it ranges over
    false_pause_rate                 those that made the agent pause, but kept it the floor
    missed_barge_in_rate             callers over the agent who never got the floor, of all of them
    stop_ms_p50, stop_ms_p90         from a caller's true onset to the agent's silence, of those who got the floor
    premature_cutoff_rate            turns that were over before their last word's end, of all turns
    unanswered_turn_rate             turns that were never over (not heard, or dismissed as noise), of all turns
    response_delay_ms_p50, _p90      from a turn's true end to where it was over, of the turns that were

False barge-ins, false pauses and missed barge-ins can be asked of one class: `false_barge_in_rate[sneeze]`. Times say
nothing of those who got no time, so a time is minimised beside the rate of its failures. Less is better, always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.tuning.judging.counts import (
    CUTOFFS,
    FALSE_BARGE_INS,
    FALSE_PAUSES,
    IGNORABLE,
    MEANINGFUL,
    MISSED,
    TURNS,
    UNENDED,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.listening.traces import Places

    Numbers = NDArray[np.float64]

FLOOR_RATES: Final = {
    "false_barge_in_rate": (FALSE_BARGE_INS, IGNORABLE),
    "false_pause_rate": (FALSE_PAUSES, IGNORABLE),
    "missed_barge_in_rate": (MISSED, MEANINGFUL),
}
TURN_RATES: Final = {"premature_cutoff_rate": CUTOFFS, "unanswered_turn_rate": UNENDED}
TIMES: Final = {
    "stop_ms_p50": ("stop_ms", 0.5),
    "stop_ms_p90": ("stop_ms", 0.9),
    "response_delay_ms_p50": ("delay_ms", 0.5),
    "response_delay_ms_p90": ("delay_ms", 0.9),
}
WORST: Final = "worst_class_false_barge_in_rate"
NAMES: Final = (
    "false_barge_in_rate",
    WORST,
    "false_pause_rate",
    "missed_barge_in_rate",
    "stop_ms_p50",
    "stop_ms_p90",
    "premature_cutoff_rate",
    "unanswered_turn_rate",
    "response_delay_ms_p50",
    "response_delay_ms_p90",
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One number: its name, and the class of sound it is asked of (None: all).

    `among` names the classes that the worst one is looked for in (None: all); other metrics do not heed it.
    """

    name: str
    sound_class: str | None = None
    among: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return self.name if self.sound_class is None else f"{self.name}[{self.sound_class}]"

    @property
    def is_rate(self) -> bool:
        """Whether it is a share, not a time in milliseconds."""
        return self.name not in TIMES

    @property
    def about_turns(self) -> bool:
        """Whether it is measured on the caller's turns, not over the agent."""
        return self.name in TURN_RATES or self.name.startswith("response_delay_ms")

    def value(self, counts: Counts) -> float | None:
        """Return the number; None where nothing was measured."""
        if self.name in TIMES:
            kind, share = TIMES[self.name]
            return _of_times(getattr(counts, kind), share)
        if self.name == WORST:
            return max((rate for rate, _ in self._class_rates(counts)), default=None)
        hits, chances = self.parts(counts)
        return _rate(hits.sum(), chances.sum())

    def values(self, counts: Counts, weights: Numbers) -> Numbers:
        """Return the number for each row of `weights` [rounds, groups], how often each group counts; NaN of none."""
        if self.name in TIMES:
            kind, share = TIMES[self.name]
            return _percentile(*_by_bin(getattr(counts, kind), len(counts.groups)), share, weights)
        if self.name == WORST:
            floors = self._of_class(counts)
            chances = weights @ floors[:, :, IGNORABLE]
            rates = _share(weights @ floors[:, :, FALSE_BARGE_INS], chances)
            worst = np.where(np.isnan(rates), -1.0, rates).max(axis=1, initial=-1.0)
            return np.asarray(np.where(worst < 0, np.nan, worst), np.float64)
        hits, among = self.parts(counts)
        return _share(weights @ hits, weights @ among)

    def worst_class(self, counts: Counts) -> str | None:
        """Return the class that does worst, of equals the one of most trials; None where no class was heard."""
        at = self._places(counts)
        heard = counts.floors.sum(axis=0)[at, IGNORABLE]
        names = [counts.classes[place] for place, n in zip(at, heard, strict=True) if n]
        rated = [(*told, name) for told, name in zip(self._class_rates(counts), names, strict=True)]
        return max(rated, key=lambda one: one[:2])[2] if rated else None

    def _class_rates(self, counts: Counts) -> list[tuple[float, int]]:
        """Return each class's false barge-ins per trial and its trials, of the classes that were heard."""
        sums = counts.floors.sum(axis=0)[self._places(counts)].tolist()
        return [(row[FALSE_BARGE_INS] / row[IGNORABLE], row[IGNORABLE]) for row in sums if row[IGNORABLE]]

    def parts(self, counts: Counts) -> tuple[Places, Places]:
        """Return a rate's hits and chances in each group."""
        if self.name in TURN_RATES:
            return counts.turns[:, TURN_RATES[self.name]], counts.turns[:, TURNS]
        hit, chance = FLOOR_RATES[self.name]
        floors = self._of_class(counts)
        return floors[:, :, hit].sum(axis=1), floors[:, :, chance].sum(axis=1)

    def chances(self, counts: Counts) -> Places:
        """Return how many trials of each group bear on it, whatever the setting."""
        if self.about_turns:
            return counts.turns[:, TURNS]
        column = MEANINGFUL if self.name in TIMES else FLOOR_RATES.get(self.name, (0, IGNORABLE))[1]
        return np.asarray(self._of_class(counts)[:, :, column].sum(axis=1), np.int64)

    def _of_class(self, counts: Counts) -> Places:
        if self.sound_class is None and (self.name != WORST or self.among is None):
            return counts.floors
        return counts.floors[:, self._places(counts)]

    def _places(self, counts: Counts) -> list[int]:
        """Return which of the counted classes it is about."""
        if self.sound_class is None and self.among is None:
            return list(range(len(counts.classes)))
        wanted = self.among if self.sound_class is None else (self.sound_class,)
        return [place for place, name in enumerate(counts.classes) if name in (wanted or ())]


def _rate(hits: int, chances: int) -> float | None:
    return int(hits) / int(chances) if chances else None


def _of_times(times: Places, share: float) -> float | None:
    """Return a percentile of a histogram, of all groups together."""
    if not len(times):
        return None
    order = np.argsort(times[:, 1])
    up_to = np.cumsum(times[order, 2])
    place = share * float(up_to[-1] - 1)
    below = int(place)
    above = min(below + 1, int(up_to[-1]) - 1)
    low, high = (int(times[order[np.searchsorted(up_to, at, side="right")], 1]) for at in (below, above))
    return low + (high - low) * (place - below)


def _share(hits: Numbers, chances: Numbers) -> Numbers:
    rates: Numbers = np.divide(hits, chances, out=np.full(hits.shape, np.nan), where=chances > 0)
    return rates


def _by_bin(times: Places, groups: int) -> tuple[Places, Numbers]:
    """Return the times that occur, ascending, and how often each does in each group [groups, bins]."""
    bins, place = np.unique(times[:, 1], return_inverse=True)
    table = np.zeros((groups, len(bins)))
    table[times[:, 0], place] = times[:, 2]
    return bins, table


def _percentile(bins: Places, table: Numbers, share: float, weights: Numbers) -> Numbers:
    """Return the value that `share` of the times lie below, linear between two, as metrics/intervals.py does."""
    if not len(bins):
        return np.full(len(weights), np.nan)
    timed = table.any(axis=1)  # few groups have times of their own: callers have, sources of noise have none
    up_to = np.cumsum(weights[:, timed] @ table[timed], axis=1)
    size = up_to[:, -1]
    place = share * (size - 1)
    below = np.floor(place)
    low = bins[_bin_of(up_to, below)]
    high = bins[_bin_of(up_to, np.minimum(below + 1, size - 1))]
    found = low + (high - low) * (place - below)
    return np.asarray(np.where(size > 0, found, np.nan), np.float64)


def _bin_of(up_to: Numbers, place: Numbers) -> Places:
    """Return in which bin the time at each place (0: the smallest) lies."""
    before = np.count_nonzero(up_to <= place[:, None], axis=1)
    return np.asarray(np.minimum(before, up_to.shape[1] - 1), np.int64)
