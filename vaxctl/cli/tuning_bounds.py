"""What a vendor holds of what is searched: asked of its capability table and its limits, value by value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from local_agent.tuning.search.space import Setting, Space, Value
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.profile.model import Profile
    from vaxctl.vendors.vendor import Vendor


_ROUGHLY = "only roughly: "


@dataclass(frozen=True, slots=True)
class Bound:
    """Which values of a key a vendor holds exactly, and why not the others; no values: it is not searched."""

    path: str
    kept: tuple[Value, ...]
    left_out: tuple[Value, ...]
    why: str

    def __str__(self) -> str:
        if not self.kept:
            return f"{self.path} is not searched: {self.why}"
        if not self.left_out:
            return f"{self.path}: {_span(self.kept)}, all of it held exactly"
        return f"{self.path}: {_span(self.kept)}, without {_span(self.left_out)}: {self.why}"


def _span(values: Sequence[Value]) -> str:
    if any(isinstance(value, str | bool) for value in values) or len(values) == 1:
        return ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
    return f"{values[0]} to {values[-1]}"


def bounded(space: Space, loaded: LoadedProfile, name: str, say: Callable[[str], None]) -> Space:
    """Return the part of a space whose every setting compiles exactly at a vendor; `say` is told what bounds it.

    Raises UnusableInput where nothing of it does, InvalidInput for a vendor we do not have.
    """
    from vaxctl.vendors.canonical import digest
    from vaxctl.vendors.vendor import vendor

    held = _Held(loaded, vendor(name), frozenset(path for path, _ in space.axes))
    for path, values in space.axes:
        say(f"{name}: {_bound(held, path, values)}")
    # What is exact depends on the whole profile, so a walk through the space is another for another profile.
    return space.held_to(f"{name} {digest(loaded.layers.data)[:16]}", held.admits)


def inexact_at_targets(
    file: Path, loaded: LoadedProfile, space: Space, values: Setting, asked: str | None
) -> Iterator[str]:
    """Say of each vendor that a profile goes to which of the values that change it does not hold as they are.

    Without an environment a vendor counts that any environment names. `asked` is the vendor whose bounds were
    kept: what it holds was seen to before the search.
    """
    from vaxctl.vendors.vendor import vendor

    for name, there in _destinations(file, loaded).items():
        held = _Held(there, vendor(name), frozenset(values))
        reasons = {path: held.reason(values, path) for path in values}
        absent = [path for path, why in reasons.items() if why and not why.startswith(_ROUGHLY)]
        roughly = [path for path, why in reasons.items() if why.startswith(_ROUGHLY)]
        if name == asked or not (absent or roughly):
            continue
        parts = [_said(absent, "unsupported there, so for the local agent only")] if absent else []
        parts += [_said(roughly, "held only roughly")] if roughly else []
        exact = any(_bound(held, path, axis).kept for path, axis in space.axes)
        advice = f"search with --target {name}" if exact else "nothing that was searched is exact there"
        yield f"{name}: {'; '.join(parts)}; {advice}"


def _said(paths: Sequence[str], what: str) -> str:
    return f"{', '.join(paths)} {'are' if paths[1:] else 'is'} {what}"


def _destinations(file: Path, loaded: LoadedProfile) -> dict[str, LoadedProfile]:
    """Return the vendors that a profile goes to, each with the profile as it goes there."""
    from vaxctl.profile.load import load
    from vaxctl.vendors.vendor import NAMES

    forms = [loaded]
    if loaded.env is None:
        forms += [load(file, env) for env in loaded.environments]
    found: dict[str, LoadedProfile] = {}
    for form in forms:
        for name in NAMES:
            targets = form.profile.targets if form.profile else None
            if getattr(targets, name, None) is not None:
                found.setdefault(name, form)
    return found


def check_values(space: Space) -> None:
    """Raise InvalidInput for a value that no profile may hold."""
    from pydantic import ValidationError

    from vaxctl.profile.model import Profile

    least: dict[str, Any] = {"schema": "vaxctl/v1", "name": "checked"}
    for path, values in space.axes:
        block, key = path.split(".")
        # A delay is legal below some cap; whether it is below that of its setting is looked at setting by setting.
        beside = {"max_delay_ms": 15_000} if path == "endpointing.delay_ms" else {}
        for value in values:
            try:
                Profile.model_validate(least | {block: {**beside, key: value}})
            except ValidationError as error:
                raise InvalidInput(
                    f"--grid: {path} cannot be {value}: {error.errors()[0]['msg']}",
                    help=f"vaxctl explain {path} tells its range",
                ) from error


def _bound(held: _Held, path: str, values: Sequence[Value]) -> Bound:
    reasons = {value: held.reason({path: value}, path) for value in values}
    kept = tuple(value for value in values if not reasons[value])
    return Bound(
        path,
        kept,
        tuple(value for value in values if reasons[value]),
        next((reason for reason in reasons.values() if reason), ""),
    )


class _Held:
    """A profile at a vendor, with settings put in."""

    def __init__(self, loaded: LoadedProfile, flat: Vendor, searched: frozenset[str]) -> None:
        self._loaded, self._flat, self._searched = loaded, flat, searched
        self._broken = self._compiled({})[1]

    def admits(self, setting: Setting) -> bool:
        """Whether every searched key of a setting is held exactly, and no limit is broken by it."""
        outcomes, broken = self._compiled(setting)
        exact = all(not _not_exact(outcomes.get(path)) for path in setting if path in self._searched)
        return exact and broken <= self._broken

    def reason(self, setting: Setting, path: str) -> str:
        """Return why a key's value is not held exactly; empty where it is."""
        outcomes, broken = self._compiled(setting)
        return _not_exact(outcomes.get(path)) or "; ".join(sorted(broken - self._broken))

    def _compiled(self, setting: Setting) -> tuple[Mapping[str, Any], frozenset[str]]:
        """Return what becomes of each key, and which of the vendor's limits are broken."""
        from vaxctl.vendors.compiled import Compiled
        from vaxctl.vendors.table import Reading, encode

        profile = _with(self._loaded, setting)
        if profile is None:
            return {}, frozenset(("a profile may not say so",))
        loaded = replace(self._loaded, profile=profile, owned=self._loaded.owned | setting.keys())
        encoded = encode(self._flat.table, Reading(loaded, None))
        kinds = self._flat.kinds
        compiled = Compiled(self._flat.name, loaded, encoded.leaves, encoded.capabilities, (), kinds)
        broken = (self._flat.broken_limits(kind, compiled.settings(kind)) for kind in kinds)
        return {one.path: one for one in encoded.capabilities}, frozenset().union(*broken)


def _not_exact(capability: Any) -> str:
    """Return why a key is not held exactly; empty where it is."""
    from vaxctl.vendors.capability import Status

    if capability is None:
        return "the vendor has nothing for it"
    if capability.status is Status.EXACT:
        return ""
    return f"{_ROUGHLY}{capability.note}" if capability.status is Status.APPROXIMATE else capability.note


def _with(loaded: LoadedProfile, setting: Setting) -> Profile | None:
    """Return the profile with a setting's values, None where they do not go together."""
    import copy

    from pydantic import ValidationError

    from vaxctl.profile.model import Profile

    data = copy.deepcopy(loaded.layers.data)
    for path, value in setting.items():
        block, key = path.split(".")
        part = data.get(block)
        data[block] = {**(part if isinstance(part, dict) else {}), key: value}
    try:
        return Profile.model_validate(data)
    except ValidationError:
        return None
