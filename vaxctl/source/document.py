"""A YAML file as plain data whose every key and value knows its place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.source.nodes import MAX_DEPTH, Node, NotYaml, Span, compose

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KeyPath = tuple[str | int, ...]

MAX_BYTES = 1_000_000
"""A profile of thirty campaigns' worth of comments is 20 kB; a megabyte is somebody else's file."""

MAX_NODES = 20_000
"""Nodes after aliases are written out: what a merge-key bomb multiplies."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Document:
    """What a file holds: plain `data` (empty when unreadable), where each key and value stands, and findings."""

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    keys: dict[KeyPath, Span] = field(default_factory=dict)
    values: dict[KeyPath, Span] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)

    def location(self, path: KeyPath, *, key: bool = False) -> SourceLocation:
        """Where the value at `path` stands (or its key), or its nearest parent that is there."""
        for end in range(len(path), -1, -1):
            part = path[:end]
            span = (self.keys.get(part) if key and end == len(path) else None) or self.values.get(part)
            if span is not None:
                return SourceLocation(self.file, span.line, span.column, span.end_column)
        return SourceLocation(self.file, 1, 1)

    def line(self, number: int) -> str | None:
        """Text of line `number` (from 1), or None when there is no such line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def found(self, message: str, span: Span, help: str | None = None, rule: str = "yaml") -> None:  # noqa: A002
        """Add an error that makes the file unusable."""
        at = SourceLocation(self.file, span.line, span.column, span.end_column)
        self.findings.append(
            Diagnostic(rule, Severity.ERROR, message, at, help, self.line(span.line), invalid=True)
        )


def read(path: Path, shown_as: str | None = None) -> Document:
    """Read one YAML file. Never raises for what is wrong with the file: that is in `findings`."""
    document = Document(shown_as or str(path))
    try:
        if path.is_dir():
            document.found("this is a folder, not a profile", Span(1, 1), rule="file")
            return document
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device may never end
            document.found("this is no plain file", Span(1, 1), rule="file")
            return document
        raw = _bytes_of(path)
    except OSError as error:
        document.found(f"cannot be read: {error.strerror or error}", Span(1, 1), rule="file")
        return document
    if len(raw) > MAX_BYTES:
        document.found(f"larger than {MAX_BYTES:,} bytes: this is no profile", Span(1, 1), rule="file")
        return document
    return parse(raw, document)


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def parse(raw: bytes | str, document: Document) -> Document:
    """Fill `document` from the bytes of a file."""
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        document.found(
            "this byte is not UTF-8 text", Span(line, column), "save the file as UTF-8", rule="file"
        )
        return document
    document.lines = text.splitlines()
    try:
        root = compose(text)
    except NotYaml as error:
        document.found(error.message, error.span, error.help or _tab_hint(document, error.span))
        return document
    if root is None or (root.items is None and root.elements is None and root.value is None):
        document.found("the file is empty", Span(1, 1), "`vaxctl init` writes a commented profile")
    elif root.items is None:
        document.found("a profile is a mapping of keys to values", root.span)
    else:
        _Builder(document).build(root)
    return document


_NO_NUMBER: Any = object()
"""Stands for NaN, infinity and the like, so that the rest of the file can still be checked."""


@dataclass(slots=True)
class _Builder:
    document: Document
    nodes: int = 0

    def build(self, root: Node) -> None:
        try:
            self.document.data = self.value(root, ())
        except NotYaml as error:
            self.document.data = {}
            self.document.found(error.message, error.span, error.help)

    def value(self, node: Node, path: KeyPath) -> Any:
        self.count(node)
        if len(path) > MAX_DEPTH:
            raise NotYaml(f"nested deeper than {MAX_DEPTH} levels once aliases are written out", node.span)
        self.document.values[path] = node.span
        if node.items is not None:
            return self.mapping(node, path)
        if node.elements is not None:
            values = [self.value(element, (*path, index)) for index, element in enumerate(node.elements)]
            return [None if value is _NO_NUMBER else value for value in values]
        if isinstance(node.value, float) and not math.isfinite(node.value):
            message = f"{node.value} is not a number that anything here can hold"
            self.document.found(message, node.span, rule="shape")
            return _NO_NUMBER
        return node.value

    def count(self, node: Node, looked_at: int = 1) -> None:
        self.nodes += looked_at
        if self.nodes > MAX_NODES:
            raise NotYaml(f"more than {MAX_NODES:,} values once aliases are written out", node.span)

    def mapping(self, node: Node, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        seen: dict[str, Span] = {}
        for key, value in node.items or ():
            if key.is_merge_key:
                continue
            name = self.key_name(key)
            if name in seen:
                first = seen[name]
                self.document.found(
                    f"the key {name!r} stands here twice; first on line {first.line}", key.span
                )
                continue
            seen[name] = key.span
            self.put(key, name, value, path, result)
        self.merge(node, path, result, depth=0)
        return result

    def put(self, key: Node, name: str, value: Node, path: KeyPath, into: dict[str, Any]) -> None:
        """Put one value into its mapping; a number that is none is said, and left out."""
        self.document.keys[(*path, name)] = key.span
        made = self.value(value, (*path, name))
        if made is not _NO_NUMBER:
            into[name] = made

    def key_name(self, key: Node) -> str:
        if key.items is not None or key.elements is not None:
            raise NotYaml("a key must be a plain word", key.span)
        if not isinstance(key.value, str):
            self.document.found(f"the key {key.value!r} is not a word", key.span, "put it in quotes")
        return str(key.value)

    def merge(self, node: Node, path: KeyPath, result: dict[str, Any], depth: int) -> None:
        """Lay `<<` mappings under the keys that stand here, earlier ones first, as YAML 1.1's merge key did."""
        for key, value in node.items or ():
            if not key.is_merge_key:
                continue
            for source in value.elements if value.elements is not None else [value]:
                if source.items is None:
                    raise NotYaml("`<<` takes a mapping, or a list of mappings", source.span)
                if depth > MAX_DEPTH:
                    raise NotYaml(f"`<<` goes more than {MAX_DEPTH} mappings deep", source.span)
                self.under(source, path, result, depth)

    def under(self, source: Node, path: KeyPath, result: dict[str, Any], depth: int) -> None:
        self.count(source, 1 + len(source.items or ()))  # looking at a key costs what taking it does
        merged = [
            (key, value)
            for key, value in source.items or ()
            if key.is_merge_key or self.key_name(key) not in result
        ]
        for key, value in merged:
            if not key.is_merge_key:
                self.put(key, self.key_name(key), value, path, result)
        self.merge(Node(source.span, items=merged), path, result, depth + 1)


def _tab_hint(document: Document, span: Span) -> str | None:
    line = document.line(span.line) or ""
    indent = line[: len(line) - len(line.lstrip())]
    return "YAML is indented with spaces; replace the tab" if "\t" in indent else None


def is_file_name(text: str) -> bool:
    """Whether a system could have a file of this name: asking for another raises instead of answering."""
    return bool(text) and "\0" not in text and all(len(part.encode()) <= 255 for part in text.split("/"))  # noqa: PLR2004 - NAME_MAX


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the name the writer probably meant, or None when nothing is near."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return near[0] if near else None
