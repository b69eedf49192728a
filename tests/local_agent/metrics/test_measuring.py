"""Metrics of calls whose outcome is known by construction. Times in ms; one sample is one ms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.events import (
    AgentSpeechFinished,
    AgentSpeechPaused,
    AgentSpeechResumed,
    AgentSpeechStarted,
    BargeIn,
    Event,
    FalseBargeIn,
    UserTurnEnded,
)
from local_agent.metrics.intervals import Rate
from local_agent.metrics.measuring import ContextMetrics, Metrics, metrics_of
from local_agent.record import CallRecord, ContextScore, Truth

if TYPE_CHECKING:
    from local_agent.record import Expect

START, DONE = AgentSpeechStarted(0, 0), AgentSpeechFinished(8000, 0)


def _call(truths: list[Truth], events: list[Event]) -> CallRecord:
    quiet = np.zeros(10_000, np.float32)
    return CallRecord("call", 1000, 32, quiet, quiet, quiet[:10], tuple(events), tuple(truths))


def _metrics(truths: list[Truth], events: list[Event]) -> Metrics:
    return metrics_of([_call(truths, events)])


def _got(metrics: Metrics) -> list[str]:
    return [check.got for check in metrics.scenarios[0].checks]


def _taken(at: int, onset: int) -> list[Event]:
    return [START, AgentSpeechPaused(at, 0, at), BargeIn(at + 200, 0, onset, at, "persistence")]


def _resumed(at: int, until: int) -> list[Event]:
    return [
        START,
        AgentSpeechPaused(at, 0, at),
        FalseBargeIn(until, 0, at - 200, "ended"),
        AgentSpeechResumed(until, 0, at),
        DONE,
    ]


def test_confirmed_stop_counts_from_the_true_onset() -> None:
    """The caller starts at 3000 and the agent is silent at 3230: 230 ms, whatever onset the detector gave."""
    metrics = _metrics([Truth(3000, 5000, "barge_in")], _taken(3230, 3060))
    assert metrics.barge_in_stop_ms.observed_ms == (230.0,)
    assert (metrics.missed_barge_in_rate.count, metrics.missed_barge_in_rate.n) == (0, 1)
    assert metrics.talk_over_s == pytest.approx(0.23)
    assert metrics.false_barge_in_rate.count == 0


@pytest.mark.parametrize(
    ("events", "got", "missed"),
    [
        ([START, DONE], "missed", (1, 1)),
        (_resumed(3230, 3700), "resumed", (1, 1)),
        ([START, AgentSpeechFinished(3400, 0)], "agent_finished", (0, 0)),
        ([START, AgentSpeechPaused(3230, 0, 1), FalseBargeIn(3700, 0, 3030, "ended")], "dropped", (0, 0)),
    ],
)
def test_unconfirmed_stop_is_censored(events: list[Event], got: str, missed: tuple[int, int]) -> None:
    """What never got the floor has no duration, and is counted apart."""
    metrics = _metrics([Truth(3000, 5000, "barge_in")], events)
    assert _got(metrics) == [got]
    assert metrics.barge_in_stop_ms.observed_ms == ()
    assert metrics.barge_in_stop_ms.apart == 1
    assert (metrics.missed_barge_in_rate.count, metrics.missed_barge_in_rate.n) == missed


def test_interruption_of_a_silent_agent_meets_nobody() -> None:
    """It fails its check, but is neither missed nor censored."""
    metrics = _metrics([Truth(3000, 5000, "barge_in")], [START, AgentSpeechFinished(1000, 0)])
    assert _got(metrics) == ["agent_silent"]
    assert metrics.barge_in_stop_ms.apart == metrics.missed_barge_in_rate.n == 0


def test_interruption_with_a_pause_is_one() -> None:
    """A held first part and its barge-in are judged from the first part's onset."""
    truths = [Truth(3000, 3600, "hold"), Truth(4500, 5500, "barge_in")]
    metrics = _metrics(truths, _taken(3230, 3060))
    assert _got(metrics) == ["hold", "barge_in"]
    assert metrics.barge_in_stop_ms.observed_ms == (230.0,)


@pytest.mark.parametrize(("speech_at", "false"), [(5200, 0), (5300, 1)])
def test_speech_within_two_seconds_explains_a_stop(speech_at: int, false: int) -> None:
    """Noise stops the agent at 3250; speech before 5250 explains it, speech after does not."""
    truths = [Truth(3000, 3500, "ignore", "sneeze"), Truth(speech_at, speech_at + 1000, "turn_end")]
    metrics = _metrics(truths, _taken(3250, 3050))
    assert (metrics.false_barge_in_rate.count, metrics.false_barge_in_rate.n) == (false, 1)
    assert _got(metrics)[0] == ("barge_in" if false else "ignore")


def test_false_pause_is_no_false_barge_in() -> None:
    """Paused and taken up again: the floor was kept, the check passes, and each is counted by class."""
    metrics = _metrics([Truth(3000, 3500, "ignore", "sneeze")], _resumed(3250, 3700))
    assert metrics.false_pause_rate.count == 1
    assert metrics.false_barge_in_rate.count == metrics.false_resume_rate.count == 0
    assert metrics.scenarios[0].passed
    sneeze = metrics.by_class["sneeze"]
    assert (sneeze.n, sneeze.false_pause_rate.count, sneeze.false_barge_in_rate.count) == (1, 1, 0)


def test_resume_over_speech_is_false() -> None:
    """An interruption that is talked over again is a false resume."""
    assert _metrics([Truth(3000, 5000, "barge_in")], _resumed(3250, 3700)).false_resume_rate.count == 1


def test_delay_and_premature_start_are_kept_apart() -> None:
    """A reply after the end has a delay; one before it is a cut-off, counted as negative."""
    said = [Truth(2000, 3000, "turn_end")]
    late = _metrics(said, [UserTurnEnded(3400, 3000, "silence"), AgentSpeechStarted(3600, 0)])
    assert late.response_delay_ms.observed_ms == (600.0,)
    assert (late.premature_cutoff_rate.count, late.premature_cutoff_rate.n) == (0, 1)
    early = _metrics(said, [UserTurnEnded(2700, 2300, "silence"), AgentSpeechStarted(2800, 0)])
    assert early.response_delay_ms.observed_ms == ()
    assert early.response_delay_ms.apart == early.premature_cutoff_rate.count == 1
    assert _got(early) == ["premature"]


@pytest.mark.parametrize(("starts", "cut"), [(3500, 1), (5600, 0)])
def test_held_thought_and_its_end_are_one_utterance(starts: int, cut: int) -> None:
    """A start in the pause cuts the utterance off once; a start after its end does not."""
    truths = [Truth(2000, 3000, "hold"), Truth(4500, 5500, "turn_end")]
    metrics = _metrics(
        truths, [UserTurnEnded(starts - 50, starts - 100, "silence"), AgentSpeechStarted(starts, 0)]
    )
    assert (metrics.premature_cutoff_rate.count, metrics.premature_cutoff_rate.n) == (cut, 1)
    assert _got(metrics)[0] == ("turn_end" if cut else "hold")


@pytest.mark.parametrize(("ends", "cut"), [(3500, 1), (4499, 1), (5600, 0)])
def test_a_turn_end_that_nobody_answers_is_judged_itself(ends: int, cut: int) -> None:
    """Within the utterance it cuts off, also where the responder had nothing to say; no delay is measured, not even 0."""
    truths = (Truth(2000, 3000, "hold"), Truth(4500, 5500, "turn_end"))
    call = _call(list(truths), [UserTurnEnded(ends, ends - 400, "silence")])
    metrics = metrics_of([replace(call, unanswered=(ends,))])
    assert (metrics.premature_cutoff_rate.count, metrics.premature_cutoff_rate.n) == (cut, 1)
    assert _got(metrics)[0] == ("turn_end" if cut else "hold")
    assert (metrics.response_delay_ms.observed_ms, metrics.response_delay_ms.apart) == ((), 0)


def test_silence_within_a_single_part_is_premature() -> None:
    """Where no pause is labelled, a turn end before the true end is early too, and is looked at where it was."""
    call = _call([Truth(2000, 5000, "turn_end")], [UserTurnEnded(3000, 2600, "silence")])
    metrics = metrics_of([replace(call, unanswered=(3000,))])
    assert [(check.got, check.at_sample) for check in metrics.scenarios[0].checks] == [("premature", 3000)]


def test_a_turn_end_that_was_taken_back_cuts_nobody_off() -> None:
    """The caller went on before the reply was due, so it was dropped: that is patience, not a cut-off."""
    truths = [Truth(2000, 3000, "hold"), Truth(4500, 5500, "turn_end")]
    ended: list[Event] = [UserTurnEnded(4300, 3000, "silence"), UserTurnEnded(5900, 5500, "silence")]
    metrics = _metrics(truths, [*ended, AgentSpeechStarted(6500, 0)])
    assert metrics.premature_cutoff_rate.count == 0
    assert metrics.response_delay_ms.observed_ms == (1000.0,)


def test_a_reminder_is_no_late_reply() -> None:
    """After a turn that was not answered a reminder has no delay, and is no reply to anything."""
    ended: list[Event] = [UserTurnEnded(3400, 3000, "silence"), AgentSpeechStarted(9000, 0)]
    call = _call([Truth(2000, 3000, "turn_end")], ended)
    silent = metrics_of([replace(call, unanswered=(3400,))])
    assert silent.response_delay_ms.observed_ms == ()
    assert silent.spurious_reply_rate.n == 0
    assert metrics_of([call]).response_delay_ms.observed_ms == (6000.0,)


@pytest.mark.parametrize("expect", ["barge_in", "ignore", "turn_end", "hold"])
def test_what_never_happened_fails_whatever_was_expected(expect: Expect) -> None:
    """It fails its check and the call, after what did happen; no rate of events takes it for a chance."""
    call = _call([Truth(3000, 3500, "ignore", "sneeze")], [START, DONE])
    metrics = metrics_of([replace(call, never_happened=(Truth(10_000, 10_000, expect, "sneeze"),))])
    assert _got(metrics) == ["ignore", "never_happened"]
    assert not metrics.scenarios[0].passed
    assert (metrics.check_pass_rate.count, metrics.check_pass_rate.n) == (1, 2)
    assert metrics.missed_barge_in_rate.n == metrics.premature_cutoff_rate.n == 0
    assert metrics.barge_in_stop_ms.apart == 0
    assert metrics.by_class["sneeze"].n == 1


def test_reply_to_noise_is_spurious() -> None:
    """A reply with no meaningful speech since the turn before answers nobody."""
    events: list[Event] = [START, AgentSpeechFinished(1000, 0)]
    events += [
        UserTurnEnded(3900, 3500, "silence"),
        AgentSpeechStarted(4200, 1),
        AgentSpeechFinished(6000, 1),
    ]
    noise = _metrics([Truth(3000, 3500, "ignore", "cough")], events)
    assert (noise.spurious_reply_rate.count, noise.spurious_reply_rate.n) == (1, 1)
    assert _got(noise) == ["reply"]
    assert _metrics([Truth(3000, 3500, "turn_end")], events).spurious_reply_rate.count == 0


def test_context_is_summed_or_left_to_people() -> None:
    """Parts of all calls are added; one call that nobody judged leaves the whole run to people."""
    calls = [
        replace(_call([], [START, DONE]), context_score=ContextScore((1, 2), (0, 0), (3, 3))),
        replace(_call([], [START, DONE]), context_score=ContextScore((1, 1), (0, 1), (0, 0))),
    ]
    kept = metrics_of(calls).context_preservation
    assert kept == ContextMetrics(Rate(2, 3), Rate(0, 1), Rate(3, 3))
    assert metrics_of([*calls, _call([], [START, DONE])]).context_preservation is None
    assert metrics_of([]).context_preservation is None
