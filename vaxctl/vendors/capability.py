"""What a vendor makes of a profile key: exactly, approximately (by a formula that is shown), or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How faithfully a vendor can hold a setting."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Capability:
    """What became of one profile key at one vendor.

    `vendor_path` is the leaf written (`stopSpeakingPlan.voiceSeconds`), None when nothing is written.
    `note` says why, and for `approximate` shows the formula. `source` names the document and its date.
    """

    path: str
    status: Status
    vendor_path: str | None
    note: str
    source: str
