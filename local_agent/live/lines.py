"""What happens in a live call as JSON lines (docs/schemas/live.json): a head, the events, a foot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from local_agent.errors import LocalAgentError
from local_agent.events import values_of

if TYPE_CHECKING:
    from local_agent.events import Event
    from local_agent.live.call import LiveCall
    from local_agent.live.pipes import Ending

FORMAT_VERSION = "1.0"


class EventLines:
    """Writes a line for each event, at once, to an unbuffered stream. A reader who has gone changes nothing."""

    def __init__(self, stream: BinaryIO, sample_rate_hz: int) -> None:
        self._stream, self._rate = stream, sample_rate_hz
        self._read = True

    def head(self, name: str, encoding: str, notes: tuple[str, ...]) -> None:
        """Tell what the line is, and what the run does without."""
        self._write(
            {
                "format_version": FORMAT_VERSION,
                "type": "live",
                "profile": name,
                "sample_rate_hz": self._rate,
                "encoding": encoding,
                "notes": list(notes),
            }
        )

    def event(self, event: Event) -> None:
        """Tell an event; `at_ms` is its time from the first sample of the call."""
        told = values_of(event)
        self._write({"event": told.pop("event"), "at_ms": round(event.at_sample * 1000 / self._rate), **told})

    def foot(self, call: LiveCall, ending: Ending) -> None:
        """Tell how it ended, and how long windows took on this machine's clock."""
        watch = call.stopwatch
        self._write(
            {
                "type": "live-summary",
                "ending": ending,
                "windows": watch.count,
                "window_ms": {
                    "p50": watch.percentile_ms(0.5),
                    "p99": watch.percentile_ms(0.99),
                    "longest": round(watch.longest_ms, 3),
                },
                "late_replies": call.late_replies,
                "leftover_bytes": call.leftover_bytes,
            }
        )

    def _write(self, told: dict[str, Any]) -> None:
        if not self._read:
            return
        try:
            self._stream.write(json.dumps(told).encode("ascii") + b"\n")
        except BrokenPipeError:
            self._read = False
        except OSError as error:
            raise LocalAgentError(f"the events cannot be written: {error.strerror}") from error
