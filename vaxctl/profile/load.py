"""From a file to a checked profile that knows which keys are owned and where each value stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation, collected
from vaxctl.profile.heritage import Sources, heritage_of
from vaxctl.profile.layers import Layers, Origin
from vaxctl.profile.published import adopt_published_block
from vaxctl.source.document import Document, closest

if TYPE_CHECKING:
    from pathlib import Path

    from vaxctl.profile.model import Profile
    from vaxctl.source.document import KeyPath


@dataclass(slots=True, weakref_slot=True)
class LoadedProfile:
    """A profile with its provenance. `profile` is None when the files cannot be used; `findings` say why.

    `owned` are the dotted paths of the keys that stand in a file with a value. A null lets go of a key that a
    base holds.
    """

    file: str
    env: str | None
    profile: Profile | None
    layers: Layers
    root: Path
    findings: tuple[Diagnostic, ...]
    owned: frozenset[str] = frozenset()
    environments: tuple[str, ...] = ()
    has_targets: bool = False
    """Whether a target stands in the files, in an environment at least."""

    def owns(self, path: str) -> bool:
        """Whether the key at a dotted path is present in a file, and so is ours to compare and write."""
        return path in self.owned

    def origin(self, path: str) -> Origin:
        """Return where the value at a dotted path, or its nearest parent, was written."""
        origin = self.layers.origin(key_path(path))
        return origin or Origin(Document(self.file), ())

    def finding(
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
        return _at(
            self.origin(path), rule, severity, message, help, on_key=on_key, invalid=invalid, related=related
        )


def key_path(dotted: str) -> KeyPath:
    """Return `("vad", "threshold")` for `vad.threshold`."""
    return tuple(dotted.split(".")) if dotted else ()


def load(path: Path, env: str | None = None, sources: Sources | None = None) -> LoadedProfile:
    """Read, merge and check one profile.

    `env` picks ids and overrides. Everything wrong with the files is in the result's `findings`.
    """
    sources = sources or Sources()
    heritage = heritage_of(path, sources)
    layers = heritage.layers
    found = [finding for document in heritage.documents for finding in document.findings]
    found += heritage.findings
    # a number that is none (rule "shape") is left out of the data; all else is still read
    usable = all(one.rule == "shape" for one in found) and bool(layers.data)
    environments = _taken_environments(layers, found)
    has_targets = any(part.data.get("targets") for part in (layers, *environments.values()))
    if usable and env is None:
        found += _wrong_in_environments(layers, environments, path)
    if env is not None and env in environments:
        layers.lay_over(environments[env])
    profile = None
    if usable:
        found += adopt_published_block(layers, path)
        profile = _validated(layers, found)
    loaded = LoadedProfile(str(path), env, profile, layers, sources.root(path), ())
    loaded.environments, loaded.has_targets = tuple(environments), has_targets
    if profile is not None:
        loaded.owned = frozenset(_owned(layers.data, profile))
        found += _unknown_environment(loaded)
    loaded.findings = collected(found)
    return loaded


def _at(
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


def _taken_environments(layers: Layers, found: list[Diagnostic]) -> dict[str, Layers]:
    """Take `environments` out of the layers and return each as layers of its own, by name."""
    if "environments" not in layers.data:
        return {}
    named, origin = layers.data.pop("environments"), layers.origins[("environments",)]
    taken: dict[str, Layers] = {}
    if isinstance(named, dict) and all(isinstance(part, dict) for part in named.values()):
        for name, part in named.items():
            at = ("environments", name)
            origins = {path[2:]: where for path, where in layers.origins.items() if path[:2] == at}
            taken[name] = Layers(part, origins)
            found += [_misplaced(taken[name], key) for key in _ONLY_AT_THE_TOP if key in part]
    else:
        message = "environments maps a name to the keys that differ there"
        found.append(_at(origin, "shape", Severity.ERROR, message, None, invalid=True))
    layers.forget(("environments",))
    return taken


_ONLY_AT_THE_TOP = ("schema", "extends", "environments", "name")


def _misplaced(environment: Layers, key: str) -> Diagnostic:
    message = f"{key} stands at the top of a file, not in an environment: it cannot differ there"
    del environment.data[key]
    origin = environment.origins[(key,)]
    return _at(origin, "shape", Severity.ERROR, message, None, on_key=True, invalid=True)


def _wrong_in_environments(layers: Layers, environments: dict[str, Layers], path: Path) -> list[Diagnostic]:
    """Find what is wrong in each environment, when none is chosen: `validate` says all there is to say."""
    found: list[Diagnostic] = []
    for environment in environments.values():
        merged = Layers()
        merged.lay_over(layers)
        merged.lay_over(environment)
        found += adopt_published_block(merged, path)
        _validated(merged, found)
    return found


def _unknown_environment(loaded: LoadedProfile) -> list[Diagnostic]:
    """Find an `--env` that a profile does not know, though it knows others and goes somewhere.

    A base, which names no target, is the same in every environment; so is a profile that knows none.
    """
    known = known_environments(loaded)
    if loaded.env is None or loaded.env in known or not known or not loaded.has_targets:
        return []
    near = closest(loaded.env, known)
    advice = f"did you mean {near}?" if near else f"known here: {', '.join(sorted(known))}"
    message = f"this profile has no environment {loaded.env!r}"
    return [loaded.finding("environment", Severity.ERROR, message, "name", advice, on_key=True, invalid=True)]


def known_environments(loaded: LoadedProfile) -> set[str]:
    """Return the names that `environments` or an id per environment give."""
    return {*loaded.environments, *_environments_of_ids(loaded)}


def _environments_of_ids(loaded: LoadedProfile) -> set[str]:
    targets = loaded.profile.targets if loaded.profile else None
    retell, vapi = (targets.retell, targets.vapi) if targets else (None, None)
    ids = [retell.agent_id if retell else None, vapi.assistant_id if vapi else None]
    return {name for one in ids if isinstance(one, dict) for name in one}


def _validated(layers: Layers, found: list[Diagnostic]) -> Profile | None:
    from pydantic import ValidationError

    from vaxctl.profile.complaints import complaints
    from vaxctl.profile.model import Profile

    try:
        return Profile.model_validate(layers.data)
    except ValidationError as error:
        for complaint in complaints(error, layers.data):
            origin = layers.origin(complaint.path) or next(iter(layers.origins.values()))
            finding = _at(
                origin,
                "shape",
                Severity.ERROR,
                complaint.message,
                complaint.help,
                on_key=complaint.on_key,
                invalid=True,
            )
            found.append(finding)
        return None


def _owned(data: dict[str, Any], block: Any, prefix: str = "") -> list[str]:
    """Return the dotted paths of the leaves that stand in the files with a value."""
    from vaxctl.profile.model import Block

    owned: list[str] = []
    for key, value in data.items():
        child = block.get(key)
        if isinstance(child, Block) and isinstance(value, dict):
            owned += _owned(value, child, f"{prefix}{key}.")
        elif value is not None:
            owned.append(prefix + key)
    return owned
