"""How well a run kept its context, in three parts: the axes of IHBench (arXiv 2606.19595).

    addressed         what was said over the agent got its answer
    thread            the thread was taken up at the right place: where it was cut, or dropped where it was
                      answered
    nothing_repeated  nothing that the caller had heard was said again

Judged from the words alone, against what the script says; without a script there is nothing to judge by, and
the score is left to people. Where a scenario says what an interruption was meant as, that is what counts: an
agent that took a question for another topic has not answered it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.context.lexicon import words_of
from local_agent.dialogue.scripted import after_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.context.classifying import Class
    from local_agent.context.interruption import InterruptionContext
    from local_agent.context.lexicon import Words
    from local_agent.dialogue.script import Script

_RUN_WORDS = 4
"""So many heard words in a row, said again, are a repetition; fewer occur by chance ("would you like")."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One interruption, and what the agent said from there to the next one.

    `meant` and `utterance` are what the scenario says of it; without them, the agent's own view counts.
    """

    context: InterruptionContext
    replies: tuple[str, ...]
    meant: Class | None = None
    utterance: str | None = None

    @property
    def kind(self) -> Class:
        """What the interruption was."""
        return self.meant or self.context.interruption_class

    @property
    def said(self) -> str:
        """What the caller said."""
        return self.context.caller_utterance if self.utterance is None else self.utterance


@dataclass(frozen=True, slots=True)
class Part:
    """How many were kept, of how many that could be judged."""

    kept: int
    of: int


@dataclass(frozen=True, slots=True)
class Preservation:
    """The three parts of the score."""

    addressed: Part
    thread: Part
    nothing_repeated: Part


def preservation(exchanges: Sequence[Exchange], script: Script | None) -> Preservation | None:
    """Return the score of a run; None where there is no script: left to people.

    What cannot be judged is not counted: an address where the script has no answer, a thread with nothing
    left of it, or one whose time to be taken up had not come when the run ended.
    """
    if script is None:
        return None
    heard: list[Words] = []
    usual = _usual(script)
    parts: tuple[list[bool | None], ...] = ([], [], [])
    for exchange in exchanges:
        heard.append(_without_answer(words_of(exchange.context.delivered_text), script))
        answer = script.answer_to(exchange.kind, exchange.said)
        parts[0].append(_addressed(exchange, words_of(answer)))
        parts[1].append(_taken_up(exchange, words_of(answer), script))
        later = [
            _without_answer(_after(words_of(answer), words_of(reply)), script) for reply in exchange.replies
        ]
        parts[2].append(_nothing_repeated(later, heard, usual))
    return Preservation(*(_part(judged) for judged in parts))


def _part(judged: Sequence[bool | None]) -> Part:
    counted = [one for one in judged if one is not None]
    return Part(sum(counted), len(counted))


def _addressed(exchange: Exchange, answer: Words) -> bool | None:
    """Whether the first reply begins with the script's answer; a backchannel asks for none."""
    if not answer:
        return None
    return bool(exchange.replies) and words_of(exchange.replies[0])[: len(answer)] == answer


def _taken_up(exchange: Exchange, answer: Words, script: Script) -> bool | None:
    context = exchange.context
    remaining = words_of(context.remaining_text)
    if exchange.kind not in {"backchannel", "unknown"}:
        remaining = _without_answer(remaining, script)
    if not remaining:
        return None  # all of the thread was heard
    at_once = words_of(exchange.replies[0]) if exchange.replies else ()
    if exchange.kind in {"redirecting", "stop"} or (exchange.kind == "unknown" and answer):
        if _within(remaining, _after(answer, at_once)):
            return False
        later = [words_of(reply) for reply in exchange.replies[1:]]
        return any(_within(remaining, reply) for reply in later) if later else None
    if exchange.kind == "aligned":
        left = words_of(after_answer(context.delivered_text, context.remaining_text))[-len(remaining) :]
        dropped = remaining[: len(remaining) - len(left)]
        return _within(left, at_once) and not _finishes(dropped, at_once, answer)
    return _within(remaining, at_once)


def _without_answer(remaining: Words, script: Script) -> Words:
    """Return what remains of the thread: the rest of an answer that was cut itself is not part of it."""
    answers = [words_of(answer.say) for group in script.answers.values() for answer in group]
    lead_in = words_of(script.resume)
    cut = max(
        (n for words in answers for n in range(1, len(words) + 1) if remaining[:n] == words[-n:]), default=0
    )
    rest = remaining[cut:]
    return rest[len(lead_in) :] if cut and lead_in and rest[: len(lead_in)] == lead_in else rest


def _finishes(dropped: Words, reply: Words, answer: Words) -> bool:
    """Whether a reply still says what was to be dropped; a few words only count after the answer."""
    if not dropped:
        return False
    if len(dropped) < _RUN_WORDS:
        reply = _after(answer, reply)[: len(dropped)]
    return _within(dropped, reply)


def _nothing_repeated(
    replies: Sequence[Words], heard: Sequence[Words], usual: frozenset[Words]
) -> bool | None:
    """Whether no run of heard words comes back.

    Answers are left out of both: a caller may ask to hear one again, and the thread goes on behind it as before.
    """
    if not any(len(words) >= _RUN_WORDS for words in heard):
        return None
    known = {run for words in heard for run in _runs(words)} - usual
    return not any(known & set(_runs(reply)) for reply in replies)


def _usual(script: Script) -> frozenset[Words]:
    """Return the runs that may come again: answers (asked for twice) and ways of speaking.

    A way of speaking is what the script has in more than one turn ("would you like to").
    """
    counts = Counter(run for turn in script.turns for run in set(_runs(words_of(turn.say))))
    answers = [
        words_of(f"{answer.say} {script.resume}") for group in script.answers.values() for answer in group
    ]
    twice = {run for run, count in counts.items() if count > 1}
    return frozenset(twice.union(*map(_runs, answers)))


def _after(answer: Words, reply: Words) -> Words:
    """Return a reply without the answer that it begins with, if it does."""
    return reply[len(answer) :] if reply[: len(answer)] == answer else reply


def _runs(words: Words) -> list[Words]:
    return [words[at : at + _RUN_WORDS] for at in range(len(words) - _RUN_WORDS + 1)]


def _within(part: Words, words: Words) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))
