"""Whether a caller is giving digits or letters one by one, so that a pause is no end. Pure.

People read numbers out in groups, with pauses of a second and more between them, and each group sounds
finished: the turn-end model holds it for complete. Words tell better, and where nobody knows words the
agent's own question does. English words; numerals in any language.
"""

from __future__ import annotations

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DIGITS: Final = _words(
    "zero oh nought one two three four five six seven eight nine double triple dot dash hyphen slash underscore"
)
_ONLY_IF_ASKED: Final = _words(
    "at point plus ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
)
"""Part of a number or an address that was asked for; at the end of anything else, an amount or plain speech."""
_PLAIN: Final = frozenset(["a", "i", "oh"])
"""Letters and digits that are words as well: none of them begins a dictation that nobody asked for."""

_TOKEN = re.compile(r"\d[\d,]*|[^\W\d_]+(?:['’][^\W\d_]+)?")  # noqa: RUF001 - an apostrophe as people write it
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+")
_SPELLED = re.compile(r"\b([a-z]),? (?:as in|for|like) [a-z]+")
_ENOUGH_DIGITS = 4
_ENOUGH_SINGLES = 2

_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_REQUEST = re.compile(r"\?|\b(?:please|tell|give|say|spell|read|enter|confirm|need|take)\b", re.IGNORECASE)
_DICTATED = re.compile(
    r"\b(?:numbers?(?!\s+of)|codes?|post ?code|zip|pin|digits?|e-?mail|date of birth|spell|letter by letter)\b",
    re.IGNORECASE,
)


def is_dictating(transcript: str, *, asked: bool = False) -> bool:
    """Return whether the words end in digits or letters given one by one, so that more is likely to come.

    Where the agent has `asked` for a number or a spelling, one digit, number word or letter at the end will
    do. Otherwise it takes two single ones, a numeral that begins with 0, or four digits: "two" and "300" are
    amounts.
    """
    run: list[str] = []
    for token in reversed(_TOKEN.findall(_SPELLED.sub(r"\1", transcript.lower()))):
        symbol = token.rstrip(",")
        if not _is_symbol(symbol, asked=asked):
            break
        run.insert(0, symbol)
    if asked:
        return bool(run)
    while run and run[0] in _PLAIN:
        del run[0]
    numerals = [symbol.replace(",", "") for symbol in run if symbol[0].isdigit()]
    singles = sum(1 for symbol in run if not symbol[0].isdigit() or len(symbol) == 1)
    return (
        singles >= _ENOUGH_SINGLES
        or sum(map(len, numerals)) >= _ENOUGH_DIGITS
        or any(len(numeral) > 1 and numeral[0] == "0" for numeral in numerals)
    )


def _is_symbol(token: str, *, asked: bool) -> bool:
    if token[0].isdigit():
        return _AMOUNT.fullmatch(token) is None
    return len(token) == 1 or token in _DIGITS or (asked and token in _ONLY_IF_ASKED)


def asks_for_dictation(agent_text: str) -> bool:
    """Return whether the agent asks for what people dictate: a number, a code, an address, a spelling.

    Both must stand in one sentence: a question or a request, and what is asked for.
    """
    return any(
        _REQUEST.search(sentence) and _DICTATED.search(sentence) for sentence in _SENTENCE.findall(agent_text)
    )
