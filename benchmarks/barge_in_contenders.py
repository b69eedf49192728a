"""The contenders of benchmarks/barge_in.py: when each falls silent, and when each gives the floor away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from barge_in_clips import RATE, WINDOW, Fall

from local_agent.events import AgentSpeechPaused, BargeIn, SpeechStarted, SpeechStopped
from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters, VadParameters
from local_agent.record import SpokenTurn
from local_agent.simulate.ear import Ear
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import RecordedMouth
from local_agent.vad.gate import Gate, GateState
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.networks import silero_v6
from local_agent.vad.settings import LIVEKIT, PIPECAT, gate_settings
from local_agent.vad.silero import ProbabilityStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from local_agent.parameters import NoiseParameters
    from local_agent.simulate.words import Words

    Samples = NDArray[np.float32]
    Outcome = tuple[float | None, float | None]
    Contender = Callable[[Fall], Outcome]

LIVEKIT_MIN_DURATION_S = 0.5
_DEFAULT = Parameters(endpointing=EndpointingParameters(mode="silence"))
_UNVALIDATED = BargeInParameters(validate=False)


class Scored:
    """A probability stream whose answers are known."""

    sample_rate_hz, window_samples = RATE, WINDOW

    def __init__(self, scores: Samples) -> None:
        """Take the answers, one a window."""
        self._scores = iter(scores.tolist())

    def probability(self, window: Samples) -> float:
        """Return the next answer."""
        del window
        return float(next(self._scores))


@dataclass(frozen=True, slots=True)
class KnownWords:
    """A listener without a fault: the text of a clip once it has been said, no word in a noise."""

    fall: Fall

    def said(self, samples: Samples, sample_rate_hz: int, end_sample: int) -> str | None:
        """Return the text, "" before its end and in noise, None where the text is not known."""
        del samples
        if self.fall.onset_s is not None and not self.fall.text:
            return None
        over = self.fall.end_s is not None and end_sample >= self.fall.end_s * sample_rate_hz
        words = self.fall.text.split()
        if over or self.fall.end_s is None or self.fall.onset_s is None:
            return " ".join(words)
        share = (end_sample / sample_rate_hz - self.fall.onset_s) / (self.fall.end_s - self.fall.onset_s)
        return " ".join(words[: int(max(share, 0.0) * len(words))])


def by_session(
    parameters: Parameters, fall: Fall, *, words: Words | None = None, noise: NoiseParameters | None = None
) -> Outcome:
    """Return when the agent first fell silent and when it lost the floor, in seconds of the clip."""
    stream = Scored(fall.scores) if noise is None else ProbabilityStream(silero_v6(RATE))
    ear = Ear(parameters.vad, stream, _denoiser(noise), early=parameters.barge_in.validate)  # type: ignore[arg-type]
    prompt = SpokenTurn("", np.full(len(fall.samples) + 60 * RATE, 1e-6, np.float32))
    session = Session(parameters, ear, RecordedMouth([(0, prompt)]), words=words)
    taken: list[float] = []
    for at in range(0, len(fall.samples) // WINDOW * WINDOW, WINDOW):
        session.speak()
        session.hear(fall.samples[at : at + WINDOW])
        taken = [event.at_sample / RATE for event in session.events if isinstance(event, BargeIn)]
        if taken:
            break
    paused = [event.at_sample / RATE for event in session.events if isinstance(event, AgentSpeechPaused)]
    return (paused[0] if paused else None), (taken[0] if taken else None)


def _denoiser(noise: NoiseParameters | None) -> object:
    if noise is None:
        return None
    from local_agent.denoise import denoiser_for

    return denoiser_for(noise, RATE)


def by_gate(vad: VadParameters, fall: Fall) -> Outcome:
    """Return when a bare gate takes the floor: when it opens."""
    return livekit(vad, 0.0, fall)


def livekit(vad: VadParameters, min_duration_s: float, fall: Fall) -> Outcome:
    """Return when LiveKit takes the floor: once the speech it publishes has lasted so long.

    Published speech counts from the onset to the end of speech, so the pause of 0.55 s that it takes to end
    counts too (livekit-agents 1.8.9: `on_vad_inference_done` compares `speech_duration`, which the Silero
    plugin adds each window to while it is speaking).
    """
    settings = gate_settings(vad, RATE, WINDOW)
    gate, meter = Gate(settings), LoudnessMeter(RATE) if settings.needs_volume else None
    onset: int | None = None
    for number, score in enumerate(fall.scores[: len(fall.samples) // WINDOW].tolist()):
        window = fall.samples[number * WINDOW : (number + 1) * WINDOW]
        event = gate.step(score, 1.0 if meter is None else meter.volume(window))
        if isinstance(event, SpeechStarted):
            onset = event.onset_sample
        elif isinstance(event, SpeechStopped):
            onset = None
        at = (number + 1) * WINDOW
        if onset is not None and at - onset >= min_duration_s * RATE:
            return at / RATE, at / RATE
    return None, None


def first_run(scores: Samples, threshold: float, release: float, windows: int) -> int | None:
    """Return the window in which a run of speech is long enough; it ends below the release threshold."""
    run = 0
    for number, score in enumerate(scores.tolist()):
        run = run + 1 if score >= (release if run else threshold) else 0
        if run >= windows:
            return number
    return None


def unbroken(vad: VadParameters, min_duration_s: float, fall: Fall) -> Outcome:
    """Return when LiveKit's gate has heard so much speech without a window below the release threshold."""
    settings = gate_settings(vad, RATE, WINDOW)
    gate, run = Gate(settings), 0
    for number, score in enumerate(fall.scores[: len(fall.samples) // WINDOW].tolist()):
        gate.step(score)
        run = run + 1 if gate.state in (GateState.STARTING, GateState.SPEAKING) else 0
        if run * WINDOW >= min_duration_s * RATE:
            return (number + 1) * WINDOW / RATE, (number + 1) * WINDOW / RATE
    return None, None


def _with(vad: VadParameters) -> Contender:
    parameters = replace(_DEFAULT, vad=vad)
    return lambda fall: by_session(parameters, fall)


DEFAULT = _DEFAULT
CONTENDERS: dict[str, Contender] = {
    "pipecat": lambda fall: by_gate(PIPECAT, fall),
    "pipecat + second look": _with(PIPECAT),
    "livekit": lambda fall: livekit(LIVEKIT, LIVEKIT_MIN_DURATION_S, fall),
    "livekit, unbroken": lambda fall: unbroken(LIVEKIT, LIVEKIT_MIN_DURATION_S, fall),
    "livekit + second look": _with(LIVEKIT),
    "default, no second look": lambda fall: by_session(replace(_DEFAULT, barge_in=_UNVALIDATED), fall),
    "default": lambda fall: by_session(_DEFAULT, fall),
    "default, words known": lambda fall: by_session(_DEFAULT, fall, words=KnownWords(fall)),
}
