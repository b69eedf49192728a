"""Scripts: what a scripted agent says, read from YAML.

schema: vaxctl-script/v1
latency_ms: 600                     # from the end of the caller's turn to the agent's voice
resume: "So, as I was saying,"      # said before the thread is taken up again; may be left out
turns:                              # the thread, in order
  - say: We open at nine. Would Tuesday at ten work for you?
    intent: book a visit
    expects_answer: true
answers:                            # to what is said over it; the first that fits
  clarifying:
    - when: [how long, time]        # words in the caller's utterance
      say: It takes an hour.
    - say: I am asking for the survey.
  redirecting:
    - say: I will note that down.
  stop:
    - say: Of course.
  aligned:
    - say: Lovely.
  unknown:                          # where nobody heard what was said
    - say: Sorry, could you say that again?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from local_agent.context.classifying import CLASSES
from local_agent.context.lexicon import words_of
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local_agent.context.lexicon import Words

SCHEMA = "vaxctl-script/v1"
_LONGEST_LATENCY_MS = 60_000


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """One step of the thread."""

    say: str
    intent: str = ""
    expects_answer: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say to an utterance that contains one of the phrases; without phrases, to any."""

    say: str
    when: tuple[Words, ...] = ()

    def fits(self, said: Words) -> bool:
        """Whether this answers an utterance."""
        return not self.when or any(_within(phrase, said) for phrase in self.when)


@dataclass(frozen=True, slots=True)
class Script:
    """The thread, and the answers by class of interruption."""

    turns: tuple[ScriptedTurn, ...]
    answers: Mapping[str, tuple[Answer, ...]]
    resume: str = ""
    latency_ms: int = 0

    def answer_to(self, kind: str, utterance: str) -> str:
        """Return what the script says to an utterance of a class; empty where it has nothing to say."""
        said = words_of(utterance)
        return next((answer.say for answer in self.answers.get(kind, ()) if answer.fits(said)), "")


def _within(phrase: Words, said: Words) -> bool:
    return any(said[at : at + len(phrase)] == phrase for at in range(len(said) - len(phrase) + 1))


def read_script(path: Path) -> Script:
    """Return the script in a YAML file. Raises UnusableInput that says where it is wrong."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(
            f"{path}: cannot be read as a script: {error}", help="give a UTF-8 YAML file"
        ) from error
    return parsed(text, str(path))


def parsed(text: str, name: str = "script") -> Script:
    """Return the script that a YAML text describes.

    Raises UnusableInput with line, place and what is expected.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree = YAML(typ="rt", pure=True).load(text)
    except YAMLError as error:
        raise UnusableInput(f"{name}: not YAML: {error}", help="mend the line that is named") from error
    return _Reading(name).script(tree)


class _Reading:
    """One pass over a script's tree; the first fault ends it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def script(self, tree: Any) -> Script:
        top = self._keys(tree, "the script", {"schema", "turns", "answers", "resume", "latency_ms"})
        if top.get("schema") != SCHEMA:
            self._refuse(tree, f"the script must say schema: {SCHEMA}")
        turns = tuple(self._turn(entry) for entry in self._list(top, "turns"))
        if not turns:
            self._refuse(tree, "turns is empty: the agent would have nothing to say")
        latency = top.get("latency_ms", 0)
        if (
            isinstance(latency, bool)
            or not isinstance(latency, int)
            or not 0 <= latency <= _LONGEST_LATENCY_MS
        ):
            self._refuse(tree, f"latency_ms is a whole number from 0 to {_LONGEST_LATENCY_MS}")
        return Script(turns, self._answers(top), self._text(top, "resume", ""), int(latency))

    def _turn(self, entry: Any) -> ScriptedTurn:
        fields = self._keys(entry, "a turn", {"say", "intent", "expects_answer"})
        expects = fields.get("expects_answer", False)
        if not isinstance(expects, bool):
            self._refuse(entry, "expects_answer is true or false")
        return ScriptedTurn(self._said(fields), self._text(fields, "intent", ""), expects)

    def _answers(self, top: Mapping[str, Any]) -> dict[str, tuple[Answer, ...]]:
        by_class = self._keys(top.get("answers", {}), "answers", set(CLASSES))
        return {kind: tuple(self._answer(entry) for entry in self._list(by_class, kind)) for kind in by_class}

    def _answer(self, entry: Any) -> Answer:
        fields = self._keys(entry, "an answer", {"when", "say"})
        when = tuple(words_of(str(phrase)) for phrase in self._list(fields, "when"))
        if not all(when):
            self._refuse(entry, "when holds phrases with words in them")
        return Answer(self._said(fields), when)

    def _said(self, fields: Mapping[str, Any]) -> str:
        said = self._text(fields, "say", "").strip()
        if not said:
            self._refuse(fields, "say is missing or empty")
        return said

    def _text(self, fields: Mapping[str, Any], key: str, default: str) -> str:
        value = fields.get(key, default)
        if not isinstance(value, str):
            self._refuse(fields, f"{key} is a text; put it in quotes")
        return str(value)

    def _list(self, fields: Mapping[str, Any], key: str) -> list[Any]:
        value = fields.get(key, [])
        if not isinstance(value, list):
            self._refuse(fields, f"{key} is a list, each entry with a dash")
        return list(value)

    def _keys(self, entry: Any, what: str, known: set[str]) -> Mapping[str, Any]:
        if not isinstance(entry, dict):
            self._refuse(entry, f"{what} must be keys with values ({', '.join(sorted(known))})")
        for key in entry:
            if key not in known:
                self._refuse(entry, f"{what} has no key {key!r}; there are {', '.join(sorted(known))}")
        return entry

    def _refuse(self, near: object, message: str) -> NoReturn:
        place = getattr(near, "lc", None)
        line = f":{place.line + 1}" if place is not None and place.line is not None else ""
        raise UnusableInput(f"{self._name}{line}: {message}", help="docs/voices.md shows a whole script")
