"""Printing: data on stdout, everything else on stderr; colour only on a terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from vaxctl.errors import VaxctlError

if TYPE_CHECKING:
    from vaxctl.report.style import Style


class OutputFailed(VaxctlError):
    """Stdout cannot be written to: the disk is full, or it is closed."""


def out(text: str) -> None:
    """Print data."""
    _write(sys.stdout, text)


def err(text: str) -> None:
    """Print what is no data: notes, progress, errors."""
    _write(sys.stderr, text)


def out_json(document: dict[str, Any]) -> None:
    """Print the one JSON document of a run."""
    _write(sys.stdout, json.dumps(document, indent=2))


def _write(stream: TextIO, text: str) -> None:
    """Write whole lines. A reader who has had enough (`| head`) changes neither the work nor the exit code."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        if stream is sys.stdout:
            raise OutputFailed(f"the output cannot be written: {error.strerror}") from error


def _discard(stream: TextIO) -> None:
    """Let what is still to be written go nowhere: Python would fail on it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def style(stream: TextIO | None = None) -> Style:
    """Return how to paint on a stream (stdout when none is given)."""
    from vaxctl.report.style import style_for

    return style_for(stream or sys.stdout, os.environ)


def width() -> int:
    """Return the columns to fill: the terminal's, 80 where there is none, and never a wall of text."""
    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 120))


def interactive() -> bool:
    """Whether somebody is there to answer: both ends are a terminal, and this is no CI."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


class Progress:
    """One line on stderr that counts; only on a terminal, and only for more than a handful."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.shows = sys.stderr.isatty() and not os.environ.get("CI")

    def __call__(self, done: int, total: int) -> None:
        """Show `done` of `total`."""
        if self.shows and total > 4:  # noqa: PLR2004 - fewer are over before the line is read
            sys.stderr.write(f"\r{self.what} {done}/{total}" + ("\r\033[K" if done == total else ""))
            sys.stderr.flush()


class Stages:
    """One line on stderr that says what is under way and how much of it is done, over and over on a terminal.

    Elsewhere a line each `LOG_EVERY_S`, so that a log of a long run is not silent.
    """

    LOG_EVERY_S = 30.0

    def __init__(self) -> None:
        self.shows = sys.stderr.isatty() and not os.environ.get("CI")
        self._told_at = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show `done` of `total` (0: nobody knows how many there are)."""
        said = f"{what} {done:,}{f' of {total:,}' if total else ''}"
        if self.shows:
            sys.stderr.write(f"\r\033[K{said}")
            sys.stderr.flush()
        elif time.monotonic() - self._told_at >= self.LOG_EVERY_S:
            self._told_at = time.monotonic()
            err(said)

    def end(self) -> None:
        """Take the line away."""
        if self.shows:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def waiting(vendor: str, purpose: str, seconds: float, reason: str) -> None:
    """Say that a request waits before it is tried again, when the wait is worth a line."""
    if seconds >= 1:
        err(f"{vendor}: {reason}; waiting {seconds:.0f} s to {purpose}")
