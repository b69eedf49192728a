"""The parent's end of the worker: starts it, keeps the clock, throws it away when it misbehaves."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.prompts.failure import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.prompts.bounds import Bounds

_START_LIMIT_S = 60.0
"""For Python and jinja2 to start in: 0.3 s on an idle machine. Not part of a template's own two seconds."""

_START = "import sys; sys.path += sys.argv[1:]; from vaxctl.prompts.worker import main; main()"
# Isolated mode leaves out PYTHONPATH and the user's site folder; these are what the worker imports from.
_IMPORTED = ("vaxctl", "jinja2", "markupsafe")
# Without these an interpreter with a shared library may not start. Nothing else is handed on.
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class Workshop:
    """At most one worker process, reused for many templates. Safe to share between threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def render(self, source: str, variables: Mapping[str, Any], bounds: Bounds) -> str:
        """Return the rendered text. Raises Refused, within about `bounds.wall_s` seconds."""
        job = {"source": source, "variables": dict(variables), "bounds": asdict(bounds)}
        with self._lock:
            process = self._started()
            reply = self._asked(process, (json.dumps(job) + "\n").encode(), bounds.wall_s)
            if "text" in reply:
                return str(reply["text"])
            if reply["kind"] in {"memory", "depth", "time", "died"}:
                self._stop()
            raise Refused(reply["kind"], reply["detail"], reply["line"])

    def close(self) -> None:
        """End the worker; the next render starts another."""
        with self._lock:
            self._stop()

    @property
    def pid(self) -> int | None:
        """The process id of the worker that is running, if any."""
        return self._process.pid if self._process else None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        process = self._process = subprocess.Popen(  # our own interpreter and our own code
            [sys.executable, "-I", "-c", _START, *_folders()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,  # Ctrl-C is for the parent, which closes the pipe
        )
        if not self._asked(process, b"", _START_LIMIT_S).get("ready"):
            self._stop()
            raise Refused("died", "the process that renders templates did not start")
        return process

    def _asked(self, process: subprocess.Popen[bytes], line: bytes, limit_s: float) -> dict[str, Any]:
        """Send one line and return the answer; kill the process where it takes longer than `limit_s`."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        clock = threading.Timer(limit_s, expire)
        clock.daemon = True
        clock.start()
        try:
            reply = _exchanged(process, line)
        finally:
            clock.cancel()
        if expired.is_set():
            return {"kind": "time", "detail": f"took over {limit_s:g} s", "line": None}
        return reply

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        # Leaving the context closes the pipes and waits for the process; an unsent rest is of no use.
        try:
            process.__exit__(None, None, None)
        except BrokenPipeError:
            process.wait()


def _exchanged(process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the worker was started without pipes")
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except BrokenPipeError:
        return _ended(process)
    answer = process.stdout.readline()
    if not answer.endswith(b"\n"):
        return _ended(process)
    reply: dict[str, Any] = json.loads(answer)
    return reply


def _ended(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    code = process.wait()
    detail = f"the process that renders templates ended ({code}) at this template"
    return {"kind": "died", "detail": detail, "line": None}


def _folders() -> list[str]:
    found = (importlib.util.find_spec(name) for name in _IMPORTED)
    folders = (Path(spec.origin).parent.parent for spec in found if spec and spec.origin)
    return [str(folder) for folder in dict.fromkeys(folders)]


WORKSHOP = Workshop()
"""The one of this process."""

atexit.register(WORKSHOP.close)
