"""The capability table of a vendor as data: one entry per profile key, read by compile, decompile and explain.

An entry says what becomes of its key given the whole profile (`encode`), how the key is read back from a
live object (`decode`, for what is exact), and where that is documented. Nothing of a vendor is decided
anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vaxctl.vendors.capability import Capability, Status
from vaxctl.vendors.compiled import Absent, Leaf
from vaxctl.vendors.paths import MISSING, get, parse

if TYPE_CHECKING:
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.profile.model import Profile
    from vaxctl.prompts.block import ManagedBlock


@dataclass(frozen=True, slots=True)
class Reading:
    """The profile as an encoder sees it: values (defaults filled), what is owned, and the rendered block."""

    loaded: LoadedProfile
    block: ManagedBlock | None

    def owns(self, path: str) -> bool:
        """Whether the key stands in a file."""
        return self.loaded.owns(path)

    @property
    def profile(self) -> Profile:
        """The profile, defaults filled in."""
        assert self.loaded.profile is not None, "only usable profiles are compiled"  # noqa: S101
        return self.loaded.profile

    def get(self, path: str) -> Any:
        """Return the value in force at a dotted path."""
        return self.profile.get(path)

    def owned(self, path: str) -> Any:
        """Return the value at a dotted path when the key stands in a file, else None."""
        return self.get(path) if self.owns(path) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one key: leaves as (kind, path text, value), and why."""

    status: Status
    leaves: tuple[tuple[str, str, Any], ...] = ()
    note: str = ""


NOT_SENT: Final = frozenset({"schema", "name", "description", "call_type", "campaign", "targets"})
"""Keys, and what is below them, that no vendor's table has: they say what a profile is and where it goes."""

Encode = Callable[[Reading], Outcome]
Decode = Callable[[Mapping[str, Mapping[str, Any]]], Any]
"""From the live objects by kind to the profile's value, or MISSING."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: profile key, what becomes of it, how it is read back, and the document that says so."""

    path: str
    encode: Encode
    source: str
    decode: Decode | None = None


def exactly(*leaves: tuple[str, str, Any], note: str = "") -> Outcome:
    """Return the outcome of a setting the vendor holds as it is."""
    return Outcome(Status.EXACT, leaves, note)


def roughly(*leaves: tuple[str, str, Any], formula: str) -> Outcome:
    """Return the outcome of a setting the vendor holds by a formula, which is shown to the user."""
    return Outcome(Status.APPROXIMATE, leaves, formula)


def not_at_all(why: str) -> Outcome:
    """Return the outcome of a setting the vendor cannot hold."""
    return Outcome(Status.UNSUPPORTED, (), why)


def same(
    path: str,
    kind: str,
    vendor_path: str,
    source: str,
    *,
    to: Callable[[Any], Any] = lambda value: value,
    back: Callable[[Any], Any] = lambda value: value,
    note: str = "",
) -> Entry:
    """Make the row of a key with one field of its own at the vendor; `to` and `back` convert units."""

    def decode(live: Mapping[str, Mapping[str, Any]]) -> Any:
        value = get(live.get(kind), parse(vendor_path))
        return MISSING if value in (MISSING, None) else back(value)

    return Entry(path, lambda r: exactly((kind, vendor_path, to(r.get(path))), note=note), source, decode)


def never(path: str, why: str, source: str) -> Entry:
    """Make the row of a key that the vendor has nothing for."""
    return Entry(path, lambda _: not_at_all(why), source)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The whole table applied to a profile."""

    leaves: tuple[Leaf, ...]
    capabilities: tuple[Capability, ...]


def encode(table: Mapping[str, Entry], reading: Reading) -> Encoded:
    """Apply the table to every owned key, in the table's order.

    Two keys may ask for the same leaf only with the same value; anything else is a broken table.
    """
    leaves: dict[tuple[str, str], Leaf] = {}
    capabilities: list[Capability] = []
    for path, entry in table.items():
        if not reading.owns(path):
            continue
        outcome = entry.encode(reading)
        capabilities.append(capability(entry, outcome))
        for leaf in _leaves(outcome, path):
            earlier = leaves.setdefault((leaf.kind, leaf.at), leaf)
            if earlier.value != leaf.value:
                raise AssertionError(f"{earlier.origin} and {path} disagree about {leaf.at}")
    return Encoded(tuple(leaves.values()), tuple(capabilities))


def capability(entry: Entry, outcome: Outcome) -> Capability:
    """Return the line of the report for one outcome."""
    written = (at for _, at, value in outcome.leaves if not isinstance(value, Absent))
    vendor_path = ", ".join(dict.fromkeys(written)) or None
    return Capability(entry.path, outcome.status, vendor_path, outcome.note, entry.source)


def _leaves(outcome: Outcome, origin: str) -> Iterable[Leaf]:
    return (Leaf(kind, parse(at), value, origin) for kind, at, value in outcome.leaves)


def decode(table: Mapping[str, Entry], live: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read every key back that the live objects tell: dotted profile path → value."""
    found = {path: entry.decode(live) for path, entry in table.items() if entry.decode is not None}
    return {path: value for path, value in found.items() if value is not MISSING}


def clamp(value: float, low: float, high: float) -> float:
    """Return `value` held between `low` and `high`."""
    return min(max(value, low), high)


def seconds(milliseconds: int) -> float | int:
    """Return milliseconds as the seconds a vendor's wire wants; whole seconds as an integer."""
    value = milliseconds / 1000
    return int(value) if value.is_integer() else value


def milliseconds(value: float) -> int:
    """Return a vendor's seconds as whole milliseconds."""
    return round(value * 1000)
