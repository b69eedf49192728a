"""How a key of the profile is described: meaning, unit, range, source. Read by validation, schema and `explain`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

FIELD_REPORT = "field report, 2,000 calls per arm (2026)"
SILERO = "Silero VAD 6.2 package and model card (read 2026-11)"
VAPI = "Vapi API document (2026-08-18), generalised"
HOUSE = "vaxctl"


def knob(
    meaning: str, *, unit: str | None = None, ge: float | None = None, le: float | None = None, source: str
) -> Any:
    """Describe a key for pydantic; meaning, unit and source also reach the JSON Schema. Bounds are inclusive."""
    extra: dict[str, Any] = {"source": source} if unit is None else {"source": source, "unit": unit}
    bounds: dict[str, Any] = {name: bound for name, bound in (("ge", ge), ("le", le)) if bound is not None}
    return Field(description=meaning, json_schema_extra=extra, **bounds)
