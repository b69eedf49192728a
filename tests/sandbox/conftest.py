"""A sandbox in memory with a clock that ticks by hand, and short ways to call it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from vaxctl.sandbox.app import Sandbox
from vaxctl.sandbox.seed import seed

START_MS = 1_770_000_000_000


class Client:
    """Calls a sandbox; answers are (status, parsed body), bodies are sent as JSON or as raw bytes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.headers: dict[str, str] = {}

    def __call__(
        self, method: str, path: str, body: Any = None, *, key: str | None = "k", fault: str | None = None, **query: str
    ) -> tuple[int, Any]:
        status, text = self.raw(method, path, body, key=key, fault=fault, **query)
        return status, json.loads(text) if text else None

    def raw(
        self, method: str, path: str, body: Any = None, *, key: str | None = "k", fault: str | None = None, **query: str
    ) -> tuple[int, str]:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        if fault is not None:
            headers["X-Vaxctl-Fault"] = fault
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        status, sent_headers, text = self.sandbox.handle(method, path, query, headers, content)
        self.headers = dict(sent_headers)
        return status, text.decode()


def open_sandbox(path: Any = ":memory:", **options: Any) -> Sandbox:
    """A sandbox whose clock moves one second a look and whose ids count up."""
    ticks, ids = itertools.count(START_MS, 1000), itertools.count(1)
    return Sandbox(path, clock=lambda: next(ticks), new_id=lambda: f"{next(ids):032x}", **options)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox()
    seed(opened)
    yield opened
    opened.close()


@pytest.fixture
def call(sandbox: Sandbox) -> Client:
    return Client(sandbox)
