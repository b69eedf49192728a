"""The checks of a scenario: for each caller's event what was expected, what came, and when.

What can come, by what was expected:

    barge_in   barge_in: the agent fell silent and gave up the floor, 2 s after the caller at most
               missed: it spoke on for a second or more
               resumed: it fell silent, and spoke on although the caller meant it
               agent_finished: its turn was over before a second had passed
               agent_silent: it had no turn to give up
               dropped: it fell silent and stayed so, but held the caller's speech for noise
    ignore     ignore: nothing
               pause: it fell silent and took its speech up again (passes: the floor was kept)
               barge_in: the floor was lost
               reply: it answered what was no speech to it
    turn_end   turn_end: the caller's turn was taken to be over
               premature: the agent began before the caller had finished, or would have, had it had anything to say
               no_turn_end: the turn was never taken to be over
    hold       hold: the agent waited
               turn_end: it began to speak in the pause, or the caller's turn was taken to be over there
                         when the responder had nothing to say

Whatever was expected, `never_happened` (fails): the event was due after something that did not come, so there was
nothing to judge. It stands after the others, at the call's end, and is in no metric but check_pass_rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from local_agent import events
from local_agent.metrics.turns import EXPLAINS_MS, HOLD_MS, AgentTurn, Call, overlap

if TYPE_CHECKING:
    from local_agent.metrics.turns import Pause
    from local_agent.record import Truth

MISSED_AFTER_MS: Final = 1000
"""An agent heard for this long over somebody who wants the floor has missed it: our choice, well above the
0.6 s within which callback-voice 0.1.2 (read 2026-11) asks for silence."""

_PASSES: Final = {"ignore": {"ignore", "pause"}}


@dataclass(frozen=True, slots=True)
class Check:
    """One caller's event, judged. `at_sample` is where to look: what came, or where it should have come."""

    truth: Truth
    got: str
    at_sample: int

    @property
    def passed(self) -> bool:
        """Whether what came is what was expected."""
        return self.got in _PASSES.get(self.truth.expect, {self.truth.expect})


def checks_of(call: Call) -> tuple[Check, ...]:
    """Judge each of a call's truths, in order of time, and then what never happened."""
    judges = {"barge_in": _barge_in, "ignore": _ignored, "turn_end": _turn_end, "hold": _held}
    ordered = sorted(call.record.truths, key=lambda truth: (truth.start_sample, truth.end_sample))
    judged = [Check(truth, *judges[truth.expect](call, truth)) for truth in ordered]
    return (*judged, *(Check(t, "never_happened", t.start_sample) for t in call.record.never_happened))


def _barge_in(call: Call, truth: Truth) -> tuple[str, int]:
    onset = onset_of(call, truth)
    turn = call.under_way(onset)
    if turn is None:
        return "agent_silent", truth.start_sample
    last = truth.end_sample + call.samples(EXPLAINS_MS)
    if turn.stop is not None and turn.stop.at_sample <= last:
        return ("barge_in" if turn.ending == "taken" else "dropped"), turn.stop.at_sample
    resumed = [p.resumed_sample for p in turn.pauses if _resumed_over(onset, truth, p)]
    if resumed:
        return "resumed", resumed[0] or 0
    heard = overlap(turn.audible(), [(onset, min(turn.end_sample, last))])
    if heard < call.samples(MISSED_AFTER_MS):
        return "agent_finished", turn.end_sample
    return "missed", onset


def onset_of(call: Call, truth: Truth) -> int:
    """Return where the utterance that a truth is part of began: an interruption with a pause in it is one."""
    return next((u.start_sample for u in call.utterances if truth in u.truths), truth.start_sample)


def _resumed_over(onset: int, truth: Truth, pause: Pause) -> bool:
    resumed = pause.resumed_sample
    return resumed is not None and pause.onset_sample < truth.end_sample and onset < resumed


def _ignored(call: Call, truth: Truth) -> tuple[str, int]:
    last = truth.end_sample + call.samples(EXPLAINS_MS)
    false = [
        (turn, pause)
        for turn in call.turns
        for pause in turn.pauses
        if truth.start_sample <= pause.at_sample <= last and call.unexplained(pause)
    ]
    for turn, pause in false:
        if pause is turn.stop:
            return "barge_in", pause.at_sample
    for turn in spurious(call):
        if truth.start_sample <= _offset_before(call, turn) <= last:
            return "reply", turn.start_sample
    return ("pause", false[0][1].at_sample) if false else ("ignore", truth.start_sample)


def _turn_end(call: Call, truth: Truth) -> tuple[str, int]:
    early = call.cut_off(truth.start_sample, truth.end_sample)
    if early is not None:
        return "premature", early
    later = [t.start_sample for t in call.speech() if t.start_sample > truth.start_sample]
    until = min(later, default=None)
    for event in call.record.events:
        if not isinstance(event, events.UserTurnEnded) or event.offset_sample <= truth.start_sample:
            continue
        if until is None or event.at_sample < until:
            return "turn_end", event.at_sample
    return "no_turn_end", truth.end_sample


def _held(call: Call, truth: Truth) -> tuple[str, int]:
    later = [t.start_sample for t in call.speech() if t.start_sample >= truth.end_sample]
    until = min(later, default=truth.end_sample + call.samples(HOLD_MS))
    began = call.cut_off(truth.start_sample, max(until, truth.end_sample))
    return ("hold", truth.end_sample) if began is None else ("turn_end", began)


def first_start(call: Call, start: int, end: int) -> int | None:
    """Return where the agent first began a turn strictly inside a span."""
    return next((t.start_sample for t in call.turns if start < t.start_sample < end), None)


def spurious(call: Call) -> list[AgentTurn]:
    """Return the replies to nothing: no meaningful speech since the agent's turn before began."""
    found, since = [], 0
    for turn in call.turns:
        if turn.replies and not call.spoke(since, turn.start_sample):
            found.append(turn)
        since = turn.start_sample
    return found


def _offset_before(call: Call, turn: AgentTurn) -> int:
    ended = [
        e
        for e in call.record.events
        if isinstance(e, events.UserTurnEnded) and e.at_sample <= turn.start_sample
    ]
    return ended[-1].offset_sample
