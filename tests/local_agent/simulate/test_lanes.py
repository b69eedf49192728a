"""Recorded lanes: any chunks give the same events from the file on, streamed as kept, in memory that does not grow."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_agent import events
from local_agent.audio import sources
from local_agent.audio.reading import AudioStream
from local_agent.errors import UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.simulate.ear import Ear
from local_agent.simulate.lanes import LaneRun, StreamedMouth, recorded_turns, run_lanes, turn_spans
from local_agent.simulate.opening import models_for
from local_agent.simulate.recording import KEPT_LIMIT_S, Recording
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import SilentMouth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_agent.simulate.opening import Models

SILENCE = Parameters(endpointing=EndpointingParameters(mode="silence"))
FILE_RATES_HZ = (8_000, 16_000, 44_100)
Lane = "Callable[[int], np.ndarray]"


@pytest.fixture(scope="module")
def models() -> dict[int, Models]:
    """Open Silero at both rates."""
    return {rate: models_for(SILENCE, rate) for rate in (8_000, 16_000)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, caller: Lane) -> dict[int, Path]:
    """Write the caller's lane at each rate."""
    folder = tmp_path_factory.mktemp("lanes")
    written = {rate: folder / f"{rate}.wav" for rate in FILE_RATES_HZ}
    for rate, file in written.items():
        soundfile.write(file, caller(rate), rate, subtype="PCM_16")
    return written


@pytest.fixture(scope="module")
def whole(files: dict[int, Path], models: dict[int, Models]) -> dict[int, list[events.Event]]:
    """Return what happens when each file is read in one piece."""
    told = {}
    for rate, file in files.items():
        stream = AudioStream(file)
        lane = np.concatenate(list(stream.channel(0)))
        session = models[stream.sample_rate_hz].session(SilentMouth())
        told[rate] = list(LaneRun(session).events([lane]))
    return told


@pytest.mark.parametrize("rate", FILE_RATES_HZ)
def test_things_happen_in_these_lanes(whole: dict[int, list[events.Event]], rate: int) -> None:
    """The property below is about calls with speech and ends of turns in them."""
    kinds = {type(event) for event in whole[rate]}
    assert {events.SpeechStarted, events.SpeechStopped, events.UserTurnEnded, events.CallEnded} <= kinds


@pytest.mark.parametrize("rate", FILE_RATES_HZ)
@given(block=st.integers(97, 60_000), cuts=st.lists(st.floats(0, 1), max_size=8))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_chunks_give_the_same_events_from_the_file_on(
    files: dict[int, Path],
    models: dict[int, Models],
    whole: dict[int, list[events.Event]],
    rate: int,
    block: int,
    cuts: list[float],
) -> None:
    """Whatever the reader's blocks, and however they are cut again before the session: the same call."""
    with patch.object(sources, "BLOCK_FRAMES", block):
        stream = AudioStream(files[rate])
        session = models[stream.sample_rate_hz].session(SilentMouth())
        chunks = (
            piece
            for chunk in stream.channel(0)
            for piece in np.split(chunk, sorted(int(cut * len(chunk)) for cut in cuts))
        )
        assert list(LaneRun(session).events(chunks)) == whole[rate]


@given(cuts=st.lists(st.integers(0, 6 * 16_000), max_size=9))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_streamed_turns_are_those_of_the_whole_lane(
    models: dict[int, Models], syllables: Callable[..., np.ndarray], cuts: list[int]
) -> None:
    """A recorded agent's turns, found and read in chunks, have the same places and samples."""
    quiet = np.zeros(16_000, np.float32)
    lane = np.concatenate([syllables(1.5, seed=4), quiet, quiet, syllables(1.2, seed=5), quiet[:4_800]])
    meant = recorded_turns(lane, models[16_000])
    assert len(meant) == 2
    chunks = np.split(lane, sorted(cuts))
    spans = turn_spans(chunks, models[16_000])
    mouth = StreamedMouth(spans, iter(chunks))
    assert [start for start, _ in spans] == [start for start, _ in meant]
    for _, turn in meant:
        assert np.array_equal(mouth.take().samples, turn.samples)
    assert len(mouth.take().samples) == 0


@pytest.mark.parametrize("stereo", [True, False])
def test_a_streamed_recording_is_the_same_call_as_a_kept_one(
    tmp_path: Path,
    caller: Lane,
    syllables: Callable[..., np.ndarray],
    models: dict[int, Models],
    *,
    stereo: bool,
) -> None:
    """Both ways of running, with the agent in the same file or in its own at another rate."""
    lane = caller(16_000)
    agent = np.zeros(len(lane), np.float32)
    agent[: 2 * 16_000] = syllables(2.0, seed=5)
    call, other = tmp_path / "call.wav", tmp_path / "agent.wav"
    soundfile.write(call, np.stack([lane, agent], axis=1) if stereo else lane, 16_000, subtype="FLOAT")
    soundfile.write(other, agent, 16_000, subtype="FLOAT")
    recording = Recording(call, None if stereo else other)
    streamed = list(recording.run(models[16_000]).events())
    kept = recording.run(models[16_000], keep=True)
    assert list(kept.events()) == streamed
    record = kept.record()
    meant = run_lanes("call", [lane], SILENCE, 16_000, agent=agent, models=models[16_000])
    assert record.events == meant.events == tuple(streamed)
    assert np.array_equal(record.agent, meant.agent)
    assert events.AgentSpeechPaused in {type(event) for event in streamed}


class Told:
    """A probability stream without a network."""

    sample_rate_hz, window_samples = 8_000, 256

    def __init__(self) -> None:
        self._count = 0

    def probability(self, window: np.ndarray) -> float:
        """Say that somebody speaks for two seconds in six."""
        self._count += 1
        return 0.9 if self._count % 188 < 63 else 0.01


def _peak(minutes: float) -> tuple[int, int]:
    chunk = np.zeros(16_384, np.float32)
    session = Session(SILENCE, Ear(SILENCE.vad, Told()), SilentMouth())  # type: ignore[arg-type]
    tracemalloc.start()
    happened = sum(
        1 for _ in LaneRun(session).events(chunk for _ in range(round(minutes * 60 * 8_000 / 16_384)))
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, happened


def test_memory_does_not_grow_with_the_call() -> None:
    """Ten times as long a call has ten times the events, and the same peak to 64 KiB."""
    short, few = _peak(0.5)
    long, many = _peak(5.0)
    assert many > 8 * few
    assert long - short < 65_536


def test_a_kept_call_of_three_hours_is_refused_from_its_header(tmp_path: Path) -> None:
    """What would fill the memory is refused before anything is read, with the way out."""
    file = tmp_path / "long.wav"
    soundfile.write(file, np.zeros(8_000, np.float32), 8_000, subtype="PCM_16")
    data, frames = bytearray(file.read_bytes()), 3 * 3_600 * 8_000
    data[4:8], data[40:44] = (36 + 2 * frames).to_bytes(4, "little"), (2 * frames).to_bytes(4, "little")
    with file.open("wb") as stream:
        stream.write(data[:44])
        stream.truncate(44 + 2 * frames)
    recording = Recording(file)
    assert recording.duration_s == 3 * 3_600 > KEPT_LIMIT_S
    with pytest.raises(UnusableInput, match="180 minutes are too long for --html") as caught:
        recording.refuse_keeping("--html")
    assert "leave --html out" in str(caught.value.help)


def test_nothing_was_kept(models: dict[int, Models]) -> None:
    """A run that kept nothing has no record to give."""
    with pytest.raises(ValueError, match="kept"):
        LaneRun(models[16_000].session(SilentMouth())).record("x", [], ())
