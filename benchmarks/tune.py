"""How fast settings are judged, and whether intervals hold what they promise: side by side in one run, one core.

    python benchmarks/tune.py [--hours 1] [--rounds 5]     audio-hours x settings a second
    python benchmarks/tune.py --intervals [--runs 600]     how often 95 % intervals hold a known truth

Speed: an hour of generated probabilities (112,500 windows of 32 ms in 450 trials: noise and speech over the agent,
callers' turns), 1,820 settings. `search` is all of it: sweep, count, objectives, front. `loop` is the plain way,
one setting after the other: a Python loop of the gate over the windows, which says when speech starts and stops
and no more; and the session itself, which says what the sweep says. Rounds in turn, medians. The counts of some
settings are compared with those of the same settings alone.

The published figures beside it (research on an hour of the same windows and a grid of the same size, one core,
2026-11) are of a gate that counts its starts, false starts, cut-offs and speaking windows: no second look, no end of a turn,
no groups. `gate events only` is that work, on the same hour and grid: the hour is one trace, and what is counted is
compared with vad/gate_runs.py setting by setting. The presets are other frameworks' gates over the whole corpus, beside the
session that says the same.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from statistics import NormalDist, median
from typing import TYPE_CHECKING

import numpy as np

from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters
from local_agent.tuning.evidence.resampling import interval
from local_agent.tuning.judging.counts import Counts
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.floors import FloorSweep
from local_agent.tuning.judging.metric import Metric
from local_agent.tuning.judging.replay import replay
from local_agent.tuning.judging.turn_ends import TurnSweep
from local_agent.tuning.listening.traces import Traces
from local_agent.tuning.listening.trial import Trial
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.searching import exhaustive
from local_agent.tuning.search.space import Space, applied
from local_agent.vad.gate import Gate
from local_agent.vad.gate_runs import gate_events
from local_agent.vad.loudness import volumes_of
from local_agent.vad.settings import LIVEKIT, PIPECAT, gate_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from local_agent.vad.settings import GateSettings

    Events = tuple[int, int, int, int]
    Samples = NDArray[np.float32]
    Numbers = NDArray[np.float64]

RATE, WINDOW = 16_000, 512
TRIAL_WINDOWS = 250
ONSET, QUIET_FROM = 31, 125
PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
GOAL = parse_goal(
    "false_barge_in_rate,missed_barge_in_rate,stop_ms_p90,premature_cutoff_rate,response_delay_ms_p90"
)
ONCE = BargeInParameters(validate=False, resume=False)
PRESETS = [replace(PRESENT, vad=vad, barge_in=ONCE) for vad in (PIPECAT, LIVEKIT)]
PUBLISHED = {
    "published: Python loop": (72, 133),
    "published: numpy over runs": (19_982, 32_430),
    "published: numba over runs": (109_600, 115_800),
}


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--hours", type=float, default=1.0)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--intervals", action="store_true")
    arguments.add_argument("--runs", type=int, default=600)
    chosen = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if chosen.intervals:
        _intervals(chosen.runs)
    else:
        _speed(chosen.hours, chosen.rounds)


# -- speed


def _speed(hours: float, rounds: int) -> None:
    trials, traces = _corpus(round(hours * 3600 * RATE / WINDOW / TRIAL_WINDOWS))
    space, hours = Space.of(), len(traces.probabilities) * WINDOW / RATE / 3600
    settings = [applied(one, PRESENT) for one in space.settings(PRESENT)]
    _compare(trials, traces, settings)
    hour, truth = _one_trace(trials, traces)
    _compare_events(hour, truth, settings)
    lane = np.random.default_rng(0).normal(0, 0.1, TRIAL_WINDOWS * WINDOW).astype(np.float32)
    volumes = volumes_of(lane, RATE, WINDOW)

    def loud() -> Bench:
        return Bench(trials, traces, volumes=lambda _: volumes)

    contenders: dict[str, tuple[int, Callable[[], object]]] = {
        "search: sweep, count, front": (
            len(settings),
            lambda: _search(Bench(trials, traces), space),
        ),
        "sweep and count": (len(settings), lambda: Bench(trials, traces).grid(settings)),
        "sweep, the floor of every trial": (len(settings), lambda: _floors(traces, settings)),
        "sweep, turn ends of every trial": (len(settings), lambda: _turn_ends(traces, settings)),
        "sweep, gate events only": (len(settings), lambda: _events(hour, truth, settings)),
        "presets: sweep": (2, lambda: [bench.counts(one) for bench in (loud(),) for one in PRESETS]),
        "presets: the session": (2, lambda: [_session(trials, traces, one, lane) for one in PRESETS]),
        "loop: numpy, setting by setting": (20, lambda: _one_by_one(trials, traces, settings[::91])),
        "loop: Python, gate events only": (
            2,
            lambda: [_plain(hour, truth, one) for one in settings[600:602]],
        ),
        "loop: Python, the gate": (2, lambda: [_gate(traces, one) for one in settings[600:602]]),
        "loop: the session": (1, lambda: _session(trials, traces, settings[600])),
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, (_, run) in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            spent[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    runs = traces.runs(traces.values >= PRESENT.vad.threshold)[0]
    print(f"{hours:.2f} h, {len(traces.probabilities)} windows, {len(trials)} trials, runs of speech and of")
    print(
        f"silence {200 * len(runs) / len(traces.probabilities):.1f} % of the windows; {rounds} rounds, medians"
    )
    print(f"{'':34}{'settings':>9}{'wall s':>9}{'cpu s':>9}{'hours x settings / cpu s':>26}")
    for name, (count, _) in contenders.items():
        wall_s, cpu_s = (median(part) for part in zip(*spent[name], strict=True))
        print(f"{name:34}{count:>9}{wall_s:>9.3f}{cpu_s:>9.3f}{hours * count / cpu_s:>26,.0f}")
    for name, (low, high) in PUBLISHED.items():
        print(f"{name:52}{f'{low:,} to {high:,}':>35}")


def _search(bench: Bench, space: Space) -> object:
    from local_agent.tuning.search.fronts import front

    found = exhaustive(lambda _: bench, space, GOAL, PRESENT)
    return front(np.array([one.values for one in found]))


def _floors(traces: Traces, settings: list[Parameters]) -> None:
    """Sweep as a bench does: settings that differ in silence alone have one outcome."""
    sweep, seen = FloorSweep(traces), set()
    for one in settings:
        key = (one.vad.threshold, one.vad.min_speech_ms)
        if key not in seen:
            seen.add(key)
            sweep.outcomes(one.vad, one.barge_in)


def _turn_ends(traces: Traces, settings: list[Parameters]) -> None:
    TurnSweep(traces).over_at_each([(one.vad, one.endpointing) for one in settings])


def _one_trace(trials: list[Trial], traces: Traces) -> tuple[Traces, NDArray[np.bool_]]:
    """Return the trials one after the other as one trace, and which of its windows are speech."""
    truth = np.zeros((len(trials), TRIAL_WINDOWS), bool)
    truth[[trial.meaningful for trial in trials], ONSET:QUIET_FROM] = True
    return Traces.of([traces.probabilities], RATE, WINDOW), truth.ravel()


def _events(hour: Traces, truth: NDArray[np.bool_], settings: list[Parameters]) -> list[Events]:
    """Count each setting's starts, false starts, cut-offs and speaking windows; runs are found once a threshold.

    A start that counts has a stop between it and the start before; it is closed by the first stop after it.
    """
    runs: dict[tuple[bool, float], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    long: dict[tuple[bool, float, int], NDArray[np.int64]] = {}

    def begins(gate: GateSettings, *, high: bool) -> NDArray[np.int64]:
        level, least = (
            (gate.threshold, gate.start_windows) if high else (gate.release_threshold, gate.stop_windows)
        )
        if (high, level) not in runs:
            flags = hour.values >= level if high else hour.values < level
            runs[high, level] = hour.runs(flags)
        if (high, level, least) not in long:
            begin, end = runs[high, level]
            long[high, level, least] = begin[end - begin >= least]
        return long[high, level, least]

    found, last = [], len(truth)
    for one in settings:
        gate = gate_settings(one.vad, RATE, WINDOW)
        starts, stops = begins(gate, high=True), begins(gate, high=False)
        after = np.searchsorted(stops, starts)
        counts = np.concatenate([[True], after[1:] != after[:-1]]) if len(starts) else after > 0
        starts, after = starts[counts], after[counts]
        closing = stops[after[after < len(stops)]]
        closed = np.append(closing + gate.stop_windows, np.full(len(starts) - len(closing), last))
        speaking = int((closed - starts - gate.start_windows).sum())
        false, cut = len(starts) - int(truth[starts].sum()), int(truth[closing].sum())
        found.append((len(starts), false, cut, speaking))
    return found


def _plain(hour: Traces, truth: NDArray[np.bool_], parameters: Parameters) -> Events:
    """Count the same in a loop over lists, as the published Python loop does."""
    gate = gate_settings(parameters.vad, RATE, WINDOW)
    threshold, release = gate.threshold, gate.release_threshold
    starts = false = cut = speaking_windows = high = low = 0
    speaking = False
    flags = truth.tolist()
    for at, value in enumerate(hour.values.tolist()):
        if speaking:
            speaking_windows += 1
            low = low + 1 if value < release else 0
            if low == gate.stop_windows:
                speaking, high = False, 0
                cut += flags[at - low + 1]
        else:
            high = high + 1 if value >= threshold else 0
            if high == gate.start_windows:
                speaking, low = True, 0
                starts += 1
                false += not flags[at - high + 1]
    return starts, false, cut, speaking_windows


def _compare_events(hour: Traces, truth: NDArray[np.bool_], settings: list[Parameters]) -> None:
    some, same = settings[::91], 0
    for one, told in zip(some, _events(hour, truth, some), strict=True):
        events = gate_events(hour.probabilities, gate_settings(one.vad, RATE, WINDOW))
        starts, stops = events.onsets // WINDOW, events.offsets // WINDOW
        until = np.append(events.stopped_at, len(truth) * WINDOW)[: len(starts)]
        speaking = int((until - events.started_at).sum()) // WINDOW
        same += told == (len(starts), int((~truth[starts]).sum()), int(truth[stops].sum()), speaking)
        same -= told != _plain(hour, truth, one)
    print(f"{same} of {len(some)} settings have the gate's own events")


def _one_by_one(trials: list[Trial], traces: Traces, settings: list[Parameters]) -> list[Counts]:
    return [Bench(trials, traces).counts(one) for one in settings]


def _gate(traces: Traces, parameters: Parameters) -> int:
    settings, events = gate_settings(parameters.vad, RATE, WINDOW), 0
    for index in range(len(traces)):
        gate = Gate(settings)
        for probability in traces.trial(index).tolist():
            events += gate.step(probability) is not None
    return events


def _session(
    trials: list[Trial], traces: Traces, parameters: Parameters, lane: Samples | None = None
) -> None:
    for index, trial in enumerate(trials):
        replay(traces, index, parameters, over_agent=trial.situation == "over_agent", lane=lane)


def _compare(trials: list[Trial], traces: Traces, settings: list[Parameters]) -> None:
    together = Bench(trials, traces).grid(settings)[::91]
    same = sum(a == b for a, b in zip(together, _one_by_one(trials, traces, settings[::91]), strict=True))
    print(f"{same} of {len(together)} settings have the same counts together and alone")


def _corpus(count: int) -> tuple[list[Trial], Traces]:
    chance = np.random.default_rng(4)
    trials, values = [], []
    for number in range(count):
        kind = ("door", "sneeze", "music")[number // 3 % 3] if number % 3 == 0 else "speech"
        group = f"{'source' if kind != 'speech' else 'speaker'}-{number // 6}"
        situation = "caller_turn" if number % 3 == 2 else "over_agent"
        trials.append(
            Trial(
                f"{number}",
                situation,  # type: ignore[arg-type] # one of the two
                kind,
                kind == "speech",
                group,
                ONSET * WINDOW / RATE,
                QUIET_FROM * WINDOW / RATE,
                TRIAL_WINDOWS * WINDOW / RATE,
                (),
            )
        )
        values.append(_heard(chance, noise=kind != "speech"))
    return trials, Traces.of(values, RATE, WINDOW)


def _heard(chance: np.random.Generator, *, noise: bool) -> Samples:
    """Return a trial's probabilities: bursts of noise, or speech with pauses and dips."""
    values = np.clip(chance.normal(0.03, 0.02, TRIAL_WINDOWS), 0, 1)
    at = ONSET + int(chance.integers(0, 4))
    while at < QUIET_FROM:
        size = int(chance.integers(1, 10) if noise else chance.integers(1, 14))
        size = min(size, QUIET_FROM - at)
        level = chance.uniform(0.1, 1.0) if noise else 0.93
        values[at : at + size] = np.clip(chance.normal(level, 0.12, size), 0, 1)
        at += size + int(chance.integers(2, 12) if noise else chance.choice([1, 2, 3, 6, 14]))
    return values.astype(np.float32)


# -- intervals

NORMAL = NormalDist()
RATE_METRIC, TIME_METRIC = Metric("false_barge_in_rate"), Metric("stop_ms_p90")
MEAN_TRIALS, LIKENESS = 3, 0.1
WITHIN, BETWEEN = 0.5, 0.3


def _intervals(runs: int) -> None:
    """Draw corpora of a known truth; count how often each kind of interval holds it."""
    chance = np.random.default_rng(1)
    print(
        f"groups of 1 to 5 trials, likeness {LIKENESS} inside a group, {runs} corpora each; share of 95 % intervals"
    )
    print(f"{'':22}{'groups':>8}{'percentile':>12}{'expanded':>12}{'BCa':>8}{'ours':>8}")
    for groups in (10, 20, 40, 80):
        for rate in (0.03, 0.1, 0.3, None):
            held = np.zeros(4)
            for seed in range(runs):
                counts, truth = _drawn_corpus(chance, groups, rate)
                metric = TIME_METRIC if rate is None else RATE_METRIC
                found = interval(metric, counts, seed)
                ends = [*_three_kinds(metric, counts, seed), (found.low, found.high)]
                held += [low is not None and high is not None and low <= truth <= high for low, high in ends]
            name = "90th percentile" if rate is None else f"rate of {rate:g}"
            print(
                f"{name:22}{groups:>8}"
                + "".join(f"{share:>{w}.3f}" for share, w in zip(held / runs, (12, 12, 8, 8), strict=True))
            )


def _drawn_corpus(chance: np.random.Generator, groups: int, rate: float | None) -> tuple[Counts, float]:
    sizes = chance.integers(1, 2 * MEAN_TRIALS, groups)
    floors, stops = np.zeros((groups, 1, 5), np.int64), np.zeros((0, 3), np.int64)
    if rate is None:
        floors[:, 0, 3] = sizes
        rows: list[tuple[int, int, int]] = []
        for group, size in enumerate(sizes):
            logs = chance.normal(0, BETWEEN) + chance.normal(0, WITHIN, size)
            times, often = np.unique(np.rint(1000 * np.exp(logs)).astype(int), return_counts=True)
            rows += [(group, int(ms), int(n)) for ms, n in zip(times, often, strict=True)]
        stops = np.array(rows, np.int64)
        truth = 1000 * float(np.exp(NORMAL.inv_cdf(0.9) * np.hypot(WITHIN, BETWEEN)))
    else:
        more = (1 - LIKENESS) / LIKENESS
        own = chance.beta(rate * more, (1 - rate) * more, groups)
        floors[:, 0, 0], floors[:, 0, 1], truth = sizes, chance.binomial(sizes, own), rate
    names = tuple(f"{group:03}" for group in range(groups))
    nothing = np.zeros((0, 3), np.int64)
    return Counts(names, ("door",), floors, stops, np.zeros((groups, 3), np.int64), nothing), truth


def _three_kinds(metric: Metric, counts: Counts, seed: int) -> list[tuple[float, float]]:
    """Return the plain percentile interval, the expanded one (normal instead of Student) and BCa."""
    groups = len(counts.groups)
    weights = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), 1000)
    drawn = metric.values(counts, weights.astype(float))
    drawn, value = drawn[~np.isnan(drawn)], metric.value(counts) or 0.0
    wide = NORMAL.inv_cdf(0.975) * np.sqrt(groups / (groups - 1))
    below = np.clip((drawn < value).mean() + (drawn == value).mean() / 2, 1e-4, 1 - 1e-4)
    left_out = metric.values(counts, 1.0 - np.eye(groups))
    apart = np.nanmean(left_out) - left_out
    spread = 6 * np.nansum(apart**2) ** 1.5
    bend = float(np.nansum(apart**3) / spread) if spread > 0 else 0.0
    middle = NORMAL.inv_cdf(float(below))

    def bent(share: float) -> float:
        z = middle + NORMAL.inv_cdf(share)
        return NORMAL.cdf(middle + z / (1 - bend * z))

    shares = [(0.025, 0.975), (NORMAL.cdf(-wide), NORMAL.cdf(wide)), (bent(0.025), bent(0.975))]
    return [(float(np.quantile(drawn, low)), float(np.quantile(drawn, high))) for low, high in shares]


if __name__ == "__main__":
    main()
