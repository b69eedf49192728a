"""The gate: its table, its presets, and what follows from its theory."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.events import SpeechStarted, SpeechStopped
from local_agent.parameters import VadParameters
from local_agent.vad.gate import COMPLETIONS, MOVES, Count, Gate, GateState, Reading
from local_agent.vad.settings import LIVEKIT, PIPECAT, GateSettings, gate_settings

OURS = VadParameters()
PLAIN = GateSettings(
    threshold=0.5,
    release_threshold=0.3,
    start_windows=3,
    stop_windows=2,
    window_samples=10,
    pre_roll_samples=25,
)


def heard(settings: GateSettings, values: list[float]) -> list[SpeechStarted | SpeechStopped]:
    """Return the events of a run of probabilities."""
    gate = Gate(settings)
    return [event for value in values if (event := gate.step(value)) is not None]


def test_each_state_and_reading_is_handled() -> None:
    """The table has every pair; runs are counted in two states, and complete there alone."""
    assert set(MOVES) == set(product(GateState, Reading))
    counting = {state for state, count in MOVES.values() if count is not Count.DROP}
    assert counting == set(COMPLETIONS) == {GateState.STARTING, GateState.STOPPING}


def test_speech_with_its_onset_and_offset() -> None:
    """Three clear windows start it, two under the release threshold stop it; the middle changes nothing."""
    assert heard(PLAIN, [0.1, 0.6, 0.6, 0.6, 0.4, 0.2, 0.4, 0.2, 0.2, 0.1]) == [
        SpeechStarted(40, onset_sample=10),
        SpeechStopped(90, offset_sample=70),
    ]


@pytest.mark.parametrize("dip", [0.1, 0.4, 0.499])
def test_a_dip_breaks_the_start(dip: float) -> None:
    """Anything under the threshold begins the count anew."""
    assert heard(PLAIN, [0.9, 0.9, dip, 0.9, 0.9]) == []
    assert heard(PLAIN, [0.9, 0.9, dip, 0.9, 0.9, 0.9]) == [SpeechStarted(60, onset_sample=30)]


def test_the_thresholds_themselves() -> None:
    """At the threshold is speech; at the release threshold is still speech, but for LiveKit."""
    assert heard(PLAIN, [0.5] * 3) == [SpeechStarted(30, onset_sample=0)]
    assert len(heard(PLAIN, [0.5] * 3 + [0.3] * 5)) == 1
    livekit = gate_settings(LIVEKIT, 16_000, 512)
    assert livekit.release_includes
    gate = Gate(livekit)
    assert gate._read(livekit.release_threshold, 1.0) is Reading.LOW


def test_speaking_covers_the_hangover() -> None:
    """The gate is inside speech until the stop is certain."""
    gate = Gate(PLAIN)
    spoken = []
    for value in [0.9, 0.9, 0.9, 0.1, 0.1, 0.1]:
        gate.step(value)
        spoken.append(gate.speaking)
    assert spoken == [False, False, True, True, False, False]


def test_pre_roll_reaches_back_but_not_into_the_speech_before() -> None:
    """Recognisers get the pre-roll, cut at the call's start and at the last offset."""
    gate = Gate(PLAIN)
    events = [gate.step(value) for value in [0.9] * 3 + [0.1] * 2 + [0.9] * 3 + [0.1] * 9 + [0.9] * 3]
    starts = [event for event in events if isinstance(event, SpeechStarted)]
    fresh = Gate(PLAIN)
    assert fresh.pre_roll_start(SpeechStarted(30, onset_sample=10)) == 0
    assert [start.onset_sample for start in starts] == [0, 50, 170]
    assert gate.pre_roll_start(starts[2]) == 145
    assert gate.pre_roll_start(SpeechStarted(0, onset_sample=90)) == 80


@pytest.mark.parametrize(
    ("vad", "rate", "start", "stop", "release"),
    [
        (OURS, 16_000, 7, 13, 0.40),  # 200 and 400 ms, rounded up
        (VadParameters(min_speech_ms=0, min_silence_ms=64), 8_000, 1, 2, 0.40),
        (VadParameters(threshold=0.3, release_threshold=0.4), 16_000, 7, 13, 0.3),
        (PIPECAT, 16_000, 6, 6, 0.7),  # round(0.2 / 0.032)
        (LIVEKIT, 16_000, 2, 18, 0.35),  # 2 x 32 ms >= 50 ms, 18 x 32 ms >= 550 ms
        (VadParameters(threshold=0.1, preset="livekit"), 16_000, 7, 13, 0.01),
    ],
)
def test_presets_count_as_their_frameworks_do(
    vad: VadParameters, rate: int, start: int, stop: int, release: float
) -> None:
    """Windows from milliseconds, and the release threshold, for each preset."""
    settings = gate_settings(vad, rate, rate * 32 // 1000)
    assert (settings.start_windows, settings.stop_windows) == (start, stop)
    assert settings.release_threshold == pytest.approx(release)


def test_pipecat_wants_volume() -> None:
    """A quiet voice is no speech to Pipecat; one quiet window breaks its start."""
    settings = gate_settings(PIPECAT, 16_000, 512)
    gate = Gate(settings)
    volumes = [0.7] * 5 + [0.59] + [0.7] * 6
    events = [gate.step(0.9, volume) for volume in volumes]
    assert [index for index, event in enumerate(events) if event] == [11]
    assert settings.needs_volume
    assert not gate_settings(OURS, 16_000, 512).needs_volume


def test_livekit_smooths() -> None:
    """The past weighs 0.35: one silent window after loud ones does not fall under the release threshold."""
    settings = gate_settings(LIVEKIT, 16_000, 512)
    gate = Gate(settings)
    gate.step(1.0)
    assert gate._read(0.02, 1.0) is Reading.MIDDLE
    assert gate._smoothed == pytest.approx(0.35 + 0.65 * 0.02)
    assert gate._read(0.0, 1.0) is Reading.LOW


def test_the_gate_is_pure() -> None:
    """It loads neither numpy nor a model."""
    code = "import sys, local_agent.vad.gate, local_agent.vad.settings; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


PROBABILITIES = st.lists(st.sampled_from([0.0, 0.29, 0.3, 0.35, 0.45, 0.5, 0.55, 0.7, 1.0]), max_size=120)
SETTINGS = st.builds(
    gate_settings,
    st.builds(
        VadParameters,
        threshold=st.sampled_from([0.3, 0.5, 0.7]),
        release_threshold=st.sampled_from([0.1, 0.3, 0.5]),
        min_speech_ms=st.integers(0, 300),
        min_silence_ms=st.integers(0, 300),
        preset=st.sampled_from(["vaxctl", "pipecat", "livekit"]),
    ),
    st.just(16_000),
    st.just(512),
)


@given(SETTINGS, PROBABILITIES)
def test_what_follows_from_the_theory(settings: GateSettings, values: list[float]) -> None:
    """Events alternate from a start; onsets and offsets lie exactly one run before certainty, in order."""
    events = heard(settings, values)
    for index, event in enumerate(events):
        assert isinstance(event, SpeechStopped if index % 2 else SpeechStarted)
        if isinstance(event, SpeechStarted):
            assert event.at_sample - event.onset_sample == settings.start_windows * 512
        else:
            assert event.at_sample - event.offset_sample == settings.stop_windows * 512
    edges = [edge for event in events for edge in (_began(event), event.at_sample)]
    assert edges == sorted(edges)
    assert all(first.at_sample <= _began(second) for first, second in pairwise(events))
    assert not edges or 0 <= edges[0] < edges[-1] <= len(values) * 512


def _began(event: SpeechStarted | SpeechStopped) -> int:
    return event.onset_sample if isinstance(event, SpeechStarted) else event.offset_sample
