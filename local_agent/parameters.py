"""The settings of one run, resolved: no defaults left open, times in milliseconds as people write them.

`from_profile` makes these from a profile; tests and the tuner make them directly. All are frozen, so a run's
settings are a key to its results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Preset = Literal["vaxctl", "pipecat", "livekit"]
"""How the gate behaves: ours (hysteresis), or as those frameworks do (local_agent/vad/gate.py)."""


@dataclass(frozen=True, slots=True)
class VadParameters:
    """When audio counts as speech. `release_threshold` is where speech may end (hysteresis)."""

    model: Literal["silero_v6", "silero_v5", "silero_v4"] = "silero_v6"
    threshold: float = 0.55
    release_threshold: float = 0.40
    min_speech_ms: int = 200
    min_silence_ms: int = 400
    pre_roll_ms: int = 300
    preset: Preset = "vaxctl"
    reset_after_quiet_ms: int | None = None
    """Reset the model's state after this much certain quiet (every window under 0.1); None never does."""


@dataclass(frozen=True, slots=True)
class NoiseParameters:
    """What happens to the audio before the VAD hears it."""

    engine: Literal["off", "rnnoise", "nsnet2"] = "off"
    max_attenuation_db: int = 20


@dataclass(frozen=True, slots=True)
class EndpointingParameters:
    """When the caller's turn is over. Both times count from the last speech frame; nothing adds up."""

    mode: Literal["silence", "semantic", "hybrid"] = "semantic"
    delay_ms: int = 400
    max_delay_ms: int = 2500
    ask_after_ms: int = 200
    """Silence after which the turn-end model is asked, once a pause (smart-turn degrades on longer ones). It hears
    about as much of the pause. A turn whose end it decides lasts at least so long, whatever `delay_ms` is."""
    complete_threshold: float = 0.5
    """P(complete) from which a turn counts as complete in mode semantic: smart-turn's own (pipecat-ai 1.14.0)."""


@dataclass(frozen=True, slots=True)
class BargeInParameters:
    """How a caller takes the floor while the agent speaks."""

    enabled: bool = True
    min_words: int = 0
    backoff_ms: int = 500
    ignore_phrases: tuple[str, ...] = ()
    interrupt_phrases: tuple[str, ...] = ()
    protect_first_message: bool = False
    validate: bool = True
    resume: bool = True
    timeout_ms: int = 2000


@dataclass(frozen=True, slots=True)
class ContextParameters:
    """What the responder is told after an interruption. `template` is text with `{{ slots }}` left in it."""

    enabled: bool = True
    template: str = ""


@dataclass(frozen=True, slots=True)
class Emulated:
    """A setting whose own engine is nowhere but on the platform: what was wanted, what stands in for it."""

    setting: str
    wanted: str
    used: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything one run needs to know.

    `assumed` names the settings that neither the platform nor the profile tells: they are our defaults.
    """

    name: str = "default"
    language: str = "en"
    vad: VadParameters = field(default_factory=VadParameters)
    noise: NoiseParameters = field(default_factory=NoiseParameters)
    endpointing: EndpointingParameters = field(default_factory=EndpointingParameters)
    barge_in: BargeInParameters = field(default_factory=BargeInParameters)
    context: ContextParameters = field(default_factory=ContextParameters)
    reminder_after_ms: int = 10_000
    hang_up_after_ms: int = 30_000
    assumed: tuple[str, ...] = ()
    emulated: tuple[Emulated, ...] = ()
