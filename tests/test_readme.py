"""The README is true: every command in it runs, every transcript in it is what is printed today.

`VAXCTL_UPDATE_README=1 pytest tests/test_readme.py` writes transcripts and the capability table anew; read the
difference before you commit it.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from vaxctl.cli import console
from vaxctl.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.vendors.capability import Capability

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PROFILES = ROOT / "profiles"
UPDATE = bool(os.environ.get("VAXCTL_UPDATE_README"))

SETUP = ("git clone", "make demo", "export ", ". .venv")
"""Lines that set a machine up; `make demo` itself has a test of its own."""

CODES = {
    "vaxctl validate profiles/hall-of-shame": 4,
    "vaxctl validate profiles/hall-of-shame/car-commute-threshold-0.3.yaml": 4,
    "vaxctl validate profiles/hall-of-shame --format github": 4,
    "vaxctl fmt --check profiles": 0,
}
"""What a command ends with where that is not 0: the hall of shame is there to be refused."""

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_MARKED = re.compile(r"(<!-- (transcript: [\w-]+|capabilities) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

TRANSCRIPTS = {
    "transcript: plan": ["vaxctl plan profiles/outbound-qualification.yaml --sandbox"],
    "transcript: apply": [
        "vaxctl apply profiles/outbound-qualification.yaml --sandbox --auto-approve",
        "vaxctl plan profiles/outbound-qualification.yaml --sandbox --detailed-exitcode",
    ],
    "transcript: simulate": [
        (
            "vaxctl simulate --compare profiles/hall-of-shame/car-commute-threshold-0.3.yaml"
            " profiles/outbound-qualification.yaml --html calls.html"
        )
    ],
    "transcript: tune": [
        (
            "vaxctl tune profiles/hall-of-shame/car-commute-threshold-0.3.yaml --corpus sounds"
            " --subject-to 'false_barge_in_rate<=15%'"
        )
    ],
    "transcript: validate": ["vaxctl validate profiles/hall-of-shame/car-commute-threshold-0.3.yaml"],
}


LONG = [*TRANSCRIPTS["transcript: simulate"], *TRANSCRIPTS["transcript: tune"]]
"""Run once, by the test of transcripts: half a minute of listening need not be done twice."""

CALLS = 16


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder as a reader has it after the clone: profiles, 80 columns, no colour, nobody's keys."""
    shutil.copytree(PROFILES, tmp_path / "profiles")
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    (tmp_path / "vaxctl.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "RETELL_API_KEY", "VAPI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def vendors(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve the sandbox on loopback, with the environment that points at it: what stands in for two accounts."""
    from vaxctl.cli.connecting import open_sandbox
    from vaxctl.sandbox.serve import bind, make_server

    model, ready = open_sandbox(desk / "served.db"), Event()
    with bind("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        server = make_server(model, port, lambda _port: ready.set())
        thread = Thread(target=server.run, args=([bound],))
        thread.start()
        assert ready.wait(10)
        for vendor in ("retell", "vapi"):
            monkeypatch.setenv(f"{vendor.upper()}_API_KEY", "readme-test-key-1234567890")
            monkeypatch.setenv(f"VAXCTL_{vendor.upper()}_BASE_URL", f"http://127.0.0.1:{port}/{vendor}")
        yield
        server.should_exit = True
        thread.join()
    model.close()


def commands() -> list[str]:
    """List the README's commands, in its order."""
    blocks = _BLOCK.findall(README.read_text("utf-8"))
    return [line[2:].strip() for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def _record_calls(folder: Path) -> None:
    """Write calls of one's own as a reader would have them: the agent talks on, the caller's side makes itself heard.

    A call holds a noise and an interruption over the agent, with its labels.
    """
    import numpy as np
    import soundfile

    from local_agent.scenarios.example_corpus import RATE_HZ, clips

    made = list(clips(seed=1))
    prompts = np.concatenate([clip.samples for clip in made if clip.labels["kind"] == "agent"])
    noises = [clip for clip in made if clip.labels["kind"] == "noise"]
    spoken = [clip for clip in made if clip.labels["kind"] == "speech"]
    folder.mkdir()
    rows = ["file,start_s,end_s,label,class"]
    for number in range(CALLS):
        caller = np.zeros(10 * RATE_HZ, np.float32)
        noise, speech = noises[number * 6].samples, spoken[number * 4]
        onset, offset = speech.labels["speech"][0]
        caller[RATE_HZ : RATE_HZ + len(noise)] = noise
        caller[6 * RATE_HZ : 6 * RATE_HZ + len(speech.samples)] = speech.samples
        file = f"{number:02}.wav"
        soundfile.write(folder / file, np.stack([caller, np.resize(prompts, len(caller))], axis=1), RATE_HZ)
        sound = noises[number * 6].labels["class"]
        rows.append(f"{file},1,{1 + len(noise) / RATE_HZ:.3f},noise,{sound}")
        rows.append(f"{file},{6 + onset:.3f},{6 + offset:.3f},barge_in,")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", "utf-8")


def test_every_command_runs(
    vendors: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each `$` line ends as it should, in the README's order, in one folder."""
    monkeypatch.setattr(console, "interactive", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n" * 9))
    _record_calls(Path("calls"))
    seen = 0
    for command in commands():
        if command.startswith(SETUP) or "sandbox serve" in command or command in LONG:
            continue
        line, _, target = command.partition(" > ")
        code = run(shlex.split(line)[1:])
        printed = capsys.readouterr()
        assert code == CODES.get(line, 0), f"{command}\n{printed.out}{printed.err}"
        if target:
            Path(target).write_text(printed.out, "utf-8")
        seen += 1
    assert seen > 15


def test_serve_starts_as_written(desk: Path) -> None:
    """The `sandbox serve` line of the README comes up, says what it is, and stops when asked."""
    import signal
    import subprocess
    import sys

    line = next(command for command in commands() if "sandbox serve" in command)
    arguments = shlex.split(line.replace("--port 8787", "--port 0"))[1:]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "vaxctl", *arguments],
        cwd=desk,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        assert "not the vendors" in server.stderr.readline()
        server.send_signal(signal.SIGINT)
        server.stderr.read()
    assert server.returncode == 130


def test_transcripts_are_what_is_printed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each transcript equals today's output, to the character."""
    text = README.read_text("utf-8")
    fresh = dict(_fresh(capsys))
    wanted = _MARKED.sub(lambda match: f"{match[1]}\n{fresh[match[2]]}\n{match[4]}", text)
    if UPDATE:
        README.write_text(wanted, "utf-8")
    assert {match[2] for match in _MARKED.finditer(text)} == set(fresh)
    assert README.read_text("utf-8") == wanted, "VAXCTL_UPDATE_README=1 pytest tests/test_readme.py"


def _fresh(capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str]]:
    assert run(["corpus", "example", "sounds"]) == 0
    for name, lines in TRANSCRIPTS.items():
        parts = []
        for line in lines:
            code = run(shlex.split(line)[1:])
            assert code == CODES.get(line, 0)
            parts.append(f"$ {line}\n{capsys.readouterr().out}")
        yield name, "```console\n" + "\n".join(parts).rstrip("\n") + "\n```\n"
    yield "capabilities", _capability_table()


def _capability_table() -> str:
    """Make the table of what each vendor makes of each key in the best case."""
    from vaxctl.report.capabilities_text import MARKS
    from vaxctl.vendors.capability import Status
    from vaxctl.vendors.vendor import NAMES, vendor

    told = {name: _best(name) for name in NAMES}
    rows = ["| profile key | Retell | Vapi |", "| --- | --- | --- |"]
    for path in vendor("retell").table:
        cells = []
        for name in NAMES:
            found = told[name][path]
            where = ", ".join(f"`{part}`" for part in (found.vendor_path or "").split(", ") if part)
            words = found.note if found.status is Status.UNSUPPORTED or not where else where
            cells.append(f"{MARKS[found.status]} {words}".replace("|", "\\|"))
        rows.append(f"| `{path}` | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _best(name: str) -> dict[str, Capability]:
    """Return the most faithful outcome of each key over a profile that says everything, and over parts of it."""
    from vaxctl.profile.load import load
    from vaxctl.vendors.compiling import compile_for
    from vaxctl.vendors.vendor import vendor

    loaded = load(Path(__file__).parent / "everything.yaml")
    hidden: tuple[set[str], ...] = (
        set(),
        {"stt.endpointing_ms"},
        {"stt.endpointing_ms", "endpointing.delay_ms"},
    )
    best: dict[str, Capability] = {}
    for without in hidden:
        part = replace(loaded, owned=type(loaded.owned)(key for key in loaded.owned if key not in without))
        for found in compile_for(part, vendor(name)).capabilities:
            known = best.setdefault(found.path, found)
            if _ORDER.index(found.status) < _ORDER.index(known.status):
                best[found.path] = found
    return best


_ORDER = ("exact", "approximate", "unsupported")
