"""How much a template may use. Templates come in pull requests and render in CI."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE_LIMIT_BYTES = 256 * 1024
"""Largest template. A prompt block is a few kB; jinja2 parses this much in well under a second."""

VARIABLES_LIMIT_BYTES = 256 * 1024
"""Largest set of variables, as JSON."""

LARGEST_VALUE = 256 * 1024
"""Longest text or list that one operation may make, and the widest padding: four whole outputs."""

LARGEST_INTEGER_BITS = 4096
"""Longest integer: more than any count in a prompt, and still multiplied in a microsecond."""

LONGEST_RANGE = 10_000
"""Longest `range()`. Ranges inside ranges are held by the clock."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one render.

    `wall_s`: seconds. A render takes milliseconds, so two seconds are an endless loop even on a busy
    machine. `output_bytes`: in UTF-8; vendors' prompts end at or below this size. `memory_bytes`: address
    space of the worker, of which Python and jinja2 need about 60 MB; held where the system has RLIMIT_AS
    and enforces it (Linux does, macOS does not: there the bounds on single operations and the clock hold).
    """

    wall_s: float = 2.0
    output_bytes: int = 64 * 1024
    memory_bytes: int = 256 * 1024 * 1024


BOUNDS = Bounds()
"""The limits that hold unless a caller asks for others."""
