"""The agent's turns and the caller's utterances, read from a record's events and truths.

Spans are half-open, in samples of the call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from local_agent import events

if TYPE_CHECKING:
    from local_agent.record import CallRecord, Truth

Span = tuple[int, int]
Ending = Literal["finished", "taken", "dropped", "call_ended"]
"""How an agent turn ended: played out; the caller took the floor; silenced and not resumed; the call was
over."""

EXPLAINS_MS: Final = 2000
"""Speech up to this long after the agent fell silent explains the silence (the field report's 2 s; see
measuring)."""

HOLD_MS: Final = 2500
"""How long an unfinished thought is waited on: p95 of pauses within turns in a call centre (livekit/agents
#3640)."""


@dataclass(slots=True)
class Pause:
    """One silence of the agent on suspicion, and when its speech was taken up again, if it was."""

    at_sample: int
    onset_sample: int
    resumed_sample: int | None = None


@dataclass(slots=True)
class AgentTurn:
    """One agent turn. Its fate was decided at `end_sample`; its sound may have ended at the last pause."""

    turn: int
    start_sample: int
    replies: bool
    end_sample: int = 0
    ending: Ending = "call_ended"
    pauses: list[Pause] = field(default_factory=list)

    @property
    def lost(self) -> bool:
        """Whether the turn was stopped and never taken up."""
        return self.ending in {"taken", "dropped"}

    @property
    def stop(self) -> Pause | None:
        """The pause that the turn never came back from."""
        return self.pauses[-1] if self.lost and self.pauses else None

    def audible(self) -> list[Span]:
        """When it was heard."""
        spans, since = [], self.start_sample
        for pause in self.pauses:
            spans.append((since, pause.at_sample))
            since = self.end_sample if pause.resumed_sample is None else pause.resumed_sample
        return [span for span in [*spans, (since, self.end_sample)] if span[0] < span[1]]


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller said as one: a held thought and what follows it. `open` if nothing did."""

    start_sample: int
    end_sample: int
    truths: tuple[Truth, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A record with its turns and utterances read out of it."""

    record: CallRecord
    turns: tuple[AgentTurn, ...]
    utterances: tuple[Utterance, ...]

    def samples(self, ms: float) -> int:
        """Return a duration in samples."""
        return round(ms * self.record.sample_rate_hz / 1000)

    def ms(self, samples: int) -> float:
        """Return samples in milliseconds."""
        return samples * 1000 / self.record.sample_rate_hz

    def spoke(self, start: int, end: int) -> bool:
        """Whether meaningful caller speech (anything but what is to be ignored) overlaps a span."""
        return any(u.start_sample < end and start < u.end_sample for u in self.speech())

    def speech(self) -> list[Truth]:
        """Return the meaningful truths, in order."""
        return meaningful(self.record.truths)

    def unexplained(self, pause: Pause) -> bool:
        """Whether no meaningful speech lies between what triggered a pause and 2 s after it."""
        since = min(pause.onset_sample, pause.at_sample)
        return not self.spoke(since, pause.at_sample + self.samples(EXPLAINS_MS))

    def cut_off(self, start: int, end: int) -> int | None:
        """Return where the agent first took a turn strictly inside a span; None where it did not.

        That is where it began to speak. Where the responder had nothing to say it is the end of the caller's
        turn: that was taken to be over all the same, and only silence came of it.
        """
        taken = [turn.start_sample for turn in self.turns] + list(self.record.unanswered)
        return min((sample for sample in taken if start < sample < end), default=None)

    def under_way(self, sample: int) -> AgentTurn | None:
        """Return the agent turn that is going on at a sample, heard or paused."""
        return next((t for t in self.turns if t.start_sample <= sample < t.end_sample), None)


def read(record: CallRecord) -> Call:
    """Read turns and utterances out of a record."""
    return Call(record, tuple(_turns(record)), tuple(_utterances(record)))


def meaningful(truths: tuple[Truth, ...]) -> list[Truth]:
    """Return what the caller meant to be heard, in order of time."""
    return sorted((t for t in truths if t.expect != "ignore"), key=lambda t: (t.start_sample, t.end_sample))


def overlap(one: list[Span], other: list[Span]) -> int:
    """Return how many samples two lists of spans have in common; neither may overlap itself."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)


def merged(spans: list[Span]) -> list[Span]:
    """Return spans in order with overlaps joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _turns(record: CallRecord) -> list[AgentTurn]:
    turns: list[AgentTurn] = []
    answered = False
    for event in record.events:
        if isinstance(event, events.UserTurnEnded):
            answered = event.at_sample not in record.unanswered
        elif isinstance(event, events.AgentSpeechStarted):
            turns.append(AgentTurn(event.turn, event.at_sample, replies=answered))
            answered = False
        elif turns:
            _go_on(turns[-1], event)
    length = max(len(record.caller), len(record.agent), *(event.at_sample for event in record.events), 0)
    for turn in turns:
        turn.end_sample = turn.end_sample or length
    return turns


def _go_on(turn: AgentTurn, event: events.Event) -> None:
    if isinstance(event, events.AgentSpeechPaused):
        turn.pauses.append(Pause(event.at_sample, event.at_sample))
    elif isinstance(event, events.AgentSpeechResumed) and turn.pauses:
        turn.pauses[-1].resumed_sample = event.at_sample
        turn.end_sample, turn.ending = 0, "call_ended"
    elif isinstance(event, events.BargeIn | events.FalseBargeIn):
        _silenced(turn, event)
    elif isinstance(event, events.AgentSpeechFinished):
        turn.end_sample, turn.ending = event.at_sample, "finished"


def _silenced(turn: AgentTurn, event: events.BargeIn | events.FalseBargeIn) -> None:
    """Close the turn; a false barge-in that is resumed opens it again with the event after it."""
    if not turn.pauses or turn.pauses[-1].resumed_sample is not None:
        turn.pauses.append(Pause(event.at_sample, event.onset_sample))
    turn.pauses[-1].onset_sample = event.onset_sample
    turn.end_sample = event.at_sample
    turn.ending = "taken" if isinstance(event, events.BargeIn) else "dropped"


def _utterances(record: CallRecord) -> list[Utterance]:
    done: list[Utterance] = []
    held: list[Truth] = []
    for truth in meaningful(record.truths):
        held.append(truth)
        if truth.expect != "hold":
            done.append(Utterance(held[0].start_sample, max(t.end_sample for t in held), tuple(held)))
            held = []
    if held:
        done.append(Utterance(held[0].start_sample, max(t.end_sample for t in held), tuple(held), open=True))
    return done
