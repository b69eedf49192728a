"""The templates that come with vaxctl: inside the package once installed, at the root of a checkout."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from vaxctl.errors import InvalidInput

_PACKAGE = Path(__file__).resolve().parent.parent
_NAME = re.compile(r"\w[\w.-]{0,99}")


class TemplateNotShipped(InvalidInput):
    """No template of this name comes with vaxctl."""


def shipped_text(name: str) -> str:
    """Return the text of a shipped file, such as `context_preservation.md.j2`. Raises TemplateNotShipped."""
    text = shipped_template(name)
    if text is None:
        names = shipped_names()
        close = difflib.get_close_matches(name, names, n=1)
        raise TemplateNotShipped(
            f"vaxctl ships no template {name!r}",
            help=f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names) or 'none'}.",
        )
    return text


def shipped_template(name: str) -> str | None:
    """Return the text of a shipped file, or None where there is none. `name` is a bare file name."""
    if not _NAME.fullmatch(name):
        return None
    path = _folder() / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def shipped_names() -> tuple[str, ...]:
    """Return the names of all shipped files, sorted."""
    folder = _folder()
    return tuple(sorted(p.name for p in folder.iterdir() if p.is_file())) if folder.is_dir() else ()


def _folder() -> Path:
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"
