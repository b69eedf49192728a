"""A folder of one's own, a profile for the seeded agents, runs in this process, and the sandbox on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vaxctl.cli.running import run
from vaxctl.vendors.wire.retry import RetryPolicy

RETELL_ID = "agent_5ca1ab1e0000000000000001"
VAPI_ID = "5ca1ab1e-0000-4000-8000-000000000001"
TEXT = f"""\
schema: vaxctl/v1
name: outbound
call_type: outbound-qualification
vad: {{min_speech_ms: 200}}
endpointing: {{mode: semantic, delay_ms: 400, max_delay_ms: 2500}}
barge_in: {{enabled: true, backoff_ms: 500}}
silence: {{hang_up_after_ms: 30000}}
context_preservation: {{enabled: true, variables: {{company: Larkspur}}}}
targets:
  retell: {{agent_id: {RETELL_ID}}}
  vapi: {{assistant_id: {VAPI_ID}}}
"""


@dataclass(frozen=True)
class Ran:
    """How one run ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; fails where there is more or less than one."""
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no keys, no colours and no waits between tries."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in (
        "RETELL_API_KEY",
        "VAPI_API_KEY",
        "VAXCTL_RETELL_BASE_URL",
        "VAXCTL_VAPI_BASE_URL",
        "VAXCTL_DEBUG",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("FORCE_COLOR", "NO_COLOR", "CI", "VAXCTL_SANDBOX_FAULT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    patient = RetryPolicy.after
    monkeypatch.setattr(
        RetryPolicy, "after", lambda *args, **facts: patient(*args, **{**facts, "random": lambda: 0.0})
    )
    return work


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run one command in this process."""

    def ran(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return ran


@pytest.fixture
def profile(folder: Path) -> Path:
    """Write the profile for one seeded agent of each vendor; return its name in the working folder."""
    (folder / "profile.yaml").write_text(TEXT, encoding="utf-8")
    return Path("profile.yaml")


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    """Serve a seeded sandbox on loopback in a thread; give its base URL."""
    from vaxctl.cli.connecting import open_sandbox
    from vaxctl.sandbox.serve import bind, make_server

    model = open_sandbox(folder / "served.db")
    up = threading.Event()
    with bind("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        server = make_server(model, port, lambda _: up.set())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            assert up.wait(10)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)
            model.close()


@pytest.fixture
def dashboard(folder: Path) -> Callable[[str, dict[str, Any]], None]:
    """Change the seeded Vapi assistant or Retell agent as somebody in a dashboard would."""
    from vaxctl.cli.connecting import SANDBOX_FILE, open_sandbox

    def edit(path: str, body: dict[str, Any]) -> None:
        model = open_sandbox(folder / SANDBOX_FILE)
        try:
            headers = {"Authorization": "Bearer dashboard"}
            status, _, text = model.handle("PATCH", path, {}, headers, json.dumps(body).encode())
            assert status == 200, text
        finally:
            model.close()

    return edit
