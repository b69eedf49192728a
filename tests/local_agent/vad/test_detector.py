"""The detector: the same samples in any chunks give the same events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_agent.events import SpeechStarted, SpeechStopped
from local_agent.parameters import VadParameters
from local_agent.vad.detector import Heard, VoiceDetector
from local_agent.vad.gate_runs import gate_events
from local_agent.vad.loudness import volumes_of
from local_agent.vad.settings import LIVEKIT, PIPECAT
from local_agent.vad.silero import SileroStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Maker = Callable[..., NDArray[np.float32]]


def listened(
    samples: NDArray[np.float32], chunks: Sequence[int], vad: VadParameters, rate: int = 16_000
) -> list[Heard]:
    """Return all that a detector heard in a call pushed in these chunks, and then the rest."""
    detector = VoiceDetector(vad, SileroStream(rate))
    heard, at = [], 0
    for size in [*chunks, len(samples)]:
        heard += detector.push(samples[at : at + size])
        at += size
    last = detector.finish()
    return heard if last is None else [*heard, last]


@given(
    chunks=st.lists(st.integers(0, 3_000), max_size=10), preset=st.sampled_from([VadParameters(), PIPECAT])
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_chunks_give_the_same_events(utterance: Maker, chunks: list[int], preset: VadParameters) -> None:
    """Probabilities and events do not know how the audio arrived."""
    samples = utterance(16_000, 0.8, 0.3)[:-77]
    assert listened(samples, chunks, preset) == listened(samples, [], preset)


@pytest.mark.parametrize("vad", [VadParameters(), PIPECAT, LIVEKIT], ids=lambda vad: vad.preset)
@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_an_utterance_is_heard_once(utterance: Maker, vad: VadParameters, rate: int) -> None:
    """Each preset hears one stretch of speech, near where it is, and the whole-clip gate agrees."""
    samples = utterance(rate, 2.0, 1.0)
    heard = listened(samples, [999] * 20, vad, rate)
    events = [one.event for one in heard if one.event is not None]
    assert isinstance(events[0], SpeechStarted)
    assert isinstance(events[-1], SpeechStopped)
    assert 0.85 <= events[0].onset_sample / rate <= 1.5
    assert 2.5 <= events[-1].offset_sample / rate <= 3.2
    detector = VoiceDetector(vad, SileroStream(rate))
    probabilities = np.array([one.probability for one in heard], np.float32)
    whole = gate_events(probabilities, detector.gate.settings, volumes_of(samples, rate, rate * 32 // 1000))
    assert whole.started_at.tolist() == [e.at_sample for e in events if isinstance(e, SpeechStarted)]
    assert whole.offsets.tolist() == [e.offset_sample for e in events if isinstance(e, SpeechStopped)]
