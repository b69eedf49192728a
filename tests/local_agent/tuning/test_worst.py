"""The worst clips: what is shown went wrong, as the session has it, and as it was counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.events import UserTurnEnded
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.result import Tuning, tune
from local_agent.tuning.judging.counts import (
    CUTOFFS,
    FALSE_BARGE_INS,
    FALSE_PAUSES,
    MISSED,
    UNENDED,
)
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.replay import replay, replayed_session
from local_agent.tuning.listening.traces import Traces
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.space import Space, applied
from local_agent.tuning.showing.worst import COUNTED_IN, WorstClip, worst_clips
from local_agent.vad.settings import LIVEKIT

if TYPE_CHECKING:
    from local_agent.tuning.listening.trial import Trial

PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
SPACE = Space.of(
    {"vad.threshold": (0.3, 0.5), "vad.min_speech_ms": (64, 96), "endpointing.delay_ms": (200, 400)}
)
GOAL = parse_goal("missed_barge_in_rate,stop_ms_p90", ("false_barge_in_rate<=1", "false_pause_rate<=1"))


def _lane(trial: Trial) -> np.ndarray:
    return np.random.default_rng(len(trial.name)).uniform(-0.2, 0.2, 220 * 512).astype(np.float32)


@pytest.fixture(scope="module")
def loud(bench: Bench) -> Bench:
    """Return the bench with something to hear."""
    return Bench(bench.trials, bench.traces, lane=_lane)


@pytest.fixture(scope="module", params=[True, False], ids=["validated", "at once"])
def present(request: pytest.FixtureRequest) -> Parameters:
    """Return the settings to begin with, with a second look and without."""
    return replace(PRESENT, barge_in=replace(PRESENT.barge_in, validate=request.param))


@pytest.fixture(scope="module")
def tuning(loud: Bench, present: Parameters) -> Tuning:
    """Return a tuning that allows any noise."""
    return tune(lambda _: loud, present, SPACE, GOAL, seed=5)


@pytest.fixture(scope="module")
def everything(loud: Bench, tuning: Tuning, present: Parameters) -> tuple[WorstClip, ...]:
    """Return all clips that went wrong or slowly."""
    return worst_clips(tuning, lambda _: loud, present, limit=10_000)


def test_every_failure_that_was_counted_can_be_heard(
    loud: Bench, tuning: Tuning, everything: tuple[WorstClip, ...], present: Parameters
) -> None:
    """As many clips of each kind as the counts say; none of them twice."""
    counts = loud.counts(applied(tuning.chosen.setting, present))
    floors, turns = counts.floors.sum(axis=(0, 1)), counts.turns.sum(axis=0)
    shown = Counter(clip.wrong for clip in everything)
    assert shown["false_barge_in"] == floors[FALSE_BARGE_INS]
    assert shown["missed_barge_in"] == floors[MISSED]
    assert shown["premature_cutoff"] == turns[CUTOFFS] > 0
    assert shown["unanswered_turn"] == turns[UNENDED]
    assert shown["false_pause"] == floors[FALSE_PAUSES]
    assert shown["false_pause" if present.barge_in.validate else "false_barge_in"] > 0
    assert shown["slow_stop"] > 0
    assert len({clip.name for clip in everything}) == len(everything)


def test_what_stands_on_a_clip_is_what_the_session_does(
    loud: Bench, tuning: Tuning, everything: tuple[WorstClip, ...], present: Parameters
) -> None:
    """The marks, the cost and the present setting's failure agree with a replay of the trial."""
    chosen, places = applied(tuning.chosen.setting, present), {t.name: i for i, t in enumerate(loud.trials)}
    rate = loud.traces.sample_rate_hz
    for clip in everything:
        over_agent = clip.situation == "over_agent"
        alone = replay(loud.traces, places[clip.name], chosen, over_agent=over_agent)
        at = {mark.event: mark.at_s for mark in clip.marks}
        first = next((mark.at_s for mark in clip.marks if mark.event == "AgentSpeechPaused"), None)
        assert at.get("BargeIn", -1 / rate) * rate == pytest.approx(alone.taken_at)
        assert at.get("UserTurnEnded", -1 / rate) * rate == pytest.approx(alone.over_at)
        if present.barge_in.validate:
            assert (-1 if first is None else first * rate) == pytest.approx(alone.paused_at)
        onset = round(clip.onset_s * rate)
        if clip.wrong == "slow_stop":
            assert clip.cost_ms == round((alone.stopped_at - onset) * 1000 / rate)
        if clip.wrong == "false_barge_in":
            assert clip.cost_ms == round((alone.taken_at - onset) * 1000 / rate)
            before = replay(loud.traces, places[clip.name], present, over_agent=True)
            assert (clip.present == "false_barge_in") == (before.taken_at >= 0)


def test_the_present_setting_stands_beside_it(
    loud: Bench, everything: tuple[WorstClip, ...], present: Parameters
) -> None:
    """Its events are those of its own replay; its threshold only where both hear the same probability."""
    places, rate = {t.name: i for i, t in enumerate(loud.trials)}, loud.traces.sample_rate_hz
    differ = 0
    for clip in everything:
        alone = replay(loud.traces, places[clip.name], present, over_agent=clip.situation == "over_agent")
        at = {mark.event: mark.at_s for mark in clip.present_marks}
        assert at.get("BargeIn", -1 / rate) * rate == pytest.approx(alone.taken_at)
        assert at.get("UserTurnEnded", -1 / rate) * rate == pytest.approx(alone.over_at)
        assert clip.present_threshold == present.vad.threshold
        differ += clip.present_marks != clip.marks
    assert differ > 0


def test_a_present_setting_that_hears_otherwise_has_no_line(
    loud: Bench, tuning: Tuning, present: Parameters
) -> None:
    """Its threshold says nothing about a probability behind another suppressor."""
    other = Bench(loud.trials, loud.traces, lane=_lane)
    clips = worst_clips(tuning, lambda wanted: other if wanted == present else loud, present)
    assert {clip.present_threshold for clip in clips} == {None}


def test_what_is_shown_first(tuning: Tuning, everything: tuple[WorstClip, ...]) -> None:
    """What the goal asks for, kind by kind; the worst first, but one of each class before a second."""
    wanted = {metric.name for metric in tuning.goal.metrics}
    asked = [bool(wanted.intersection(COUNTED_IN[clip.wrong])) for clip in everything]
    assert asked == sorted(asked, reverse=True)
    of_goal = {clip.wrong for clip, named in zip(everything, asked, strict=True) if named}
    assert {clip.wrong for clip in everything[: len(of_goal)]} == of_goal
    noises = [clip for clip in everything if clip.wrong in {"false_barge_in", "false_pause"}]
    classes = len({clip.sound_class for clip in noises})
    assert len({clip.sound_class for clip in noises[:classes]}) == classes > 1
    slow = [clip.cost_ms for clip in everything if clip.wrong == "slow_stop"]
    assert slow == sorted(slow, reverse=True)


def test_the_part_held_back_is_marked(tuning: Tuning, everything: tuple[WorstClip, ...]) -> None:
    """Both parts are heard, and told apart."""
    held = set(tuning.corpus.split.held_back)
    assert {clip.held_back for clip in everything} == {True, False}
    assert all(clip.held_back == (clip.group in held) for clip in everything)


def test_a_clip_ends_soon_after_what_happens_in_it(everything: tuple[WorstClip, ...]) -> None:
    """A second of silence after the sound and the last event; audio and scores as long as the clip."""
    for clip in everything:
        last = max([clip.end_s, *(mark.at_s for mark in clip.marks)])
        window_s = clip.window_samples / clip.sample_rate_hz
        assert last <= clip.duration_s <= last + 1 + window_s
        assert clip.lane is not None
        assert len(clip.lane) == round(clip.duration_s * clip.sample_rate_hz)
        assert len(clip.probabilities) == len(clip.known_windows) == round(clip.duration_s / window_s)
        assert clip.peak >= float(clip.probabilities.max())


def test_behind_a_suppressor_everything_is_later(bench: Bench) -> None:
    """The marks stand where scores were known, as they are counted."""
    traces = bench.traces
    late = Traces.of(
        [traces.trial(i)[:-2] for i in range(len(traces))],
        traces.sample_rate_hz,
        traces.window_samples,
        lag_windows=np.arange(3, 221),
        lane_windows=np.full(len(traces), 220),
    )
    slow = Bench(bench.trials, late)
    tuning = tune(lambda _: slow, PRESENT, SPACE, GOAL, seed=5)
    outcomes = dict(
        zip(
            (t.name for t in slow.trials), slow.outcomes(applied(tuning.chosen.setting, PRESENT)), strict=True
        )
    )
    clips = worst_clips(tuning, lambda _: slow, PRESENT, limit=1000)
    taken = [clip for clip in clips if any(mark.event == "BargeIn" for mark in clip.marks)]
    assert taken
    for clip in taken:
        at = {mark.event: mark.at_s for mark in clip.marks}
        assert at["BargeIn"] * 16_000 == pytest.approx(outcomes[clip.name].taken_at)
        assert clip.known_windows[0] == 3
        assert clip.lane is None


class Always:
    """A turn-end model of one mind, as the session and as the sweep ask it."""

    def __init__(self, probability: float) -> None:
        self._probability = probability

    def probability_complete(self, *_: object) -> float:
        """Return the one answer."""
        return self._probability


@pytest.mark.parametrize(("mode", "complete"), [("semantic", 0.9), ("semantic", 0.2), ("hybrid", 0.7)])
def test_turns_that_a_model_ends(bench: Bench, mode: Any, complete: float) -> None:
    """Under a mode that asks, a turn is over when and why the session says."""
    asked = replace(PRESENT, endpointing=EndpointingParameters(mode, 300, 1200))
    told = Bench(bench.trials, bench.traces, Always(complete))
    goal = parse_goal("premature_cutoff_rate,response_delay_ms_p90")
    tuning = tune(lambda _: told, asked, SPACE, goal, seed=5)
    chosen, places = applied(tuning.chosen.setting, asked), {t.name: i for i, t in enumerate(told.trials)}
    clips = worst_clips(tuning, lambda _: told, asked, limit=1000)
    turns = [clip for clip in clips if clip.wrong in {"premature_cutoff", "slow_answer"}]
    assert turns
    for clip in turns:
        session = replayed_session(
            told.traces, places[clip.name], chosen, over_agent=False, classifier=Always(complete)
        )
        over = session.events[-1]
        assert isinstance(over, UserTurnEnded)
        assert clip.marks[-1].event == "UserTurnEnded"
        assert clip.marks[-1].at_s * 16_000 == pytest.approx(over.at_sample)
        assert clip.marks[-1].reason == over.reason


def test_a_preset_is_heard_as_its_session_goes(loud: Bench, tuning: Tuning) -> None:
    """Where the profile is a preset, its own session says what happens."""
    livekit = replace(PRESENT, vad=LIVEKIT, barge_in=replace(PRESENT.barge_in, validate=False, resume=False))
    found = loud.outcomes(livekit)
    for place, trial in enumerate(loud.trials[:20]):
        alone = replay(loud.traces, place, livekit, over_agent=trial.situation == "over_agent")
        assert found[place] == alone
    assert len(worst_clips(tuning, lambda _: loud, livekit)) == 12
    clips = worst_clips(tuning, lambda _: loud, livekit, limit=10_000)
    assert any(mark.event == "UserTurnEnded" for clip in clips for mark in clip.marks)


def test_nothing_is_marked_after_the_floor_is_lost(loud: Bench) -> None:
    """Without resuming a false barge-in loses the floor too: what the session goes on to say of it is no news."""
    gone = replace(PRESENT, barge_in=replace(PRESENT.barge_in, validate=True, resume=False))
    goal = parse_goal("false_barge_in_rate")
    tuning = tune(lambda _: loud, gone, SPACE, goal, seed=5)
    clips = worst_clips(tuning, lambda _: loud, gone, limit=10_000)
    lost = [clip for clip in clips if clip.wrong == "false_barge_in"]
    ends = ("BargeIn", "FalseBargeIn")
    assert any(mark.event == "FalseBargeIn" for clip in lost for mark in clip.marks)
    for clip in lost:
        over = next(mark.at_s for mark in clip.marks if mark.event in ends)
        assert max(mark.at_s for mark in clip.marks) == over
