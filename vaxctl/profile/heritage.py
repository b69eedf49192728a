"""`extends`: from a file to its merged layers, with checks for cycles, depth and escapes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity
from vaxctl.profile.layers import Layers
from vaxctl.source.document import Document, is_file_name, read

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_GENERATIONS = 8
"""More than eight files deep, nobody can say any more where a value comes from."""

ROOT_MARKS = ("vaxctl.toml", ".git", "pyproject.toml")


def root_of(file: Path) -> Path:
    """Return the folder that paths in `file` may not leave: the nearest one above with a root mark.

    Without a mark it is the working directory where the file lies below it, so that `../base/x.yaml` works from
    above; else the file's own folder.
    """
    folder = _real(file).parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in ROOT_MARKS):
            return candidate
    working = _real(Path())
    return working if folder.is_relative_to(working) else folder


@dataclass(slots=True)
class Heritage:
    """A file with all that it extends: merged layers, the documents read, what is wrong with `extends`.

    `generations` counts the files on its longest line, itself included.
    """

    layers: Layers
    documents: list[Document]
    findings: list[Diagnostic] = field(default_factory=list)
    generations: int = 1


def _real(path: Path) -> Path:
    """Return the path without links; one that links to itself stays, and cannot be read either."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # Python before 3.13 raises RuntimeError for a loop
        return path.absolute()


@dataclass(slots=True)
class Sources:
    """The files of one run: each read once, and each base merged once, however many profiles extend it."""

    documents: dict[Path, Document] = field(default_factory=dict)
    bases: dict[tuple[Path, str], Heritage] = field(default_factory=dict)
    _folders: dict[Path, Path] = field(default_factory=dict)
    _resolved: dict[Path, Path] = field(default_factory=dict)
    _shortest: dict[Path, Path] = field(default_factory=dict)
    _roots: dict[Path, Path] = field(default_factory=dict)

    def document(self, path: Path, shown_as: str) -> Document:
        """Return the document at `path`, reading it the first time; its findings name it `shown_as`."""
        resolved = self.resolved(path)
        known = self.documents.get(resolved)
        if known is None:
            known = self.documents[resolved] = read(path, shown_as)
        return known if known.file == shown_as else _renamed(known, shown_as)

    def resolved(self, path: Path) -> Path:
        """Return the real path of a file; it and its folder are looked up once."""
        known = self._resolved.get(path)
        if known is None:
            known = self._resolved[path] = self._looked_up(path)
        return known

    def _looked_up(self, path: Path) -> Path:
        folder = path.parent
        if folder not in self._folders:
            self._folders[folder] = _real(folder)
        full = self._folders[folder] / path.name
        return _real(path) if path.name == ".." or full.is_symlink() else full

    def shortest(self, path: Path) -> Path:
        """Return `base/x.yaml` for `heirs/../base/x.yaml`, where no link makes that another file."""
        if path not in self._shortest:
            short = Path(os.path.normpath(path))
            self._shortest[path] = short if short.resolve() == path.resolve() else path
        return self._shortest[path]

    def root(self, path: Path) -> Path:
        """Return `root_of(path)`, looked up once per folder."""
        folder = self.resolved(path).parent
        if folder not in self._roots:
            self._roots[folder] = root_of(path)
        return self._roots[folder]


def _renamed(document: Document, shown_as: str) -> Document:
    """Return the same document as another path leads to it."""
    moved = [
        replace(finding, location=replace(finding.location, file=shown_as)) for finding in document.findings
    ]
    return replace(document, file=shown_as, findings=moved)


def heritage_of(path: Path, sources: Sources, lineage: tuple[Path, ...] = ()) -> Heritage:
    """Return a file laid over all it extends, earlier bases first.

    What is wrong (missing file, cycle, escape) is a finding at the entry of `extends` that says it.
    """
    document = sources.document(path, str(path))
    found = Heritage(Layers(), [document])
    line = (*lineage, sources.resolved(path))
    for index, name in enumerate(_names(document)):
        problem = _problem(name, path, sources, line)
        if problem is not None:
            found.findings.append(_finding(document, index, *problem))
            continue
        inherited = _inherited(sources.shortest(path.parent / name), sources, line)
        found.layers.lay_over(inherited.layers)
        found.documents += inherited.documents
        found.findings += inherited.findings
        found.generations = max(found.generations, inherited.generations + 1)
    found.layers.lay({key: value for key, value in document.data.items() if key != "extends"}, document)
    return found


def _inherited(base: Path, sources: Sources, line: tuple[Path, ...]) -> Heritage:
    """Return a base's heritage, merged once; one with findings anew, as a circle depends on who asks."""
    key = (sources.resolved(base), str(base))
    known = sources.bases.get(key)
    if known is not None and len(line) + known.generations <= MAX_GENERATIONS:
        return known
    inherited = heritage_of(base, sources, line)
    if not inherited.findings:
        sources.bases[key] = inherited
    return inherited


def _names(document: Document) -> Iterable[Any]:
    names = document.data.get("extends", [])
    return names if isinstance(names, list) else [names]


def _finding(document: Document, index: int, message: str, advice: str | None) -> Diagnostic:
    at = document.location(("extends", index))
    line = document.line(at.line)
    return Diagnostic("extends", Severity.ERROR, message, at, advice, line, invalid=True)


def _problem(
    name: Any, path: Path, sources: Sources, lineage: tuple[Path, ...]
) -> tuple[str, str | None] | None:
    if not isinstance(name, str) or not is_file_name(name):
        return f"extends takes file names, not {repr(name)[:60]}", None
    base, root = sources.resolved(path.parent / name), sources.root(path)
    if not base.is_relative_to(root):
        message = f"{name} lies outside {root.name}/, the folder that profiles may read"
        return message, "move the base below it"
    if base in lineage:
        chain = " → ".join(file.name for file in (*lineage[lineage.index(base) :], base))
        return f"extends runs in a circle: {chain}", None
    if len(lineage) >= MAX_GENERATIONS:
        return f"extends goes more than {MAX_GENERATIONS} files deep", None
    if base not in sources.documents and not base.is_file():
        return f"there is no file {name}", _near_file(base)
    return None


def _near_file(base: Path) -> str | None:
    from vaxctl.source.document import closest

    entries = base.parent.glob("*.y*ml") if base.parent.is_dir() else ()
    siblings = {entry.stem: entry.name for entry in entries}
    near = closest(base.stem, siblings)
    return f"did you mean {siblings[near]}?" if near else None
