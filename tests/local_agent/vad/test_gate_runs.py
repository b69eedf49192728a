"""The gate over a whole clip says what the loop says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.events import SpeechStarted
from local_agent.parameters import VadParameters
from local_agent.vad.gate import Gate
from local_agent.vad.gate_runs import gate_events, smoothed
from local_agent.vad.settings import LIVEKIT, GateSettings, gate_settings

LEVELS = st.sampled_from([0.0, 0.1, 0.3, 0.35, 0.45, 0.5, 0.55, 0.6, 0.7, 1.0])


@st.composite
def calls(draw: st.DrawFn) -> tuple[GateSettings, np.ndarray, np.ndarray]:
    """Draw settings of any preset, and probabilities and volumes made of runs."""
    runs = draw(st.lists(st.tuples(LEVELS, LEVELS, st.integers(1, 12)), max_size=25))
    probabilities = np.array([p for p, _, count in runs for _ in range(count)], np.float32)
    volumes = np.array([v for _, v, count in runs for _ in range(count)], np.float64)
    vad = VadParameters(
        threshold=draw(LEVELS),
        release_threshold=draw(LEVELS),
        min_speech_ms=draw(st.integers(0, 300)),
        min_silence_ms=draw(st.integers(0, 300)),
        preset=draw(st.sampled_from(["vaxctl", "pipecat", "livekit"])),
    )
    return gate_settings(vad, 8_000, 256), probabilities, volumes


@given(calls())
def test_runs_equal_the_loop(call: tuple[GateSettings, np.ndarray, np.ndarray]) -> None:
    """Every event of the streaming gate, and no other, with the same samples."""
    settings, probabilities, volumes = call
    gate = Gate(settings)
    steps = [gate.step(p, v) for p, v in zip(probabilities.tolist(), volumes.tolist(), strict=True)]
    loop = [(event.at_sample, event) for event in steps if event is not None]
    starts = [event for _, event in loop if isinstance(event, SpeechStarted)]
    stops = [event for _, event in loop if not isinstance(event, SpeechStarted)]
    swept = gate_events(probabilities, settings, volumes)
    assert swept.started_at.tolist() == [event.at_sample for event in starts]
    assert swept.onsets.tolist() == [event.onset_sample for event in starts]
    assert swept.stopped_at.tolist() == [event.at_sample for event in stops]
    assert swept.offsets.tolist() == [event.offset_sample for event in stops]


def test_without_volumes_all_is_loud_enough() -> None:
    """As in the loop, whose volume is 1 unless told."""
    settings = gate_settings(VadParameters(preset="pipecat"), 16_000, 512)
    assert gate_events(np.full(20, 0.9, np.float32), settings).onsets.tolist() == [0]
    assert gate_events(np.full(20, 0.9, np.float32), settings, np.full(20, 0.5)).onsets.tolist() == []


def test_smoothing_once_serves_many_settings() -> None:
    """Probabilities smoothed beforehand give the same events."""
    values = np.random.default_rng(2).uniform(0, 1, 400).astype(np.float32)
    settings = gate_settings(LIVEKIT, 16_000, 512)
    before = gate_events(smoothed(values, settings.smoothing), settings, already_smoothed=True)
    straight = gate_events(values, settings)
    assert before.started_at.tolist() == straight.started_at.tolist() != []
    np.testing.assert_array_equal(before.offsets, straight.offsets)


def test_smoothing_is_an_exponential_mean() -> None:
    """The first value stands as it is; each later one weighs what the past leaves."""
    assert smoothed(np.array([1, 0, 1], np.float32), 0.35).tolist() == pytest.approx([1, 0.35, 0.7725])
