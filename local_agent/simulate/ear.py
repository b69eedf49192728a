"""One call's ear: windows of the caller's lane in, what each of them says out.

(denoise) → probability → gate. Beside the gate runs a shorter count: `suspected` says that speech has gone on
for `SUSPICION` of the gate's minimum. It is enough to fall silent on when a second look follows, and never
enough to give the floor away.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from local_agent.audio.windows import ReBlocker
from local_agent.events import SpeechStarted, SpeechStopped
from local_agent.vad.gate import Gate, GateState
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.denoise import Denoiser
    from local_agent.parameters import VadParameters

SUSPICION = 0.75
"""Share of `min_speech_ms` after which a validated barge-in falls silent. With 200 ms: 5 windows, and the
agent is silent 210 ms after the true onset (p50) where the gate itself takes 270 ms."""
QUIETEST_DB = -120.0


@dataclass(slots=True)
class Sound:
    """What one window says. It ends at `end_sample` of the caller's lane, however late that is known."""

    end_sample: int
    probability: float
    event: SpeechStarted | SpeechStopped | None
    suspected: bool
    level_db: float


class Scores(Protocol):
    """A call's stream of speech probabilities."""

    @property
    def sample_rate_hz(self) -> int:
        """The rate of its windows."""

    @property
    def window_samples(self) -> int:
        """Their length."""

    def probability(self, window: NDArray[np.float32], /) -> float:
        """Score the next window."""


class Ear:
    """Denoiser (or None), network state, gate and counts of one call."""

    def __init__(
        self,
        vad: VadParameters,
        stream: Scores,
        denoiser: Denoiser | None = None,
        *,
        early: bool = True,
    ) -> None:
        self.sample_rate_hz, self.window_samples = stream.sample_rate_hz, stream.window_samples
        settings = gate_settings(vad, self.sample_rate_hz, self.window_samples)
        self.threshold, self.release = settings.threshold, settings.release_threshold
        self.window_ms = 1000 * self.window_samples / self.sample_rate_hz
        self.gate = Gate(settings)
        self.quiet_from: int | None = 0
        self._stream, self._denoiser = stream, denoiser
        self._blocks = ReBlocker(self.window_samples)
        self._meter = LoudnessMeter(self.sample_rate_hz) if settings.needs_volume else None
        self._early = early and vad.preset == "vaxctl"
        self.suspicion_windows = max(1, math.ceil(SUSPICION * vad.min_speech_ms / self.window_ms))
        if not self._early:
            self.suspicion_windows = settings.start_windows
        self._run = 0
        self.recent: deque[Sound] = deque(maxlen=max(self.suspicion_windows, settings.start_windows))
        """The windows heard last: enough for what raised a suspicion, and for what started speech."""

    def hear(self, window: NDArray[np.float32]) -> list[Sound]:
        """Take the next window of the lane; return those that are ready: behind a denoiser, none to two."""
        if self._denoiser is None:
            return [self._judge(window)]
        return [self._judge(ready) for ready in self._blocks.push(self._denoiser.process(window))]

    @property
    def suspicious(self) -> list[Sound]:
        """The windows that raised a suspicion, the last one now."""
        return list(self.recent)[-self.suspicion_windows :]

    @property
    def undecided(self) -> bool:
        """Whether speech is under way, or may just have begun."""
        return self.gate.state is not GateState.QUIET

    def _judge(self, window: NDArray[np.float32]) -> Sound:
        probability = self._stream.probability(window)
        gate = self.gate
        event = gate.step(probability, 1.0 if self._meter is None else self._meter.volume(window))
        end = gate.windows * self.window_samples
        if gate.state is GateState.SPEAKING:
            self.quiet_from = None
        elif self.quiet_from is None:
            self.quiet_from = end - self.window_samples
        level = QUIETEST_DB
        if probability < self.threshold:
            self._run = 0
        else:
            self._run += 1
            level = level_db(window)
        suspected = self._run == self.suspicion_windows if self._early else type(event) is SpeechStarted
        sound = Sound(end, probability, event, suspected, level)
        self.recent.append(sound)
        return sound

    def forget_run(self) -> None:
        """Begin counting towards a suspicion afresh."""
        self._run = 0

    def settle_quiet(self, sound: Sound, quiet_ms: float) -> None:
        """Let the pause under way begin so long before a sound's end, if the gate knows an older beginning."""
        if self.quiet_from is not None:
            quiet = sound.end_sample - round(quiet_ms * self.sample_rate_hz / 1000)
            self.quiet_from = max(self.quiet_from, quiet)


def level_db(window: NDArray[np.float32]) -> float:
    """Return a window's level in dBFS."""
    power = float(np.dot(window, window)) / len(window)
    return 10.0 * math.log10(power) if power > 1e-12 else QUIETEST_DB  # noqa: PLR2004 - -120 dB
