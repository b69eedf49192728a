"""A live call whose replies are made when the test says so, or at once."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import json
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.dialogue.responder import Reply
from local_agent.record import SpokenTurn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_agent.context.interruption import InterruptionContext
    from local_agent.dialogue.responder import CallerTurn

RATE = 16_000


class Patient:
    """A worker that does its tasks when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[None], Callable[[], None]]] = []

    def submit(self, task: Callable[[], None]) -> Future[None]:
        """Keep a task."""
        self.waiting.append((Future(), task))
        return self.waiting[-1][0]

    def work(self) -> None:
        """Do what is waiting."""
        while self.waiting:
            outcome, task = self.waiting.pop(0)
            try:
                outcome.set_result(task())
            except Exception as error:  # noqa: BLE001 - as the real one does
                outcome.set_exception(error)


class Prompt(Patient):
    """A worker that does each task before `submit` returns."""

    def submit(self, task: Callable[[], None]) -> Future[None]:
        """Do a task."""
        outcome = super().submit(task)
        self.work()
        return outcome


class Sentences:
    """Answers in so many sentences; keeps what it was asked and told. A voice in one: half a second a sentence."""

    def __init__(self, *sentences: str, latency_ms: int = 0) -> None:
        self.asked: list[tuple[str, InterruptionContext | None]] = []
        self.heard: list[str] = []
        self.stops = 0
        self._sentences, self._latency_ms = sentences, latency_ms

    def first(self) -> Iterator[Reply]:
        """Open the call."""
        yield Reply("Hello.", latency_ms=self._latency_ms)

    def answer(
        self, heard: CallerTurn, context: InterruptionContext | None, stopped: Callable[[], bool]
    ) -> Iterator[Reply]:
        """Answer."""
        self.asked.append((heard.text, context))
        for sentence in self._sentences:
            yield Reply(sentence, latency_ms=self._latency_ms)

    def stop(self) -> None:
        """Count it."""
        self.stops += 1

    def spoken(self, text: str) -> None:
        """Keep it."""
        self.heard.append(text)

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Speak."""
        return SpokenTurn(text, np.full(sample_rate_hz // 2, 0.2, np.float32))


@pytest.fixture
def patient() -> Patient:
    """Return a worker that waits."""
    return Patient()


@pytest.fixture
def prompt_worker() -> Prompt:
    """Return a worker that does not."""
    return Prompt()


@pytest.fixture
def sentences() -> type[Sentences]:
    """Return the maker of answers."""
    return Sentences


@pytest.fixture
def endless() -> Iterator[tuple[str, Event]]:
    """Serve an answer on loopback that has begun and does not end; yield its address, and what tells that the asker left."""
    gone = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for piece in ("This is a long first sentence of an answer. ", "And this"):
                told = json.dumps({"choices": [{"delta": {"content": piece}}]})
                self.wfile.write(f"data: {told}\n\n".encode())
                self.wfile.flush()
            try:
                left = self.connection.recv(1)
            except ConnectionError:
                left = b""
            if not left:
                gone.set()

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", gone
    server.shutdown()
    server.server_close()
    thread.join()
