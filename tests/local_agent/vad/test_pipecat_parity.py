"""Beside Pipecat's own analyser, where it is installed: the same probabilities, volumes and decisions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.vad.gate import Gate, GateState
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.networks import silero_v6
from local_agent.vad.settings import PIPECAT, gate_settings, reset_times
from local_agent.vad.silero import ProbabilityStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

pytest.importorskip("pipecat", reason="pipecat-ai is not installed: its analyser is the witness here")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_the_analysers_states_are_the_gates(utterance: Callable[..., NDArray[np.float32]], rate: int) -> None:
    """Window by window: confidence to 1e-6, smoothed volume to 1e-6, and the very same state.

    The network's state is forgotten where the analyser forgets it: every two seconds, in quiet.
    """
    logging.disable(logging.CRITICAL)
    silero = pytest.importorskip("pipecat.audio.vad.silero")
    analyser = silero.SileroVADAnalyzer(sample_rate=rate)
    analyser.set_sample_rate(rate)
    confidences: list[float] = []
    asked = analyser.voice_confidence
    analyser.voice_confidence = lambda window: confidences.append(float(asked(window)[0])) or confidences[-1]
    forgets: list[int] = []
    forget = analyser._model.reset_states
    analyser._model.reset_states = lambda *size: forgets.append(len(confidences)) or forget(*size)
    levels = (1.0, 0.02, 0.3, 0.002)
    samples = np.concatenate([utterance(rate, 1.2, 0.8, seed) * level for seed, level in enumerate(levels)])
    window = rate * 32 // 1000
    gate, meter = Gate(gate_settings(PIPECAT, rate, window)), LoudnessMeter(rate)
    stream = ProbabilityStream(silero_v6(rate), *reset_times(PIPECAT))
    seen = set()
    for at in range(0, len(samples) - window + 1, window):
        coded = np.rint(samples[at : at + window] * 32768).astype("<i2")
        state = analyser._run_analyzer(coded.tobytes())
        heard = coded.astype(np.float32) / np.float32(32768)
        probability, volume = stream.probability(heard), meter.volume(heard)
        gate.step(probability, volume)
        assert probability == pytest.approx(confidences[-1], abs=1e-6)
        assert volume == pytest.approx(analyser._prev_volume, abs=1e-6)
        assert gate.state.name == state.name
        seen.add(gate.state)
    assert seen == set(GateState)
    assert len([at for at in forgets if at > 1]) >= 2
