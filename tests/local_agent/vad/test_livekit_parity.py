"""Beside LiveKit's own VAD stream, where its plugin is installed: the same probabilities, starts and stops."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.events import SpeechStarted, SpeechStopped
from local_agent.vad.gate import Gate
from local_agent.vad.gate_runs import smoothed
from local_agent.vad.settings import LIVEKIT, LIVEKIT_SMOOTHING, gate_settings
from local_agent.vad.silero import SileroStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from local_agent.parameters import VadParameters

pytest.importorskip(
    "livekit.plugins.silero", reason="livekit-plugins-silero is not installed: its VAD is the witness here"
)

SETTINGS = {
    "as delivered": LIVEKIT,
    "slow to start, quick to stop": replace(LIVEKIT, min_speech_ms=200, min_silence_ms=100),
    "another threshold": replace(LIVEKIT, threshold=0.7, min_speech_ms=96, min_silence_ms=320),
}


async def _theirs(vad: VadParameters, rate: int, coded: NDArray[np.int16]) -> list[Any]:
    """Return every event of LiveKit's stream for 16-bit audio given in frames of 10 ms."""
    from livekit import rtc
    from livekit.plugins import silero

    witness = silero.VAD.load(
        sample_rate=rate,
        activation_threshold=vad.threshold,
        min_speech_duration=vad.min_speech_ms / 1000,
        min_silence_duration=vad.min_silence_ms / 1000,
        prefix_padding_duration=vad.pre_roll_ms / 1000,
    )
    stream = witness.stream()
    for frame in coded.reshape(-1, rate // 100):
        stream.push_frame(rtc.AudioFrame(frame.tobytes(), rate, 1, frame.size))
    stream.end_input()
    return [event async for event in stream]


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_streams_events_are_the_gates(
    utterance: Callable[..., NDArray[np.float32]], rate: int, name: str
) -> None:
    """Smoothed probabilities to 1e-6, and each start and stop at the same sample with the same onset."""
    vad = SETTINGS[name]
    levels = (1.0, 0.02, 0.3)
    samples = np.concatenate([utterance(rate, 1.2, 0.4, seed) * level for seed, level in enumerate(levels)])
    coded = np.rint(samples[: len(samples) // (rate // 100) * (rate // 100)] * 32767).astype(np.int16)
    theirs = asyncio.run(_theirs(vad, rate, coded))

    window = rate * 32 // 1000
    heard = coded[: len(coded) // window * window].astype(np.float32) / np.float32(32767)
    probabilities = SileroStream(rate).probabilities(heard)
    inferred = [event.probability for event in theirs if event.type == "inference_done"]
    np.testing.assert_allclose(smoothed(probabilities, LIVEKIT_SMOOTHING), inferred, rtol=0, atol=1e-6)

    gate = Gate(gate_settings(vad, rate, window))
    ours = [event for value in probabilities.tolist() if (event := gate.step(value)) is not None]
    decided = [event for event in theirs if event.type in {"start_of_speech", "end_of_speech"}]
    assert [(type(event) is SpeechStarted, event.at_sample) for event in ours] == [
        (event.type == "start_of_speech", event.samples_index) for event in decided
    ]
    assert [event.onset_sample for event in ours if type(event) is SpeechStarted] == [
        event.samples_index - round(event.speech_duration * rate)
        for event in decided
        if event.type == "start_of_speech"
    ]
    assert {type(event) for event in ours} == {SpeechStarted, SpeechStopped}
