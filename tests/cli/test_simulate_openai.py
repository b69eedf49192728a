"""`vaxctl simulate --responder openai`: a real stream from a server on loopback, shut by a barge-in; and all that fails."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-very-secret-key"
RATE = 16_000
PROFILE = """\
schema: vaxctl/v1
name: talking
vad: {threshold: 0.4, release_threshold: 0.2, min_speech_ms: 96}
endpointing: {mode: silence, delay_ms: 400}
false_barge_in: {validate: false}
context_preservation: {enabled: true, variables: {company: Acme}}
"""
SCENARIO = """\
schema: vaxctl-scenario/v1
name: asked
sample_rate_hz: 16000
agent: [{say: Hello from Acme., intent: greet}]
answers: {stop: [{say: Of course.}]}
caller:
  - {audio: speech.wav, transcript: What do you sell?, start: {agent_turn: 0, after_end_ms: 400}, expect: turn_end}
  - audio: speech.wav
    transcript: Please stop.
    start: {agent_turn: 1, after_start_ms: 400}
    expect: barge_in
    interruption: stop
tail_ms: 3000
"""
LONG = "We sell boilers, heat pumps, batteries, solar panels and everything that goes with them, all over the country."


def vowels(seconds: float) -> np.ndarray:
    """Return syllables of a buzzing voice: enough like speech for the VAD."""
    times = np.arange(int(seconds * RATE)) / RATE
    pitch = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 2.1 * times)) / RATE
    wave = np.zeros(len(times))
    for harmonic in range(1, 30):
        gain = sum(np.exp(-(((120 * harmonic - centre) / 180) ** 2)) for centre in (600, 1200, 2500))
        wave += gain * np.sin(harmonic * pitch)
    noise = np.random.default_rng(0).normal(0, 0.001, len(times))
    return (0.1 * wave * np.clip(np.sin(2 * np.pi * 3.7 * times), 0, None) + noise).astype(np.float32)


@dataclass
class Server:
    """What it answers to the n-th question, and what it was asked. A stream of None is held open."""

    answers: list[list[str | None]] = field(default_factory=list)
    status: int = 200
    asked: list[Any] = field(default_factory=list)
    shut: Event = field(default_factory=Event)
    """Set when a client went away from a stream that was held open."""


def _handler(told: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._head(told.status, "application/json")
            self.wfile.write(b'{"data": [{"id": "tiny"}]}' if told.status == 200 else b'{"error": "no"}')

        def do_POST(self) -> None:
            told.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self._head(200, "text/event-stream")
            for piece in told.answers[min(len(told.asked), len(told.answers)) - 1]:
                if piece is None:
                    self._wait_for_the_client_to_go()
                    return
                event = {"choices": [{"delta": {"content": piece}}]}
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
            self.wfile.write(b"data: [DONE]\n\n")

        def _wait_for_the_client_to_go(self) -> None:
            try:
                left = self.connection.recv(1)
            except ConnectionError:
                left = b""
            if left == b"":
                told.shut.set()

        def _head(self, status: int, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("connection", "close")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve on a free port of loopback, named in the environment, until the test is over."""
    told = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(told))
    http.daemon_threads = True
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{http.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_MODEL", raising=False)
    yield told
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def asking(folder: Path) -> list[str]:
    """Write a profile, a scenario and its caller's voice; return the command."""
    (folder / "talking.yaml").write_text(PROFILE, "utf-8")
    (folder / "asked.yaml").write_text(SCENARIO, "utf-8")
    soundfile.write(folder / "speech.wav", vowels(1.6), RATE)
    return ["simulate", "talking.yaml", "--scenarios", "asked.yaml", "--responder", "openai"]


def test_a_barge_in_shuts_the_stream(cli: Any, asking: list[str], server: Server) -> None:
    """The server, in the middle of its answer, sees the client go; the next question says what was heard."""
    server.answers = [[LONG, " And", None], ["Of course", ". Goodbye."]]
    ran = cli(*asking, "--json", "--html", "page.html")
    assert ran.code == 0, ran.err
    assert server.shut.wait(10)
    first, second = (asked["messages"] for asked in server.asked)
    assert [message["role"] for message in first] == ["system", "assistant", "user"]
    assert "Hello from Acme." in first[0]["content"]
    assert first[-1]["content"] == "What do you sell?"
    cut, block, said = second[-3:]
    assert cut["role"] == "assistant"
    assert LONG.startswith(cut["content"])
    assert len(cut["content"]) < len(LONG)
    assert block["content"].startswith("## When the caller interrupts you\n\nYou speak for Acme.")
    assert '- The caller said: "Please stop."' in block["content"]
    assert said == {"role": "user", "content": "Please stop."}
    (one,) = ran.json["scenarios"][0]["interruptions"]
    assert one["replies"] == ["Of course. Goodbye."]
    assert one["delivered_text"] == cut["content"]
    assert 'The caller said: \\"Please stop.\\"' in Path("page.html").read_text("utf-8")


def test_the_document_says_what_is_not_reproducible(cli: Any, asking: list[str], server: Server) -> None:
    """Kind, model and note; the context is left to people; the key is nowhere."""
    server.answers = [["We sell tea."]]
    ran = cli(*asking, "--model", "mine", "--json", "--html", "page.html", "--junit", "a.xml")
    assert ran.code == 0, ran.err
    assert {asked["model"] for asked in server.asked} == {"mine"}
    run = ran.json["run"]
    note = "latency measured, not reproducible"
    assert run["responder"] == {"kind": "openai", "model": "mine", "note": note}
    assert run["reproducible"] is False
    assert ran.json["metrics"]["context_preservation"]["addressed"] is None
    written = Path("page.html").read_text("utf-8") + Path("a.xml").read_text("utf-8")
    assert KEY not in ran.out + ran.err + written
    assert note in Path("a.xml").read_text("utf-8")


def test_a_key_that_is_wanted(cli: Any, asking: list[str], server: Server, monkeypatch: Any) -> None:
    """Exit 8: absent, or there and not taken; the message says which, and does not show it."""
    server.status = 401
    refused = cli(*asking)
    assert (refused.code, KEY in refused.err) == (8, False)
    assert "OPENAI_API_KEY is set, but not taken" in refused.err
    monkeypatch.delenv("OPENAI_API_KEY")
    absent = cli(*asking)
    assert absent.code == 8
    assert "OPENAI_API_KEY is not set" in absent.err


@pytest.mark.parametrize("status", [400, 404, 429, 500])
def test_a_server_that_fails(cli: Any, asking: list[str], server: Server, status: int) -> None:
    """Exit 9 with the status and the address, before any call is run."""
    server.status = status
    ran = cli(*asking)
    assert ran.code == 9
    assert f"HTTP {status}" in ran.err
    assert "http://127.0.0.1" in ran.err
    assert server.asked == []


def test_nobody_there(cli: Any, asking: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 3 without an address, 9 with one where nobody listens, also in the first reply."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    ran = cli(*asking)
    assert ran.code == 3
    assert "OPENAI_BASE_URL is not set" in ran.err
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert cli(*asking).code == 9
    ran = cli(*asking, "--model", "mine", "--json")
    assert ran.code == 9
    assert ran.json["type"] == "error"


def test_a_model_without_a_language_model_is_refused(cli: Any, asking: list[str]) -> None:
    """--model says nothing to a script."""
    ran = cli(*asking[:-2], "--model", "mine")
    assert ran.code == 3
    assert "--responder openai" in ran.err
