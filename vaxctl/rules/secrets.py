"""Finding secrets in a document, and hiding them in whatever is said about it."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from vaxctl.diagnostics import SourceLocation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.source.document import Document, KeyPath

_SHAPES = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a JSON web token": r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",
    "a Retell API key": r"\bkey_[0-9a-f]{20,}\b",
    "an API key": r"\b[sr]k[-_][A-Za-z0-9_-]{0,200}[A-Za-z0-9]{16,}+\b",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,})",
    "a Slack token": r"\bxox[abeoprs]-[\w-]{10,}",
    "a Google API key": r"\bAIza[\w-]{35}",
    "a password in a URL": r"://[^\s/:@\"']{0,100}:(?![$<{*])[^\s/@\"']{1,200}@",
    "a key in a URL": r"(?i:[?&](?:[\w-]{0,40}[_-])?(?:api_?key|token|secret|password|signature)=)"
    r"(?=[^\s&#\"']{0,200}[0-9])(?![$<{*])[^\s&#\"']{8,}",
    "a bearer token": r"(?i:\bbearer\s+)(?=[^\s\"']*[0-9])[\w.~+/-]{16,}=*",
}
_HINTS = (
    *("-----BEGIN", "eyJ", "key_", "sk-", "sk_", "rk-", "rk_", "AKIA", "ASIA", "github_pat_", "xox", "AIza"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "://"),
)
"""What each shape but `bearer` holds: texts without any of these, nearly all, need no regular expression."""

_ANY_SHAPE = re.compile("|".join(f"(?P<s{n}>{shape})" for n, shape in enumerate(_SHAPES.values())))
_WHAT = tuple(_SHAPES)

_NAME = re.compile(
    r"(?:^|_)(?:secret|token|password|passwd|passphrase|api_?key|private_?key|access_?key|authorization|credentials?)$"
)
_NAMED = re.compile(
    r"(?i)[\w-]{0,60}(?:secret|token|password|passwd|passphrase|_key|-key|apikey|authorization)[\"']?\s*[:=]\s*(?P<v>.+)"
)
_PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|\{\{.*\}\}|\[\[.*\]\]|<.*>|[*x.]+"
    r"|(?i:env:\w+|(?:your|change)[-_ ]?\w+|todo|none|example)"
)
_PROSE = re.compile(r"[A-Z]?[a-z]+(?:[ _-][A-Z]?[a-z]*)*[.!?]?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHORTEST = 8
_BITS_PER_CHARACTER = 2.5
"""Shannon entropy from which eight and more characters look drawn, not chosen."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a document: what it is, where, and its text, which is never shown."""

    what: str
    location: SourceLocation
    text: str = field(repr=False)


def secrets_in(document: Document) -> list[Secret]:
    """Return the secrets of a document, one for each place.

    They are found by shape in every line, and by shape or name among the values. One inside a text of many
    lines is said where that text begins: no comment, and so no excuse, can stand inside it.
    """
    known = _KNOWN.get(document)
    if known is None:
        known = _KNOWN[document] = _secrets_in(document)
    return known


_KNOWN: WeakKeyDictionary[Document, list[Secret]] = WeakKeyDictionary()
"""A document does not change once it is read, and a base is asked about once per heir."""


def _secrets_in(document: Document) -> list[Secret]:
    found = list(_by_value(document))
    for secret in _by_shape(document):
        if not any(_within(secret, known) for known in found):
            found.append(secret)
    return found


def _within(secret: Secret, value: Secret) -> bool:
    here, there = secret.location, value.location
    if there.end_column is None:
        return here.line >= there.line and secret.text in value.text
    return (
        here.line == there.line and here.column < there.end_column and there.column < (here.end_column or 0)
    )


def _by_shape(document: Document) -> Iterator[Secret]:
    if not _may_hold("\n".join(document.lines)):
        return
    for number, line in enumerate(document.lines, start=1):
        for match in _ANY_SHAPE.finditer(line):
            location = SourceLocation(document.file, number, match.start() + 1, match.end() + 1)
            yield Secret(_kind(match), location, match.group())


def _may_hold(text: str) -> bool:
    return any(hint in text for hint in _HINTS) or "bearer" in text.lower()


def _kind(match: re.Match[str]) -> str:
    return _WHAT[int((match.lastgroup or "s0")[1:])]


def _by_value(document: Document) -> Iterator[Secret]:
    for path, text in _texts(document.data, ()):
        name = next((part for part in reversed(path) if isinstance(part, str)), "")
        match = _ANY_SHAPE.search(text) if _may_hold(text) else None
        what = _kind(match) if match else f"a value named {name!r}" if _is_secret(name, text) else None
        if what is not None:
            yield Secret(what, document.location(path), text)


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, key))


def _is_secret(name: str, text: str) -> bool:
    """Whether a value looks random, and its key's name says that it is secret."""
    if not _NAME.search(_CAMEL.sub("_", name).lower().replace("-", "_")):
        return False
    bare = re.sub(r"(?i)^(?:bearer|basic|token)\s+", "", text.strip())
    if len(bare) < _SHORTEST or _PLACEHOLDER.fullmatch(bare):
        return False
    return _entropy(bare) >= _BITS_PER_CHARACTER and not _PROSE.fullmatch(bare)


def _entropy(text: str) -> float:
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


class Veil:
    """Hides the secrets of some documents in findings. Characters become `*`, so that columns stay."""

    def __init__(self, documents: Iterable[Document]) -> None:
        secrets = [secret for document in documents for secret in secrets_in(document)]
        pieces = {piece for secret in secrets for piece in (secret.text, *secret.text.split())}
        heads = sorted({re.escape(piece[:_SHORTEST]) for piece in pieces if len(piece) >= _SHORTEST})
        self._pieces = re.compile(rf"(?:{'|'.join(heads)})[^\s\"',\]}}]*") if heads else None
        self._spans: dict[tuple[str, int], list[SourceLocation]] = {}
        for secret in secrets:
            self._spans.setdefault((secret.location.file, secret.location.line), []).append(secret.location)

    def over(self, finding: Diagnostic) -> Diagnostic:
        """Return the finding with no secret in its message, help, source line and related notes."""
        line = finding.source_line
        if line is not None:
            for span in self._spans.get((finding.location.file, finding.location.line), []):
                line = _starred(line, span.column - 1, (span.end_column or len(line) + 1) - 1)
            line = self._hidden(line, named=True)
        help_ = self._hidden(finding.help) if finding.help is not None else None
        related = tuple((at, self._hidden(note)) for at, note in finding.related)
        changed = replace(
            finding, message=self._hidden(finding.message), help=help_, source_line=line, related=related
        )
        return finding if changed == finding else changed

    def _hidden(self, text: str, *, named: bool = False) -> str:
        """Hide known secrets and shapes, also cut short; `named`: random values after a telling name too."""
        for pattern in (_ANY_SHAPE if _may_hold(text) else None, self._pieces):
            if pattern is not None:
                text = pattern.sub(lambda match: "*" * len(match.group()), text)
        if named and (match := _NAMED.search(text)) and _looks_random(match["v"]):
            text = _starred(text, match.start("v"), match.end("v"))
        return text


def _looks_random(value: str) -> bool:
    return any(_is_secret("secret", word.strip("\"',]}")) for word in value.split("#", maxsplit=1)[0].split())


def _starred(text: str, start: int, end: int) -> str:
    return text[:start] + "*" * (min(end, len(text)) - start) + text[end:]
