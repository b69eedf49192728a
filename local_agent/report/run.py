"""What a profile made of a recording: a line for each event, and the JSON document (docs/schemas/run.json)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_agent.events import values_of
from local_agent.report.document import FORMAT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_agent.events import Event


def event_line(event: Event, sample_rate_hz: int) -> str:
    """Return an event as a line to read: its time, its name, and what it carries, in seconds."""
    told = values_of(event)
    at_s, name = told.pop("at_sample") / sample_rate_hz, told.pop("event")
    details = [
        f"{key.replace('_samples', '').removesuffix('_sample')} {value / sample_rate_hz:.3f} s"
        if "sample" in key
        else f"{key} {value}"
        for key, value in told.items()
    ]
    return f"{at_s:9.3f} s  {name}" + (f" ({', '.join(details)})" if details else "")


def run_document(
    name: str, sample_rate_hz: int, notes: Sequence[str], warnings: Sequence[str], events: Iterable[Event]
) -> dict[str, Any]:
    """Return the document of one run; all places are samples at `sample_rate_hz`."""
    return {
        "format_version": FORMAT_VERSION,
        "type": "run",
        "name": name,
        "sample_rate_hz": sample_rate_hz,
        "notes": list(notes),
        "warnings": list(warnings),
        "events": [values_of(event) for event in events],
    }
