"""What is wrong with a scenario or a corpus, and where: a value, collected and sorted, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One complaint. Line and column count from 1; `help` is the next step."""

    path: Path
    line: int
    column: int
    message: str
    help: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message}"
        return f"{text}\n  help: {self.help}" if self.help else text
