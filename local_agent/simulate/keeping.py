"""What a finished call kept of its context: each answered interruption as values, and the score over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.dialogue.preservation import Exchange, preservation
from local_agent.events import BargeIn
from local_agent.record import ContextScore, Interruption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.context.classifying import Class
    from local_agent.dialogue.preservation import Part
    from local_agent.dialogue.script import Script
    from local_agent.events import Event
    from local_agent.record import Truth
    from local_agent.simulate.speaking import Answered

Kept = tuple[tuple[Interruption, ...], ContextScore | None]


def kept(
    answered: Sequence[Answered],
    events: Sequence[Event],
    truths: Sequence[Truth],
    *,
    script: Script | None,
    template: str = "",
) -> Kept:
    """Return the interruptions of a call, and how well its context was kept (None without a script).

    `template` is the profile's block with its run-time slots left in it.
    """
    interruptions, exchanges = [], []
    for one in answered:
        barge_in = _before(events, one.at_sample)
        truth = _meant(truths, barge_in.onset_sample if barge_in else one.at_sample, one.at_sample)
        meant: Class | None = truth.interruption if truth else None  # type: ignore[assignment]
        replies = tuple(one.replies)
        interruptions.append(_interruption(one, barge_in, template, meant))
        exchanges.append(Exchange(one.context, replies, meant, truth.transcript if truth else None))
    score = preservation(exchanges, script)
    if score is None:
        return tuple(interruptions), None
    return tuple(interruptions), ContextScore(
        *map(_pair, (score.addressed, score.thread, score.nothing_repeated))
    )


def _interruption(
    one: Answered, barge_in: BargeIn | None, template: str, meant: Class | None
) -> Interruption:
    context = one.context
    return Interruption(
        at_sample=one.at_sample,
        agent_turn=barge_in.turn if barge_in else -1,
        agent_intent=context.agent_intent,
        delivered_text=context.delivered_text,
        remaining_text=context.remaining_text,
        caller_utterance=context.caller_utterance,
        interruption_class=context.interruption_class,
        confidence=context.confidence,
        rendered=context.rendered(template) if template else "",
        meant=meant,
        replies=tuple(one.replies),
    )


def _before(events: Sequence[Event], at_sample: int) -> BargeIn | None:
    """Return the barge-in that an answer belongs to: the last one before it."""
    found = [event for event in events if isinstance(event, BargeIn) and event.at_sample <= at_sample]
    return found[-1] if found else None


def _meant(truths: Sequence[Truth], onset: int, end: int) -> Truth | None:
    """Return the scenario's word on an interruption: of those it labels, the one that overlaps it most."""
    shared = [
        (min(truth.end_sample, end) - max(truth.start_sample, onset), truth)
        for truth in truths
        if truth.interruption is not None
    ]
    best = max(shared, key=lambda one: one[0], default=(0, None))
    return best[1] if best[0] > 0 else None


def _pair(part: Part) -> tuple[int, int]:
    return part.kept, part.of
