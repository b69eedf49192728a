"""Findings about the user's files, as values that can be collected, sorted and shown in any format."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How much a finding weighs; `error` decides the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class SourceLocation:
    """A span on one line of a file. Lines and columns count from 1, in characters."""

    file: str
    line: int
    column: int
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what, where, and what to do about it.

    `source_line` is the text of the line, without its line end, so that a report needs no file access.
    `invalid` tells findings that make a profile unusable (exit 3) from policy (exit 4).
    """

    rule: str
    severity: Severity
    message: str
    location: SourceLocation
    help: str | None = None
    source_line: str | None = None
    invalid: bool = False
    related: tuple[tuple[SourceLocation, str], ...] = field(default=())

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of a report: by file, line and column, then by rule."""
        at = self.location
        return (at.file, at.line, at.column, self.rule, self.message)


def collected(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings without repeats (a shared base is read once per heir), in report order."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda d: d.sort_key))
