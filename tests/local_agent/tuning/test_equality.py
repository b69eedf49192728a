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
from local_agent.tuning.listening.traces import Traces

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


class Told:
    """A classifier whose answer depends on how much it was given to hear."""

    def __init__(self) -> None:
        self.lane = np.zeros(0, np.float32)

    def probability_complete(self, samples: np.ndarray, sample_rate_hz: int) -> float:
        """Answer by length."""
        return len(samples) * 1000 // sample_rate_hz % 7 / 6


class SameAnswers:
    """The same classifier, asked by place."""

    def __init__(self, rate: int, pre_roll_ms: int) -> None:
        self._rate, self._pre_roll = rate, pre_roll_ms * rate // 1000

    def probability_complete(self, trial: int, onset_sample: int, heard_to: int) -> float:
        """Answer by the length of what the session would have handed over."""
        del trial
        start = max(onset_sample - self._pre_roll, heard_to - 8 * self._rate, 0)
        return Told().probability_complete(np.zeros(heard_to - start, np.float32), self._rate)


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
    swept = TurnSweep(traces, SameAnswers(rate, vad.pre_roll_ms)).over_at(vad, endpointing, validate=validate)
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
    together = TurnSweep(traces, SameAnswers(16_000, 300)).over_at_each(asked)
    for (vad, endpointing), found in zip(asked, together, strict=True):
        alone = TurnSweep(traces, SameAnswers(16_000, 300)).over_at(vad, endpointing)
        assert found.tolist() == alone.tolist()


def test_presets_are_replayed() -> None:
    """Other frameworks' machines are not swept, and say so."""
    traces = _traces([[(0.9, 20)]], 16_000, 0.0)
    with pytest.raises(ValueError, match="replayed"):
        FloorSweep(traces).outcomes(VadParameters(preset="livekit"), BargeInParameters())
    with pytest.raises(ValueError, match="replayed"):
        TurnSweep(traces).over_at(VadParameters(preset="pipecat"), EndpointingParameters(mode="silence"))
    with pytest.raises(ValueError, match="answers"):
        TurnSweep(traces).over_at(VadParameters(), EndpointingParameters(mode="hybrid"))
