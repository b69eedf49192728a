"""Where a finding is said: at the value itself, deep inside lists and vendor overrides too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.errors import VaxctlError

if TYPE_CHECKING:
    from vaxctl.profile.layers import Origin
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.profile.model import Profile
    from vaxctl.source.document import Document, KeyPath


def checked(loaded: LoadedProfile) -> Profile:
    """Return the profile, defaults filled in. Raises VaxctlError where the files could not be used."""
    if loaded.profile is None:
        raise VaxctlError(f"{loaded.file} did not load, and a rule was asked about it")
    return loaded.profile


def documents_of(loaded: LoadedProfile) -> dict[str, Document]:
    """Return the documents that values in force came from, by the file name they are shown as."""
    return {origin.document.file: origin.document for origin in loaded.layers.origins.values()}


def related_to(loaded: LoadedProfile, path: str, note: str) -> tuple[tuple[SourceLocation, str], ...]:
    """Return a related place for a finding, or none when no file holds the key at the dotted path."""
    return ((loaded.origin(path).location(), note),) if loaded.owns(path) else ()


def element(loaded: LoadedProfile, path: KeyPath) -> tuple[SourceLocation, str | None]:
    """Return the place and the text of the line of the value at `path`, which may hold list indices."""
    for end in range(len(path), -1, -1):
        origin: Origin | None = loaded.layers.origins.get(path[:end])
        if origin is not None:
            location = origin.document.location((*origin.path, *path[end:]))
            return location, origin.document.line(location.line)
    return SourceLocation(loaded.file, 1, 1), None


def finding_at(
    loaded: LoadedProfile,
    rule: str,
    severity: Severity,
    message: str,
    path: KeyPath,
    advice: str,
    related: tuple[tuple[SourceLocation, str], ...] = (),
) -> Diagnostic:
    """Make a finding at the value at `path`, which may hold list indices."""
    location, line = element(loaded, path)
    return Diagnostic(rule, severity, message, location, advice, line, related=related)
