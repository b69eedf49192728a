"""What a vendor's rule looks at. Apart from judging, which knows every vendor: rules must not, even for their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.diagnostics import Diagnostic, Severity
    from vaxctl.vendors.compiled import Compiled


@dataclass(frozen=True, slots=True)
class Subject:
    """What a vendor's rule looks at: the compiled profile, and the trees by kind it would leave behind.

    Offline a tree holds the owned leaves alone; when planning it is the live object with them laid over.
    """

    compiled: Compiled
    trees: Mapping[str, Mapping[str, Any]]

    def finding(
        self,
        rule: str,
        severity: Severity,
        message: str,
        path: str,
        help: str | None = None,  # noqa: A002
    ) -> Diagnostic:
        """Make a finding at the profile key that writes the vendor's `path`, or at the target when none does."""
        origin = next((leaf.origin for leaf in self.compiled.leaves if leaf.at == path), None)
        origin = origin or next(
            (leaf.origin for leaf in self.compiled.leaves if leaf.at.startswith(path)), None
        )
        return self.compiled.loaded.finding(
            rule, severity, message, origin or f"targets.{self.compiled.vendor}", help
        )
