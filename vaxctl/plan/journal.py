"""The journal: every write is on disk before it is sent, so that a killed run can be told from one that never began.

One JSON line per event under `.vaxctl/runs/`. Bodies are not kept; what stood at the owned leaves before is, because it is
what a rollback needs, with anything under a secret's name left out.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from vaxctl.errors import InvalidInput
from vaxctl.plan.redaction import shown
from vaxctl.vendors.paths import MISSING

if TYPE_CHECKING:
    from vaxctl.plan.change import TargetPlan
    from vaxctl.vendors.exchange import Request, Response, Send

FOLDER = Path(".vaxctl") / "runs"


@dataclass(slots=True)
class Journal:
    """One run's journal. Lines are flushed and fsynced; a lock is not needed, as each run has its own file."""

    path: Path
    stream: TextIO

    def note(self, event: str, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        """Write one event through to the disk."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        self.stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.stream.flush()
        os.fsync(self.stream.fileno())

    def before(self, plan: TargetPlan) -> None:
        """Write down what stands at the leaves that are about to change."""
        for resource in plan.resources:
            leaves = {
                change.path: {"absent": True} if change.before is MISSING else {"value": shown(change.path, change.before)}
                for change in resource.changes
            }
            self.note("before", vendor=resource.vendor, kind=resource.kind, id=resource.id, leaves=leaves)

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
