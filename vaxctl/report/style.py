"""How text looks on a terminal: colour, characters that may be shown, width in cells, wrapping, tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TAB = 4
"""Cells between tab stops in what we print; a source line's tabs are shown as spaces up to the next one."""

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_JOINERS = "\u200c\u200d"  # harmless, and part of emoji and of several scripts
_GAP = "  "
_NARROWEST = 10  # cells; below this a wrapped column is unreadable whatever we do


@dataclass(frozen=True, slots=True)
class Style:
    """What the stream can carry. Each method returns its text, marked up if `color` is on."""

    color: bool = False
    unicode: bool = True

    def error(self, text: str) -> str:
        """Mark what stops the run."""
        return self._sgr("1;31", text)

    def warning(self, text: str) -> str:
        """Mark what should be looked at."""
        return self._sgr("1;33", text)

    def info(self, text: str) -> str:
        """Mark what is good to know."""
        return self._sgr("1;36", text)

    def added(self, text: str) -> str:
        """Mark what will be there."""
        return self._sgr("32", text)

    def removed(self, text: str) -> str:
        """Mark what will be gone."""
        return self._sgr("31", text)

    def changed(self, text: str) -> str:
        """Mark what will differ."""
        return self._sgr("33", text)

    def dim(self, text: str) -> str:
        """Mark what may be skipped."""
        return self._sgr("2", text)

    def bold(self, text: str) -> str:
        """Mark what the eye should find first."""
        return self._sgr("1", text)

    def _sgr(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    @property
    def ellipsis(self) -> str:
        """Return what stands for text cut off."""
        return "…" if self.unicode else "..."

    def visible(self, text: str) -> str:
        r"""Return `text` on one line, controls and bidi marks as `\x1b`: nothing a terminal would obey."""
        return "".join(map(self.visible_character, text))

    def visible_character(self, character: str) -> str:
        """Return one character as it may be shown."""
        shown = character.isprintable() or character in _JOINERS
        if shown and (self.unicode or character.isascii()):
            return character
        return character.encode("unicode_escape").decode("ascii")


def style_for(
    stream: TextIO, environ: Mapping[str, str], color_option: Literal["auto", "always", "never"] = "auto"
) -> Style:
    """Return the style for a stream: option, then NO_COLOR, FORCE_COLOR, TERM=dumb, and last the terminal."""
    return Style(color=_wants_color(stream, environ, color_option), unicode=_carries_unicode(stream))


def _wants_color(stream: TextIO, environ: Mapping[str, str], color_option: str) -> bool:
    if color_option != "auto":
        return color_option == "always"
    if environ.get("NO_COLOR"):  # no-color.org: present and not empty
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def _carries_unicode(stream: TextIO) -> bool:
    try:
        "…中😀".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def display_width(text: str) -> int:
    """Return the cells `text` takes from column 0: wide characters two, combining none, tabs to a stop."""
    width = 0
    for character in _SGR.sub("", text):
        width += TAB - width % TAB if character == "\t" else cell_width(character)
    return width


def cell_width(character: str) -> int:
    """Return the cells of one character that is no tab: 0, 1 or 2."""
    if character.isascii():
        return 1 if character.isprintable() else 0
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int, indent: str = "") -> str:
    """Return `text` in lines of at most `width` cells where words allow, all but the first after `indent`."""
    out: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            lead = display_width(indent) if out else 0
            if line and lead + display_width(line) + 1 + display_width(word) > width:
                out.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        out.append(line)
    return "\n".join(f"{indent}{line}".rstrip() if at else line for at, line in enumerate(out))


def table(
    rows: Sequence[Sequence[str]], headers: Sequence[str], width: int = 80, style: Style | None = None
) -> str:
    """Return aligned columns under bold headers; the last column wraps so that lines fit `width` cells.

    A row must have as many cells as there are headers (ValueError).
    """
    style = style or Style()
    if any(len(row) != len(headers) for row in rows):
        raise ValueError("each row needs one cell per header")
    columns = zip(*(headers, *rows), strict=True)
    widths = [max(display_width(cell) for cell in column) for column in columns][:-1]
    start = sum(widths) + len(_GAP) * len(widths)
    lines = [_row([style.bold(header) for header in headers], widths)]
    for row in rows:
        last = wrap(row[-1], max(width - start, _NARROWEST)).split("\n")
        lines.append(_row([*row[:-1], last[0]], widths))
        lines += [" " * start + more for more in last[1:]]
    return "\n".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (size - display_width(cell)) for cell, size in zip(cells, widths, strict=False)]
    return _GAP.join((*padded, cells[-1])).rstrip()
