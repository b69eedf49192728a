"""A sandbox in memory with a clock that ticks by hand, and short ways to call it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.sandbox.app import Sandbox
from vaxctl.sandbox.seed import seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START_MS = 1_770_000_000_000


class Client:
    """Calls a sandbox; answers are (status, parsed body), bodies are sent as JSON or as raw bytes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.headers: dict[str, str] = {}

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "k",
        fault: str | None = None,
        **query: str,
    ) -> tuple[int, Any]:
        """Give the status and the parsed body, None for an empty one."""
        status, text = self.raw(method, path, body, key=key, fault=fault, **query)
        return status, json.loads(text) if text else None

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "k",
        fault: str | None = None,
        **query: str,
    ) -> tuple[int, str]:
        """Give the status and the body as text; the headers stay in `headers`."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        if fault is not None:
            headers["X-Vaxctl-Fault"] = fault
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        status, sent_headers, text = self.sandbox.handle(method, path, query, headers, content)
        self.headers = dict(sent_headers)
        return status, text.decode()


def _open(path: Any = ":memory:", **options: Any) -> Sandbox:
    ticks, ids = itertools.count(START_MS, 1000), itertools.count(1)
    return Sandbox(path, clock=lambda: next(ticks), new_id=lambda: f"{next(ids):032x}", **options)


@pytest.fixture
def open_client() -> Iterator[Callable[..., Client]]:
    """Open sandboxes whose clock moves a second a look and whose ids count up; seeded if not told else."""
    opened = []

    def client(path: Any = ":memory:", *, seeded: bool = True, **options: Any) -> Client:
        opened.append(_open(path, **options))
        if seeded:
            seed(opened[-1])
        return Client(opened[-1])

    yield client
    for sandbox in opened:
        sandbox.close()


@pytest.fixture
def call(open_client: Callable[..., Client]) -> Client:
    """Open a seeded sandbox in memory."""
    return open_client()
