"""What became of trials, counted by group: everything that the search and its evidence need, and no frame.

Counts of one setting on two parts of a corpus add up to its counts on both, wherever each was counted. Rates and
percentiles are taken from them alone (metric.py). What is counted:

    over the agent, not meaningful   trials, false barge-ins (the floor was lost), false pauses (a pause that was
                                     taken up again, or that the lane's end found open), by class of sound
    over the agent, meaningful       trials and those missed (never got the floor), by class; of the others the
                                     time from the true onset to the agent's silence, 0 where it was silent
                                     already
    the caller's turn                trials, cut-offs (over before its last word's end), turns that were never
                                     over; of the others the time from the true end to the end that was heard

Times are kept to the millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.tuning.listening.traces import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from local_agent.tuning.judging.floors import FloorOutcomes
    from local_agent.tuning.listening.traces import Places
    from local_agent.tuning.listening.trial import Trial

IGNORABLE, FALSE_BARGE_INS, FALSE_PAUSES, MEANINGFUL, MISSED = range(5)
TURNS, CUTOFFS, UNENDED = range(3)
FLOOR_COLUMNS: Final = ("ignorable", "false_barge_ins", "false_pauses", "meaningful", "missed")
TURN_COLUMNS: Final = ("turns", "cutoffs", "unended")
_MS_RADIX: Final = 1 << 32
"""More than any time in milliseconds: group and time in one number, to count pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Counts of one setting.

    `floors` is [groups, classes, FLOOR_COLUMNS], `turns` [groups, TURN_COLUMNS]; `stop_ms` and `delay_ms` are
    histograms: rows of (group's index, ms, count), ascending, no pair twice. All int64. Names ascend.
    """

    groups: tuple[str, ...]
    classes: tuple[str, ...]
    floors: Places
    stop_ms: Places
    turns: Places
    delay_ms: Places

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both."""
        groups = tuple(sorted({*self.groups, *other.groups}))
        classes = tuple(sorted({*self.classes, *other.classes}))
        mine, others = self._laid_out(groups, classes), other._laid_out(groups, classes)
        return Counts(
            groups,
            classes,
            mine.floors + others.floors,
            histogram_sum(mine.stop_ms, others.stop_ms),
            mine.turns + others.turns,
            histogram_sum(mine.delay_ms, others.delay_ms),
        )

    def __eq__(self, other: object) -> bool:
        """Tell whether all counts are the same."""
        return isinstance(other, Counts) and self._plain() == other._plain()

    __hash__ = None  # type: ignore[assignment] # arrays inside

    def _laid_out(self, groups: tuple[str, ...], classes: tuple[str, ...]) -> Counts:
        """Return the same counts among more groups and classes."""
        if (groups, classes) == (self.groups, self.classes):
            return self
        row, column = _places(self.groups, groups), _places(self.classes, classes)
        floors = np.zeros((len(groups), len(classes), len(FLOOR_COLUMNS)), np.int64)
        floors[np.ix_(row, column)] = self.floors
        turns = np.zeros((len(groups), len(TURN_COLUMNS)), np.int64)
        turns[row] = self.turns
        stops, delays = self.stop_ms.copy(), self.delay_ms.copy()
        for times in (stops, delays):
            times[:, 0] = row[times[:, 0]]
        return Counts(groups, classes, floors, stops, turns, delays)

    def _plain(self) -> tuple[object, ...]:
        arrays = (self.floors, self.stop_ms, self.turns, self.delay_ms)
        return (self.groups, self.classes, *(one.tolist() for one in arrays))


class Tally:
    """Counts outcomes of the same trials under many settings; what settings share is computed once."""

    def __init__(self, trials: Sequence[Trial], sample_rate_hz: int) -> None:
        """Sort trials into groups and classes.

        Raises ValueError for a caller's turn that is not meaningful: nothing here is counted of those.
        """
        strange = next((t for t in trials if t.situation == "caller_turn" and not t.meaningful), None)
        if strange is not None:
            raise ValueError(f"{strange.name}: a caller's turn is a turn to be answered, or no trial")
        self.groups = tuple(sorted({trial.group for trial in trials}))
        self.classes = tuple(sorted({t.sound_class for t in trials if t.situation == "over_agent"}))
        self._rate = sample_rate_hz
        over = [trial for trial in trials if trial.situation == "over_agent"]
        turns = [trial for trial in trials if trial.situation == "caller_turn"]
        self._meaningful = np.array([trial.meaningful for trial in over], bool)
        self._onset = _samples((trial.onset_s for trial in over), sample_rate_hz)
        self._end = _samples((trial.end_s for trial in turns), sample_rate_hz)
        self._over_group = _places([trial.group for trial in over], self.groups)
        self._turn_group = _places([trial.group for trial in turns], self.groups)
        classes = _places([trial.sound_class for trial in over], self.classes)
        self._cell = self._over_group * len(self.classes) + classes

    def floors(self, outcomes: FloorOutcomes) -> tuple[Places, Places]:
        """Count the trials over the agent; return `floors` and `stop_ms` of Counts."""
        taken = outcomes.taken_at != NEVER
        paused = (outcomes.resumes > 0) | ((outcomes.paused_at != NEVER) & ~taken)
        meaningful, ignorable = self._meaningful, ~self._meaningful
        columns = (ignorable, ignorable & taken, ignorable & paused, meaningful, meaningful & ~taken)
        cells = len(self.groups) * len(self.classes)
        table = np.stack([np.bincount(self._cell[flags], minlength=cells) for flags in columns], axis=-1)
        got = meaningful & taken
        stops = np.maximum(outcomes.stopped_at[got] - self._onset[got], 0)
        shape = (len(self.groups), len(self.classes), len(columns))
        return table.reshape(shape), self._times(self._over_group[got], stops)

    def turns(self, over_at: Places) -> list[tuple[Places, Places]]:
        """Count the caller's turns of each row of [settings, trials]; return `turns` and `delay_ms` of Counts."""
        rows, size = len(over_at), len(self.groups)
        never = over_at == NEVER
        cut = ~never & (over_at < self._end)
        group = np.arange(rows)[:, None] * size + self._turn_group
        columns = [
            np.bincount(one, minlength=rows * size) for one in (group.ravel(), group[cut], group[never])
        ]
        table = np.stack(columns, axis=-1).reshape(rows, size, len(columns))
        heard = ~never & ~cut
        times = self._times(group[heard], (over_at - self._end)[heard])
        ends = np.searchsorted(times[:, 0], np.arange(1, rows + 1) * size)
        times[:, 0] %= max(size, 1)
        return list(zip(table, np.split(times, ends[:-1]) if rows else (), strict=True))

    def counts(self, floors: tuple[Places, Places], turns: tuple[Places, Places]) -> Counts:
        """Put one setting's parts together."""
        return Counts(self.groups, self.classes, *floors, *turns)

    def _times(self, group: Places, samples: Places) -> Places:
        ms = np.rint(samples * 1000 / self._rate).astype(np.int64)
        return _histogram(group * _MS_RADIX + ms, np.ones(len(ms), np.int64))


def total(parts: Iterable[Counts]) -> Counts:
    """Return the sum of at least one part. Raises StopIteration of none."""
    left = iter(parts)
    whole = next(left)
    for part in left:
        whole += part
    return whole


def histogram_sum(one: Places, other: Places) -> Places:
    """Return the rows of two histograms as one: ascending, no pair of group and ms twice."""
    both = np.concatenate([one, other])
    return _histogram(both[:, 0] * _MS_RADIX + both[:, 1], both[:, 2])


def _histogram(keys: Places, amounts: Places) -> Places:
    """Return ascending rows of (group, ms, count) from pairs in one number each."""
    order = np.argsort(keys, kind="stable")
    keys, amounts = keys[order], amounts[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else keys
    found = keys[first]
    sums = np.add.reduceat(amounts, first) if len(first) else amounts
    return np.stack([found // _MS_RADIX, found % _MS_RADIX, sums], axis=-1)


def _places(names: Sequence[str], among: Sequence[str]) -> Places:
    index = {name: place for place, name in enumerate(among)}
    return np.array([index[name] for name in names], np.int64)


def _samples(seconds: Iterable[float], sample_rate_hz: int) -> NDArray[np.int64]:
    return np.rint(np.array(list(seconds), np.float64) * sample_rate_hz).astype(np.int64)
