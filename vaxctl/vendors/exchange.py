"""Talking to a vendor as values: a flat yields requests and is handed responses; it never does I/O.

    def read(agent_id) -> Exchange[Live]:
        response = yield Request("retell", "GET", f"/get-agent/{agent_id}", purpose="read the agent")
        return Live(response.body)

`run(exchange, send)` drives such a generator. Whatever `send` raises is raised inside the generator at
its `yield`, so that a flat can answer for itself: a 404 means "gone" here and "not made yet" there, and
after `OutcomeUnknown` it looks the object up before it tries a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vaxctl.errors import VaxctlError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, in the vendor's words.

    `path` starts with `/` and stands below the vendor's base URL; `json` is the body, or None for none.
    `repeatable` is False for a POST that creates something: the wire never sends it twice by itself.
    `purpose` is a phrase for people and the journal ("update the assistant"); it holds no value.
    """

    vendor: str
    method: str
    path: str
    purpose: str
    query: tuple[tuple[str, str], ...] = ()
    json: Any = None
    repeatable: bool = True

    @property
    def writes(self) -> bool:
        """Whether the request may change something at the vendor. Listing by POST does not (`repeatable`)."""
        return self.method != "GET" and not self.purpose.startswith(("list ", "look up "))


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer. `body` is parsed JSON with number forms kept, or None when there was none."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


Exchange = Generator[Request, Response, T]
Send = Callable[[Request], Response]


def run(exchange: Exchange[T], send: Send) -> T:
    """Drive `exchange` to its result, sending each request through `send`.

    Raises whatever the exchange lets through of what `send` raised.
    """
    try:
        request = next(exchange)
        while True:
            try:
                response = send(request)
            except VaxctlError as error:
                request = exchange.throw(error)
            else:
                request = exchange.send(response)
    except StopIteration as finished:
        result: T = finished.value
        return result
