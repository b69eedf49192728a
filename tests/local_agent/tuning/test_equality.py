"""The sweep says what the session says, event for event, on random traces and odd settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters, VadParameters
from local_agent.tuning.judging.floors import FloorSweep
from local_agent.tuning.judging.replay import replay
from local_agent.tuning.judging.turn_ends import TurnSweep
from local_agent.tuning.listening.traces import Traces, certain_ms, running
from local_agent.turn.evidence import Evidence, Thresholds
from local_agent.vad.loudness import volumes_of
from local_agent.vad.settings import LIVEKIT, PIPECAT

LEVELS = (0.0, 0.1, 0.3, 0.45, 0.5, 0.55, 0.7, 0.85, 0.9, 0.97, 1.0)
RATES = {8000: 256, 16_000: 512}

runs = st.lists(st.tuples(st.sampled_from(LEVELS), st.integers(1, 25)), min_size=1, max_size=14)
"""A trial: runs of one probability, so that long and short ones both happen."""
jitters = st.floats(0.0, 0.04)


def _traces(trials: list[list[tuple[float, int]]], rate: int, jitter: float) -> Traces:
    chance = np.random.default_rng(len(trials))
    made = []
    for trial in trials:
        flat = np.concatenate([np.full(count, level) for level, count in trial])
        made.append(np.clip(flat + chance.uniform(-jitter, jitter, len(flat)), 0, 1).astype(np.float32))
    return Traces.of(made, rate, RATES[rate])


@st.composite
def vads(draw: st.DrawFn) -> VadParameters:
    """Draw thresholds and durations that a profile may have."""
    threshold = draw(st.sampled_from([0.3, 0.5, 0.55, 0.7, 0.9]))
    return VadParameters(
        threshold=threshold,
        release_threshold=draw(st.sampled_from([0.2, 0.35, 0.4, threshold])),
        min_speech_ms=draw(st.sampled_from([32, 64, 100, 200, 320, 640, 1000])),
        min_silence_ms=draw(st.sampled_from([32, 100, 200, 400, 800])),
    )


@st.composite
def barge_ins(draw: st.DrawFn) -> BargeInParameters:
    """Draw every knob that sound decides by."""
    return BargeInParameters(
        enabled=draw(st.sampled_from([True, True, True, False])),
        min_words=draw(st.sampled_from([0, 0, 1, 2, 3, 6])),
        validate=draw(st.booleans()),
        resume=draw(st.sampled_from([True, True, False])),
        timeout_ms=draw(st.sampled_from([250, 500, 2000])),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(runs, min_size=1, max_size=4), vads(), barge_ins(), st.sampled_from([8000, 16_000]), jitters)
def test_the_floor_goes_where_the_session_gives_it(
    trials: list[list[tuple[float, int]]],
    vad: VadParameters,
    barge_in: BargeInParameters,
    rate: int,
    jitter: float,
) -> None:
    """Pauses, resumes and the floor's loss, over many trials at once and one by one."""
    traces = _traces(trials, rate, jitter)
    swept = FloorSweep(traces).outcomes(vad, barge_in)
    for index in range(len(traces)):
        alone = replay(traces, index, Parameters(vad=vad, barge_in=barge_in), over_agent=True)
        assert (
            swept.paused_at[index],
            swept.stopped_at[index],
            swept.taken_at[index],
            swept.resumes[index],
        ) == (alone.paused_at, alone.stopped_at, alone.taken_at, alone.resumes)


SHARES = (0.845, 0.89, 0.935, 0.81125, 0.98, 1.0, 0.9, 0.86)
"""Probabilities whose certainty is a quarter, a half, three quarters, a sixteenth, all, and in between: sums of them
come to exactly what a threshold asks for, and binary fractions of the first ones are not exact."""


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SHARES), st.integers(1, 9)), min_size=4, max_size=14),
    st.integers(0, 3),
    st.booleans(),
)
def test_sums_that_just_reach_a_threshold_do_so_in_both(
    trial: list[tuple[float, int]],
    before: int,
    over_agent: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever was heard before, and in whatever order it is added up, no last bit decides."""
    long_before = [(0.1, 3), *[(0.83, 40), (0.1, 40)] * before]
    traces = _traces([long_before, [*long_before, *trial, (0.0, 40)]], 16_000, 0.0)
    vad, barge_in = VadParameters(threshold=0.84, release_threshold=0.84), BargeInParameters()
    endpointing = EndpointingParameters("silence")
    parameters = Parameters(vad=vad, barge_in=barge_in, endpointing=endpointing)
    alone = replay(traces, 1, parameters, over_agent=over_agent)
    if over_agent:
        swept = FloorSweep(traces).outcomes(vad, barge_in)
        assert (swept.taken_at[1], swept.resumes[1]) == (alone.taken_at, alone.resumes)
    else:
        assert TurnSweep(traces).over_at(vad, endpointing)[1] == alone.over_at


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1, width=32) | st.floats(0.75, 1, width=32), min_size=2, max_size=200), st.data()
)
def test_certain_speech_adds_up_to_the_same_bits(heard: list[float], data: st.DataObject) -> None:
    """Window by window since an onset, or as what was heard by the end less what was heard before it."""
    onset = data.draw(st.integers(0, len(heard) - 1))
    traces = Traces.of([np.array(heard, np.float32)], 16_000, 512)
    evidence, sums = Evidence(traces.window_ms), running(certain_ms(traces, Thresholds()))
    for probability in heard[onset:]:
        evidence.add(probability, 0.5, 0.4, -20.0)
    assert evidence.certain_ms == sums[-1] - sums[onset]


@pytest.mark.parametrize(
    ("threshold", "trial", "is_turn"),
    [
        # Seven windows start speech, and 130 ms of certain speech are 4 of them and a sixteenth: all seven count …
        (0.55, [(0.5, 1), (0.81125, 1), (1.0, 4), (0.6, 2)], True),
        (0.55, [(0.5, 1), (0.81, 1), (1.0, 4), (0.6, 2)], False),
        # … and what stands before them does not, however certain: seven of 0.902 are 127 ms, one of 0.89 is 16 ms.
        (0.9, [(0.89, 1), (0.902, 7)], False),
        (0.9, [(0.902, 8)], True),
    ],
)
def test_what_opened_a_turn_counts_and_nothing_before_it(
    threshold: float,
    trial: list[tuple[float, int]],
    is_turn: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A turn is dismissed as noise by the windows from its onset on, to the window."""
    traces = _traces([[(0.0, 20), *trial, (0.0, 60)]], 16_000, 0.0)
    vad = VadParameters(threshold=threshold, release_threshold=0.4, min_speech_ms=200)
    endpointing = EndpointingParameters("silence")
    alone = replay(traces, 0, Parameters(vad=vad, endpointing=endpointing), over_agent=False)
    assert (alone.over_at >= 0) is is_turn
    assert TurnSweep(traces).over_at(vad, endpointing)[0] == alone.over_at


class Told:
    """A classifier whose answer depends on how much it was given to hear."""

    def __init__(self) -> None:
        self.lane = np.zeros(0, np.float32)

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Answer by length."""
        return len(samples) * 1000 // sample_rate_hz % 7 / 6


class SameAnswers:
    """The same classifier, asked by place."""

    def __init__(self, rate: int) -> None:
        self._rate = rate

    def probability_complete(self, trial: int, from_sample: int, to_sample: int) -> float:
        """Answer by the length of what the session would have handed over."""
        del trial
        return Told().probability_complete(np.zeros(to_sample - from_sample, np.float32), self._rate)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(runs, min_size=1, max_size=4),
    vads(),
    st.sampled_from(["silence", "semantic", "hybrid"]),
    st.tuples(
        st.sampled_from([40, 100, 380, 700]),
        st.sampled_from([0, 130, 1500]),
        st.sampled_from([0.2, 0.5, 0.9]),
    ),
    st.booleans(),
    st.sampled_from([8000, 16_000]),
    jitters,
)
def test_turns_end_where_the_session_ends_them(
    trials: list[list[tuple[float, int]]],
    vad: VadParameters,
    mode: str,
    wait: tuple[int, int, float],
    validate: bool,  # noqa: FBT001 - drawn
    rate: int,
    jitter: float,
) -> None:
    """The end of the first turn that gets a reply, whatever the mode, the gate and the delays."""
    traces = _traces(trials, rate, jitter)
    delay_ms, more_ms, threshold = wait
    endpointing = EndpointingParameters(
        mode,  # type: ignore[arg-type]
        delay_ms,
        delay_ms + more_ms,
        complete_threshold=threshold,
    )
    parameters = Parameters(vad=vad, endpointing=endpointing, barge_in=BargeInParameters(validate=validate))
    swept = TurnSweep(traces, SameAnswers(rate)).over_at(vad, endpointing, validate=validate)
    for index in range(len(traces)):
        alone = replay(traces, index, parameters, over_agent=False, classifier=Told())
        assert swept[index] == alone.over_at


@settings(max_examples=50, deadline=None)
@given(
    st.lists(runs, min_size=1, max_size=4),
    st.lists(st.tuples(vads(), st.integers(40, 700), st.integers(0, 1500)), min_size=1, max_size=6),
    st.sampled_from(["silence", "semantic", "hybrid"]),
    jitters,
)
def test_turns_swept_together_end_as_alone(
    trials: list[list[tuple[float, int]]],
    drawn: list[tuple[VadParameters, int, int]],
    mode: str,
    jitter: float,
) -> None:
    """What settings share changes nothing, however few or many of them are swept at once."""
    traces = _traces(trials, 16_000, jitter)
    asked = [
        (replace(vad, min_silence_ms=silence_ms), EndpointingParameters(mode, ms, ms + more))  # type: ignore[arg-type]
        for vad, ms, more in drawn
        for silence_ms in (64, 250, 500)
    ]
    together = TurnSweep(traces, SameAnswers(16_000)).over_at_each(asked)
    for (vad, endpointing), found in zip(asked, together, strict=True):
        alone = TurnSweep(traces, SameAnswers(16_000)).over_at(vad, endpointing)
        assert found.tolist() == alone.tolist()


def _lanes(traces: Traces, levels: list[float]) -> list[np.ndarray]:
    """Return noise for each trial, which goes from one level to the next every 0.4 s."""
    chance, rate = np.random.default_rng(len(levels)), traces.sample_rate_hz
    lanes = []
    for place in range(len(traces)):
        size = len(traces.trial(place)) * traces.window_samples
        steps = np.resize(np.roll(levels, place), size // (rate * 2 // 5) + 1)
        loud = np.repeat(steps, rate * 2 // 5)[:size]
        lanes.append((chance.standard_normal(size) * loud).astype(np.float32))
    return lanes


@settings(max_examples=150, deadline=None)
@given(
    st.lists(runs, min_size=1, max_size=4),
    st.sampled_from([PIPECAT, LIVEKIT]),
    st.sampled_from([0.35, 0.5, 0.7]),
    st.sampled_from([32, 50, 100, 200, 320]),
    st.lists(st.sampled_from([0.0, 0.001, 0.03, 0.3]), min_size=1, max_size=6),
    st.sampled_from(["silence", "semantic", "hybrid"]),
    st.sampled_from([8000, 16_000]),
    jitters,
)
def test_presets_go_as_the_session_has_them(
    trials: list[list[tuple[float, int]]],
    preset: VadParameters,
    threshold: float,
    least_ms: int,
    levels: list[float],
    mode: str,
    rate: int,
    jitter: float,
) -> None:
    """Other frameworks' gates, smoothed or hearing loudness: who gets the floor, and where turns are over."""
    traces = _traces(trials, rate, jitter)
    lanes = _lanes(traces, levels)
    vad = replace(preset, threshold=threshold, min_speech_ms=least_ms, min_silence_ms=least_ms * 2)
    endpointing = EndpointingParameters(mode, 200, 900)  # type: ignore[arg-type]
    barge_in = BargeInParameters(validate=False, resume=False)
    parameters = Parameters(vad=vad, endpointing=endpointing, barge_in=barge_in)

    def volumes(place: int) -> np.ndarray:
        return volumes_of(lanes[place], rate, traces.window_samples)

    floors = FloorSweep(traces, volumes=volumes).outcomes(vad, barge_in)
    over = TurnSweep(traces, SameAnswers(rate), volumes).over_at(vad, endpointing, validate=False)
    for place, lane in enumerate(lanes):
        alone = replay(traces, place, parameters, over_agent=True, lane=lane)
        assert (floors.paused_at[place], floors.stopped_at[place], floors.taken_at[place]) == (
            alone.paused_at,
            alone.stopped_at,
            alone.taken_at,
        )
        assert floors.resumes[place] == alone.resumes == 0
        turn = replay(traces, place, parameters, over_agent=False, lane=lane, classifier=Told())
        assert over[place] == turn.over_at


def test_presets_look_once() -> None:
    """Other frameworks take no second look and count no words here; Pipecat's gate needs to hear loudness."""
    traces = _traces([[(0.9, 20)]], 16_000, 0.0)
    once, silence = BargeInParameters(validate=False), EndpointingParameters("silence")
    with pytest.raises(ValueError, match="second look"):
        FloorSweep(traces).outcomes(LIVEKIT, BargeInParameters())
    with pytest.raises(ValueError, match="min_words"):
        FloorSweep(traces).outcomes(LIVEKIT, replace(once, min_words=2))
    with pytest.raises(ValueError, match="second look"):
        TurnSweep(traces).over_at(PIPECAT, silence)
    with pytest.raises(ValueError, match="loudness"):
        FloorSweep(traces).outcomes(PIPECAT, once)
    with pytest.raises(ValueError, match="loudness"):
        TurnSweep(traces).over_at(PIPECAT, silence, validate=False)
    with pytest.raises(ValueError, match="answers"):
        TurnSweep(traces).over_at(VadParameters(), EndpointingParameters(mode="hybrid"))
