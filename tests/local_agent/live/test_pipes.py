"""`python -m local_agent live` as people run it: a process between two pipes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from local_agent.audio.companding import encode_mu_law
from local_agent.dialogue.script import parsed
from local_agent.dialogue.scripted import ScriptedResponder
from local_agent.events import values_of
from local_agent.from_profile import parameters_of
from local_agent.simulate.lanes import LaneRun
from local_agent.simulate.opening import models_for
from local_agent.simulate.speaking import RespondingMouth
from local_agent.voices.tone_voice import ToneVoice

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
RATE, WINDOW_BYTES = 16_000, 1_024
PROFILE = "schema: vaxctl/v1\nname: plain\nendpointing: {mode: silence}\n"
SCRIPT = """\
schema: vaxctl-script/v1
latency_ms: 600
turns:
  - say: We open at nine. Would Tuesday at ten work for you?
    expects_answer: true
  - say: Very well, I will put you down for that.
"""
SCRIPTED = ("--rate", "16000", "--script", "script.yaml", "--voice", "tone", "--lockstep")
ODD = (1, 3, 997, 64, 4_001, 2, 30_011, 511)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a profile and a script."""
    (tmp_path / "p.yaml").write_text(PROFILE, "utf-8")
    (tmp_path / "script.yaml").write_text(SCRIPT, "utf-8")
    return tmp_path


@pytest.fixture
def line(caller: Callable[[int], np.ndarray]) -> bytes:
    """Return the caller's lane as 16-bit samples."""
    return (np.clip(caller(RATE), -1, 1) * 32767).astype("<i2").tobytes()


def started(folder: Path, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    """Start a live call."""
    command = [sys.executable, "-m", "local_agent", "live", "--profile", "p.yaml", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen(command, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)}, **pipes)


def held(folder: Path, data: bytes, *arguments: str) -> tuple[int, bytes, list[dict[str, Any]]]:
    """Hold a whole call in odd pieces; return the exit code, the agent's audio, and the lines of events."""
    with started(folder, *arguments) as process:
        assert process.stdin is not None

        def feed() -> None:
            at, turn = 0, 0
            while at < len(data):
                size = ODD[turn % len(ODD)]
                process.stdin.write(data[at : at + size])  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
                at, turn = at + size, turn + 1
            process.stdin.close()  # type: ignore[union-attr]

        feeder = Thread(target=feed)
        feeder.start()
        assert process.stdout is not None
        assert process.stderr is not None
        out, told = process.stdout.read(), process.stderr.read().decode()
        feeder.join()
        return process.wait(), out, [json.loads(one) for one in told.splitlines()]


def samples(line: bytes) -> np.ndarray:
    """Return a line's samples."""
    return np.frombuffer(line, "<i2").astype(np.float32) / np.float32(32768)


def told_of(happened: list[Any], rate: int = RATE) -> list[dict[str, Any]]:
    """Return events as the lines tell them."""
    return [values_of(event) | {"at_ms": round(event.at_sample * 1000 / rate)} for event in happened]


def test_a_scripted_call_is_that_of_the_simulation(folder: Path, line: bytes) -> None:
    """A real process, odd pieces, the same samples: the same events and the same audio out."""
    code, out, told = held(folder, line, *SCRIPTED)
    mouth = RespondingMouth(ScriptedResponder(parsed(SCRIPT)), ToneVoice(), RATE)
    run = LaneRun(models_for(parameters_of(folder / "p.yaml"), RATE).session(mouth), keep=True)
    happened = list(run.events([samples(line)]))
    assert code == 0
    assert told[1:-1] == told_of(happened)
    assert {"AgentSpeechPaused", "BargeIn", "UserTurnEnded"} <= {one["event"] for one in told[1:-1]}
    agent = run.record("x", [], ()).agent[: len(line) // 2]
    assert np.array_equal(np.frombuffer(out, "<i2"), np.rint(agent * 32768))


def test_every_line_keeps_to_the_schema(folder: Path, line: bytes) -> None:
    """A head, the events, a foot with what windows took."""
    told = held(folder, line + b"\x00", *SCRIPTED)[2]
    schema = json.loads((ROOT / "docs" / "schemas" / "live.json").read_text("utf-8"))
    for one in told:
        jsonschema.Draft202012Validator(schema).validate(one)
    assert (told[0]["type"], told[0]["profile"], told[0]["sample_rate_hz"]) == ("live", "plain", RATE)
    foot = told[-1]
    assert foot["ending"] == "end_of_audio"
    assert foot["windows"] == -(-len(line) // WINDOW_BYTES)
    assert foot["leftover_bytes"] == 1
    assert 0 < foot["window_ms"]["p50"] <= foot["window_ms"]["p99"]


def test_a_telephone_line_and_a_silent_agent(folder: Path, caller: Callable[[int], np.ndarray]) -> None:
    """8 kHz μ-law both ways: as many bytes out as in, all of them silence; events into a file."""
    data = encode_mu_law(caller(8_000)).tobytes() + b"\xff" * 77
    options = ("--rate", "8000", "--encoding", "mulaw", "--events", "events.jsonl")
    code, out, printed = held(folder, data, *options)
    assert (code, printed) == (0, [])
    assert len(out) == len(data)
    assert set(out) == {0xFF}
    told = [json.loads(one) for one in (folder / "events.jsonl").read_text("utf-8").splitlines()]
    assert "UserTurnEnded" in {one.get("event") for one in told}


def test_an_interrupted_call_is_closed(folder: Path, line: bytes) -> None:
    """Ctrl-C in the midst of a call: exit 130, the call's end among the events, no traceback."""
    with started(folder, *SCRIPTED) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line[: 20 * WINDOW_BYTES])
        process.stdin.flush()
        assert len(process.stdout.read(20 * WINDOW_BYTES)) == 20 * WINDOW_BYTES
        process.send_signal(signal.SIGINT)
        told = [json.loads(one) for one in process.stderr.read().decode().splitlines()]
        assert process.wait() == 130
    assert told[-2]["event"] == "CallEnded"
    assert told[-1]["ending"] == "interrupted"


def test_a_player_that_goes_ends_the_call_quietly(folder: Path, line: bytes) -> None:
    """Nobody takes the agent's audio: exit 0, the call's end among the events, no traceback."""
    with started(folder, *SCRIPTED) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line[: 4 * WINDOW_BYTES])
        process.stdin.flush()
        process.stdout.read(WINDOW_BYTES)
        process.stdout.close()
        process.stdin.write(line[4 * WINDOW_BYTES : 8 * WINDOW_BYTES])
        process.stdin.flush()
        told = [json.loads(one) for one in process.stderr.read().decode().splitlines()]
        assert process.wait() == 0
    assert told[-2]["event"] == "CallEnded"
    assert told[-1]["ending"] == "unheard"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
@pytest.mark.parametrize("what", ["audio", "events"])
def test_a_full_disk_is_told(folder: Path, what: str) -> None:
    """Neither audio nor events are lost without a word: exit 1, and which of them it was."""
    options = ("--rate", "16000", *(("--events", "/dev/full") if what == "events" else ()))
    (folder / "silence.raw").write_bytes(b"\x00" * RATE)
    with (folder / "silence.raw").open("rb") as line, Path("/dev/full").open("wb") as full:
        sink = full if what == "audio" else subprocess.DEVNULL
        with started(folder, *options, stdin=line, stdout=sink) as process:
            told = process.communicate()[1].decode()
    assert process.returncode == 1
    assert f"{what} cannot be written: No space left on device" in told
    assert "Traceback" not in told


def test_the_agent_hangs_up(folder: Path) -> None:
    """A caller who never speaks: the process ends itself, though more would come."""
    (folder / "silence.raw").write_bytes(b"\x00" * 2 * RATE * 60)
    with (
        (folder / "silence.raw").open("rb") as silence,
        started(folder, "--rate", "16000", stdin=silence) as process,
    ):
        out, told = process.communicate()
    foot = json.loads(told.decode().splitlines()[-1])
    assert (process.returncode, foot["ending"]) == (0, "hang_up")
    assert 2 * RATE * 30 <= len(out) < 2 * RATE * 31


def test_a_line_that_brings_nothing(folder: Path) -> None:
    """An empty input is an empty call."""
    code, out, told = held(folder, b"", "--rate", "16000")
    assert (code, out) == (0, b"")
    assert [one.get("event") for one in told[1:-1]] == ["CallEnded"]
    assert told[-1]["window_ms"] == {"p50": None, "p99": None, "longest": 0.0}


REFUSED = {
    "a rate of a sound card": (("--rate", "44100"), "--rate 44100"),
    "a script that is not there": (("--rate", "16000", "--script", "no.yaml"), "no.yaml"),
    "no endpoint": (("--rate", "16000", "--openai"), "OPENAI_BASE_URL"),
    "a prompt that is not there": (("--rate", "16000", "--prompt", "no.txt"), "no.txt"),
    "events into nowhere": (("--rate", "16000", "--events", "no/events.jsonl"), "no/events.jsonl"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_begin(folder: Path, case: str) -> None:
    """Exit 3, what and what to do; not a byte of audio."""
    options, message = REFUSED[case]
    with started(folder, *options, stdin=subprocess.DEVNULL) as process:
        out, told = process.communicate()
    assert (process.returncode, out) == (3, b"")
    assert message in told.decode()
    assert "help: " in told.decode()
    assert "Traceback" not in told.decode()


def test_a_terminal_is_no_line(folder: Path) -> None:
    """Raw audio is neither typed nor shown: the message tells of pipes."""
    ours, theirs = pty.openpty()
    try:
        with started(folder, "--rate", "16000", stdin=theirs) as process:
            told = process.communicate()[1].decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert process.returncode == 3
    assert "arecord" in told
