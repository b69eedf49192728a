"""A rule as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vaxctl.diagnostics import Diagnostic, Severity

SECTIONS = ("What it finds", "Why it matters", "What to do", "Bad", "Good", "Excuse")
"""Second-level headings of every documentation page, in this order."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `check` takes what the rules of its package read (generic ones a `LoadedProfile`, a vendor's a compiled
    object) and yields findings whose `rule` is `id`. `severity` is the usual one: a finding may weigh
    differently. `page` is Markdown; `summary` its first line. `needs_profile` is False for a rule that
    can also read a profile that failed validation.
    """

    id: str
    summary: str
    severity: Severity
    page: str
    check: Callable[[Any], Iterable[Diagnostic]]
    needs_profile: bool = True
