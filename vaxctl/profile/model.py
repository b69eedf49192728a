"""The profile, version 1: every key with its meaning, range, unit, default and source, in this one place.

A key that is present in a file is owned; an absent key is left alone. Defaults serve the local agent and
are never pushed to a vendor.

Start-up time is why annotations are no strings here (pydantic would compile each of them), why only `Profile` has a
validator built (`defer_build`), and why a block that is absent is validated from an empty mapping by that one
(its own class would have to build another).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from vaxctl.profile.knob import FIELD_REPORT, HOUSE, SILERO, VAPI, knob

CallType = Literal["outbound-qualification", "inbound-service", "complex-questions"]

BANDS_MS: dict[str, tuple[int, int]] = {
    "outbound-qualification": (380, 420),
    "inbound-service": (480, 550),
    "complex-questions": (600, 800),
}
"""Endpointing delay per call type, from the field report (2,000 calls per arm, 2026)."""


_ATTRIBUTES = {"schema": "schema_", "validate": "validate_"}
"""Keys whose names pydantic keeps for itself."""


class Block(BaseModel):
    """A mapping of the profile. Unknown keys are errors; nothing is coerced (`"0.5"` is no number)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    def get(self, path: str) -> Any:
        """Return the value at a dotted path as files write it (`false_barge_in.validate`)."""
        value: Any = self
        for part in path.split("."):
            value = getattr(value, _ATTRIBUTES.get(part, part))
        return value


class Campaign(Block):
    """Facts about the campaign that rules read. Never pushed to a vendor."""

    caller_setting: Annotated[
        Literal["quiet", "home", "office", "open-office", "car", "street", "public-place"] | None,
        knob("where most callers are when they call", source=HOUSE),
    ] = None
    longest_agent_turn_ms: Annotated[
        int | None,
        knob("the longest the agent speaks in one go", unit="ms", ge=0, le=120_000, source=FIELD_REPORT),
    ] = None
    deployment: Annotated[
        Literal["new", "established"],
        knob("whether the campaign has call data of its own to be tuned on", source=HOUSE),
    ] = "new"


class Vad(Block):
    """Voice activity detection: when audio counts as speech."""

    model: Annotated[Literal["silero_v6", "silero_v5", "silero_v4"], knob("the detector", source=SILERO)] = (
        "silero_v6"
    )
    threshold: Annotated[
        float,
        knob(
            "probability above which audio is speech", unit="probability", ge=0.0, le=1.0, source=FIELD_REPORT
        ),
    ] = 0.55
    release_threshold: Annotated[
        float | None,
        knob(
            "lower threshold at which speech may end (hysteresis); threshold - 0.15 when absent",
            unit="probability",
            ge=0.0,
            le=1.0,
            source=SILERO,
        ),
    ] = None
    min_speech_ms: Annotated[
        int, knob("speech needed before it counts", unit="ms", ge=0, le=2000, source=FIELD_REPORT)
    ] = 200
    min_silence_ms: Annotated[
        int,
        knob(
            "silence needed before speech has ended (hangover)", unit="ms", ge=0, le=5000, source=FIELD_REPORT
        ),
    ] = 400
    window_size_ms: Annotated[
        Literal[30, 32, 64, 96],
        knob(
            "audio per decision; Silero v5 and later take exactly 32, v4 also 64 and 96",
            unit="ms",
            source=SILERO,
        ),
    ] = 32


def _engine_word(value: Any) -> Any:
    """Accept `true` and `false` for the engine, as the published block writes them."""
    return {True: "rnnoise", False: "off"}.get(value, value) if isinstance(value, bool) else value


class NoiseSuppression(Block):
    """What happens to the audio before the VAD hears it."""

    engine: Annotated[
        Literal["off", "rnnoise", "nsnet2", "platform"],
        BeforeValidator(_engine_word),
        knob("the suppressor; `platform` is whatever the vendor runs", source=FIELD_REPORT),
    ] = "off"
    background_voices: Annotated[bool, knob("also remove other people's voices", source=HOUSE)] = False
    max_attenuation_db: Annotated[
        int, knob("how far noise is turned down at most", unit="dB", ge=0, le=100, source=HOUSE)
    ] = 20


class Endpointing(Block):
    """When the caller's turn is over. Both times count from the last speech frame."""

    mode: Annotated[
        Literal["silence", "semantic", "hybrid"],
        knob("what decides: silence alone, the meaning of what was said, or both", source=FIELD_REPORT),
    ] = "semantic"
    delay_ms: Annotated[
        int | None,
        knob(
            "silence after the last speech before the turn is over; the call type's band when absent",
            unit="ms",
            ge=0,
            le=5000,
            source=FIELD_REPORT,
        ),
    ] = None
    max_delay_ms: Annotated[
        int,
        knob(
            "the turn is over after this much silence whatever was said",
            unit="ms",
            ge=100,
            le=15_000,
            source=HOUSE,
        ),
    ] = 2500
    complete_threshold: Annotated[
        float,
        knob(
            "semantic: probability of the turn-end model from which a turn counts as complete",
            unit="probability",
            ge=0.0,
            le=1.0,
            source=HOUSE,
        ),
    ] = 0.5

    @model_validator(mode="after")
    def _cap_is_not_under_the_delay(self) -> Self:
        if self.delay_ms is not None and self.max_delay_ms < self.delay_ms:
            raise ValueError(f"max_delay_ms ({self.max_delay_ms}) is under delay_ms ({self.delay_ms})")
        return self


Phrases = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=240)], ...], Field(strict=False)]


class BargeIn(Block):
    """How a caller takes the floor while the agent speaks."""

    enabled: Annotated[bool, knob("whether a caller can stop the agent at all", source=FIELD_REPORT)] = True
    min_words: Annotated[
        int,
        knob(
            "words needed to stop the agent; 0 lets voice alone do it", unit="words", ge=0, le=10, source=VAPI
        ),
    ] = 0
    backoff_ms: Annotated[
        int, knob("silence of the agent after it was stopped", unit="ms", ge=0, le=10_000, source=VAPI)
    ] = 500
    ignore_phrases: Annotated[
        Phrases, knob("words of the caller that do not take the floor (user backchannel)", source=VAPI)
    ] = ()
    interrupt_phrases: Annotated[Phrases, knob("words that always take the floor", source=VAPI)] = ()
    protect_first_message: Annotated[bool, knob("the first message is spoken to its end", source=VAPI)] = (
        False
    )


class FalseBargeIn(Block):
    """What happens when something that was no speech stopped the agent."""

    validate_: Annotated[
        bool, Field(alias="validate"), knob("look a second time at the audio that triggered", source=HOUSE)
    ] = True
    resume: Annotated[bool, knob("take the speech up where it stopped", source=HOUSE)] = True
    timeout_ms: Annotated[
        int, knob("how long the second look may take", unit="ms", ge=0, le=10_000, source=HOUSE)
    ] = 2000


class AgentBackchannel(Block):
    """Words the agent says while it listens."""

    enabled: Annotated[bool, knob("whether the agent says them", source=HOUSE)] = False
    frequency_ratio: Annotated[
        float, knob("how often, of the chances there are", unit="ratio", ge=0.0, le=1.0, source=HOUSE)
    ] = 0.8
    words: Annotated[Phrases, knob("which words", source=HOUSE)] = ()


class Silence(Block):
    """What happens when the caller says nothing."""

    reminder_after_ms: Annotated[
        int,
        knob("the agent asks whether the caller is there", unit="ms", ge=1000, le=1_000_000, source=HOUSE),
    ] = 10_000
    hang_up_after_ms: Annotated[
        int, knob("the call ends", unit="ms", ge=1000, le=3_600_000, source=HOUSE)
    ] = 30_000


class Stt(Block):
    """The speech recogniser under the turn-taking: its endpointing adds to the one above it."""

    provider: Annotated[
        Literal["deepgram", "azure", "soniox", "assemblyai", "muse", "elevenlabs", "gladia", "speechmatics"]
        | None,
        knob("who transcribes", source=HOUSE),
    ] = None
    model: Annotated[
        str | None, Field(min_length=1, max_length=100), knob("the provider's model", source=HOUSE)
    ] = None
    endpointing_ms: Annotated[
        int | None,
        knob(
            "silence after which the recogniser closes a transcript",
            unit="ms",
            ge=10,
            le=10_000,
            source=HOUSE,
        ),
    ] = None


class ContextPreservation(Block):
    """What the model is told about having been interrupted: one managed block in the prompt."""

    enabled: Annotated[bool, knob("whether the block stands in the prompt", source=FIELD_REPORT)] = True
    template: Annotated[
        str, Field(min_length=1), knob("a shipped template, or a file beside the profile", source=HOUSE)
    ] = "context_preservation.md.j2"
    variables: Annotated[
        dict[str, str | int | float | bool], knob("values the template may use", source=HOUSE)
    ] = Field(default_factory=dict)


Ids = str | dict[str, str]


class RetellTarget(Block):
    """One Retell agent, and the response engine behind it."""

    agent_id: Annotated[Ids, knob("the agent, or one per environment", source=HOUSE)]
    publish: Annotated[
        Literal["draft", "publish"], knob("whether apply leaves a draft or publishes it", source=HOUSE)
    ] = "draft"
    overrides: Annotated[
        dict[Literal["agent", "llm", "conversation-flow"], dict[str, Any]],
        knob("fields in the vendor's own words, owned like any other", source=HOUSE),
    ] = Field(default_factory=dict)


class VapiTarget(Block):
    """One Vapi assistant."""

    assistant_id: Annotated[Ids | None, knob("the assistant, or one per environment", source=HOUSE)] = None
    name: Annotated[str | None, Field(min_length=1), knob("the assistant's name", source=VAPI)] = None
    create: Annotated[
        dict[str, Any] | None,
        knob("what a new assistant starts from, where there is no assistant_id", source=HOUSE),
    ] = None
    overrides: Annotated[
        dict[str, Any], knob("fields in the vendor's own words, owned like any other", source=HOUSE)
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_or_made(self) -> Self:
        if self.assistant_id is None and self.create is None:
            raise ValueError("name the assistant_id, or say under `create` what a new assistant starts from")
        if self.assistant_id is not None and self.create is not None:
            raise ValueError("assistant_id and create exclude each other: an assistant is known, or made")
        if self.create is not None and self.name is None:
            raise ValueError("a new assistant needs a name: it is found again by it")
        return self


class Targets(Block):
    """The agents that this profile is applied to."""

    retell: RetellTarget | None = None
    vapi: VapiTarget | None = None


def _absent() -> Any:
    """Return the default of a block: all of its own defaults."""
    return Field(default_factory=dict, validate_default=True)


class Profile(Block):
    """The turn-taking of one campaign."""

    schema_: Annotated[
        Literal["vaxctl/v1"], Field(alias="schema"), knob("this document's version", source=HOUSE)
    ]
    name: Annotated[
        str,
        Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]*$"),
        knob("the profile's name", source=HOUSE),
    ]
    description: Annotated[str | None, knob("for people", source=HOUSE)] = None
    call_type: Annotated[CallType, knob("sets the endpointing band", source=FIELD_REPORT)] = "inbound-service"
    language: Annotated[
        str | None,
        Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
        knob("what is spoken, as a BCP 47 tag", source=HOUSE),
    ] = None
    campaign: Campaign = _absent()
    vad: Vad = _absent()
    noise_suppression: NoiseSuppression = _absent()
    endpointing: Endpointing = _absent()
    barge_in: BargeIn = _absent()
    false_barge_in: FalseBargeIn = _absent()
    agent_backchannel: AgentBackchannel = _absent()
    silence: Silence = _absent()
    stt: Stt = _absent()
    context_preservation: ContextPreservation = _absent()
    targets: Targets = _absent()

    @property
    def delay_ms(self) -> int:
        """The endpointing delay in force: the file's, or the middle of the call type's band."""
        low, high = BANDS_MS[self.call_type]
        return self.endpointing.delay_ms if self.endpointing.delay_ms is not None else (low + high) // 2

    @property
    def release_threshold(self) -> float:
        """The release threshold in force: the file's, or 0.15 under the threshold, as Silero's own iterator has it."""
        given = self.vad.release_threshold
        return given if given is not None else max(round(self.vad.threshold - 0.15, 4), 0.0)
