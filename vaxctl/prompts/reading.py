"""Which variables a template reads, without running any of it.

jinja2's own `meta.find_undeclared_variables` folds constants on the way, which runs filters of the template
in this process; so this is a walk over the tree, with jinja2's scopes. A name is local from the `set`, `for`,
`with` or macro that makes it; a `set` inside `if` counts for what follows, as it does in jinja2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vaxctl.prompts.failure import Refused, failed
from vaxctl.prompts.rendering import environment, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import nodes

_LINE_END = re.compile(r"\r\n|\r|\n")
# What follows these is an attribute, a filter or a name that is being made.
_NO_READ_AFTER = frozenset({".", "|", "set", "for", "with", "macro"})
_MACRO_NAMES = frozenset({"varargs", "kwargs", "caller"})


@dataclass(frozen=True, slots=True, order=True)
class VariableRead:
    """A variable that a template reads, once per line; line and column count from 1, in characters.

    `optional`: somewhere the template asks whether it is there (`is defined`, `| default`).
    """

    line: int
    column: int
    name: str
    optional: bool


def undeclared(source: str, *, name: str = "template") -> tuple[VariableRead, ...]:
    """Return what the template must be given, in order of place. Raises TemplateFailed, as `render` does."""
    try:
        tree = parsed(source)
        reads: set[tuple[int, str]] = set()
        asked: set[str] = set()
        _Walk(reads, asked, set(environment().globals)).visit(tree)
        columns = _columns(source)
    except Refused as refused:
        raise failed(refused, name=name) from refused
    except RecursionError as error:
        raise failed(Refused("depth", "nested too deeply"), name=name) from error
    found = (VariableRead(line, columns.get((line, one), 1), one, one in asked) for line, one in reads)
    return tuple(sorted(found))


class _Walk:
    """One scope: collects reads of names that are not `local`. Inner scopes share the collections."""

    def __init__(self, reads: set[tuple[int, str]], asked: set[str], local: set[str]) -> None:
        self._reads = reads
        self._asked = asked
        self._local = local

    def visit(self, node: nodes.Node) -> None:
        """Go through the node in the order in which it runs."""
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None:
            self.visit_all(node.iter_child_nodes())
        else:
            handler(node)

    def visit_all(self, found: Iterable[nodes.Node]) -> None:
        """Go through the nodes, in this scope."""
        for node in found:
            self.visit(node)

    def _inner(self, names: Iterable[str] = ()) -> _Walk:
        return _Walk(self._reads, self._asked, self._local | set(names))

    def _name(self, node: nodes.Name) -> None:
        if node.ctx != "load":
            self._local.add(node.name)
        elif node.name not in self._local:
            self._reads.add((node.lineno, node.name))

    def _assign(self, node: nodes.Assign) -> None:
        self.visit(node.node)
        self.visit(node.target)

    def _assignblock(self, node: nodes.AssignBlock) -> None:
        if node.filter is not None:
            self.visit(node.filter)
        self._inner().visit_all(node.body)
        self.visit(node.target)

    def _for(self, node: nodes.For) -> None:
        self.visit(node.iter)
        body = self._inner(["loop"])
        body.visit(node.target)
        if node.test is not None:
            body.visit(node.test)
        body.visit_all(node.body)
        self._inner().visit_all(node.else_)

    def _with(self, node: nodes.With) -> None:
        self.visit_all(node.values)
        body = self._inner()
        body.visit_all(node.targets)
        body.visit_all(node.body)

    def _macro(self, node: nodes.Macro) -> None:
        self._local.add(node.name)
        self._callable(node)

    def _callblock(self, node: nodes.CallBlock) -> None:
        self.visit(node.call)
        self._callable(node)

    def _callable(self, node: nodes.Macro | nodes.CallBlock) -> None:
        body = self._inner(_MACRO_NAMES)
        body.visit_all(node.defaults)
        body.visit_all(node.args)
        body.visit_all(node.body)

    def _filterblock(self, node: nodes.FilterBlock) -> None:
        self.visit(node.filter)
        self._inner().visit_all(node.body)

    def _block(self, node: nodes.Block) -> None:
        self._inner().visit_all(node.body)

    def _test(self, node: nodes.Test) -> None:
        self._note_question(node.node, asks=node.name in {"defined", "undefined"})
        self.visit_all(node.iter_child_nodes())

    def _filter(self, node: nodes.Filter) -> None:
        self._note_question(node.node, asks=node.name in {"default", "d"})
        self.visit_all(node.iter_child_nodes())

    def _note_question(self, node: nodes.Node | None, *, asks: bool) -> None:
        name = getattr(node, "name", None)
        if asks and type(node).__name__ == "Name" and isinstance(name, str):
            self._asked.add(name)


def _columns(source: str) -> dict[tuple[int, str], int]:
    """Return, per line and name, the column of its first token that can be a read.

    jinja2's tokens know their line only; in between it drops nothing but white space, so each token is the
    next place where its text stands.
    """
    text = _LINE_END.sub("\n", source)
    columns: dict[tuple[int, str], int] = {}
    at, before = 0, ""
    for line, kind, value in environment().lexer.tokeniter(text, None):
        at = text.index(value, at)
        if kind == "name" and before not in _NO_READ_AFTER:
            columns.setdefault((line, value), at - text.rfind("\n", 0, at))
        at += len(value)
        before = before if kind == "whitespace" else value
    return columns
