"""From YAML text to a small node tree with positions, on ruamel's event stream.

The tree is built from events rather than by ruamel's own composer because events let us stop early: on a
nesting bomb before the C composer recurses, on duplicate keys with both places in hand, on aliases before
they are multiplied. YAML 1.2 rules decide what a plain scalar is, so `off` stays a word.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 32
"""Levels of nesting; the deepest shipped profile uses six."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span within a file; line and columns count from 1. `end_column` is None when it ends on a later line."""

    line: int
    column: int
    end_column: int | None = None


@dataclass(slots=True, eq=False)
class Node:
    """One YAML node. Exactly one of scalar value, `items` (mapping) or `elements` (sequence) is in use."""

    span: Span
    value: Any = None
    items: list[tuple[Node, Node]] | None = None
    elements: list[Node] | None = None
    is_merge_key: bool = False


class NotYaml(Exception):
    """The text is not one YAML document of the kind we read."""

    def __init__(self, message: str, span: Span, help: str | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.span = span
        self.help = help


@dataclass(slots=True)
class _Reader:
    events: Iterator[Any]
    anchors: dict[str, Node | None] = field(default_factory=dict)

    def document(self) -> Node | None:
        next(self.events)  # stream start
        event = next(self.events)
        if _name(event) == "StreamEndEvent":
            return None
        root = self.node(next(self.events), depth=0)
        next(self.events)  # document end
        after = next(self.events)
        if _name(after) != "StreamEndEvent":
            raise NotYaml(
                "a second YAML document begins here", _span(after), "put each profile into its own file"
            )
        return root

    def node(self, event: Any, depth: int) -> Node:
        kind = _name(event)
        if depth > MAX_DEPTH:
            raise NotYaml(f"nested deeper than {MAX_DEPTH} levels", _span(event))
        if kind == "AliasEvent":
            return self.alias(event)
        anchor = event.anchor
        if anchor is not None:
            self.anchors[anchor] = None  # open: an alias to it from inside would be a cycle
        if kind == "ScalarEvent":
            node = _scalar(event)
        elif event.tag not in _PLAIN_TAGS:
            raise NotYaml(f"the tag {event.tag} is not used here", _span(event), "write the plain value")
        elif kind == "MappingStartEvent":
            node = self.mapping(event, depth)
        else:
            node = self.sequence(event, depth)
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise NotYaml(f"there is no anchor &{event.anchor} above this alias", _span(event))
        node = self.anchors[event.anchor]
        if node is None:
            raise NotYaml(
                f"the alias *{event.anchor} stands inside its own anchor: an endless structure", _span(event)
            )
        return node

    def mapping(self, event: Any, depth: int) -> Node:
        items: list[tuple[Node, Node]] = []
        while _name(child := next(self.events)) != "MappingEndEvent":
            key = self.node(child, depth + 1)
            items.append((key, self.node(next(self.events), depth + 1)))
        return Node(_span(event), items=items)

    def sequence(self, event: Any, depth: int) -> Node:
        elements: list[Node] = []
        while _name(child := next(self.events)) != "SequenceEndEvent":
            elements.append(self.node(child, depth + 1))
        return Node(_span(event), elements=elements)


_PLAIN_TAGS = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


def compose(text: str) -> Node | None:
    """Parse `text` into a node tree; None for a text without any document.

    Raises `NotYaml` for broken syntax, a second document, unknown aliases, cycles and over-deep nesting.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _Reader(_events(text)).document()
    except MarkedYAMLError as error:
        raise NotYaml(
            _what(error), _mark_span(error.problem_mark or error.context_mark), _hint(error)
        ) from None
    except YAMLError as error:
        raise NotYaml(*_unreadable(text, error)) from None


def _events(text: str) -> Iterator[Any]:
    try:
        from ruamel.yaml import cyaml
    except ImportError:  # no C scanner here (PyPy, for one): ruamel's own, five times slower
        from ruamel.yaml import YAML

        return iter(YAML(typ="safe", pure=True).parse(io.StringIO(text)))
    parser = cyaml.CParser(text)  # type: ignore[attr-defined] # ruamel imports it there from its C package
    return iter(parser.get_event, None)


def _name(event: Any) -> str:
    return type(event).__name__


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    same_line = end is not None and end.line == start.line and end.column > start.column
    return Span(start.line + 1, start.column + 1, end.column + 1 if same_line else None)


def _mark_span(mark: Any) -> Span:
    return Span(1, 1) if mark is None else Span(mark.line + 1, mark.column + 1)


def _scalar(event: Any) -> Node:
    plain, explicit = event.implicit[0], event.tag
    if explicit not in (None, "!"):
        if explicit == "tag:yaml.org,2002:str":
            return Node(_span(event), value=event.value)
        raise NotYaml(f"the tag {explicit} is not used here", _span(event), "write the plain value")
    if not plain or explicit == "!":
        return Node(_span(event), value=event.value)
    merge = event.value == "<<"
    return Node(_span(event), value=event.value if merge else _plain_value(event.value), is_merge_key=merge)


@lru_cache(maxsize=4096)
def _plain_value(text: str) -> Any:
    """Return what a plain scalar is by YAML 1.2, as ruamel resolves it; dates and the like stay words."""
    from ruamel.yaml.nodes import ScalarNode

    loader = _resolving_loader()
    tag = loader.resolver.resolve(ScalarNode, text, (True, False))
    kind = str(tag).rsplit(":", 1)[-1]
    if kind not in {"int", "float", "bool", "null"}:
        return text
    if kind == "int" and len(text) > _LONGEST_NUMBER:
        return math.inf  # said as what no setting can hold; Python itself refuses to read 4,300 digits
    return getattr(loader.constructor, f"construct_yaml_{kind}")(ScalarNode(tag, text))


_LONGEST_NUMBER = 400
"""Characters of a whole number; a float ends at 309 digits."""


@cache
def _resolving_loader() -> Any:
    from ruamel.yaml import YAML

    loader = YAML(typ="safe", pure=True)
    loader.version = "1.2"
    return loader


def _what(error: Any) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return ": ".join(parts) or "this is not YAML"


def _hint(error: Any) -> str | None:
    if "mapping values are not allowed" in str(error.problem):
        return "look for a missing line break, a missing quote, or a colon inside a plain value"
    return None


def _unreadable(text: str, error: Any) -> tuple[str, Span, str]:
    position = getattr(error, "position", None)
    place = _place(text, position) if isinstance(position, int) else _first_control_character(text)
    return "the file holds a character that YAML does not allow", place, "is this a text file?"


def _first_control_character(text: str) -> Span:
    at = next((i for i, c in enumerate(text) if ord(c) < 0x20 and c not in "\t\r\n"), 0)  # noqa: PLR2004 - below space
    return _place(text, at)


def _place(text: str, offset: int) -> Span:
    before = text[:offset]
    return Span(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)
