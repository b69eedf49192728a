"""Setting values in a YAML text, as a person would: in place, with every comment, quote and blank line kept.

Works on the text at the places of ruamel's nodes, and never prints YAML anew. The result is parsed again and must
hold what the original held with the new values set, else it is not handed out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from vaxctl.errors import InvalidInput, VaxctlError
from vaxctl.source.layout import CANONICAL_ORDER, NotYaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    KeyPath = tuple[str, ...]
    Scalar = str | int | float | bool

_Node = Any  # ruamel's nodes share no typed base
_Pair = tuple[Any, Any]
_Token = Any  # nor do its tokens
_INDENT = 2
_NOTE = -100
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_CONTENT = frozenset({"<scalar>", "<alias>", "<anchor>", "<tag>", ":", "?", "-", "{", "}", "[", "]"})
"""The tokens that a person sees, by ruamel's ids, but for the comma: a new entry goes before a last one."""


class EditWouldChangeMore(VaxctlError):
    """The edited text would not mean what was asked for, so it is not handed out."""


class _Edit(NamedTuple):
    """From, to, which comes first of several at one place, what to put there, and what a note goes above."""

    start: int
    end: int
    rank: int
    put: str
    head: int


class _Place(NamedTuple):
    """The mapping that is there furthest along a path, how many keys lead to it, and its entry to be filled.

    `hollow` is an entry without a value (`vad:`, `vad: ~`) that the path leads through; None where there is none.
    """

    mapping: _Node
    depth: int
    hollow: _Pair | None


class _Text:
    """A text with its tree and what its tokens tell of places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = _composed(text)
        first = text.find("\n")
        self.line_end = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"

    @cached_property
    def _tokens(self) -> list[_Token]:
        from ruamel.yaml import YAML

        seen = YAML(typ="safe", pure=True).scan(self.text)  # type: ignore[no-untyped-call, unused-ignore]
        return [
            token for token in seen if token.id in _CONTENT and token.end_mark.index > token.start_mark.index
        ]

    @cached_property
    def _ends(self) -> list[int]:
        return [_visible_end(token) for token in self._tokens]

    @cached_property
    def aliased(self) -> frozenset[str]:
        """The anchors that an alias stands for."""
        return frozenset(token.value for token in self._tokens if token.id == "<alias>")

    def last_end(self, before: int) -> int:
        """Return where the last token that begins before a place ends: there the entry above it is over."""
        starts = [token.start_mark.index for token in self._tokens]
        return self._ends[bisect_left(starts, before) - 1]

    def after_colon(self, key: _Node) -> int:
        """Return where the value of a key that has none would stand."""
        return self._ends[bisect_right(self._ends, key.end_mark.index)]

    def next_line(self, index: int) -> int:
        """Return where the line after a place begins; the text's end where there is none."""
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1

    def line_start(self, index: int) -> int:
        """Return where the line of a place begins, or the text that runs into this line from above it."""
        line = self.text.rfind("\n", 0, index) + 1
        inside = [t for t in self._tokens if t.start_mark.index < line < t.end_mark.index]
        return self.line_start(inside[0].start_mark.index) if inside else line


def _visible_end(token: _Token) -> int:
    """Return where a token's own text ends: that of a block text ends with a line break."""
    end = int(token.end_mark.index)
    return end - 1 if token.id == "<scalar>" and token.style in ("|", ">") else end


def with_values(
    text: str, values: Mapping[KeyPath, Scalar], *, note: str = "", mark: str = "vaxctl: "
) -> str:
    """Return `text` with the values set at their key paths; paths that are not there are added.

    `note` becomes a comment line of its own above the first edited key, `# {mark}{note}`, in the place of one
    that begins with the same mark. Values that are there already stay as they are written; a key without a value
    is filled. New lines end as the first one does.

    Raises NotYaml for a text that does not parse, InvalidInput where a path leads through a value that is no
    mapping or that stands elsewhere too (anchors, aliases), EditWouldChangeMore rather than hand out a wrong text.
    """
    source = _Text(text)
    if source.root is None or source.root.id != "mapping":
        raise InvalidInput("the file holds no mapping, so nothing can be set in it")
    edits: list[_Edit] = []
    missing: dict[KeyPath, dict[KeyPath, Scalar]] = {}
    for path, value in values.items():
        place = _deepest(source, path)
        pair = _pair(place.mapping, path[-1]) if place.depth == len(path) - 1 else None
        if pair is not None and place.hollow is None:
            edits += _replaced(source, pair, path, value)
        else:
            lead = place.depth + 1 if place.hollow else place.depth or 1
            missing.setdefault(path[:lead], {})[path] = value
    edits += [_added(source, added) for added in missing.values()]
    if note and edits:
        edits += _note(source, min(edits), f"# {mark}", note)
    result = _applied(text, edits)
    _check(text, result, values)
    return result


def _deepest(source: _Text, path: KeyPath) -> _Place:
    """Return the place along a path from which on it has to be added."""
    node = source.root
    for at, key in enumerate(path[:-1]):
        pair = _pair(node, key)
        if pair is None or _is_null(pair[1]):
            return _Place(node, at, pair)
        child, line = pair[1], pair[0].start_mark.line + 1
        if child.id != "mapping" or _aliased(pair):
            what = "an alias" if _aliased(pair) else "no mapping"
            raise InvalidInput(
                f"line {line}: `{'.'.join(path[: at + 1])}` is {what},"
                f" so `{'.'.join(path)}` cannot be set in it",
                help="write the block out, or set the value by hand",
            )
        if child.anchor in source.aliased:
            raise InvalidInput(
                f"line {line}: `{'.'.join(path[: at + 1])}` is used elsewhere too (*{child.anchor}),"
                f" so setting `{'.'.join(path)}` would change more than that",
                help="write the block out in both places, or set the value by hand",
            )
        node = child
    return _Place(node, len(path) - 1, None)


def _pair(mapping: _Node, key: str) -> _Pair | None:
    return next((pair for pair in mapping.value if pair[0].id == "scalar" and pair[0].value == key), None)


def _is_null(node: _Node) -> bool:
    """Whether a value is none of its own: nothing, `~` or `null`, and no anchor that hands it on."""
    return bool(node.id == "scalar" and node.tag.endswith(":null") and not node.anchor)


def _aliased(pair: _Pair) -> bool:
    """Whether the value stands elsewhere: before its key, by an alias."""
    return bool(pair[1].start_mark.index < pair[0].end_mark.index)


def _replaced(source: _Text, pair: _Pair, path: KeyPath, value: Scalar) -> list[_Edit]:
    key, node = pair
    if node.id != "scalar" or _aliased(pair) or node.anchor:
        what = (
            "an alias"
            if _aliased(pair)
            else f"handed on (&{node.anchor})"
            if node.anchor
            else "no plain value"
        )
        raise InvalidInput(
            f"line {key.start_mark.line + 1}: `{'.'.join(path)}` is {what}, so it cannot be set in place",
            help="give it a plain value of its own, or set it by hand",
        )
    if _constructed(node) == value and type(_constructed(node)) is type(value):
        return []
    return [_filled(source, pair, _written(value))]


def _filled(source: _Text, pair: _Pair, put: str) -> _Edit:
    """Return the edit that puts something in the place of a value, or where one would stand."""
    key, node = pair
    start, end = node.start_mark.index, node.end_mark.index
    if start == end:
        start = end = source.after_colon(key)
        put = f" {put}"
    return _Edit(start, end, 0, put, key.start_mark.index)


def _added(source: _Text, added: dict[KeyPath, Scalar]) -> _Edit:
    """Return the edit that adds entries, all below one mapping that is there."""
    mapping, depth, hollow = _deepest(source, next(iter(added)))
    if hollow is not None:
        return _in_hollow(
            source, mapping, hollow, {path[depth + 1 :]: value for path, value in added.items()}
        )
    relative = {path[depth:]: value for path, value in added.items()}
    if mapping.flow_style:
        inner = _flow(relative)
        at = source.last_end(mapping.end_mark.index - 1)
        comma = " , " if source.text[at - 1] == ":" else ", "  # `a:,` would be one word
        # Where the last value was empty and is filled by the same edit, what is added goes after it.
        return _Edit(at, at, 1, f"{comma}{inner}" if mapping.value else inner, at)
    key = next(iter(relative))[0]
    at = source.next_line(source.last_end(_neighbour(mapping, key, is_root=not depth)))
    # At one place the deeper mapping goes on first, and new blocks stand in the order in which they are read.
    rank = _place(key) if not depth else -depth
    return _lines(source, at, rank, relative, mapping.value[0][0].start_mark.column)


def _in_hollow(source: _Text, mapping: _Node, pair: _Pair, inner: dict[KeyPath, Scalar]) -> _Edit:
    """Return the edit that fills `vad:` with lines below it, `vad: ~` with braces."""
    key, node = pair
    if mapping.flow_style or node.value:
        return _filled(source, pair, f"{{{_flow(inner)}}}")
    edit = _lines(
        source, source.next_line(source.after_colon(key)), 0, inner, key.start_mark.column + _INDENT
    )
    return edit._replace(head=key.start_mark.index)


def _lines(source: _Text, at: int, rank: int, values: Mapping[KeyPath, Scalar], column: int) -> _Edit:
    """Return the edit that puts new entries on lines of their own."""
    before = "" if source.text[:at].endswith("\n") else source.line_end
    lines = "".join(f"{line}{source.line_end}" for line in _block(values, column))
    return _Edit(at, at, rank, before + lines, at)


def _flow(values: Mapping[KeyPath, Scalar]) -> str:
    """Return new entries on one line, those of one parent together."""
    return ", ".join(
        f"{key}: {_written(inner[()])}" if () in inner else f"{key}: {{{_flow(inner)}}}"
        for key, inner in _by_key(values).items()
    )


def _neighbour(mapping: _Node, key: str, *, is_root: bool) -> int:
    """Return before what a new entry belongs: the mapping's end, or at the top what stands after all that reads earlier."""
    if is_root:
        last = max(
            (n for n, pair in enumerate(mapping.value) if _place(pair[0].value) < _place(key)), default=-1
        )
        if 0 <= last < len(mapping.value) - 1:
            return int(mapping.value[last + 1][0].start_mark.index)
    return int(mapping.end_mark.index)


def _place(key: str) -> int:
    return CANONICAL_ORDER.index(key) if key in CANONICAL_ORDER else len(CANONICAL_ORDER)


def _block(values: Mapping[KeyPath, Scalar], column: int) -> Iterable[str]:
    """Return the lines of new entries, those of one parent together."""
    for key, inner in _by_key(values).items():
        if () in inner:
            yield f"{' ' * column}{key}: {_written(inner[()])}"
        else:
            yield f"{' ' * column}{key}:"
            yield from _block(inner, column + _INDENT)


def _by_key(values: Mapping[KeyPath, Scalar]) -> dict[str, dict[KeyPath, Scalar]]:
    groups: dict[str, dict[KeyPath, Scalar]] = {}
    for path, value in values.items():
        groups.setdefault(path[0], {})[path[1:]] = value
    return groups


def _note(source: _Text, first: _Edit, mark: str, note: str) -> list[_Edit]:
    """Return the edits that put a comment line above the line of the first edit, for one with the same mark."""
    text = source.text
    line = source.line_start(first.head)
    above = text.rfind("\n", 0, max(line - 1, 0)) + 1
    # An addition begins on a line of its own: the comment goes above it, indented like it.
    adds = first.start == first.end == first.head and first.put.endswith("\n")
    indent = re.match(r" *", first.put.lstrip("\r\n") if adds else text[line:])
    said = f"{indent.group() if indent else ''}{mark}{' '.join(note.split())}{source.line_end}"
    if adds and line != first.start:  # the text has no last line end: the addition brings it
        return [
            _Edit(first.start, first.start, _NOTE, source.line_end + said.removesuffix(source.line_end), line)
        ]
    if line and text[above:line].lstrip().startswith(mark):
        return [_Edit(above, line, _NOTE, said, line)]
    return [_Edit(line, line, _NOTE, said, line)]


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, _, put, _ in sorted(edits):
        parts += (text[at:start], put)
        at = end
    return "".join((*parts, text[at:]))


def _written(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value not in ("true", "false", "null")
        return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def _composed(text: str) -> _Node:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-untyped-call, unused-ignore]
    except (YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(str(getattr(error, "problem", None) or error)) from error


def _constructed(node: _Node) -> object:
    from vaxctl.source.nodes import compose

    text = f"v: {node.value}" if node.style is None else "v: ''"
    found = compose(text)
    items = found.items if found is not None else None
    return node.value if node.style is not None or not items else items[0][1].value


def _check(before: str, after: str, values: Mapping[KeyPath, Scalar]) -> None:
    expected, found = _plain(before), _plain(after)
    for path, value in values.items():
        target = expected
        for key in path[:-1]:
            if target.get(key) is None:
                target[key] = {}
            target = target[key]
        target[path[-1]] = value
    if expected != found:
        raise EditWouldChangeMore(
            "the edited file would not mean what was asked for; nothing was written",
            help="set the values by hand: "
            + ", ".join(f"{'.'.join(path)}: {_written(value)}" for path, value in values.items()),
        )


def _plain(text: str) -> Any:
    from vaxctl.source.document import Document, parse

    return parse(text, Document("")).data
