"""A scenario (version 1): agent turns, caller events, and the room and line between them.

Each key's range and default stand here and nowhere else; docs/scenarios.md tells them in words. Times are
whole milliseconds, levels dB relative to full scale (dBFS, RMS of the active part).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "vaxctl-scenario/v1"

NoiseClass = Literal[
    "baby-cry",
    "babble",
    "car-radio",
    "cough",
    "dog-bark",
    "door-slam",
    "hold-music",
    "hvac",
    "keyboard",
    "pink",
    "sneeze",
    "street",
    "television",
    "wind",
]
"""Noises that are generated, never recorded (noises.py)."""

Expect = Literal["barge_in", "ignore", "turn_end", "hold"]
Interruption = Literal["aligned", "redirecting", "clarifying", "backchannel", "stop"]

LONGEST_MS = 600_000
TELEPHONE_HZ = 8_000
SPEECH_DBFS = -26.0
"""Nominal active speech level on telephone lines (ITU-T P.56 practice)."""
PAUSE_DBFS = -60.0
"""A pause on a real line is never zeros: about this much of a quiet room is left, over the floor of -65 dBFS."""

Ms = Annotated[int, Field(strict=True, ge=0, le=LONGEST_MS)]
Number = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Level = Annotated[float, Field(strict=True, ge=-90, le=0)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class AgentTurn(_Part):
    """What the agent means to say: text for a voice, or a recording of it (then `transcript` is its text)."""

    say: Text | None = None
    audio: Text | None = None
    transcript: str = ""
    intent: str = ""
    expects_answer: bool = False

    @property
    def text(self) -> str:
        """The turn's words."""
        return self.say or self.transcript


class Start(_Part):
    """When an event begins: at a time, or relative to one agent turn or one earlier caller event."""

    at_ms: Ms | None = None
    agent_turn: Number | None = None
    caller: str | None = None
    after_start_ms: Ms | None = None
    before_end_ms: Ms | None = None
    after_end_ms: Ms | None = None


class Pause(_Part):
    """Silence put into the caller's speech, after the n-th word (from 1) or at a time within the clip."""

    after_word: Annotated[int, Field(strict=True, ge=1, le=1_000)] | None = None
    at_ms: Ms | None = None
    duration_ms: Annotated[int, Field(strict=True, ge=50, le=30_000)]


class CallerEvent(_Part):
    """One sound from the caller's side, and what a good agent does with it.

    `onset_ms` and `offset_ms` bound the sound within the clip where a label tells; else they are measured.
    `from_ms` and `to_ms` cut the clip first, and the labels count from the cut.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = None
    say: Text | None = None
    audio: Text | None = None
    noise: NoiseClass | None = None
    start: Start
    expect: Expect
    transcript: str | None = None
    interruption: Interruption | None = None
    sound_class: str | None = Field(default=None, alias="class", min_length=1)
    level_dbfs: Level | None = None
    duration_ms: Annotated[int, Field(strict=True, ge=20, le=60_000)] | None = None
    from_ms: Ms | None = None
    to_ms: Ms | None = None
    onset_ms: Ms | None = None
    offset_ms: Ms | None = None
    pauses: tuple[Pause, ...] = ()

    @property
    def kind(self) -> str:
        """What the sound is: its class where given, the noise's name, or speech."""
        return self.sound_class or self.noise or "speech"

    @property
    def text(self) -> str:
        """What a perfect transcriber would hear."""
        return self.transcript if self.transcript is not None else self.say or ""


class Bed(_Part):
    """Noise under the whole call, `snr_db` below the level of speech (-26 dBFS)."""

    noise: NoiseClass | None = None
    audio: Text | None = None
    snr_db: Annotated[float, Field(strict=True, ge=-20, le=60)]


class Room(_Part):
    """The caller's room: generated from its reverberation time, or a recorded impulse response."""

    rt60_ms: Annotated[int, Field(strict=True, ge=50, le=3_000)] | None = None
    direct_to_reverb_db: Annotated[float, Field(strict=True, ge=-20, le=40)] = 6.0
    audio: Text | None = None


class Line(_Part):
    """The telephone line: 8 kHz μ-law; losses in bursts (Gilbert's model of two states)."""

    codec: Literal["mu_law", "none"] = "mu_law"
    packet_ms: Literal[10, 20, 30] = 20
    loss_ratio: Annotated[float, Field(strict=True, ge=0, le=0.5)] = 0.0
    burst_packets: Annotated[float, Field(strict=True, ge=1, le=50)] = 1.0
    concealment: Literal["repeat", "silence"] = "repeat"


class Echo(_Part):
    """The agent's own voice coming back on the caller's line."""

    delay_ms: Annotated[int, Field(strict=True, ge=64, le=2_000)]
    attenuation_db: Annotated[float, Field(strict=True, ge=0, le=80)]


class ScriptedAnswer(_Part):
    """What the scripted agent says to an interruption, where one of the phrases is in it (or to any)."""

    say: Text
    when: tuple[Text, ...] = ()


class Scenario(_Part):
    """A whole call as it is meant. `reading.load_scenario` reads it and makes audio paths absolute."""

    schema_: Literal["vaxctl-scenario/v1"] = Field(default="vaxctl-scenario/v1", alias="schema")
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)]
    description: str = ""
    sample_rate_hz: Literal[8000, 16000] = 8000
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = 0
    language: str = "en"
    agent: tuple[AgentTurn, ...] = ()
    answers: dict[Interruption, tuple[ScriptedAnswer, ...]] = Field(default_factory=dict)
    resume: str = ""
    latency_ms: Annotated[int, Field(strict=True, ge=0, le=60_000)] = 600
    caller: tuple[CallerEvent, ...] = ()
    background: tuple[Bed, ...] = ()
    room: Room | None = None
    line: Line | None = None
    echo: Echo | None = None
    floor_dbfs: Level = -65.0
    tail_ms: Ms = 3_000
    max_duration_ms: Annotated[int, Field(strict=True, ge=1_000, le=LONGEST_MS)] = 60_000
    _origin: Path | None = PrivateAttr(default=None)

    @property
    def origin(self) -> Path | None:
        """The file that it was read from; None for one that was made otherwise."""
        return self._origin

    def read_from(self, path: Path) -> Scenario:
        """Remember the file that it was read from; return the scenario itself."""
        self._origin = path
        return self
