"""The process in which untrusted templates render: one JSON line in, one JSON line out, until stdin ends.

Started by `workshop`, with an empty environment. Reading files and opening sockets is closed to a template
by the sandbox; the limits here are the second wall. The parent keeps the clock.
"""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any

from vaxctl.prompts.bounds import Bounds
from vaxctl.prompts.failure import Refused
from vaxctl.prompts.rendering import environment, rendered

try:
    import resource
except ImportError:  # no rlimits on this platform: the parent's clock and the environment's bounds hold
    resource = None  # type: ignore[assignment]

_SPARE_CPU_S = 1
_OPEN_FILES = 64


def main() -> None:
    """Answer jobs until the parent closes the pipe."""
    environment()
    _limit_once()
    _say({"ready": True})
    for line in sys.stdin.buffer:
        _say(answer(json.loads(line)))


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Render one job: {source, variables, bounds}. Return {text} or {kind, detail, line}."""
    bounds = Bounds(**job["bounds"])
    _limit_job(bounds)
    try:
        return {"text": rendered(job["source"], job["variables"], bounds)}
    except Refused as refused:
        return {"kind": refused.kind, "detail": refused.detail, "line": refused.line}
    except MemoryError:
        return {"kind": "memory", "detail": "used too much memory", "line": None}


def _limit_once() -> None:
    """Take away what no job needs: core dumps, files to write, many open files."""
    if resource is None:
        return
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _lower(what, most)


def _limit_job(bounds: Bounds) -> None:
    """Give this job its share of processor time and memory."""
    if resource is None:
        return
    _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() + bounds.wall_s) + _SPARE_CPU_S)
    if hasattr(resource, "RLIMIT_AS"):
        _lower(resource.RLIMIT_AS, bounds.memory_bytes)


def _lower(what: int, most: int) -> None:
    """Set a soft limit, within the hard one. macOS refuses some of them, and then goes without."""
    _, hard = resource.getrlimit(what)
    try:
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    except (ValueError, OSError) as error:
        print(f"limit {what} stays as it is: {error}", file=sys.stderr)  # noqa: T201 - the worker's own log


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
