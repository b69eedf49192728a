"""The metrics of many calls, as they are defined here and nowhere else.

Meaningful speech is any caller's event but one that is to be ignored (noise, an echo, a backchannel). True
onsets and offsets are the labels', never the detector's. The names and their sources:

false_barge_in_rate    Agent turns that were stopped for good with no meaningful caller speech between what
                       triggered the stop and 2 s after it, of all agent turns. The field report that
                       started the project counts this way (3.2 % with a good set-up, 22 % at threshold 0.3
                       on car commuters; DESIGN, read 2026-11). voicebench 0.2.0 (read 2026-11) counts
                       labelled events instead: that is `by_class` here.
false_pause_rate       Agent turns with a pause that was as unfounded, but taken up again: the floor was
                       kept. Of all agent turns. The pause-and-resume of livekit/agents #2852 makes the two
                       worth keeping apart.
missed_barge_in_rate   Interruptions that met a speaking agent and did not get the floor (`missed`,
                       `resumed` in checking), of those that did or did not; one where the agent's turn
                       ended by itself is in neither.
barge_in_stop_ms       From the true onset to the agent's silence; 0 where it was silent already. Only
                       confirmed stops have a time: the others are counted as `censored` and never given one
                       (voice-evals 0.2.1, read 2026-11).
premature_cutoff_rate  Utterances within which the agent began to speak, of those not spoken under one agent
                       turn from beginning to end. Where the responder had nothing to say, the caller's turn
                       being taken to be over counts in its place: the script's silence is no patience. A held
                       thought and what follows it are one utterance; a held thought that nothing follows is
                       watched for 2.5 s. (Field report: 1.8 %; Twilio Insights: "interruptions by agent".)
response_delay_ms      From an utterance's true end to the agent's next turn, before the caller speaks
                       again. Where the agent began before the end the delay would be negative: talk-over,
                       kept apart and counted in `negative` (voicebench 0.2.0). Where the responder had
                       nothing to say there is none: a reminder that comes later is no reply.
false_resume_rate      Resumes though meaningful speech lay between the onset and the resume, of all resumes.
spurious_reply_rate    Replies with no meaningful speech since the agent's turn before began, of all replies.
talk_over_s            Seconds in which the agent was heard while the caller meant to be.
check_pass_rate        Checks (one for each caller's event, or each part of one with pauses) that passed, of all;
                       an event that never happened has failed.
context_preservation   Answered interruptions that kept each part of their context, of those that could be judged
                       (the axes of IHBench, arXiv 2606.19595, read 2026-11; dialogue/preservation.py). None where
                       a call was not judged: its replies were no script's, and the score is left to people.

Intervals are 95 % Wilson. They take the chances for independent, which turns of one call are not quite
(turn-level tests on clustered calls err too often on the sure side): read them as a lower bound of the doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_agent.events import UserTurnEnded
from local_agent.metrics.checking import Check, checks_of, first_start, onset_of, spurious
from local_agent.metrics.intervals import Rate, percentile
from local_agent.metrics.turns import HOLD_MS, Call, Utterance, merged, overlap, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_agent.record import CallRecord, Interruption

_GOT_FLOOR = "barge_in"
_MISSED = frozenset({"missed", "resumed"})
_MET_AGENT = frozenset({"barge_in", "missed", "resumed", "dropped", "agent_finished"})


@dataclass(frozen=True, slots=True)
class Delays:
    """Observed durations in milliseconds, and how many chances gave none that belongs among them."""

    observed_ms: tuple[float, ...]
    apart: int = 0

    @property
    def p50(self) -> float | None:
        """The median; None of none."""
        return percentile(self.observed_ms, 0.5)

    @property
    def p90(self) -> float | None:
        """The value that nine in ten stay under; None of none."""
        return percentile(self.observed_ms, 0.9)


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """One class of sound: `n` events that met a speaking agent. Rates are of events, not of agent turns."""

    n: int
    false_barge_in_rate: Rate
    false_pause_rate: Rate
    missed_barge_in_rate: Rate
    barge_in_stop_ms: Delays


@dataclass(frozen=True, slots=True)
class Judged:
    """One call with its checks, and the interruptions that were answered in it."""

    name: str
    checks: tuple[Check, ...]
    sample_rate_hz: int
    interruptions: tuple[Interruption, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True)
class ContextMetrics:
    """What was kept over interruptions: each part's share of those that could be judged."""

    addressed: Rate
    thread: Rate
    nothing_repeated: Rate


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything counted; see the module for what each is."""

    false_barge_in_rate: Rate
    missed_barge_in_rate: Rate
    premature_cutoff_rate: Rate
    barge_in_stop_ms: Delays
    response_delay_ms: Delays
    false_pause_rate: Rate
    false_resume_rate: Rate
    spurious_reply_rate: Rate
    check_pass_rate: Rate
    talk_over_s: float
    context_preservation: ContextMetrics | None = None
    by_class: dict[str, ClassMetrics] = field(default_factory=dict)
    scenarios: tuple[Judged, ...] = ()


def metrics_of(records: Iterable[CallRecord]) -> Metrics:
    """Measure calls. The order of the records is the order of `scenarios`; nothing else depends on it."""
    calls = [read(record) for record in records]
    checked = [(call, checks_of(call)) for call in calls]
    every = [check for _, checks in checked for check in checks]
    return Metrics(
        false_barge_in_rate=_turn_rate(calls, stopped=True),
        missed_barge_in_rate=_missed(every),
        premature_cutoff_rate=_premature(calls),
        barge_in_stop_ms=_stops(checked, None),
        response_delay_ms=_delays(calls),
        false_pause_rate=_turn_rate(calls, stopped=False),
        false_resume_rate=_resumes(calls),
        spurious_reply_rate=Rate(
            sum(len(spurious(call)) for call in calls),
            sum(turn.replies for call in calls for turn in call.turns),
        ),
        check_pass_rate=Rate(sum(check.passed for check in every), len(every)),
        talk_over_s=sum(_talk_over_s(call) for call in calls),
        context_preservation=_context(calls),
        by_class=_by_class(checked),
        scenarios=tuple(_judged(call.record, checks) for call, checks in checked),
    )


def _judged(record: CallRecord, checks: tuple[Check, ...]) -> Judged:
    return Judged(record.name, checks, record.sample_rate_hz, record.interruptions)


def _turn_rate(calls: Sequence[Call], *, stopped: bool) -> Rate:
    """Count turns with an unexplained pause that was for good (`stopped`), or that was taken up again."""
    turns = [(call, turn) for call in calls for turn in call.turns]
    hit = [
        any((pause is turn.stop) is stopped and call.unexplained(pause) for pause in turn.pauses)
        for call, turn in turns
    ]
    return Rate(sum(hit), len(turns))


def _missed(checks: Sequence[Check]) -> Rate:
    got = [check.got for check in checks if check.truth.expect == "barge_in"]
    missed = sum(one in _MISSED for one in got)
    return Rate(missed, missed + got.count(_GOT_FLOOR))


def _stops(checked: Sequence[tuple[Call, Sequence[Check]]], sound_class: str | None) -> Delays:
    met = [
        (call, check)
        for call, checks in checked
        for check in checks
        if check.truth.expect == "barge_in"
        and check.got in _MET_AGENT
        and sound_class in {None, check.truth.sound_class}
    ]
    times = [
        call.ms(max(0, check.at_sample - onset_of(call, check.truth)))
        for call, check in met
        if check.got == _GOT_FLOOR
    ]
    return Delays(tuple(times), len(met) - len(times))


def _premature(calls: Sequence[Call]) -> Rate:
    open_to_it = [(call, u) for call in calls for u in call.utterances if not _under_one_turn(call, u)]
    cut = [call.cut_off(u.start_sample, _watched_until(call, u)) is not None for call, u in open_to_it]
    return Rate(sum(cut), len(open_to_it))


def _under_one_turn(call: Call, utterance: Utterance) -> bool:
    turn = call.under_way(utterance.start_sample)
    return turn is not None and turn.end_sample >= utterance.end_sample


def _watched_until(call: Call, utterance: Utterance) -> int:
    return utterance.end_sample + (call.samples(HOLD_MS) if utterance.open else 0)


def _delays(calls: Sequence[Call]) -> Delays:
    observed: list[float] = []
    negative = 0
    for call in calls:
        for place, utterance in enumerate(call.utterances):
            after = call.utterances[place + 1 :]
            until = (
                after[0].start_sample if after else max((t.start_sample for t in call.turns), default=0) + 1
            )
            began = first_start(call, utterance.start_sample, until)
            if began is None or utterance.open or _unanswered(call, utterance, began):
                continue
            if began < utterance.end_sample:
                negative += 1
            else:
                observed.append(call.ms(began - utterance.end_sample))
    return Delays(tuple(observed), negative)


def _unanswered(call: Call, utterance: Utterance, began: int) -> bool:
    """Whether the responder had nothing to say to the utterance: what began after it (a reminder) is no reply."""
    ended = [e.at_sample for e in call.record.events if isinstance(e, UserTurnEnded) and e.at_sample <= began]
    return bool(ended) and utterance.start_sample < ended[-1] and ended[-1] in call.record.unanswered


def _resumes(calls: Sequence[Call]) -> Rate:
    false = [
        call.spoke(min(pause.onset_sample, pause.at_sample), pause.resumed_sample)
        for call in calls
        for turn in call.turns
        for pause in turn.pauses
        if pause.resumed_sample is not None
    ]
    return Rate(sum(false), len(false))


def _talk_over_s(call: Call) -> float:
    heard = [span for turn in call.turns for span in turn.audible()]
    spoken = merged([(truth.start_sample, truth.end_sample) for truth in call.speech()])
    return overlap(heard, spoken) / call.record.sample_rate_hz


def _context(calls: Sequence[Call]) -> ContextMetrics | None:
    scores = [call.record.context_score for call in calls]
    judged = [score for score in scores if score is not None]
    if not calls or len(judged) < len(scores):
        return None
    return ContextMetrics(
        addressed=_summed(score.addressed for score in judged),
        thread=_summed(score.thread for score in judged),
        nothing_repeated=_summed(score.nothing_repeated for score in judged),
    )


def _summed(pairs: Iterable[tuple[int, int]]) -> Rate:
    every = list(pairs)
    return Rate(sum(kept for kept, _ in every), sum(of for _, of in every))


def _by_class(checked: Sequence[tuple[Call, Sequence[Check]]]) -> dict[str, ClassMetrics]:
    names = sorted({truth.sound_class for call, _ in checked for truth in call.record.truths})
    return {name: _of_class(checked, name) for name in names}


def _of_class(checked: Sequence[tuple[Call, Sequence[Check]]], name: str) -> ClassMetrics:
    mine = [(call, c) for call, checks in checked for c in checks if c.truth.sound_class == name]
    ignored = [
        check.got for call, check in mine if check.truth.expect == "ignore" and _meets_agent(call, check)
    ]
    wanted = [check for _, check in mine if check.truth.expect == "barge_in"]
    return ClassMetrics(
        n=len(ignored) + sum(check.got in _MET_AGENT for check in wanted),
        false_barge_in_rate=Rate(ignored.count("barge_in"), len(ignored)),
        false_pause_rate=Rate(ignored.count("pause"), len(ignored)),
        missed_barge_in_rate=_missed(wanted),
        barge_in_stop_ms=_stops(checked, name),
    )


def _meets_agent(call: Call, check: Check) -> bool:
    heard = [span for turn in call.turns for span in turn.audible()]
    return overlap(heard, [(check.truth.start_sample, check.truth.end_sample)]) > 0
