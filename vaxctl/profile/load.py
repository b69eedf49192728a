"""From a file to a checked profile that knows which keys are owned and where each value stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation, collected
from vaxctl.profile.heritage import Sources, layers_of
from vaxctl.profile.layers import Layers, Origin
from vaxctl.profile.published import adopt_published_block
from vaxctl.source.document import Document, closest

if TYPE_CHECKING:
    from vaxctl.profile.model import Profile
    from vaxctl.source.document import KeyPath


@dataclass(slots=True, weakref_slot=True)
class LoadedProfile:
    """A profile with its provenance. `profile` is None when the files cannot be used; `findings` say why."""

    file: str
    env: str | None
    profile: Profile | None
    layers: Layers
    root: Path
    findings: tuple[Diagnostic, ...]
    owned: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    def owns(self, path: str) -> bool:
        """Whether the key at a dotted path is present in a file, and so is ours to compare and write."""
        return path in self.owned

    def origin(self, path: str) -> Origin:
        """Return where the value at a dotted path, or its nearest parent, was written."""
        origin = self.layers.origin(key_path(path))
        return origin or Origin(Document(self.file), ())

    def finding(  # noqa: PLR0913 - a finding's parts
        self,
        rule: str,
        severity: Severity,
        message: str,
        path: str,
        help: str | None = None,  # noqa: A002
        *,
        on_key: bool = False,
        invalid: bool = False,
        related: tuple[tuple[SourceLocation, str], ...] = (),
    ) -> Diagnostic:
        """Make a finding at the value (or the key) of a dotted path."""
        return _at(self.origin(path), rule, severity, message, help, on_key=on_key, invalid=invalid, related=related)


def key_path(dotted: str) -> KeyPath:
    """Return `("vad", "threshold")` for `vad.threshold`."""
    return tuple(dotted.split(".")) if dotted else ()


def load(path: Path, env: str | None = None, sources: Sources | None = None) -> LoadedProfile:
    """Read, merge and check one profile.

    `env` picks ids and overrides. Everything wrong with the files is in the result's `findings`.
    """
    sources = sources or Sources()
    layers, documents = layers_of(path, sources)
    found: list[Diagnostic] = [finding for document in documents for finding in document.findings]
    known = _lay_environment(layers, env, found)
    usable = not any(finding.rule in {"yaml", "file", "extends"} for finding in found) and bool(layers.data)
    profile = None
    if usable:
        found += adopt_published_block(layers, path)
        profile = _validated(layers, env, found)
    loaded = LoadedProfile(str(path), env, profile, layers, sources.root(path), (), environments=tuple(known))
    if profile is not None:
        loaded.owned = tuple(_owned(layers.data, profile))
        found += _unknown_environment(loaded)
    return replace(loaded, findings=collected(found))


def _at(  # noqa: PLR0913
    origin: Origin,
    rule: str,
    severity: Severity,
    message: str,
    help: str | None,  # noqa: A002
    *,
    on_key: bool = False,
    invalid: bool = False,
    related: tuple[tuple[SourceLocation, str], ...] = (),
) -> Diagnostic:
    location = origin.location(key=on_key)
    line = origin.document.line(location.line)
    return Diagnostic(rule, severity, message, location, help, line, invalid=invalid, related=related)


def _lay_environment(layers: Layers, env: str | None, found: list[Diagnostic]) -> list[str]:
    """Take `environments` out of the data and lay the chosen one over it; return the known names."""
    if "environments" not in layers.data:
        return []
    environments, origin = layers.data.pop("environments"), layers.origins[("environments",)]
    if not isinstance(environments, dict) or not all(isinstance(part, dict) for part in environments.values()):
        message = "environments maps a name to the keys that differ there"
        found.append(_at(origin, "shape", Severity.ERROR, message, None, invalid=True))
        return []
    chosen = environments.get(env) if env is not None else None
    if chosen is not None:
        picked = Layers()
        at = ("environments", env)
        picked.data = chosen
        picked.origins = {path[2:]: where for path, where in layers.origins.items() if path[:2] == at}
        layers.lay_over(picked)
    layers.forget(("environments",))
    return list(environments)


def _unknown_environment(loaded: LoadedProfile) -> list[Diagnostic]:
    """Find an `--env` that neither `environments` nor any id knows."""
    known = {*loaded.environments, *_environments_of_ids(loaded)}
    if loaded.env is None or loaded.env in known:
        return []
    near = closest(loaded.env, known)
    advice = f"did you mean {near}?" if near else f"known here: {', '.join(sorted(known)) or 'none'}"
    message = f"this profile has no environment {loaded.env!r}"
    return [loaded.finding("environment", Severity.ERROR, message, "name", advice, on_key=True, invalid=True)]


def _environments_of_ids(loaded: LoadedProfile) -> set[str]:
    targets = loaded.layers.data.get("targets", {})
    ids = [targets.get("retell", {}).get("agent_id"), targets.get("vapi", {}).get("assistant_id")]
    return {name for one in ids if isinstance(one, dict) for name in one}


def _validated(layers: Layers, env: str | None, found: list[Diagnostic]) -> Profile | None:
    from pydantic import ValidationError

    from vaxctl.profile.complaints import complaints
    from vaxctl.profile.model import Profile

    del env
    try:
        return Profile.model_validate(layers.data)
    except ValidationError as error:
        for complaint in complaints(error, layers.data):
            origin = layers.origin(complaint.path) or next(iter(layers.origins.values()))
            finding = _at(
                origin, "shape", Severity.ERROR, complaint.message, complaint.help, on_key=complaint.on_key, invalid=True
            )
            found.append(finding)
        return None


def _owned(data: dict[str, Any], block: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - a Block
    """Return the dotted paths of the leaves that stand in the files, in the model's order of nesting."""
    from vaxctl.profile.model import Block

    owned: list[str] = []
    for key, value in data.items():
        child = block.get(key)
        if isinstance(child, Block) and isinstance(value, dict):
            owned += _owned(value, child, f"{prefix}{key}.")
        else:
            owned.append(prefix + key)
    return owned
