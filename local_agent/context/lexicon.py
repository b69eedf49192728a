"""The lexicon: phrases by what they mean when said over an agent, as data that people edit.

The shipped file stands beside this module; a user's file is laid over it: `phrases` adds to a section,
`without` takes out of it. In a phrase `a|b` stands for either word, and `a?` for a word that may be left out
("don't|never please? call|ring"), so that a line says what a way of speaking is, and not each of its words.
Whatever is wrong with a file is found at once and told together, with its line.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = "vaxctl-lexicon/v1"
SECTIONS = (
    "backchannel",
    "heard_as",
    "answer",
    "stop",
    "order",
    "no_order",
    "clarifying",
    "again",
    "question",
    "pointing",
    "redirecting",
    "wishing",
    "opening",
)
_TELLING_APART = ("backchannel", "stop", "clarifying", "redirecting")
"""A phrase in two of these would mean two things at once."""
_LONGEST_WORDS = 8
_MOST_VARIANTS = 5_000
_WORD = re.compile(r"[^\W_]+(?:[.'-][^\W_]+)*")

Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """Return the words of a text for comparing: lower case, no punctuation, one kind of apostrophe."""
    return tuple(_WORD.findall(text.lower().replace("\u2019", "'")))


def variants(phrase: str) -> tuple[Words, ...]:
    """Return every way to say a phrase: alternatives (`a|b`) chosen, optional words (`c?`) said and left out.

    Nothing for a phrase that stands for more than `_MOST_VARIANTS`, or in which a choice has no words.
    """
    choices: list[list[Words]] = []
    for part in phrase.split():
        either = [words_of(one) for one in part.removesuffix("?").split("|")]
        if not all(either):
            return ()
        choices.append([*either, ()] if part.endswith("?") else either)
    if prod(map(len, choices)) > _MOST_VARIANTS:
        return ()
    ways = (tuple(word for words in chosen for word in words) for chosen in product(*choices))
    return tuple(dict.fromkeys(way for way in ways if way))


@dataclass(frozen=True, slots=True)
class LexiconFinding:
    """Something about a lexicon's file: an error makes it unusable, a warning does not.

    `line` counts from 1.
    """

    line: int
    severity: Literal["error", "warning"]
    message: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The phrases of each section, as words."""

    language: str
    phrases: Mapping[str, frozenset[Words]]

    def begins(self, section: str, said: Words) -> int:
        """Return how many words the longest phrase of a section has that begins what was said; 0 for none."""
        known = self.phrases[section]
        return next((n for n in range(min(len(said), _LONGEST_WORDS), 0, -1) if said[:n] in known), 0)

    def contains(self, section: str, said: Words) -> int:
        """Return how many words of what was said belong to phrases of a section, from left to right."""
        at = count = 0
        while at < len(said):
            found = self.begins(section, said[at:])
            count += found
            at += found or 1
        return count

    def only(self, sections: tuple[str, ...], said: Words) -> bool:
        """Whether what was said is nothing but phrases of these sections, one after another."""
        reached = {0}
        for at in range(len(said)):
            if at in reached:
                rest = said[at:]
                reached |= {
                    at + n
                    for n in range(1, min(len(rest), _LONGEST_WORDS) + 1)
                    if any(rest[:n] in self.phrases[section] for section in sections)
                }
        return bool(said) and len(said) in reached


@lru_cache(maxsize=1)
def shipped_lexicon() -> Lexicon:
    """Return the lexicon that comes with the package."""
    read, found = parsed((files("local_agent.context") / "lexicon.toml").read_text("utf-8"))
    if read is None:
        raise UnusableInput(f"the shipped lexicon is broken: {found[0].message}")
    return read


def read_lexicon(path: Path) -> tuple[Lexicon, tuple[LexiconFinding, ...]]:
    """Return the shipped lexicon with a user's file laid over it, and warnings about that file.

    Raises UnusableInput that tells every error in the file with its line.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(
            f"{path}: cannot be read as a lexicon: {error}", help="give a UTF-8 TOML file"
        ) from error
    lexicon, found = parsed(text, under=shipped_lexicon())
    if lexicon is None:
        told = "\n".join(
            f"{path}:{one.line}: {one.severity}: {one.message}" for one in found if one.severity == "error"
        )
        raise UnusableInput(told, help=f"the sections are {', '.join(SECTIONS)}; each holds lists of phrases")
    return lexicon, found


def parsed(text: str, under: Lexicon | None = None) -> tuple[Lexicon | None, tuple[LexiconFinding, ...]]:
    """Return the lexicon of a TOML text over another one (None for an error), and what was found."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        return None, (LexiconFinding(int(line[1]) if line else 1, "error", f"not TOML: {error}"),)
    reading = _Reading(text, under)
    reading.head(tree)
    phrases = {section: reading.section(section, tree.get(section, {})) for section in SECTIONS}
    reading.told_apart(phrases)
    found = tuple(sorted(reading.found, key=lambda one: (one.line, one.message)))
    if any(one.severity == "error" for one in found):
        return None, found
    language = tree.get("language", under.language if under else "en")
    return Lexicon(language, phrases), found


class _Reading:
    """One pass over a file's tree, gathering what is wrong with it."""

    def __init__(self, text: str, under: Lexicon | None) -> None:
        self._lines = text.splitlines()
        self._under = under
        self.found: list[LexiconFinding] = []

    def head(self, tree: Mapping[str, Any]) -> None:
        if tree.get("schema") != SCHEMA:
            self._note("schema", f'the file must say schema = "{SCHEMA}"')
        if not isinstance(tree.get("language", "en"), str):
            self._note("language", "language is a short text such as en")
        for key in tree.keys() - {"schema", "language", *SECTIONS}:
            self._note(key, f"{key} is no section; there are {', '.join(SECTIONS)}")

    def section(self, name: str, entry: object) -> frozenset[Words]:
        below = self._under.phrases[name] if self._under else frozenset()
        if not isinstance(entry, dict):
            self._note(name, f"{name} must be a section: [{name}] and under it phrases = [...]")
            return below
        for key in entry.keys() - {"phrases", "without"}:
            self._note(key, f"{name}.{key} is unknown; a section holds phrases and without")
        added, out = self._list(name, entry, "phrases"), self._list(name, entry, "without")
        for phrase in sorted(out - below):
            self._note(" ".join(phrase), f"{name} has no phrase {' '.join(phrase)!r} to take out", "warning")
        return (below - out) | added

    def _list(self, name: str, entry: Mapping[str, Any], key: str) -> frozenset[Words]:
        values = entry.get(key, [])
        if not isinstance(values, list):
            self._note(key, f'{name}.{key} must be a list: {key} = ["..."]')
            return frozenset()
        kept: set[Words] = set()
        for value in values:
            ways = variants(value) if isinstance(value, str) else ()
            if not ways:
                self._note(str(value), f"{name}.{key}: {value!r} has no words in it, or stands for too many")
            elif max(map(len, ways)) > _LONGEST_WORDS:
                self._note(str(value), f"{name}.{key}: {value!r} is longer than {_LONGEST_WORDS} words")
            else:
                kept.update(ways)
        return frozenset(kept)

    def told_apart(self, phrases: Mapping[str, frozenset[Words]]) -> None:
        for at, first in enumerate(_TELLING_APART):
            for second in _TELLING_APART[at + 1 :]:
                for phrase in sorted(phrases[first] & phrases[second]):
                    said = " ".join(phrase)
                    self._note(
                        said, f"{said!r} stands in {first} and in {second}: take it out of one (without)"
                    )

    def _note(self, near: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        wanted = re.compile(rf"(?<!\w){re.escape(near)}(?!\w)", re.IGNORECASE)
        line = next((at for at, line in enumerate(self._lines, 1) if near and wanted.search(line)), 1)
        self.found.append(LexiconFinding(line, severity, message))
