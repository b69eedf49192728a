"""Chunks of audio in, speech events out: windows, probabilities, volume and gate in a row, for one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.audio.windows import ReBlocker
from local_agent.vad.gate import Gate
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from local_agent.events import SpeechStarted, SpeechStopped
    from local_agent.parameters import VadParameters
    from local_agent.vad.silero import ProbabilityStream


@dataclass(frozen=True, slots=True)
class Heard:
    """One window: its end, the probability that it held speech, and the event it made certain, if any."""

    at_sample: int
    probability: float
    event: SpeechStarted | SpeechStopped | None


class VoiceDetector:
    """One call's ear. Volume is measured where the preset asks for it, and only there."""

    def __init__(self, vad: VadParameters, stream: ProbabilityStream) -> None:
        self._stream = stream
        settings = gate_settings(vad, stream.sample_rate_hz, stream.window_samples)
        self.gate = Gate(settings)
        self._meter = LoudnessMeter(stream.sample_rate_hz) if settings.needs_volume else None
        self._windows = ReBlocker(stream.window_samples)

    def push(self, chunk: NDArray[np.float32]) -> list[Heard]:
        """Take a chunk of any size; return what was heard in the windows that it finished."""
        return [self._hear(window) for window in self._windows.push(chunk)]

    def finish(self) -> Heard | None:
        """Return the last partial window, zero-filled; its `at_sample` is the whole window's end."""
        partial = self._windows.finish()
        return None if partial is None else self._hear(partial.samples)

    def _hear(self, window: NDArray[np.float32]) -> Heard:
        probability = self._stream.probability(window)
        volume = 1.0 if self._meter is None else self._meter.volume(window)
        event = self.gate.step(probability, volume)
        return Heard(self.gate.windows * self._stream.window_samples, probability, event)
