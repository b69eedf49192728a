"""`kill -9` at each point of an apply: the journal tells, and the next run converges."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vaxctl.cli.running import run
from vaxctl.sandbox.model import Sandbox

PROFILE = """\
schema: vaxctl/v1
name: killed
silence: {reminder_after_ms: 12000}
context_preservation: {enabled: true}
targets:
  retell: {agent_id: agent_5ca1ab1e0000000000000001, publish: publish}
"""
# the process kills itself as soon as its journal has so many lines: the nearest thing to pulling the plug there
KILLED = """\
import os, signal, sys
from vaxctl.plan import journal
from vaxctl.cli.running import run
left, note = [int(sys.argv[1])], journal.Journal.note
def counted(self, *told, **facts):
    note(self, *told, **facts)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
journal.Journal.note = counted
sys.exit(run(["apply", "p.yaml", "--sandbox", "--auto-approve"]))
"""


def _lines(root: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in root.glob(".vaxctl/runs/*") for line in path.read_text().splitlines()
    ]


@pytest.mark.parametrize("after_lines", [1, 4, 5, 6, 8, 10])
def test_a_killed_run_is_finished_by_the_next(
    after_lines: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed after begin, around the draft, the LLM, the agent, the publish: one draft, then in sync."""
    (tmp_path / "p.yaml").write_text(PROFILE)
    (tmp_path / "pyproject.toml").write_text("")
    root = Path(__file__).parents[2]
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(after_lines)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -9, died.stderr.decode()
    lines = _lines(tmp_path)
    assert len(lines) == after_lines
    assert not any(line["event"] == "outcome" for line in lines)
    sandbox = Sandbox(tmp_path / ".vaxctl" / "sandbox.db")
    versions = json.loads(
        sandbox.handle(
            "GET",
            "/retell/list-agent-versions/agent_5ca1ab1e0000000000000001",
            {},
            {"authorization": "Bearer k"},
            b"",
        )[2]
    )["items"]
    sandbox.close()
    told = [line["path"] for line in lines if line["event"] == "sending"]
    assert len(versions) == 1 or any("create-agent-version" in path for path in told)
    monkeypatch.chdir(tmp_path)
    assert run(["apply", "p.yaml", "--sandbox", "--auto-approve"]) == 0
    capsys.readouterr()
    assert run(["plan", "p.yaml", "--sandbox", "--detailed-exitcode", "--json"]) == 0
    assert {r["action"] for r in json.loads(capsys.readouterr().out)["resources"]} == {"none"}
    drafts = [line for line in _lines(tmp_path) if line["event"] == "answered" and "create" in line["path"]]
    assert len(drafts) <= 1


def test_a_saved_plan_is_applied_once_and_then_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bound to the live agent and the profile: after either moved, nothing is written and the exit code is 5."""
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(PROFILE)
    assert run(["plan", "p.yaml", "--sandbox", "--out", "saved.json"]) == 0
    assert run(["apply", "p.yaml", "--sandbox", "--plan", "saved.json"]) == 0
    assert run(["plan", "p.yaml", "--sandbox", "--out", "saved.json"]) == 0
    Path("p.yaml").write_text(PROFILE.replace("12000", "13000"))
    written = len(_lines(tmp_path))
    assert run(["apply", "p.yaml", "--sandbox", "--plan", "saved.json"]) == 5
    assert len(_lines(tmp_path)) == written
    Path("saved.json").write_text("{}")
    assert run(["apply", "p.yaml", "--sandbox", "--plan", "saved.json"]) == 3
    capsys.readouterr()
