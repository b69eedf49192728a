"""The journal: every write is on disk before it is sent, so that a killed run can be told from one that never began.

One JSON line per event under `.vaxctl/runs/`. Bodies are not kept; what stood at the owned leaves before is, because it is
what a rollback needs, with anything under a secret's name left out.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

from vaxctl.errors import InvalidInput
from vaxctl.plan.redaction import shown
from vaxctl.vendors.paths import MISSING, get, parse

if TYPE_CHECKING:
    from vaxctl.plan.change import FieldChange, TargetPlan
    from vaxctl.vendors.exchange import Request, Response, Send
    from vaxctl.vendors.live import Target

FOLDER = Path(".vaxctl") / "runs"


@dataclass(slots=True)
class Journal:
    """One run's journal. Lines are flushed and fsynced, one at a time: targets are applied side by side."""

    path: Path
    stream: TextIO
    lock: Lock = field(default_factory=Lock, repr=False)

    def note(self, event: str, **facts: Any) -> None:
        """Write one event through to the disk. Raises InvalidInput when that fails (a full disk)."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        text = json.dumps(line, ensure_ascii=True) + "\n"
        with self.lock:
            try:
                self.stream.write(text)
                self.stream.flush()
                os.fsync(self.stream.fileno())
            except OSError as error:
                told = f"the journal {self.path} cannot be written: {error.strerror}"
                raise InvalidInput(told, help="apply goes no further than it can write down") from error

    def before(self, plan: TargetPlan) -> None:
        """Write down what stands at the leaves that are about to change, and what is to stand there."""
        for resource in plan.resources:
            leaves = {
                change.path: {
                    "before": _told(change.path, change.before),
                    "after": _told(change.path, change.after),
                    **({"block": change.block} if change.block else {}),
                    **_made(plan, resource.kind, change),
                }
                for change in resource.changes
            }
            self.note(
                "before",
                vendor=resource.vendor,
                target=plan.target.id,
                kind=resource.kind,
                id=resource.id,
                action=resource.action.value,
                leaves=leaves,
            )

    def outcome(self, target: Target, outcome: str) -> None:
        """Write down how one target ended; a run without this line was interrupted."""
        self.note("outcome", vendor=target.vendor, target=target.id, outcome=outcome)

    def watching(self, send: Send) -> Send:
        """Return a `send` that writes each write down before it goes out, and its outcome after."""

        def watched(request: Request) -> Response:
            if not request.writes:
                return send(request)
            keys = sorted(request.json) if isinstance(request.json, dict) else []
            facts = {"vendor": request.vendor, "method": request.method, "path": request.path}
            self.note("sending", purpose=request.purpose, keys=keys, **facts)
            try:
                response = send(request)
            except BaseException as error:
                self.note("failed", purpose=request.purpose, error=type(error).__name__, **facts)
                raise
            self.note("answered", purpose=request.purpose, status=response.status, **facts)
            return response

        return watched

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


def _made(plan: TargetPlan, kind: str, change: FieldChange) -> dict[str, int]:
    """Return how many steps at the end of a leaf's path lead to nothing yet: a rollback takes these objects away again."""
    found, steps = plan.live.objects.get(kind), parse(change.path)
    if found is None:
        return {}
    there = [
        step for step in range(1, len(steps) + 1) if get(found.body, steps[:step]) not in (MISSING, None)
    ]
    made = len(steps) - len(there)
    return {"made": made} if made > (0 if change.block else 1) else {}


def _told(path: str, value: Any) -> dict[str, Any]:
    """Return a value for the journal: `absent`, `value`, or only that it was a `secret`."""
    if value is MISSING:
        return {"absent": True}
    kept = shown(path, value)
    return {"value": kept} if kept == value else {"secret": True}


def open_journal(root: Path, digest: str) -> Journal:
    """Begin a run's journal below `root`. Raises InvalidInput when the folder cannot be written."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}.jsonl"
    path = root / FOLDER / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("x", encoding="utf-8")
    except OSError as error:
        advice = "apply writes down each write before it sends it; run it in a folder you can write to"
        raise InvalidInput(f"the journal {path} cannot be opened: {error.strerror}", help=advice) from error
    journal = Journal(path, stream)
    journal.note("begin", plan=digest)
    return journal
