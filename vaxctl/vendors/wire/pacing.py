"""A minimum gap between requests to one vendor, widened while it says 429."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vaxctl.vendors.wire.endpoint import Endpoint

PUBLISHED_GAPS_S: Mapping[str, float] = {
    "vapi": 0.7,  # one request per 700 ms: VapiAI/gitops src/api.ts, HEAD of 2026-06-08
    "retell": 0.0,  # Retell publishes no rate
}
FIRST_WIDENED_GAP_S = 0.1
WIDEST_GAP_S = 5.0
KEPT_AFTER_SUCCESS = 0.9  # of the widening; about seven successes halve it
_NEGLIGIBLE_S = 0.001


def gaps_for(endpoints: Mapping[str, Endpoint], *, embedded: bool) -> dict[str, float]:
    """Return the gap in seconds for each vendor to be paced: none on loopback or in the embedded sandbox."""
    if embedded:
        return {}
    return {
        vendor: PUBLISHED_GAPS_S.get(vendor, 0.0) for vendor, at in endpoints.items() if not at.is_loopback
    }


@dataclass(slots=True)
class _Pace:
    """One vendor's turn-taking: the gap asked for, the gap kept now, the next free slot."""

    least_gap_s: float
    gap_s: float
    next_slot: float = float("-inf")
    widened_at: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


class Pacer:
    """Hands out slots. Threads share it; a vendor that is not in `gaps_s` is never paced."""

    def __init__(
        self, gaps_s: Mapping[str, float], *, sleep: Callable[[float], None], monotonic: Callable[[], float]
    ) -> None:
        self._paces = {vendor: _Pace(gap, gap) for vendor, gap in gaps_s.items()}
        self._sleep = sleep
        self._monotonic = monotonic

    def wait(self, vendor: str) -> float:
        """Block until the vendor's next slot and return its time, to be given to `throttled`."""
        now = self._monotonic()
        pace = self._paces.get(vendor)
        if pace is None:
            return now
        with pace.lock:
            slot = max(now, pace.next_slot)
            pace.next_slot = slot + pace.gap_s
        if slot > now:
            self._sleep(slot - now)
        return slot

    def throttled(self, vendor: str, slot: float) -> None:
        """Double the gap after a 429, once for all requests that were under way together."""
        pace = self._paces.get(vendor)
        if pace is None:
            return
        with pace.lock:
            if slot < pace.widened_at:
                return
            pace.gap_s = min(WIDEST_GAP_S, max(FIRST_WIDENED_GAP_S, 2 * pace.gap_s))
            pace.widened_at = self._monotonic()
            pace.next_slot = max(pace.next_slot, pace.widened_at + pace.gap_s)

    def succeeded(self, vendor: str) -> None:
        """Let a widened gap shrink towards the vendor's own."""
        pace = self._paces.get(vendor)
        if pace is None:
            return
        with pace.lock:
            widening = (pace.gap_s - pace.least_gap_s) * KEPT_AFTER_SUCCESS
            pace.gap_s = pace.least_gap_s + (widening if widening > _NEGLIGIBLE_S else 0.0)

    def gap_s(self, vendor: str) -> float:
        """Return the gap kept to the vendor now, in seconds."""
        pace = self._paces.get(vendor)
        return 0.0 if pace is None else pace.gap_s
