"""The gate's settings, counted in windows: milliseconds as people write them become whole windows here.

Three presets count differently, and each is kept as its framework does it:

    preset    threshold reads          release              start after          stop after
    vaxctl    p                        release_threshold    ceil(ms / window)    ceil(ms / window)
    pipecat   p and volume             the threshold        round(ms / window)   round(ms / window)
    livekit   p smoothed (old x 0.35)  threshold - 0.15     ms of summed floats  ms of summed floats

`vaxctl` rounds up, so a minimum is a minimum. Pipecat rounds to the nearest window, halves to even. LiveKit
adds the window's length up as a float until the sum reaches the minimum. Read from the wheels of pipecat-ai
1.14.0 and livekit-plugins-silero 1.8.9, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from local_agent.parameters import VadParameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.parameters import Preset

    _Counting = Callable[[int, float], int]

PIPECAT_MIN_VOLUME = 0.6
LIVEKIT_SMOOTHING = 0.35
LIVEKIT_RELEASE_STEP = 0.15
LIVEKIT_LOWEST_RELEASE = 0.01
PIPECAT_RESET_QUIET_MS, PIPECAT_RESET_APART_MS = 160, 2000
"""Pipecat 1.14 forgets its network's state in quiet, every 2 s at most. It asks its gate too whether it is quiet; five
windows of less than 0.1 say the same: the gate's states are equal on 20,013 windows of 109 clips, and 25
probabilities are not."""

PIPECAT = VadParameters(
    threshold=0.7,
    release_threshold=0.7,
    min_speech_ms=200,
    min_silence_ms=200,
    pre_roll_ms=500,
    preset="pipecat",
)
"""Pipecat's own defaults (VADParams; pre-speech of its turn analyser)."""
LIVEKIT = VadParameters(
    threshold=0.5,
    release_threshold=0.35,
    min_speech_ms=50,
    min_silence_ms=550,
    pre_roll_ms=500,
    preset="livekit",
)
"""LiveKit's own defaults (silero.VAD.load)."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What the gate needs. `smoothing` is the weight of the past; 0 uses each probability as it is."""

    threshold: float
    release_threshold: float
    start_windows: int
    stop_windows: int
    window_samples: int
    pre_roll_samples: int = 0
    smoothing: float = 0.0
    min_volume: float = 0.0
    release_includes: bool = False
    """True where a probability equal to the release threshold counts as silence (LiveKit)."""

    @property
    def needs_volume(self) -> bool:
        """Whether the gate asks for loudness beside the probability."""
        return self.min_volume > 0.0


def gate_settings(vad: VadParameters, sample_rate_hz: int, window_samples: int) -> GateSettings:
    """Return the gate's settings for these parameters at this rate and window size."""
    counted = _COUNTING[vad.preset]
    window_s = window_samples / sample_rate_hz
    start, stop = counted(vad.min_speech_ms, window_s), counted(vad.min_silence_ms, window_s)
    pipecat, livekit = vad.preset == "pipecat", vad.preset == "livekit"
    return GateSettings(
        threshold=vad.threshold,
        release_threshold=_release(vad),
        start_windows=start,
        stop_windows=stop,
        window_samples=window_samples,
        pre_roll_samples=vad.pre_roll_ms * sample_rate_hz // 1000,
        smoothing=LIVEKIT_SMOOTHING if livekit else 0.0,
        min_volume=PIPECAT_MIN_VOLUME if pipecat else 0.0,
        release_includes=livekit,
    )


class ResetTimes(NamedTuple):
    """When the network's state is forgotten: after so long a certain quiet (None: never), and no sooner again."""

    after_quiet_ms: int | None = None
    apart_ms: int = 0


def reset_times(vad: VadParameters) -> ResetTimes:
    """Return what these parameters ask for: their own, else what their preset's framework does."""
    if vad.preset == "pipecat" and vad.reset_after_quiet_ms is None:
        return ResetTimes(PIPECAT_RESET_QUIET_MS, PIPECAT_RESET_APART_MS)
    return ResetTimes(vad.reset_after_quiet_ms)


def _release(vad: VadParameters) -> float:
    if vad.preset == "pipecat":
        return vad.threshold
    if vad.preset == "livekit":
        return max(vad.threshold - LIVEKIT_RELEASE_STEP, LIVEKIT_LOWEST_RELEASE)
    return min(vad.release_threshold, vad.threshold)


def _at_least(duration_ms: int, window_s: float) -> int:
    return max(1, -(-duration_ms // round(window_s * 1000)))


def _nearest(duration_ms: int, window_s: float) -> int:
    return max(1, round(duration_ms / 1000 / window_s))


def _summed(duration_ms: int, window_s: float) -> int:
    windows, total = 1, window_s
    while total < duration_ms / 1000:
        windows, total = windows + 1, total + window_s
    return windows


_COUNTING: dict[Preset, _Counting] = {"vaxctl": _at_least, "pipecat": _nearest, "livekit": _summed}
