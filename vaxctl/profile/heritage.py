"""`extends`: from a file to its merged layers, with checks for cycles, depth and escapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vaxctl.profile.layers import Layers
from vaxctl.source.document import Document, read
from vaxctl.source.nodes import Span

MAX_GENERATIONS = 8
"""More than eight files deep, nobody can say any more where a value comes from."""

ROOT_MARKS = ("vaxctl.toml", ".git", "pyproject.toml")


def root_of(file: Path) -> Path:
    """Return the folder that paths in `file` may not leave: the nearest one above with a root mark, else its parent's.

    Without a mark the folder above the profile's own is the root, so that `../base/x.yaml` works anywhere.
    """
    folder = file.resolve().parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in ROOT_MARKS):
            return candidate
    return folder.parent


@dataclass(slots=True)
class Sources:
    """The files of one run, each read once however many profiles extend it."""

    documents: dict[Path, Document] = field(default_factory=dict)
    roots: dict[Path, Path] = field(default_factory=dict)

    def document(self, path: Path, shown_as: str) -> Document:
        """Return the document at `path`, reading it the first time."""
        resolved = path.resolve()
        if resolved not in self.documents:
            self.documents[resolved] = read(path, shown_as)
        return self.documents[resolved]

    def root(self, path: Path) -> Path:
        """Return `root_of(path)`, looked up once per folder."""
        folder = path.resolve().parent
        if folder not in self.roots:
            self.roots[folder] = root_of(path)
        return self.roots[folder]


def layers_of(path: Path, sources: Sources, lineage: tuple[Path, ...] = ()) -> tuple[Layers, list[Document]]:
    """Return the merged layers of a file and of all it extends, bases first, and the documents read.

    What is wrong (missing file, cycle, escape) is a finding of the document that says `extends`.
    """
    document = sources.document(path, str(path))
    layers, documents = Layers(), [document]
    resolved = path.resolve()
    for index, name in enumerate(_names(document)):
        base = _base(document, index, name, path, sources, (*lineage, resolved))
        if base is not None:
            inherited, read_files = layers_of(base, sources, (*lineage, resolved))
            layers.lay_over(inherited)
            documents += read_files
    own = {key: value for key, value in document.data.items() if key != "extends"}
    layers.lay(own, document)
    return layers, documents


def _names(document: Document) -> list[Any]:
    names = document.data.get("extends", [])
    return list(names) if isinstance(names, list) else [names]


def _base(
    document: Document, index: int, name: Any, path: Path, sources: Sources, lineage: tuple[Path, ...]  # noqa: ANN401
) -> Path | None:
    span = document.values.get(("extends", index)) or document.values.get(("extends",)) or Span(1, 1)
    problem = _problem(name, path, sources, lineage)
    if problem is not None:
        message, advice = problem
        finding = (message, span, advice, "extends")
        if not any(f.message == message and f.location.line == span.line for f in document.findings):
            document.found(*finding)
        return None
    return path.parent / str(name)


def _problem(
    name: Any, path: Path, sources: Sources, lineage: tuple[Path, ...]  # noqa: ANN401
) -> tuple[str, str | None] | None:
    if not isinstance(name, str) or not name:
        return f"extends takes file names, not {name!r}", None
    base = (path.parent / name).resolve()
    root = sources.root(path)
    if not base.is_relative_to(root):
        return f"{name} lies outside {root.name}/, the folder that profiles may read", "move the base below it"
    if base in lineage:
        chain = " → ".join(file.name for file in (*lineage[lineage.index(base) :], base))
        return f"extends runs in a circle: {chain}", None
    if len(lineage) >= MAX_GENERATIONS:
        return f"extends goes more than {MAX_GENERATIONS} files deep", None
    if not base.is_file():
        return f"there is no file {name}", _near_file(base)
    return None


def _near_file(base: Path) -> str | None:
    from vaxctl.source.document import closest

    siblings = [entry.name for entry in base.parent.glob("*.y*ml")] if base.parent.is_dir() else []
    near = closest(base.name, siblings)
    return f"did you mean {near}?" if near else None
