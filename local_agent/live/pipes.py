"""A live call between two pipes: reads as audio arrives, writes as it is made, and ends in four ways.

Both ends push back: while nobody takes the agent's audio, none of the caller's is read. Ctrl-C is seen at the
next window, never within one, so what happened is always handed on whole.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from local_agent.errors import LocalAgentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_agent.live.call import LiveCall

Ending = Literal["end_of_audio", "hang_up", "interrupted", "unheard"]
"""The line ended; the agent hung up; Ctrl-C; nobody takes the agent's audio any more."""

_READ_BYTES = 65_536
_WRITE_BYTES = 512
"""POSIX's least PIPE_BUF: a pipe that can be written to takes so much without blocking."""


class _Over(Exception):
    """The call ends before the line does."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending: Ending = ending


def converse(call: LiveCall, source: int, sink: int) -> Ending:
    """Run a call from one file descriptor to another until it is over; its last events are handed on.

    Raises LocalAgentError where the audio cannot be written for another reason than that nobody is there.
    """
    with _interruption() as stop:
        try:
            while not call.session.ended:
                _wait([source], [], stop)
                data = os.read(source, _READ_BYTES)
                if not data:
                    break
                for out in call.push(data):
                    _write(sink, out, stop)
            ending: Ending = "hang_up" if call.session.ended else "end_of_audio"
            for out in call.finish():
                _write(sink, out, stop)
        except _Over as over:
            call.close()
            return over.ending
    return ending


def _wait(readable: list[int], writable: list[int], stop: int) -> None:
    if stop in select.select([*readable, stop], writable, [])[0]:
        raise _Over("interrupted")


def _write(sink: int, out: bytes, stop: int) -> None:
    for at in range(0, len(out), _WRITE_BYTES):
        _wait([], [sink], stop)
        try:
            os.write(sink, out[at : at + _WRITE_BYTES])
        except BrokenPipeError:
            raise _Over("unheard") from None
        except OSError as error:
            raise LocalAgentError(f"the agent's audio cannot be written: {error.strerror}") from error


@contextmanager
def _interruption() -> Iterator[int]:
    """Give a descriptor that becomes readable at Ctrl-C, in place of an exception in the midst of a window."""
    watched, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.signal(signal.SIGINT, lambda *_: None)
    wakeup = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    try:
        yield watched
    finally:
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGINT, before)
        os.close(told)
        os.close(watched)
