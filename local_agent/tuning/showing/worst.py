"""The trials that went worst under the chosen settings: what a person should hear before believing a number.

    wrong             metric it counts in          the worst of them first
    false_barge_in    false_barge_in_rate          the sounds that took the floor soonest
    missed_barge_in   missed_barge_in_rate         the longest speech that was talked over
    premature_cutoff  premature_cutoff_rate        the most time left to speak
    unanswered_turn   unanswered_turn_rate         the longest turns
    false_pause       false_pause_rate             those that made it pause most often, then soonest
    slow_stop         stop_ms_p50, _p90            the slowest tenth of the stops
    slow_answer       response_delay_ms_p50, _p90  the slowest tenth of the answers

What the goal asks for comes before what it does not, one of each kind in turn; and within a kind the worst of each
class of sound before the second of any.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from local_agent import events
from local_agent.endpointing.policy import asks
from local_agent.tuning.judging.replay import replayed_session
from local_agent.tuning.listening.traces import NEVER, lengths
from local_agent.tuning.search.space import applied
from local_agent.vad.gate_runs import gate_events
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from local_agent.parameters import Parameters
    from local_agent.tuning.evidence.result import Tuning
    from local_agent.tuning.judging.evaluating import Bench
    from local_agent.tuning.judging.outcome import Outcome
    from local_agent.tuning.listening.trial import Situation, Trial
    from local_agent.tuning.search.objectives import Goal

    BenchHere = Callable[[Parameters], Bench]

    Samples = NDArray[np.float32]

Wrong = Literal[
    "false_barge_in",
    "missed_barge_in",
    "premature_cutoff",
    "unanswered_turn",
    "false_pause",
    "slow_stop",
    "slow_answer",
]
_SLOW: Final[tuple[Wrong, ...]] = ("slow_stop", "slow_answer")
COUNTED_IN: Final[dict[Wrong, tuple[str, ...]]] = {
    "false_barge_in": ("false_barge_in_rate", "worst_class_false_barge_in_rate"),
    "missed_barge_in": ("missed_barge_in_rate",),
    "premature_cutoff": ("premature_cutoff_rate",),
    "unanswered_turn": ("unanswered_turn_rate",),
    "false_pause": ("false_pause_rate",),
    "slow_stop": ("stop_ms_p50", "stop_ms_p90"),
    "slow_answer": ("response_delay_ms_p50", "response_delay_ms_p90"),
}
"""The metrics that each kind of failure counts in."""
SLOWEST_SHARE: Final = 0.9
"""Of times, those from this share on are worth hearing: what the 90th percentiles are about."""
AFTER_S: Final = 1.0
"""How much of a trial is kept after its sound and its last event: the rest of the lane is silence."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened in a clip: an event's name (events.py), when it was known, and its reason."""

    event: str
    at_s: float
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class WorstClip:
    """One trial under the chosen settings, as far as it is worth hearing. Times are seconds from its first sample.

    `onset_s` to `end_s` is the true sound; `duration_s`, whole windows, is what is kept. Window k of
    `probabilities` was scored when `known_windows[k]` windows of the lane were heard; `peak` and `longest_run_ms`
    (at or above the threshold, on end) are of the whole trial. `cost_ms` says how wrong it went: until the floor
    was lost or the agent paused (false_…), of speech in vain (missed, unanswered), still to come (premature),
    waited (slow). `present` is what the present settings do wrong on the same trial, None for nothing,
    `present_marks` what happens under them, and `present_threshold` theirs, None where they hear another
    probability (another VAD model or suppressor). `lane` is the caller's audio, None where there is none.
    """

    name: str
    situation: Situation
    sound_class: str
    group: str
    held_back: bool
    wrong: Wrong
    cost_ms: int
    present: Wrong | None
    present_marks: tuple[Mark, ...]
    present_threshold: float | None
    onset_s: float
    end_s: float
    duration_s: float
    sample_rate_hz: int
    window_samples: int
    probabilities: Samples
    known_windows: NDArray[np.int64]
    threshold: float
    release_threshold: float
    marks: tuple[Mark, ...]
    peak: float
    longest_run_ms: int
    lane: Samples | None


@dataclass(frozen=True, slots=True)
class _Failure:
    trial: int
    wrong: Wrong
    cost_ms: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One setting on every trial: what came of each, and what of it went wrong or was slow."""

    bench: Bench
    parameters: Parameters
    outcomes: Sequence[Outcome]
    failures: list[_Failure]

    @classmethod
    def of(cls, benches: BenchHere, parameters: Parameters) -> _Judged:
        bench = benches(parameters)
        outcomes = bench.outcomes(parameters)
        return cls(bench, parameters, outcomes, _failures(bench, outcomes))


def worst_clips(
    tuning: Tuning, benches: BenchHere, present: Parameters, *, limit: int = 12
) -> tuple[WorstClip, ...]:
    """Return the worst trials of both parts under the chosen settings, at most `limit`.

    `benches` and `present` are what `tune` was given, with benches of this machine; the bench's `lane` gives the
    audio. Raises what a lane raises where its files have gone.
    """
    chosen = _Judged.of(benches, applied(tuning.chosen.setting, present))
    before = _Judged.of(benches, present)
    had = {one.trial: one.wrong for one in before.failures}
    found = _picked(chosen.failures, chosen.bench.trials, tuning.goal)[:limit]
    held_back = set(tuning.corpus.split.held_back)
    traces = chosen.bench.traces
    runs = lengths(traces, traces.values >= chosen.parameters.vad.threshold)
    clips = (_clip(chosen, one, held_back, runs) for one in found)
    return tuple(
        replace(
            clip,
            present=had.get(one.trial),
            present_marks=_marks(before, one.trial),
            present_threshold=present.vad.threshold if before.bench is chosen.bench else None,
        )
        for one, clip in zip(found, clips, strict=True)
    )


# -- what went wrong


def _failures(bench: Bench, outcomes: Sequence[Outcome]) -> list[_Failure]:
    """Return every trial that went wrong, and the slowest of those that went right."""
    judged = []
    for place, (trial, outcome) in enumerate(zip(bench.trials, outcomes, strict=True)):
        judge = _of_turn if trial.situation == "caller_turn" else _over_agent
        wrong = judge(trial, outcome, bench.traces.sample_rate_hz)
        if wrong is not None:
            judged.append(_Failure(place, *wrong, outcome))
    found = [one for one in judged if one.wrong not in _SLOW]
    for kind in _SLOW:
        slow = [one for one in judged if one.wrong == kind]
        least = np.quantile([one.cost_ms for one in slow], SLOWEST_SHARE) if slow else 0
        found += [one for one in slow if one.cost_ms >= max(least, 1)]
    return found


def _of_turn(trial: Trial, outcome: Outcome, rate: int) -> tuple[Wrong, int]:
    """Return what is wrong with a turn's end, and by how many milliseconds; counted as counts.py counts."""
    end = round(trial.end_s * rate)
    if outcome.over_at == NEVER:
        return "unanswered_turn", round((trial.end_s - trial.onset_s) * 1000)
    late_ms = round((outcome.over_at - end) * 1000 / rate)
    return ("premature_cutoff", -late_ms) if outcome.over_at < end else ("slow_answer", late_ms)


def _over_agent(trial: Trial, outcome: Outcome, rate: int) -> tuple[Wrong, int] | None:
    """Return the same for a sound over the agent, None where the agent did right at once."""
    onset = round(trial.onset_s * rate)

    def since_onset_ms(sample: int) -> int:
        return max(round((sample - onset) * 1000 / rate), 0)

    if trial.meaningful:
        if outcome.taken_at == NEVER:
            return "missed_barge_in", round((trial.end_s - trial.onset_s) * 1000)
        return "slow_stop", since_onset_ms(outcome.stopped_at)
    if outcome.taken_at != NEVER:
        return "false_barge_in", since_onset_ms(outcome.taken_at)
    if outcome.paused_at != NEVER:
        return "false_pause", since_onset_ms(outcome.paused_at)
    return None


def _picked(failures: Iterable[_Failure], trials: Sequence[Trial], goal: Goal) -> list[_Failure]:
    """Return the failures in the order of the module's docstring."""
    wanted = {metric.name for metric in goal.metrics}
    by_class: Counter[tuple[Wrong, str]] = Counter()
    by_kind: Counter[Wrong] = Counter()
    kinds: tuple[Wrong, ...] = get_args(Wrong)
    ranked = []
    for one in sorted(failures, key=lambda one: (*_mildness(one), trials[one.trial].name)):
        sound = trials[one.trial].sound_class
        ranked.append((by_class[one.wrong, sound], one))
        by_class[one.wrong, sound] += 1
    placed = []
    for _, one in sorted(ranked, key=lambda pair: pair[0]):
        asked = bool(wanted.intersection(COUNTED_IN[one.wrong]))
        placed.append((not asked, by_kind[one.wrong], kinds.index(one.wrong), one))
        by_kind[one.wrong] += 1
    return [one for *_, one in sorted(placed, key=lambda row: row[:3])]


def _mildness(one: _Failure) -> tuple[int, int]:
    """Return what is the smaller the worse a failure is among its kind."""
    if one.wrong in {"false_barge_in", "false_pause"}:
        return -one.outcome.resumes, one.cost_ms
    return 0, -one.cost_ms


# -- the clip


def _clip(judged: _Judged, failure: _Failure, held_back: set[str], runs: NDArray[np.int32]) -> WorstClip:
    """Return a clip, what the present settings make of it left open."""
    bench, chosen = judged.bench, judged.parameters
    trial, traces = bench.trials[failure.trial], bench.traces
    first, last = traces.starts[failure.trial : failure.trial + 2]
    marks = _marks(judged, failure.trial)
    until_s = max([trial.end_s, *(mark.at_s for mark in marks)]) + AFTER_S
    window_s = traces.window_ms / 1000
    windows = min(math.ceil(until_s / window_s), int(traces.lane_windows[failure.trial]))
    scores = traces.trial(failure.trial)
    heard = int(np.searchsorted(traces.lag_windows[: len(scores)], windows, side="right"))
    lane = None if bench.lane is None else bench.lane(trial)
    return WorstClip(
        name=trial.name,
        situation=trial.situation,
        sound_class=trial.sound_class,
        group=trial.group,
        held_back=trial.group in held_back,
        wrong=failure.wrong,
        cost_ms=failure.cost_ms,
        present=None,
        present_marks=(),
        present_threshold=None,
        onset_s=trial.onset_s,
        end_s=trial.end_s,
        duration_s=windows * window_s,
        sample_rate_hz=traces.sample_rate_hz,
        window_samples=traces.window_samples,
        probabilities=scores[:heard],
        known_windows=traces.lag_windows[:heard],
        threshold=chosen.vad.threshold,
        release_threshold=min(chosen.vad.release_threshold, chosen.vad.threshold),
        marks=marks,
        peak=float(scores.max(initial=0.0)),
        longest_run_ms=round(int(runs[first:last].max(initial=0)) * traces.window_ms),
        lane=None if lane is None else lane[: windows * traces.window_samples],
    )


def _marks(judged: _Judged, place: int) -> tuple[Mark, ...]:
    """Return what happens in a trial: by the session over the agent, by the sweep in a caller's turn.

    Over the agent whatever the session decides, it decides with a window, so that its events are those without a
    suppressor, each when its window was known. The end of a turn depends on what a classifier answers, which the
    bench knows.
    """
    bench, parameters, outcome = judged.bench, judged.parameters, judged.outcomes[place]
    if bench.trials[place].situation == "over_agent":
        session = replayed_session(bench.traces, place, parameters, over_agent=True)
        marks = [
            Mark(
                type(event).__name__,
                _known_s(bench, place, event.at_sample),
                getattr(event, "reason", ""),
            )
            for event in session.events
        ]
        taken_s = outcome.taken_at / bench.traces.sample_rate_hz
        return tuple(mark for mark in marks if taken_s < 0 or mark.at_s <= taken_s)
    return _turn_marks(bench, place, parameters, outcome.over_at)


def _turn_marks(bench: Bench, place: int, parameters: Parameters, over_at: int) -> tuple[Mark, ...]:
    traces = bench.traces
    rate = traces.sample_rate_hz
    said = gate_events(traces.trial(place), gate_settings(parameters.vad, rate, traces.window_samples))
    names = [
        *((at, events.SpeechStarted.__name__) for at in said.started_at.tolist()),
        *((at, events.SpeechStopped.__name__) for at in said.stopped_at.tolist()),
    ]
    marks = [Mark(name, _known_s(bench, place, at)) for at, name in sorted(names)]
    if over_at == NEVER:
        return tuple(marks)
    marks = [mark for mark in marks if mark.at_s <= over_at / rate]
    stops = sum(mark.event == events.SpeechStopped.__name__ for mark in marks)
    waited = over_at - int(said.offsets[stops - 1])
    return (*marks, Mark(events.UserTurnEnded.__name__, over_at / rate, _reason(parameters, waited, rate)))


def _reason(parameters: Parameters, waited: int, rate: int) -> str:
    """Return why a turn was over after so many samples of a pause, as endpointing/policy.py names it."""
    endpointing = parameters.endpointing
    if not asks(endpointing):
        return "silence"
    cap_ms = max(endpointing.max_delay_ms, parameters.vad.min_silence_ms)
    return "cap" if waited >= cap_ms * rate // 1000 else "semantic"


def _known_s(bench: Bench, place: int, sample: int) -> float:
    """Return when something is known that is decided with the window that ends at a sample of what was scored."""
    traces = bench.traces
    window = np.array([traces.starts[place] + max(-(-sample // traces.window_samples) - 1, 0)])
    late = int(traces.known_at(window, np.array([place]))[0]) if sample > 0 else 0
    early = -(-sample // traces.window_samples) * traces.window_samples
    return (sample + late - early) / traces.sample_rate_hz
