"""The worker process: what it is given, how long it lives, and what happens when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.prompts import worker
from vaxctl.prompts.bounds import BOUNDS
from vaxctl.prompts.failure import Refused
from vaxctl.prompts.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    """Give a workshop of one's own, and close it afterwards."""
    one = Workshop()
    yield one
    one.close()


def test_one_process_serves_many(workshop: Workshop) -> None:
    """The process is started once, survives a template's mistake, and ends when asked."""
    assert workshop.pid is None
    assert workshop.render("[[ x ]]", {"x": 1}, BOUNDS) == "1"
    first = workshop.pid
    with pytest.raises(Refused):
        workshop.render("[[ y ]]", {}, BOUNDS)
    assert workshop.render("[[ x ]]", {"x": 2}, BOUNDS) == "2"
    assert workshop.pid == first
    workshop.close()
    assert workshop.pid is None


def test_a_dead_worker_is_replaced(workshop: Workshop) -> None:
    """A worker that somebody killed between two templates costs nothing but a new start."""
    workshop.render("x", {}, BOUNDS)
    process = workshop._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert workshop.render("still [[ x ]]", {"x": 1}, BOUNDS) == "still 1"
    assert workshop.pid != process.pid


def test_a_worker_that_dies_at_a_template_is_reported(workshop: Workshop) -> None:
    """Where the process ends without an answer, the error says so, and the next template is served."""
    workshop.render("x", {}, BOUNDS)
    process = workshop._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)  # it cannot answer; the write goes into the pipe
    os.kill(process.pid, signal.SIGKILL)
    reply = workshop._asked(process, b"{}\n", 5)
    assert reply["kind"] == "died"
    assert "ended (-9)" in reply["detail"]
    assert workshop.render("next", {}, BOUNDS) == "next"


def test_the_worker_knows_no_secret(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is empty but for what an interpreter needs to start."""
    monkeypatch.setenv("RETELL_API_KEY", "planted-secret")
    monkeypatch.setenv("PYTHONPATH", "/planted")
    given: list[dict[str, str]] = []
    start = subprocess.Popen

    def spy(*args: Any, **kwargs: Any) -> Any:
        given.append(kwargs["env"])
        return start(*args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", spy)
    assert workshop.render("x", {}, BOUNDS) == "x"
    assert set(given[0]) <= {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"}


def test_any_text_crosses_the_pipe(workshop: Workshop) -> None:
    """Line ends, NUL, emoji and half a surrogate pair arrive as they were."""
    odd = "a\r\nb\x00\u2028😀\ud800"
    assert workshop.render("[[ odd ]]", {"odd": odd}, BOUNDS) == odd


def test_a_platform_without_rlimits_still_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no `resource`, the worker answers all the same."""
    monkeypatch.setattr(worker, "resource", None)
    job = {
        "source": "[[ x ]]",
        "variables": {"x": 1},
        "bounds": {"wall_s": 1, "output_bytes": 9, "memory_bytes": 9},
    }
    worker._limit_once()
    assert worker.answer(job) == {"text": "1"}
    assert worker.answer(job | {"source": "\n[[ y ]]"}) == {"kind": "undefined", "detail": "y", "line": 2}
