"""What was exact, approximate and unsupported, as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.report.style import Style, table
from vaxctl.vendors.capability import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxctl.vendors.capability import Capability

MARKS = {Status.EXACT: "=", Status.APPROXIMATE: "~", Status.UNSUPPORTED: "x"}


def capabilities_text(capabilities: Iterable[Capability], style: Style, width: int) -> str:
    """Return a row per profile key, exact ones first, and a line of counts."""
    capabilities = sorted(capabilities, key=lambda c: list(MARKS).index(c.status))
    rows = [(f"{MARKS[c.status]} {c.path}", style.visible(_told(c))) for c in capabilities]
    counts = ", ".join(f"{sum(c.status is status for c in capabilities)} {status.value}" for status in MARKS)
    return table(rows, ("profile key", "at the vendor"), width, style) + f"\n{counts}"


def _told(capability: Capability) -> str:
    parts = [capability.vendor_path, capability.note]
    lead = {Status.APPROXIMATE: "approximate: ", Status.UNSUPPORTED: "unsupported: "}.get(
        capability.status, ""
    )
    return lead + "; ".join(part for part in parts if part)
