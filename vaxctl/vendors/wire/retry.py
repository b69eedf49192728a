"""The one retry policy, as pure arithmetic: which setback is worth another attempt, and after how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408
_SERVER_ERRORS = range(500, 600)
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Setback:
    """An attempt that failed in a way that may pass.

    `not_executed` is True when the vendor surely did nothing. `retry_after_s` is what it asked for.
    `detail` is the vendor's or the network's own words, already fit to show.
    """

    reason: str
    not_executed: bool
    retry_after_s: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt, and why. `must_not_repeat`: look the object up before a second try."""

    why: str
    must_not_repeat: bool = False


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Up to `attempts` in all, waiting a random part of a doubling span between them ("full jitter").

    Numbers: five attempts as Vapi's own gitops tool makes (src/api.ts, read 2026-06-08), from 0.5 s as
    both official SDKs do; neither vendor documents any.
    """

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 16.0
    longest_retry_after_s: float = 60.0

    def after(
        self, setback: Setback, *, attempt: int, repeatable: bool, random: Callable[[], float]
    ) -> float | GiveUp:
        """Return the seconds to wait before the next attempt, or why there is none.

        `attempt` counts from 1 and is the one that failed; `random` returns a float in [0, 1).
        A wait is never shorter than what the vendor asked for in `Retry-After`.
        """
        if not repeatable and not setback.not_executed:
            return GiveUp("not repeated, as it may have been executed", must_not_repeat=True)
        gave_up = f"gave up after {attempt} attempt{'s' if attempt > 1 else ''}"
        if attempt >= self.attempts:
            return GiveUp(gave_up)
        asked = setback.retry_after_s or 0.0
        if asked > self.longest_retry_after_s:
            longest = f"longer than the {self.longest_retry_after_s:.0f} s vaxctl waits"
            return GiveUp(f"{gave_up}: it asks to wait {asked:.0f} s, {longest}")
        span = min(self.longest_wait_s, self.first_wait_s * 2.0 ** (attempt - 1))
        return max(asked, span * random())


def is_transient(status: int) -> bool:
    """Whether a status may pass by itself: 408, 429 and every 5xx."""
    return status in {_REQUEST_TIMEOUT, TOO_MANY_REQUESTS} or status in _SERVER_ERRORS


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Return how long the answer asks to wait, in seconds from now; None when it does not say, or garbles it.

    `headers` have lower-case names; `now` is in Unix seconds. An HTTP date is taken relative to the answer's
    own `Date`, where it has one: the two clocks need not agree.
    """
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    until = _unix_seconds(asked)
    if until is None:
        return None
    sent = _unix_seconds(headers.get("date", ""))
    return max(0.0, until - (now if sent is None else sent))


def _unix_seconds(http_date: str) -> float | None:
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
