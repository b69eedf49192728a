"""Layers of one profile: a base under its heir under an environment, merged deeply, each value knowing its file.

Later wins. Mappings merge key by key; lists and scalars are replaced whole, so that an heir's phrase list is
what it says and nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vaxctl.diagnostics import SourceLocation
    from vaxctl.source.document import Document, KeyPath


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: a document and the path of the value in it."""

    document: Document
    path: KeyPath

    def location(self, *, key: bool = False) -> SourceLocation:
        """Return the place of the value, or of its key."""
        return self.document.location(self.path, key=key)


@dataclass(slots=True)
class Layers:
    """Merged plain data, and the origin of each mapping, list and scalar in it."""

    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)

    def lay(self, data: dict[str, Any], document: Document, source: KeyPath = (), at: KeyPath = ()) -> None:
        """Lay `data`, which stands in `document` below `source`, over what is at `at`."""
        target: Any = self.data
        for part in at:
            target = target[part]
        if not at:
            self.origins[at] = Origin(document, source)  # the whole is the last file's, whatever it extends
        for key, value in data.items():
            here, there = (*at, key), (*source, key)
            if isinstance(value, dict):
                if not isinstance(target.get(key), dict):
                    self.forget(here)
                    target[key] = {}
                    self.origins[here] = Origin(document, there)
                self.lay(value, document, there, here)
            else:
                if isinstance(target.get(key), dict | list):
                    self.forget(here)
                target[key] = value
                self.origins[here] = Origin(document, there)
                for index in range(len(value) if isinstance(value, list) else 0):
                    self.origins[(*here, index)] = Origin(document, (*there, index))

    def lay_over(self, other: Layers) -> None:
        """Lay other layers over these. The others stay as they are."""
        if not self.data:
            self.data, self.origins = _copied(other.data), dict(other.origins)
            return
        self._lay_over(other, other.data, ())

    def _lay_over(self, other: Layers, data: dict[str, Any], at: KeyPath) -> None:
        target: Any = self.data
        for part in at:
            target = target[part]
        self.origins.setdefault(at, other.origins[at])
        for key, value in data.items():
            here = (*at, key)
            if isinstance(value, dict):
                if not isinstance(target.get(key), dict):
                    self.forget(here)
                    target[key] = {}
                self._lay_over(other, value, here)
            else:
                if isinstance(target.get(key), dict | list):
                    self.forget(here)
                target[key] = value
                below = [
                    here,
                    *((*here, index) for index in range(len(value) if isinstance(value, list) else 0)),
                ]
                self.origins.update({path: other.origins[path] for path in below})

    def move(self, old: KeyPath, new: KeyPath) -> None:
        """Rename the value at `old` (a key of a mapping) to `new`; the mappings above `new` are made."""
        value = self.take(old)
        origin = self.origins.pop(old)
        target = self.data
        for end, part in enumerate(new[:-1], start=1):
            target = target.setdefault(str(part), {})
            self.origins.setdefault(new[:end], origin)
        target[str(new[-1])] = value
        self.origins[new] = origin

    def take(self, path: KeyPath) -> Any:
        """Remove and return the value at `path`."""
        target: Any = self.data
        for part in path[:-1]:
            target = target[part]
        return target.pop(path[-1])

    def forget(self, path: KeyPath) -> None:
        """Drop the origins at and below `path`."""
        if path in self.origins:
            for known in [known for known in self.origins if known[: len(path)] == path]:
                del self.origins[known]

    def origin(self, path: KeyPath) -> Origin | None:
        """Return the origin of the value at `path`, or of its nearest parent."""
        for end in range(len(path), -1, -1):
            if (origin := self.origins.get(path[:end])) is not None:
                return origin
        return None


def _copied(data: dict[str, Any]) -> dict[str, Any]:
    """Return the mappings anew; lists are never changed in place, and are shared."""
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in data.items()}
