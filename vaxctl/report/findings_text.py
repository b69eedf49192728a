"""Findings for a person: the place, the message, the line with a caret under the span, and the help."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.report.style import TAB, Style, cell_width, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaxctl.diagnostics import Diagnostic, SourceLocation

PLAIN = Style(color=False, unicode=True)
_NARROWEST = 20  # cells of source shown, however narrow the terminal
_TOKEN = re.compile(r"""
      "(?:\\.|[^"\\])*"
    | '(?:''|[^'])*'
    | [^\s,\[\]{}]+?(?=:(?:\s|$))
    | [^\s,\[\]{}]+""", re.VERBOSE)  # fmt: skip


def full(
    diagnostics: Sequence[Diagnostic], style: Style, width: int = 80, files_checked: int | None = None
) -> str:
    """Return all findings with source and help, and the summary; without a final line end."""
    blocks = [block(diagnostic, style, width) for diagnostic in diagnostics]
    return "\n\n".join((*blocks, summary(diagnostics, files_checked)))


def concise(diagnostics: Sequence[Diagnostic], files_checked: int | None = None, style: Style = PLAIN) -> str:
    """Return one line for each finding, and the summary; without a final line end."""
    return "\n".join((*(headline(d, style) for d in diagnostics), summary(diagnostics, files_checked)))


def summary(diagnostics: Sequence[Diagnostic], files_checked: int | None = None) -> str:
    """Return the closing line. `files_checked` is how many files the user asked about, None if unknown."""
    if not diagnostics:
        return f"All clear: {_count(files_checked, 'profile')} checked." if files_checked else "All clear."
    by_severity = Counter(d.severity for d in diagnostics)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    counts = ", ".join(_count(by_severity[s], word) for s, word in words.items() if by_severity[s])
    files = len({d.location.file for d in diagnostics})
    of = f"{files} of " if files_checked and files_checked > files else ""
    return f"Found {counts} in {of}{_count(max(files, files_checked or 0), 'file')}."


def _count(number: int | None, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def headline(diagnostic: Diagnostic, style: Style) -> str:
    """Return `file:line:column: severity: message [rule-id]`: one line, whatever the message holds."""
    place = style.bold(_place(diagnostic.location, style))
    word = _paint(diagnostic, style)(diagnostic.severity.value)
    rule = style.dim(f"[{style.visible(diagnostic.rule)}]")
    return f"{place}: {word}: {style.visible(diagnostic.message)} {rule}"


def _paint(diagnostic: Diagnostic, style: Style) -> Callable[[str], str]:
    return {Severity.ERROR: style.error, Severity.WARNING: style.warning, Severity.INFO: style.info}[
        diagnostic.severity
    ]


def _place(location: SourceLocation, style: Style) -> str:
    return f"{style.visible(location.file)}:{location.line}:{location.column}"


def block(diagnostic: Diagnostic, style: Style, width: int = 80) -> str:
    """Return one finding in full: headline, source with caret, related places, help."""
    gutter = " " * len(str(diagnostic.location.line))
    lines = [headline(diagnostic, style)]
    if diagnostic.source_line is not None:
        room = max(width - len(gutter) - 3, _NARROWEST)
        shown, caret = excerpt(diagnostic.source_line, diagnostic.location, style, room)
        lines += [
            style.dim(f"{gutter} |"),
            f"{style.dim(f'{diagnostic.location.line} |')} {shown}".rstrip(),
            f"{style.dim(f'{gutter} |')} {_marked(caret, _paint(diagnostic, style))}",
        ]
    lines += [f"{_place(at, style)}: note: {style.visible(text)}" for at, text in diagnostic.related]
    if diagnostic.help:
        words = "\n".join(style.visible(line) for line in diagnostic.help.split("\n"))
        lead = f"{gutter} = help: "
        text = wrap(words, max(width - len(lead), _NARROWEST)).replace("\n", "\n" + " " * len(lead))
        lines.append(f"{gutter} {style.dim('=')} help: {text}")
    return "\n".join(lines)


def _marked(caret: str, paint: Callable[[str], str]) -> str:
    spaces = len(caret) - len(caret.lstrip())
    return caret[:spaces] + paint(caret[spaces:])


def excerpt(source: str, location: SourceLocation, style: Style, room: int) -> tuple[str, str]:
    """Return the source line as it may be shown in `room` cells, and the line of carets that goes under it.

    Tabs become spaces and control characters escapes; a line too long is cut around the carets. Only a
    window of it is looked at, so that a line of ten million characters costs no more than a short one.
    """
    start = min(max(location.column - 1, 0), len(source))
    end = min(_span_end(source, start, location.end_column), start + 4 * room)
    low, high = max(0, start - 4 * room), min(len(source), end + 4 * room)
    pieces, offsets = _pieces(source[low:high], style)
    start, end = start - low, end - low
    while start and offsets[start : start + 2] == [offsets[start]] * 2:
        start -= 1  # a combining mark is shown on the character before it
    first, after = 0, len(pieces)
    if low or high < len(source) or offsets[-1] + (start == after) > room:
        budget = room - 2 * len(style.ellipsis)
        while offsets[start] - offsets[first] > budget // 3:
            first += 1
        after = next(n for n in range(after, start - 1, -1) if offsets[n] - offsets[first] <= budget)
    lead = style.ellipsis if low + first else ""
    tail = style.ellipsis if low + after < len(source) else ""
    indent = len(lead) + offsets[start] - offsets[first]
    carets = max(offsets[max(min(end, after), start)] - offsets[start], 1)
    return lead + "".join(pieces[first:after]) + tail, " " * indent + "^" * carets


def _span_end(source: str, start: int, end_column: int | None) -> int:
    """Return the index behind the span: as given, or else the end of the YAML token at `start`."""
    if end_column is not None:
        return min(max(end_column - 1, start), len(source))
    token = _TOKEN.match(source, start)
    return token.end() if token else start


def _pieces(text: str, style: Style) -> tuple[list[str], list[int]]:
    """Return each character as shown, and the cell where each begins, with the end as the last one."""
    pieces: list[str] = []
    offsets = [0]
    for character in text:
        piece = " " * (TAB - offsets[-1] % TAB) if character == "\t" else style.visible_character(character)
        pieces.append(piece)
        offsets.append(offsets[-1] + (cell_width(piece) if len(piece) == 1 else len(piece)))
    return pieces, offsets
