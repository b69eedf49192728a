"""One answer of a chat endpoint as it comes: server-sent events become sentences, and it can be cancelled."""

from __future__ import annotations

import json
import socket
from threading import Lock
from typing import TYPE_CHECKING, Any

from local_agent.dialogue.sentences import SentenceCutter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import httpx

    from local_agent.dialogue.endpoint import Endpoint, ResponderFailed

_SHOWN_CHARACTERS = 300


class ChatStream:
    """Sentences of one answer, in order.

    Iterate once; `cancel` may be called from any thread and ends it at once.
    """

    def __init__(self, client: httpx.Client, endpoint: Endpoint, body: dict[str, Any]) -> None:
        self._client, self._endpoint, self._body = client, endpoint, body
        self._cancelled = False
        self._socket: socket.socket | None = None
        self._guard = Lock()

    @property
    def cancelled(self) -> bool:
        """Whether somebody cancelled it."""
        return self._cancelled

    def cancel(self) -> None:
        """Stop the answer: the connection is shut, so the server stops making it.

        What was given stays given.
        """
        with self._guard:
            self._cancelled = True
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)  # wakes a reader that waits; a close would not
                except OSError:
                    self._socket = None  # the server was quicker: nothing is left to stop

    def __iter__(self) -> Generator[str, None, None]:
        """Yield the sentences; closing the iterator cancels. Raises ResponderFailed."""
        import httpx

        try:
            yield from self._sentences()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if not self._cancelled:
                raise self._failed(reason(error, self._endpoint.timeout_s)) from error

    def _sentences(self) -> Iterator[str]:
        if self._cancelled:
            return
        with self._client.stream("POST", self._endpoint.url("chat/completions"), json=self._body) as response:
            self._watch(response)
            if response.status_code >= 400:  # noqa: PLR2004 - HTTP's errors begin here
                raise self._failed(
                    f"HTTP {response.status_code}: {said_in(response.read())}", response.status_code
                )
            cutter = SentenceCutter()
            for piece in self._pieces(response):
                yield from cutter.feed(piece)
                if self._cancelled:
                    return
            yield from cutter.flush()

    def _watch(self, response: httpx.Response) -> None:
        stream = response.extensions.get("network_stream")
        with self._guard:
            self._socket = stream.get_extra_info("socket") if stream is not None else None
        if self._cancelled:
            self.cancel()

    def _pieces(self, response: httpx.Response) -> Iterator[str]:
        if "json" in response.headers.get("content-type", ""):
            yield self._whole(response.read())
            return
        finished = False
        for data in events(response.iter_lines()):
            if data == "[DONE]":
                return
            choice = self._choice(data)
            finished = finished or bool(choice.get("finish_reason"))
            yield (choice.get("delta") or {}).get("content") or ""
        if not finished and not self._cancelled:
            raise self._failed("the answer broke off before its end")

    def _choice(self, data: str) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except ValueError as error:
            raise self._failed(f"the stream holds what is no JSON: {data[:_SHOWN_CHARACTERS]}") from error
        if not isinstance(event, dict) or event.get("error"):
            raise self._failed(said_in(data.encode()))
        choices = event.get("choices") or [{}]  # usage comes in an event without choices
        return choices[0] if isinstance(choices[0], dict) else {}

    def _whole(self, body: bytes) -> str:
        """Return the text of a server that does not stream."""
        try:
            return str(json.loads(body)["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError) as error:
            raise self._failed(f"the answer has no message: {said_in(body)}") from error

    def _failed(self, why: str, status: int | None = None) -> ResponderFailed:
        return self._endpoint.failed("gave no reply", why, status)


def reason(error: Exception, timeout_s: float) -> str:
    """Return why a connection failed, in words."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"nothing came within {timeout_s:g} s"
    return str(error) or type(error).__name__


def events(lines: Iterator[str]) -> Iterator[str]:
    """Yield the data of each server-sent event.

    Its `data:` lines joined; comments and other fields are left out.
    """
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)


def said_in(body: bytes) -> str:
    """Return the message in an error's body, or the beginning of it as it is."""
    text = body.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        return text[:_SHOWN_CHARACTERS]
    error = told.get("error", told) if isinstance(told, dict) else told
    message = error.get("message", error) if isinstance(error, dict) else error
    return str(message)[:_SHOWN_CHARACTERS]
