"""When the caller's turn is over: many trials at once, exactly as the session decides. Pure.

The agent is silent. Speech opens the caller's turn once the gate is certain; each pause after which the gate stops may
end it: when the policy's wait has passed and no run of speech is beginning. What opened a turn may be dismissed
as noise, and the next speech opens another.

A classifier's answer depends on where the turn and the pause began; it is asked for through `Answers` once for
each such pair, whatever the delays, and before the sweep for all settings together where that can be.

Equal to the session, event for event: tests/local_agent/tuning/test_equality.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, runtime_checkable

import numpy as np

from local_agent.endpointing.policy import asks
from local_agent.simulate.ear import SUSPICION
from local_agent.simulate.pausing import GATE_LAG_MS
from local_agent.tuning.listening.traces import NEVER, running
from local_agent.turn.doubt import SPOKEN_MS
from local_agent.turn.evidence import Thresholds
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from local_agent.parameters import EndpointingParameters, VadParameters
    from local_agent.tuning.listening.traces import Places, Traces
    from local_agent.vad.settings import GateSettings

    Numbers = NDArray[np.float64]
    Setting = tuple[VadParameters, EndpointingParameters]
    Question = tuple[int, int, int]
    """A trial, the sample at which its turn began, and the one up to which it was heard."""

_T = TypeVar("_T")

_MOST_LANES: Final = 10_000
"""How many trials times settings are swept together: enough for numpy, little enough for a processor's cache."""


class Answers(Protocol):
    """Knows what the turn-end classifier says."""

    def probability_complete(self, trial: int, onset_sample: int, heard_to: int) -> float:
        """Return P(complete) for a trial's turn that began at `onset_sample`, heard up to `heard_to`."""


@runtime_checkable
class AsksTogether(Protocol):
    """Answers that take many questions beforehand, since together they cost less time."""

    def ask_all(self, questions: Iterable[Question]) -> None:
        """Find the answers to all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Stretches of speech as the gate tells them, in order, each with the pause that follows it.

    All are flat windows. Speech begins at `onset` and is certain at `certain`; the pause begins at `begin`,
    from `settled` on the gate has stopped, and it lasts to before `until`, where speech is certain again or
    the trial ends. A stretch that the trial's end cuts off has no pause, and is left out. Lanes ascend.
    """

    lane: Places
    onset: Places
    certain: Places
    begin: Places
    settled: Places
    until: Places


@dataclass(frozen=True, slots=True)
class _Waits:
    """How long a pause may be under each of some settings of one mode, in milliseconds (endpointing/policy.py).

    From `complete_from` on an answer is taken for complete.
    """

    mode: str
    delay_ms: Places
    cap_ms: Places
    least_ms: Places
    complete_from: Numbers

    @classmethod
    def of(cls, settings: Sequence[Setting]) -> _Waits:
        rows = [(end.delay_ms, end.max_delay_ms, vad.min_silence_ms) for vad, end in settings]
        delay_ms, cap_ms, least_ms = np.array(rows, np.int64).T
        complete_from = np.array([end.complete_threshold for _, end in settings], np.float64)
        return cls(settings[0][1].mode, delay_ms, cap_ms, least_ms, complete_from)

    def unasked(self, which: Places) -> Places:
        """Return the wait while nobody answered, for a setting each."""
        longest = self.delay_ms if self.mode == "silence" else self.cap_ms
        return np.maximum(longest, self.least_ms)[which]

    def told(self, which: Places, complete: Numbers, doubt: Numbers) -> Places:
        """Return the wait after an answer: P(complete), and (1 - P)^2 as policy.py computes it."""
        delay, cap, least = self.delay_ms[which], self.cap_ms[which], self.least_ms[which]
        if self.mode == "hybrid":
            stretched = np.rint(delay + (cap - delay) * doubt).astype(np.int64)
            return np.maximum(stretched, np.maximum(delay, least))
        return np.maximum(np.where(complete >= self.complete_from[which], delay, cap), least)


class TurnSweep:
    """The trials of one set of traces, asked for many settings; what settings share is computed once.

    Settings that differ only in silence and delays are swept together: trial t under the s-th of them is the
    lane s * trials + t, and numpy sees one long list of pauses.
    """

    def __init__(self, traces: Traces, answers: Answers | None = None) -> None:
        self.traces = traces
        self._answers = answers
        self._known: dict[tuple[int, int, int], float] = {}
        limits = Thresholds()
        share = (traces.values - limits.doubtful) / (limits.certain - limits.doubtful)
        self._certain_ms = running(traces.window_ms * np.clip(share, 0.0, 1.0))
        self._runs: dict[tuple[str, float], tuple[Places, Places]] = {}
        self._calm: dict[float, Places] = {}

    def over_at(
        self, vad: VadParameters, endpointing: EndpointingParameters, *, validate: bool = True
    ) -> Places:
        """Return where each trial's first turn that is not dismissed is over, in samples; -1 where none is.

        Raises ValueError for a preset other than vaxctl, and for a mode that asks where nobody answers.
        """
        found: Places = self.over_at_each([(vad, endpointing)], validate=validate)[0]
        return found

    def over_at_each(self, settings: Sequence[Setting], *, validate: bool = True) -> Places:
        """Return the same for many settings, [settings, trials]. Raises as `over_at` does."""
        alike: dict[tuple[object, ...], list[int]] = {}
        for place, (vad, endpointing) in enumerate(settings):
            if vad.preset != "vaxctl":
                raise ValueError(f"the preset {vad.preset} is replayed, not swept")
            if asks(endpointing) and self._answers is None:
                raise ValueError(f"endpointing {endpointing.mode} needs a classifier's answers")
            key = (vad.threshold, vad.release_threshold, vad.min_speech_ms)
            alike.setdefault((*key, endpointing.mode, endpointing.ask_after_ms), []).append(place)
        self._ask_together(settings)
        over = np.full((len(settings), len(self.traces)), NEVER, np.int64)
        for places in alike.values():
            for some in self._few(places):
                over[some] = self._swept([settings[place] for place in some], validate=validate)
        return over

    def _few(self, many: list[_T]) -> Iterator[list[_T]]:
        """Part settings, or places of them, into so few that they are swept together."""
        together = max(1, _MOST_LANES // max(1, len(self.traces)))
        for at in range(0, len(many), together):
            yield many[at : at + together]

    def _swept(self, settings: Sequence[Setting], *, validate: bool) -> Places:
        """Sweep settings that differ in silence and delays alone."""
        vad, count = settings[0][0], len(self.traces)
        gates = self._gates([one for one, _ in settings])
        segments = self._found(gates)
        waits = _Waits.of(settings)
        over = np.full(len(settings) * count, NEVER, np.int64)
        turn = _first_of(
            segments.lane, np.arange(len(segments.lane))
        )  # which segment opened the turn of each
        open_segments = np.arange(len(segments.lane))
        recent = max(math.ceil(SUSPICION * vad.min_speech_ms / self.traces.window_ms), gates[0].start_windows)
        while len(open_segments):
            ends, heard = self._ends(segments, open_segments, turn[open_segments], settings[0], waits)
            first = _first_true(segments.lane[open_segments], ends != NEVER)
            ended, lanes = open_segments[first], segments.lane[open_segments[first]]
            dismissed = (
                self._dismissed(segments, turn[ended], heard[first], recent)
                if validate
                else np.zeros(len(ended), bool)
            )
            over[lanes[~dismissed]] = ends[first][~dismissed]
            # What follows a dismissed turn belongs to the next one.
            last = np.full(len(over), len(segments.lane), np.int64)
            last[lanes[dismissed]] = ended[dismissed]
            open_segments = open_segments[open_segments > last[segments.lane[open_segments]]]
            turn[open_segments] = _first_of(segments.lane[open_segments], open_segments)
        return over.reshape(len(settings), count)

    # -- what is asked

    def _ask_together(self, settings: Sequence[Setting]) -> None:
        """Put all questions that these settings will ask, but for those after a turn that was dismissed.

        Some are never needed: a setting that ended the turn in the pause before does not come to the next one.
        """
        if not isinstance(self._answers, AsksTogether):
            return
        alike: dict[tuple[float, float, int, int], dict[int, VadParameters]] = {}
        for vad, end in settings:
            if asks(end):
                key = (vad.threshold, vad.release_threshold, vad.min_speech_ms, end.ask_after_ms)
                alike.setdefault(key, {})[vad.min_silence_ms] = vad
        found: set[Question] = set()
        for (*_, ask_after_ms), vads in alike.items():
            for some in self._few(list(vads.values())):
                found.update(self._questions(some, ask_after_ms))
        self._answers.ask_all(found - self._known.keys())

    def _questions(self, vads: Sequence[VadParameters], ask_after_ms: int) -> Iterator[Question]:
        """Return what is asked under gates that differ in silence alone, if no turn is dismissed."""
        segments = self._found(self._gates(vads))
        asked = np.flatnonzero(self._asked_at(segments.begin, ask_after_ms) < segments.until)
        trial = segments.lane[asked] % max(len(self.traces), 1)
        turn = _first_of(segments.lane, segments.onset)[asked]
        heard_to = self._heard_to(segments.begin[asked], trial, ask_after_ms)
        onset = (turn - self.traces.starts[trial]) * self.traces.window_samples
        return zip(trial.tolist(), onset.tolist(), heard_to.tolist(), strict=True)

    def _asked_at(self, begin: Places, ask_after_ms: int) -> Places:
        """Return with which window the classifier is asked about pauses that begin there."""
        rate, size = self.traces.sample_rate_hz, self.traces.window_samples
        return begin + max(-(-(ask_after_ms * rate // 1000) // size), 1) - 1

    def _heard_to(self, begin: Places, trial: Places, ask_after_ms: int) -> Places:
        """Return how much of the lane the classifier then hears, in samples (simulate/pausing.py)."""
        rate, size = self.traces.sample_rate_hz, self.traces.window_samples
        hears = max(ask_after_ms - GATE_LAG_MS, 0) * rate // 1000
        return (begin - self.traces.starts[trial]) * size + hears

    # -- when each pause would end the turn

    def _ends(
        self, segments: Segments, which: Places, turn: Places, setting: Setting, waits: _Waits
    ) -> tuple[Places, Places]:
        """Return the sample at which the pause after each segment ends the turn, and the last window heard."""
        vad, endpointing = setting
        begin, until = segments.begin[which], segments.until[which]
        settled, lane = segments.settled[which], segments.lane[which]
        trial, under = lane % len(self.traces), lane // len(self.traces)
        rate, size = self.traces.sample_rate_hz, self.traces.window_samples
        began = (begin - self.traces.starts[trial]) * size
        unasked = waits.unasked(under) * rate // 1000
        if not asks(endpointing):
            return self._fires(vad.threshold, settled, until, began + unasked, trial)
        ask = self._asked_at(begin, endpointing.ask_after_ms)
        early, heard_early = self._fires(
            vad.threshold, settled, np.minimum(ask, until), began + unasked, trial
        )
        asked = np.flatnonzero((ask < until) & (early == NEVER))
        heard_to = self._heard_to(begin[asked], trial[asked], endpointing.ask_after_ms)
        complete, doubt = self._told(trial[asked], segments.onset[turn[asked]], heard_to)
        unasked[asked] = waits.told(under[asked], complete, doubt) * rate // 1000
        late, heard_late = self._fires(vad.threshold, np.maximum(settled, ask), until, began + unasked, trial)
        return np.where(early == NEVER, late, early), np.where(early == NEVER, heard_late, heard_early)

    def _fires(
        self, threshold: float, earliest: Places, until: Places, due: Places, trial: Places
    ) -> tuple[Places, Places]:
        """Return when a turn that is due is over: with the first calm window after which it may be."""
        traces = self.traces
        # After window k the turn may end until the next one is known; so k is the last one known by then.
        known = np.searchsorted(traces.lag_windows, due // traces.window_samples, side="right") - 1
        due_window = np.minimum(traces.starts[trial] + np.maximum(known, 0), traces.starts[trial + 1] - 1)
        calm = self._calm_from(threshold)
        window = calm[np.minimum(np.maximum(earliest, due_window), len(calm) - 1)]
        inside = window < until
        safe = np.where(inside, window, traces.starts[trial])
        known_at, next_at = traces.known_at(safe, trial), traces.known_at(safe + 1, trial)
        fires = inside & ((due <= known_at) | (due < next_at))
        return np.where(fires, np.maximum(due, known_at), NEVER), window

    def _told(self, trial: Places, onset: Places, heard_to: Places) -> tuple[Numbers, Numbers]:
        """Return P(complete) for each pause, and its doubt; each is asked for once."""
        base = int(heard_to.max(initial=0)) + 1
        _, first, place = np.unique(onset * base + heard_to, return_index=True, return_inverse=True)
        told = [self._answer(int(trial[at]), int(onset[at]), int(heard_to[at])) for at in first]
        doubts = [(1 - complete) ** 2 for complete in told]
        return np.array(told, np.float64)[place], np.array(doubts, np.float64)[place]

    def _answer(self, trial: int, onset_window: int, heard_to: int) -> float:
        size = self.traces.window_samples
        onset = (onset_window - int(self.traces.starts[trial])) * size
        key = (trial, onset, heard_to)
        if key not in self._known and self._answers is not None:
            self._known[key] = self._answers.probability_complete(*key)
        return self._known[key]

    def _dismissed(self, segments: Segments, turn: Places, heard: Places, recent: int) -> NDArray[np.bool_]:
        """Tell which turns hold too little certain speech (turn/doubt.py, where nobody knows words)."""
        trial = segments.lane[turn] % len(self.traces)
        since = np.maximum(segments.certain[turn] - recent + 1, self.traces.starts[trial])
        return self._certain_ms[heard + 1] - self._certain_ms[since] < SPOKEN_MS

    # -- what the gate says

    def _gates(self, vads: Sequence[VadParameters]) -> list[GateSettings]:
        rate, size = self.traces.sample_rate_hz, self.traces.window_samples
        return [gate_settings(one, rate, size) for one in vads]

    def _found(self, gates: Sequence[GateSettings]) -> Segments:
        """Find the gates' events by their runs, as vad/gate_runs.py does, over all lanes at once."""
        traces, gate, count = self.traces, gates[0], len(gates)
        starts = self._long_runs("high", gate.threshold, np.full(count, gate.start_windows))
        stop_windows = np.array([one.stop_windows for one in gates])
        stops = self._long_runs("low", gate.release_threshold, stop_windows)
        windows = len(traces.probabilities) + 1
        keys = np.concatenate([starts, stops])  # lane by lane, each in its order
        order = np.argsort(keys, kind="stable")
        keys, is_start = keys[order], order < len(starts)
        under, places = keys // windows, keys % windows
        lane = under * len(traces) + traces.trial_of[places] if len(places) else places
        before = np.concatenate([[False], is_start[:-1]])
        before[1:] &= lane[1:] == lane[:-1]  # a lane begins in quiet
        kept = is_start != before
        places, is_start, lane = places[kept], is_start[kept], lane[kept]
        stop = np.flatnonzero(~is_start)  # a stop follows its start at once
        follower = np.append(places + gate.start_windows - 1, 0)[np.minimum(stop + 1, len(places))]
        same = np.append(lane, -1)[stop + 1] == lane[stop]
        ends = traces.starts[lane[stop] % max(len(traces), 1) + 1]
        return Segments(
            lane[stop],
            places[stop - 1],
            places[stop - 1] + gate.start_windows - 1,
            places[stop],
            places[stop] + stop_windows[lane[stop] // max(len(traces), 1)] - 1,
            np.where(same, follower, ends),
        )

    def _long_runs(self, kind: str, level: float, least: Places) -> Places:
        """Return where runs of at least so many windows begin, for each of `least` after the others."""
        if (kind, level) not in self._runs:
            values = self.traces.values
            self._runs[kind, level] = self.traces.runs(values >= level if kind == "high" else values < level)
        begin, end = self._runs[kind, level]
        which, run = np.nonzero(end - begin >= least[:, None])
        return which * (len(self.traces.probabilities) + 1) + begin[run]

    def _calm_from(self, threshold: float) -> Places:
        """Return for each window the first one from it on in which no run of speech is under way, in quiet."""
        if threshold not in self._calm:
            count = len(self.traces.probabilities)
            calm = np.where(self.traces.values < threshold, np.arange(count), count)
            self._calm[threshold] = np.minimum.accumulate(np.append(calm, count)[::-1])[::-1]
        return self._calm[threshold]


def _first_of(lane: Places, values: Places) -> Places:
    """Return for each element the value of the first one of the same lane (lanes ascend)."""
    if not len(lane):
        return values
    begins = np.flatnonzero(np.concatenate([[True], lane[1:] != lane[:-1]]))
    return np.repeat(values[begins], np.diff(np.append(begins, len(lane))))


def _first_true(lane: Places, flags: NDArray[np.bool_]) -> Places:
    """Return the index of each lane's first true flag."""
    at = np.flatnonzero(flags)
    return at[np.concatenate([[True], lane[at][1:] != lane[at][:-1]])] if len(at) else at
