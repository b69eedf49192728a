"""Excuses: `# vaxctl: allow RULE-ID[, RULE-ID] -- reason`, on a line or in the comment right above it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.rules.comments import comments_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.rules.comments import Comment
    from vaxctl.source.document import Document

_DIRECTIVE = re.compile(r"#\s*vaxctl:\s*(?P<verb>\S*)\s*(?P<rest>.*)")
_PARTS = re.compile(r"(?:^|\s)--(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Excuse:
    """One excuse: the rules it names, for which line of which file, why, and where it stands itself."""

    ids: tuple[str, ...]
    reason: str
    covers: int
    location: SourceLocation
    source_line: str

    def finding(self, rule: str, severity: Severity, message: str, advice: str) -> Diagnostic:
        """Make a finding about this excuse."""
        return Diagnostic(rule, severity, message, self.location, advice, self.source_line)


@dataclass(slots=True)
class Ledger:
    """The excuses of the documents that findings are in, and which of them were needed.

    `known` are all rules there are, `asked` those whose findings are complete here, `judged` the lines of the
    checked file whose values are in force, where an excuse that was not needed is one too many.
    """

    excuses: tuple[Excuse, ...]
    known: Collection[str]
    asked: Collection[str] = ()
    judged: tuple[str, frozenset[int]] = ("", frozenset())
    used: set[tuple[SourceLocation, str]] = field(default_factory=set)

    def excused(self, finding: Diagnostic) -> bool:
        """Whether an excuse covers the finding; notes that it was needed. Invalid input has no excuse."""
        if finding.invalid:
            return False
        at = (finding.location.file, finding.location.line, finding.rule)
        needed = [
            e.location for e in self.excuses if (e.location.file, e.covers) == at[:2] and at[2] in e.ids
        ]
        self.used.update((location, finding.rule) for location in needed)
        return bool(needed)

    def unused(self) -> Iterator[tuple[Excuse, str]]:
        """Yield each excuse and rule that was asked, found nothing there, and so needs no excuse."""
        file, lines = self.judged
        for excuse in self.excuses:
            if excuse.location.file == file and excuse.covers in lines:
                idle = (name for name in excuse.ids if name in self.asked)
                yield from ((excuse, name) for name in idle if (excuse.location, name) not in self.used)


def excuses_in(documents: Iterable[Document]) -> tuple[Excuse, ...]:
    """Return the excuses in the comments of the documents."""
    return tuple(excuse for document in documents for excuse in _of(document))


def judged_lines(loaded: LoadedProfile) -> tuple[str, frozenset[int]]:
    """Return the checked file and its lines that hold a value in force, or no key at all."""
    own = {path: at for path, at in loaded.layers.origins.items() if at.document.file == loaded.file}
    if not own:
        return loaded.file, frozenset()
    parents = {path[:end] for path in own for end in range(len(path))}
    in_force = {origin.location(key=True).line for origin in own.values()}
    in_force |= {origin.location().line for path, origin in own.items() if path not in parents}
    document = next(iter(own.values())).document
    keyed = {span.line for path, span in document.keys.items() if path != ("vad_config",)}
    return loaded.file, frozenset(range(1, len(document.lines) + 2)) - (keyed - in_force)


def _of(document: Document) -> list[Excuse]:
    if not any("vaxctl:" in line for line in document.lines):
        return []  # the usual case, which needs no second look at the file
    comments = comments_of(document.lines)
    alone = {comment.line for comment in comments if comment.alone}
    read = (_read(comment, document, alone) for comment in comments)
    return [excuse for excuse in read if excuse is not None]


def _read(comment: Comment, document: Document, alone: set[int]) -> Excuse | None:
    match = _DIRECTIVE.fullmatch(comment.text.rstrip())
    if match is None:
        return None
    names, *reason = _PARTS.split(match["rest"], maxsplit=1)
    ids = [name for name in re.split(r"[,\s]+", names) if name] if match["verb"] == "allow" else []
    end = comment.column + len(comment.text.rstrip())
    location = SourceLocation(document.file, comment.line, comment.column, end)
    why = "".join(reason).strip()
    covers = _covered(comment.line, alone)
    return Excuse(tuple(dict.fromkeys(ids)), why, covers, location, document.line(comment.line) or "")


def _covered(line: int, alone: set[int]) -> int:
    """Return the line itself, or for a comment with a line of its own the next line that is none."""
    while line in alone:
        line += 1
    return line
