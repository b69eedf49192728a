"""Setting values in a YAML text, as a person would: in place, with every comment, quote and blank line kept.

Works on the text at the places of ruamel's nodes, and never prints YAML anew. The result is parsed again and must
hold what the original held with the new values set, else it is not handed out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput, VaxctlError
from vaxctl.source.layout import CANONICAL_ORDER, NotYaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    KeyPath = tuple[str, ...]
    Scalar = str | int | float | bool
    Edit = tuple[int, int, int, str]
    """From, to, which comes first of several at one place, and what to put there."""

_Node = Any  # ruamel's nodes share no typed base
_INDENT = 2
_NOTE = -100
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")


class EditWouldChangeMore(VaxctlError):
    """The edited text would not mean what was asked for, so it is not handed out."""


def with_values(
    text: str, values: Mapping[KeyPath, Scalar], *, note: str = "", mark: str = "vaxctl: "
) -> str:
    """Return `text` with the values set at their key paths; paths that are not there are added.

    `note` becomes a comment line of its own above the first edited line, `# {mark}{note}`, in the place of one
    that begins with the same mark. Values that are there already stay as they are written.

    Raises NotYaml for a text that does not parse, InvalidInput where a path leads through a value that is no
    mapping or through an alias, EditWouldChangeMore rather than hand out a wrong text.
    """
    root = _composed(text)
    if root is None or root.id != "mapping":
        raise InvalidInput("the file holds no mapping, so nothing can be set in it")
    edits: list[Edit] = []
    missing: dict[KeyPath, dict[KeyPath, Scalar]] = {}
    for path, value in values.items():
        mapping, at = _deepest(root, path)
        if at == len(path) - 1 and (pair := _pair(mapping, path[-1])) is not None:
            edits += _replaced(pair, path, value)
        else:
            missing.setdefault(path[: at or 1], {})[path] = value
    edits += [_added(text, root, added) for added in missing.values()]
    if note and edits:
        edits += _note(text, min(edits), f"# {mark}", note)
    result = _applied(text, edits)
    _check(text, result, values)
    return result


def _deepest(root: _Node, path: KeyPath) -> tuple[_Node, int]:
    """Return the mapping that is there furthest along the path, and how many of its keys lead to it."""
    node = root
    for at, key in enumerate(path[:-1]):
        pair = _pair(node, key)
        if pair is None:
            return node, at
        child = pair[1]
        if child.id == "scalar" and child.value == "":
            raise InvalidInput(
                f"line {pair[0].start_mark.line + 1}: `{key}` is empty", help=f"remove `{key}:` or fill it"
            )
        if child.id != "mapping" or _aliased(pair):
            what = "an alias" if _aliased(pair) else "no mapping"
            raise InvalidInput(
                f"line {pair[0].start_mark.line + 1}: `{'.'.join(path[: at + 1])}` is {what},"
                f" so `{'.'.join(path)}` cannot be set in it",
                help="write the block out, or set the value by hand",
            )
        node = child
    return node, len(path) - 1


def _pair(mapping: _Node, key: str) -> tuple[_Node, _Node] | None:
    return next((pair for pair in mapping.value if pair[0].id == "scalar" and pair[0].value == key), None)


def _aliased(pair: tuple[_Node, _Node]) -> bool:
    """Whether the value stands elsewhere: before its key, by an alias."""
    return bool(pair[1].start_mark.index < pair[0].end_mark.index)


def _replaced(pair: tuple[_Node, _Node], path: KeyPath, value: Scalar) -> list[Edit]:
    key, node = pair
    if node.id != "scalar" or _aliased(pair) or node.anchor:
        raise InvalidInput(
            f"line {key.start_mark.line + 1}: `{'.'.join(path)}` is no plain value of its own",
            help="set it by hand",
        )
    if _constructed(node) == value and type(_constructed(node)) is type(value):
        return []
    start, end = node.start_mark.index, node.end_mark.index
    return [(start, end, 0, (" " if start == end else "") + _written(value))]


def _added(text: str, root: _Node, added: dict[KeyPath, Scalar]) -> Edit:
    """Return the edit that adds entries, all below one mapping that is there."""
    mapping, depth = _deepest(root, next(iter(added)))
    relative = {path[depth:]: value for path, value in added.items()}
    if mapping.flow_style:
        inner = _flow(relative)
        at = mapping.value[-1][1].end_mark.index if mapping.value else mapping.start_mark.index + 1
        return at, at, 0, f", {inner}" if mapping.value else inner
    column = mapping.value[0][0].start_mark.column
    key = next(iter(relative))[0]
    before = _neighbour(mapping, key, is_root=not depth)
    # At one place the deeper mapping goes on first, and new blocks stand in the order in which they are read.
    rank = _place(key) if not depth else -depth
    at = _line_after(text, before)
    lines = _block(relative, column)
    return at, at, rank, ("" if text[:at].endswith("\n") else "\n") + "".join(f"{line}\n" for line in lines)


def _flow(values: Mapping[KeyPath, Scalar]) -> str:
    """Return new entries on one line, those of one parent together."""
    return ", ".join(
        f"{key}: {_written(inner[()])}" if () in inner else f"{key}: {{{_flow(inner)}}}"
        for key, inner in _by_key(values).items()
    )


def _neighbour(mapping: _Node, key: str, *, is_root: bool) -> tuple[_Node, _Node]:
    """Return the entry after which a new one belongs: the last, or at the top the last that reads earlier."""
    if is_root:
        earlier = [pair for pair in mapping.value if _place(pair[0].value) < _place(key)]
        if earlier:
            return max(earlier, key=lambda pair: pair[0].start_mark.index)  # type: ignore[no-any-return]
    return mapping.value[-1]  # type: ignore[no-any-return]


def _place(key: str) -> int:
    return CANONICAL_ORDER.index(key) if key in CANONICAL_ORDER else len(CANONICAL_ORDER)


def _line_after(text: str, pair: tuple[_Node, _Node]) -> int:
    """Return where the line after an entry's last one begins."""
    last = pair[0].end_mark.index if _aliased(pair) else _last_index(pair[1])
    end = text.find("\n", max(last, pair[0].end_mark.index))
    return len(text) if end < 0 else end + 1


def _last_index(node: _Node) -> int:
    """Return where a node's own text ends: a block's end mark lies after the comments that follow it."""
    if node.id != "scalar" and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_index(last[1] if node.id == "mapping" else last)
    end = int(node.end_mark.index)
    return end - 1 if node.id == "scalar" and node.style in ("|", ">") else end


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


def _note(text: str, first: Edit, mark: str, note: str) -> list[Edit]:
    """Return the edits that put a comment line above the line of the first edit, for one with the same mark."""
    line = text.rfind("\n", 0, first[0]) + 1
    above = text.rfind("\n", 0, max(line - 1, 0)) + 1
    # An addition begins on a line of its own: the comment goes above it, indented like it.
    adds = first[0] == first[1] == line
    indent = re.match(r" *", first[3].lstrip("\n") if adds else text[line:])
    said = f"{indent.group() if indent else ''}{mark}{' '.join(note.split())}\n"
    if line and text[above:line].lstrip().startswith(mark):
        return [(above, line, _NOTE, said)]
    return [(line, line, _NOTE, said)]


def _applied(text: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, _, replacement in sorted(edits):
        parts += (text[at:start], replacement)
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
            target = target.setdefault(key, {})
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
