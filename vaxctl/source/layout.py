"""The layout behind `vaxctl fmt`: one look for every profile, with nothing in it lost.

Works on the text, guided by ruamel's tokens, and never prints YAML anew: comments, quotes, anchors, number
forms and the breaks of long texts stay because nobody touches them. What changes is white space and the
order of top-level keys. Before the result is handed out, both texts are composed and compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput, VaxctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CANONICAL_ORDER = (
    "schema", "name", "description", "extends", "call_type", "language", "campaign",
    "vad", "noise_suppression", "endpointing", "barge_in", "false_barge_in", "agent_backchannel", "silence",
    "stt", "context_preservation", "targets", "environments",
)  # fmt: skip
"""Top-level keys in the order in which a profile is read; keys not named here follow, in their own order."""

_Token = Any  # ruamel's tokens share no typed base
_Node = Any  # nor do its nodes; None for an empty document
_INDENT = 2
_UNICODE_BREAKS = re.compile("[\x85\u2028\u2029]")
_HEADER = re.compile(r"[|>](?:(?P<a>[1-9])?(?P<b>[+-])?|(?P<c>[+-])(?P<d>[1-9]))(?![^\s])")
_MODELINE = re.compile(r"#\s*(yaml-language-server:|vim?:|-\*-)")
_NODE_PROPERTIES = ("<alias>", "<anchor>", "<tag>")
_MARKERS = ("<directive>", "<document start>", "<document end>")


class NotYaml(InvalidInput):
    """The text is no single YAML document, or a key stands in it twice."""


class LayoutWouldChangeData(VaxctlError):
    """The laid-out text would not mean what the original does, so it is not handed out."""


def formatted(text: str) -> str:
    r"""Return `text` in vaxctl's layout, in which it stays when laid out again.

    Block indentation 2 with sequences indented, top-level keys in `CANONICAL_ORDER` with the comments above
    them, one blank line at most, no trailing spaces but those inside block texts, `\n` line ends, no byte
    order mark. A missing final line end counts as present. The order stays as it is where a move would
    part an alias from its anchor; a text with explicit (`? `) keys or exotic line breaks keeps its layout.

    Raises NotYaml for text that does not parse, LayoutWouldChangeData rather than hand out a wrong text.
    """
    clean = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if clean and not clean.endswith("\n"):
        clean += "\n"
    before = _composed(clean)
    if _UNICODE_BREAKS.search(clean):
        return clean
    scan = _Scan(clean)
    if scan.has_explicit_keys:
        return clean
    tidy = scan.indented()
    for candidate in (_ordered(tidy), tidy):
        if _means(candidate, before):
            return candidate
    advice = "the file is left as it was; please report it with the smallest file that shows this"
    raise LayoutWouldChangeData("the laid-out text would not hold the same data", help=advice)


@dataclass(frozen=True, slots=True)
class _Block:
    """An open block collection: the column it had and the column it gets."""

    old: int
    new: int
    kind: str  # mapping, sequence, or indentless: a sequence in the column of its key


@dataclass(frozen=True, slots=True)
class _After:
    """What is open behind the last token of a line."""

    blocks: tuple[_Block, ...]
    in_flow: bool
    shift: int


_NOTHING = _After((), in_flow=False, shift=0)


class _Scan:
    """One walk over the tokens, collecting edits as (start, end, replacement) on the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")[:-1]
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self.edits: list[tuple[int, int, str]] = []
        self.blocks: list[_Block] = []
        self.flow = 0
        self.shift = 0  # by how much the line that opened the flow collection moves
        self.first: dict[int, tuple[int, int]] = {}  # line → old and new column of its first token
        self.after: dict[int, _After] = {}
        self.continued: set[int] = set()  # lines that belong to a scalar begun above
        self.literal: set[int] = set()  # those of block scalars: no space is ours there
        self.quoted: set[int] = set()  # lines that end inside double quotes
        self.top_keys: list[tuple[int, str]] = []
        self.has_explicit_keys = False
        self._walk()
        self.content, self.openings = sorted(self.after), sorted(self.first)

    def _walk(self) -> None:
        is_entry = is_top = False
        last: _Token = None
        for token in _tokens(self.text):
            visible = token.end_mark.index > token.start_mark.index
            if token.id == "?" and not self.flow:
                self._leave_indentless()
                is_entry, is_top = True, len(self.blocks) == 1
                if visible:
                    self.has_explicit_keys = True
                    return
            elif token.id in ("<block mapping start>", "<block sequence start>", "<block end>"):
                self._open_or_close(token)
            elif visible:
                if token.id == "-":
                    is_entry = True
                    if self.blocks[-1].kind == "mapping":
                        self._open(self.blocks[-1].old, "indentless")
                self._place(token, last, is_entry=is_entry)
                if is_top and token.id in ("<scalar>", "<alias>"):
                    self.top_keys.append((self._line(token.start_mark.index), str(token.value)))
                    is_top = False
                is_entry, last = False, token

    def _open_or_close(self, token: _Token) -> None:
        if token.id == "<block end>":
            self._leave_indentless()
            self.blocks.pop()
        else:
            start = token.start_mark.index
            self._open(start - self.starts[self._line(start)], token.id.split()[1])

    def _open(self, column: int, kind: str) -> None:
        new = self.blocks[-1].new + _INDENT if self.blocks else 0
        self.blocks.append(_Block(column, new, kind))

    def _leave_indentless(self) -> None:
        if self.blocks and self.blocks[-1].kind == "indentless":
            self.blocks.pop()

    def _line(self, index: int) -> int:
        return bisect_right(self.starts, index) - 1

    def _place(self, token: _Token, last: _Token, *, is_entry: bool) -> None:
        """Set the space before one visible token, and follow it to its end."""
        start = token.start_mark.index
        line = self._line(start)
        begin = self.starts[line]
        if self.text[begin:start].strip(" \t"):
            before = last.end_mark.index
            gap = self.text[before:start]
            self.edits.append((before, start, _gap(last.id, token.id, gap)))
        else:
            new = self._column(token, start - begin, is_entry=is_entry)
            self.first[line] = (start - begin, new)
            self.edits.append((begin, start, " " * new))
        if token.id in ("[", "{"):
            if not self.flow:
                old, new = self.first.get(line, (0, 0))  # absent where a scalar's last line goes on
                self.shift = new - old
            self.flow += 1
        elif token.id in ("]", "}"):
            self.flow -= 1
        elif token.id == "<scalar>":
            self._scalar(token, line)
        self.after[self._line(token.end_mark.index - 1)] = _After(
            tuple(self.blocks), self.flow > 0, self.shift
        )

    def _column(self, token: _Token, old: int, *, is_entry: bool) -> int:
        """Return the column for a token that begins its line."""
        if token.id in _MARKERS or not self.blocks:
            return old if self.flow else 0
        if self.flow:
            return max(0, old + self.shift)
        return self.blocks[-1].new + (0 if is_entry else _INDENT)

    def _scalar(self, token: _Token, line: int) -> None:
        if token.style in ("|", ">"):
            self._block_scalar(token, line)
            return
        end = self._line(token.end_mark.index - 1)
        for number in range(line + 1, end + 1):
            self.continued.add(number)
            old = len(self.lines[number]) - len(self.lines[number].lstrip(" \t"))
            if old < len(self.lines[number]):
                new = self._column(token, old, is_entry=False)
                self.edits.append((self.starts[number], self.starts[number] + old, " " * new))
        if token.style == '"':
            self.quoted.update(range(line, end))

    def _block_scalar(self, token: _Token, line: int) -> None:
        """Move a block text as a whole; its trailing blank lines belong to it only where it says `+`."""
        header = _HEADER.match(self.text, token.start_mark.index)
        indicator = int(header["a"] or header["d"] or 0) if header else 0
        parent = self.blocks[-1] if self.blocks else _Block(-1, 0, "mapping")
        body = range(line + 1, len(self.lines))
        texts = ((len(t) - len(t.lstrip(" "))) for t in (self.lines[n] for n in body) if t.strip(" "))
        indent = parent.old + indicator if indicator else next(texts, 0)
        if indent <= parent.old:
            indent = len(self.text)  # an empty text: only blank lines can follow
        last = line
        for number in body:
            text = self.lines[number]
            if text.strip(" ") and not text.startswith(" " * indent):
                break
            if len(text) > indent or (header and "+" in header[0]):
                last = number
        new = parent.new + (indicator or _INDENT) if self.blocks else indent
        for number in range(line + 1, last + 1):
            self.continued.add(number)
            self.literal.add(number)
            cut = min(indent, len(self.lines[number]))
            fill = " " * new if len(self.lines[number]) > indent else ""
            self.edits.append((self.starts[number], self.starts[number] + cut, fill))

    def indented(self) -> str:
        """Return the text with every edit made."""
        blank = True
        filled = (n for n, text in enumerate(self.lines) if text.strip(" \t") or n in self.continued)
        end = max(filled, default=-1)
        for number, text in enumerate(self.lines):
            is_blank = not text.strip(" \t") and number not in self.continued
            if is_blank and (blank or number > end):
                self.edits.append((self.starts[number], self.starts[number + 1], ""))
            elif number not in self.literal:
                self._trim(number, text)
                if not is_blank and number not in self.first and number not in self.continued:
                    self._comment(number, text)
            blank = is_blank
        return _edited(self.text, self.edits)

    def _trim(self, number: int, text: str) -> None:
        kept = text.rstrip(" \t")
        if kept != text and not (number in self.quoted and kept.endswith("\\")):
            self.edits.append((self.starts[number] + len(kept), self.starts[number] + len(text), ""))

    def _comment(self, number: int, text: str) -> None:
        """Move a comment line with what it stands beside: the next line, or a block still open above."""
        column = len(text) - len(text.lstrip(" \t"))
        above = self.after[self.content[at - 1]] if (at := bisect_right(self.content, number)) else _NOTHING
        next_at = bisect_right(self.openings, number)
        below = self.first[self.openings[next_at]] if next_at < len(self.openings) else (0, 0)
        if above.in_flow:
            new = max(0, column + above.shift)
        elif below[0] == column:
            new = below[1]
        else:
            places = [(block.old, block.new) for block in above.blocks]
            exact = [place for place in places if place[0] == column]
            fitting = [place for place in (*reversed(places), below) if place[0] <= column]
            new = exact[0][1] if exact else max(fitting, key=lambda place: place[0], default=(0, 0))[1]
        self.edits.append((self.starts[number], self.starts[number] + column, " " * new))


def _gap(before: str, after: str, gap: str) -> str:
    """Return the space between two tokens of one line."""
    if before == ":" and after in (",", "]", "}"):
        return gap  # `{a: }` is not `{a:}`
    if before in _NODE_PROPERTIES or after == "?":
        return " " if gap else ""
    if after == ":":
        return "" if before == "<scalar>" else gap
    if before in ("[", "{") or after in (",", "]", "}"):
        return ""
    return " " if gap or before in (",", ":") else ""


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts, at = [""], 0
    for start, end, replacement in sorted(edits):
        parts += (text[at:start], replacement)
        at = end
    return "".join((*parts, text[at:]))


def _ordered(tidy: str) -> str:
    """Return the indented text with its top-level keys, and the comments above them, in canonical order."""
    scan = _Scan(tidy)
    if not scan.top_keys or scan.blocks:
        return tidy
    lines = scan.lines
    begins = [
        _above(scan, line, floor) for floor, (line, _) in zip(_floors(scan), scan.top_keys, strict=True)
    ]
    tail = _above(scan, len(lines), scan.top_keys[-1][0] + 1)
    ends = [*begins[1:], tail]
    segments = [(key, lines[b:e]) for (_, key), b, e in zip(scan.top_keys, begins, ends, strict=True)]
    rank = {key: place for place, key in enumerate(CANONICAL_ORDER)}
    segments.sort(key=lambda segment: rank.get(segment[0], len(rank)))
    out = lines[: begins[0]]
    for segment in (*(kept for _, kept in segments), lines[tail:]):
        skip = bool(segment) and not segment[0] and not (out and out[-1])
        out += segment[skip:]
    return "".join(f"{line}\n" for line in out)


def _floors(scan: _Scan) -> Iterator[int]:
    """Yield, for each top-level key, the first line that can belong to it."""
    first = scan.top_keys[0][0]
    floor = first
    while floor and scan.lines[floor - 1].startswith("#") and not _MODELINE.match(scan.lines[floor - 1]):
        floor -= 1
    yield floor  # what stands further up, or is set off by a blank line, heads the file
    yield from (line + 1 for line, _ in scan.top_keys[:-1])


def _above(scan: _Scan, line: int, floor: int) -> int:
    """Return where the comments and blank lines above `line` begin."""
    while line > floor and line - 1 not in scan.continued:
        text = scan.lines[line - 1]
        if text and not text.startswith(("#", "...")):
            break
        line -= 1
    return line


def _tokens(text: str) -> Iterable[_Token]:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).scan(text)  # type: ignore[no-untyped-call, no-any-return, unused-ignore]


def _composed(text: str) -> _Node:
    """Return the tree of nodes: aliases stay shared, so a bomb of them costs nothing. Raises NotYaml."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-untyped-call, unused-ignore]
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise NotYaml(f"{where}{getattr(error, 'problem', None) or error}") from error
    except RecursionError as error:
        raise NotYaml("nested too deeply") from error


def _means(text: str, before: _Node) -> bool:
    """Tell whether `text` parses to the tree `before`, the order of top-level keys apart."""
    try:
        pending = [(before, _composed(text), True)]
    except NotYaml:
        return False
    seen: set[tuple[int, int]] = set()
    while pending:
        one, other, is_root = pending.pop()
        if one is None or other is None:
            if one is not other:
                return False
        elif (id(one), id(other)) not in seen:
            seen.add((id(one), id(other)))
            pairs = _pairs(one, other, is_root=is_root)
            if pairs is None:
                return False
            pending += pairs
    return True


def _pairs(one: _Node, other: _Node, *, is_root: bool) -> list[tuple[_Node, _Node, bool]] | None:
    """Return the children of two nodes of one kind, side by side; None where they cannot match."""
    if (one.id, one.tag, one.anchor) != (other.id, other.tag, other.anchor):
        return None
    if one.id == "scalar":
        return [] if one.value == other.value else None
    if len(one.value) != len(other.value):
        return None
    if one.id == "sequence":
        return [(a, b, False) for a, b in zip(one.value, other.value, strict=True)]
    left, right = one.value, other.value
    _refuse_repeats(one)
    if is_root:
        left, right = (sorted(side, key=lambda pair: str(pair[0].value)) for side in (left, right))
    return [(a, b, False) for pair in zip(left, right, strict=True) for a, b in zip(*pair, strict=True)]


def _refuse_repeats(mapping: _Node) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in mapping.value:
        name = (key.tag, key.value) if key.id == "scalar" else ("", str(id(key)))
        if name in seen:
            mark = key.start_mark
            raise NotYaml(
                f"line {mark.line + 1}, column {mark.column + 1}: the key {key.value!r} stands twice"
            )
        seen.add(name)
