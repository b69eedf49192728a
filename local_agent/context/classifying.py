"""What an utterance over the agent's speech looks like: five classes, by rules over the lexicon, or unknown.

The rules look, in this order, for: nothing but backchannels (an answer, where a question is open), a call to
say it again, an order not to do something and other calls to stop; then they weigh cues of a question about
what was said, of another topic and of an answer.

How far to trust it: docs/voices.md has the figures on utterances written after the rules were frozen. Words
do not settle what people mean; the confidence is how often a rule of that kind was right, and a template
should let the model overrule the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from local_agent.context.lexicon import shipped_lexicon, words_of

if TYPE_CHECKING:
    from local_agent.context.lexicon import Lexicon, Words

Class = Literal["aligned", "redirecting", "clarifying", "backchannel", "stop", "unknown"]
CLASSES: tuple[Class, ...] = ("aligned", "redirecting", "clarifying", "backchannel", "stop", "unknown")
Judgement = tuple[Class, float]

_SHORT_WORDS = 3
_STOP_WITHIN_WORDS = 12
_SURE = 0.5
_CONTENT_LETTERS = 4
"""Words of fewer letters (the, and, you) say nothing about a topic."""


def classify(
    utterance: str,
    last_agent_sentence: str = "",
    expects_answer: bool = False,  # noqa: FBT001, FBT002 - one of three facts about the moment, named at most calls
    lexicon: Lexicon | None = None,
) -> Judgement:
    """Return the class of an utterance and the confidence in it, 0 to 1.

    Without words it is unknown, with no confidence: somebody took the floor, and nobody can tell what for.
    """
    lexicon = lexicon or shipped_lexicon()
    said = words_of(utterance)
    if not said:
        return "unknown", 0.0
    if (judged := _backchannel(lexicon, said, expects_answer=expects_answer)) is not None:
        return judged
    rest = _without_opening(lexicon, said)
    if rest in lexicon.phrases["again"] or said in lexicon.phrases["again"]:
        return "clarifying", 0.85
    if not rest:
        return "backchannel", 0.5
    if (
        judged := _stop(lexicon, rest, last_agent_sentence, utterance, expects_answer=expects_answer)
    ) is not None:
        return judged
    asks = utterance.rstrip().endswith("?") or lexicon.begins("question", rest) > 0
    return _weighed(lexicon, rest, words_of(last_agent_sentence), asks=asks, expects_answer=expects_answer)


def _backchannel(lexicon: Lexicon, said: Words, *, expects_answer: bool) -> Judgement | None:
    if not lexicon.only(("backchannel", "heard_as"), said):
        return None
    if expects_answer:
        return ("aligned", 0.9) if lexicon.contains("answer", said) else ("backchannel", 0.6)
    return "backchannel", 0.9 if lexicon.only(("backchannel",), said) else 0.6


def _without_opening(lexicon: Lexicon, said: Words) -> Words:
    while said and (opening := lexicon.begins("opening", said)):
        said = said[opening:]
    return said


def _stop(
    lexicon: Lexicon, said: Words, agent_sentence: str, utterance: str, *, expects_answer: bool
) -> Judgement | None:
    opening = lexicon.begins("stop", said)
    # "Are you working?" - "I'm working nights": the words of the question come back in its answer.
    answers = expects_answer and bool(_content(said) & _content(words_of(agent_sentence)))
    if not opening and _orders(lexicon, said):
        return "stop", 0.75
    if opening and (answers or (expects_answer and said[:1] in lexicon.phrases["answer"])):
        return "aligned", 0.65  # "no thank you" to an offer is its answer
    if opening:
        rest = _without_opening(lexicon, said[opening:])
        if len(rest) < _SHORT_WORDS or lexicon.contains("stop", rest):
            return "stop", 0.9
        # "Wait, what does that mean?": the call to wait only makes room for what follows.
        question = " ".join(rest) + ("?" if utterance.rstrip().endswith("?") else "")
        kind, confidence = classify(question, agent_sentence, False, lexicon)
        follows = confidence > _SURE or question.endswith("?")
        return (kind, confidence) if kind in {"clarifying", "redirecting"} and follows else ("stop", 0.6)
    longest = max((lexicon.begins("stop", said[at:]) for at in range(len(said))), default=0)
    return ("stop", 0.75) if longest > 1 and len(said) <= _STOP_WITHIN_WORDS and not answers else None


def _orders(lexicon: Lexicon, said: Words) -> bool:
    """Whether an utterance forbids something: "don't send me that", and not "don't know"."""
    ordered = lexicon.begins("order", said)
    return 0 < ordered < len(said) and not lexicon.begins("no_order", said[ordered:])


def _weighed(lexicon: Lexicon, said: Words, agent: Words, *, asks: bool, expects_answer: bool) -> Judgement:
    same_topic = bool(_content(said) & _content(agent))
    points_back = lexicon.contains("pointing", said) > 0
    answers = lexicon.begins("answer", said) > 0
    wishes = lexicon.contains("wishing", said) > 0
    topics = lexicon.contains("redirecting", said)
    scores: dict[Class, float] = {
        "clarifying": 1.0 * (lexicon.contains("clarifying", said) > 0)
        + asks * (0.5 + 0.5 * same_topic + 0.4 * points_back),
        "redirecting": (1.0 if topics else 0.0)
        + 0.2 * (topics > 1)
        + wishes * (0.3 if expects_answer else 0.8)
        + 0.4 * (asks and not same_topic and not points_back and len(said) > _SHORT_WORDS),
        "aligned": (
            0.6 * answers
            + 0.2 * same_topic
            + expects_answer * (0.6 + 0.2 * same_topic + 0.4 * _numbers(said))
        )
        * (not asks),
    }
    return _best(scores)


def _best(scores: dict[Class, float]) -> Judgement:
    first, second = sorted(scores.values(), reverse=True)[:2]
    if first == 0.0:
        return "redirecting", 0.35
    kind = next(kind for kind, score in scores.items() if score == first)
    return kind, round(min(0.85, 0.4 + 0.35 * (first - second)), 2)


def _content(words: Words) -> frozenset[str]:
    """Return the words that carry a topic, cut to a stem of their first letters (price, prices, priced)."""
    return frozenset(word[:5] for word in words if len(word) >= _CONTENT_LETTERS)


_NUMBERS = frozenset(
    words_of(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand "
        "million half"
    )
)


def _numbers(words: Words) -> bool:
    return any(word in _NUMBERS or word[0].isdigit() for word in words)
