"""What the shell offers after TAB: from local files and our own tables, never from a vendor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vaxctl.profile.load import LoadedProfile

_MOST_FILES = 200
"""Files looked at for environment names: a shell that waits for TAB is worse than one that offers less."""


def vendors(incomplete: str) -> list[str]:
    """Return the vendors that begin so."""
    from vaxctl.vendors.vendor import NAMES

    return _beginning(NAMES, incomplete)


def formats(incomplete: str) -> list[str]:
    """Return the formats of `validate` that begin so."""
    return _beginning(("full", "concise", "json", "github", "sarif"), incomplete)


def wires(incomplete: str) -> list[str]:
    """Return the wires that begin so."""
    return _beginning(("httpx", "sdk"), incomplete)


def keys(incomplete: str) -> list[str]:
    """Return the profile keys that begin so."""
    from vaxctl.profile.fields import fields

    return _beginning(fields(), incomplete)


def rules(incomplete: str) -> list[str]:
    """Return the ids of the rules that begin so."""
    from vaxctl.vendors.judging import every_rule

    return _beginning(sorted(every_rule()), incomplete)


def environments(ctx: Any, incomplete: str) -> list[str]:
    """Return the environments that the profiles named so far know, or those below the working folder."""
    from vaxctl.cli.gathering import profile_files
    from vaxctl.errors import VaxctlError
    from vaxctl.profile.load import load

    given = ctx.params.get("paths") or ctx.params.get("profile") or [Path()]
    paths = [given] if isinstance(given, (str, Path)) else given
    try:
        files = profile_files(map(Path, paths))[:_MOST_FILES]
        found = {name for file in files for name in _known(load(file))}
    except VaxctlError:
        return []  # nothing to offer; the command itself will say what is wrong
    return _beginning(sorted(found), incomplete)


def _known(loaded: LoadedProfile) -> set[str]:
    targets = loaded.profile.targets if loaded.profile else None
    ids = [
        getattr(getattr(targets, vendor, None), key, None)
        for vendor, key in (("retell", "agent_id"), ("vapi", "assistant_id"))
    ]
    return {*loaded.environments, *(name for one in ids if isinstance(one, dict) for name in one)}


def _beginning(names: Any, incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
