"""The context-preservation block of a profile: its template found, read and rendered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl.errors import InvalidInput
from vaxctl.prompts.block import ManagedBlock
from vaxctl.prompts.shipped import shipped_names, shipped_template
from vaxctl.source.document import closest, is_file_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.profile.model import Profile
    from vaxctl.prompts.templates import Value

BLOCK_NAME = "context"
MAX_TEMPLATE_BYTES = 256 * 1024
_FEW_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template as found: `name` for messages, its text, and whether vaxctl ships it."""

    name: str
    text: str
    shipped: bool


def context_template(loaded: LoadedProfile) -> TemplateSource:
    """Find the profile's template: one that vaxctl ships, or a file beside the file that names it.

    Raises InvalidInput when there is none, when it lies outside the project, or is no UTF-8 text.
    """
    name = _profile(loaded).context_preservation.template
    text = _shipped(name)
    if text is not None:
        return TemplateSource(name, text, shipped=True)
    path = Path(loaded.origin("context_preservation.template").document.file).parent / name
    return TemplateSource(name, _text_of(path, name, loaded.root), shipped=False)


def template_variables(loaded: LoadedProfile, *, runtime_slots: bool) -> dict[str, Value]:
    """Return what a template may use: the profile's variables, and vaxctl's own."""
    profile = _profile(loaded)
    own: dict[str, Value] = {
        "runtime_slots": runtime_slots,
        "language": profile.language or "",
        "call_type": profile.call_type,
        "profile_name": profile.name,
    }
    return {**own, **profile.context_preservation.variables}


def context_block(loaded: LoadedProfile, *, runtime_slots: bool = False) -> ManagedBlock | None:
    """Return the block a profile wants in the prompt; None when it wants none.

    `runtime_slots` says whether the target fills `{{ interrupted_text }}` and its like; no vendor does.
    Raises InvalidInput (TemplateFailed, BlockRefused) for a template that cannot be used. One that can only be
    used is rendered when the text is asked for: a profile that is checked does not wait for jinja2.
    """
    if not _profile(loaded).context_preservation.enabled:
        return None
    template = context_template(loaded)
    variables = template_variables(loaded, runtime_slots=runtime_slots)

    def text() -> str:
        from vaxctl.prompts.templates import render

        return render(template.text, variables, name=template.name, trusted=template.shipped).strip("\n")

    return ManagedBlock(BLOCK_NAME, text if template.shipped and _harmless(variables) else text())


def _harmless(variables: Mapping[str, Value]) -> bool:
    """Whether a shipped template renders with these: it needs none, so only what is in them can stand in the way.

    That is a marker of ours, and more text than a block may have.
    """
    values = "".join(map(str, variables.values()))
    return len(values) <= _FEW_CHARACTERS and "vaxctl" not in values


@lru_cache(maxsize=16)
def _shipped(name: str) -> str | None:
    return shipped_template(name)


def _profile(loaded: LoadedProfile) -> Profile:
    if loaded.profile is None:
        raise InvalidInput(f"{loaded.file} cannot be used as it is")
    return loaded.profile


def _text_of(path: Path, name: str, root: Path) -> str:
    if not is_file_name(name):
        raise InvalidInput(f"{name[:60]!r} is no name of a file")
    try:
        resolved = path.resolve()
    except RuntimeError as error:  # a link to itself, before Python 3.13
        raise InvalidInput(f"the template {name} is a link to itself") from error
    if not resolved.is_relative_to(root):
        raise InvalidInput(f"{name} lies outside {root.name}/, the folder that profiles may read")
    if not resolved.is_file():
        near = closest(name, [*shipped_names(), *_beside(path)])
        raise InvalidInput(f"there is no template {name}", help=f"did you mean {near}?" if near else None)
    try:
        with resolved.open("rb") as stream:
            raw = stream.read(MAX_TEMPLATE_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"the template {name} cannot be read: {error.strerror}") from error
    if len(raw) > MAX_TEMPLATE_BYTES:
        raise InvalidInput(f"the template {name} is larger than {MAX_TEMPLATE_BYTES:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the template {name} is not UTF-8 text") from error


def _beside(path: Path) -> list[str]:
    return [entry.name for entry in path.parent.glob("*.j2")] if path.parent.is_dir() else []
