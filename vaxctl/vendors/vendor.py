"""What every vendor's flat offers, and how a flat is found by name without importing its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.compiled import Leaf
    from vaxctl.vendors.exchange import Exchange
    from vaxctl.vendors.live import Desired, Live, LiveObject, Target, Written
    from vaxctl.vendors.table import Entry

NAMES = ("retell", "vapi")


class Vendor(Protocol):
    """A vendor's flat. Pure: reading and writing are exchanges of requests (see `exchange`)."""

    @property
    def name(self) -> str:
        """The vendor's name in profiles and options."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of resources, the one that carries the stamp first."""

    @property
    def table(self) -> Mapping[str, Entry]:
        """The capability table, by profile key."""

    def target(self, loaded: LoadedProfile) -> Target | None:
        """Return where the profile goes at this vendor, or None when it names no target there.

        Raises InvalidInput when the id depends on an environment that was not given.
        """

    def override_leaves(self, loaded: LoadedProfile) -> Iterable[Leaf]:
        """Return the leaves that the profile states in the vendor's own words."""

    def broken_limits(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Say which published limits a (partial) body breaks; each message begins with the vendor's path."""

    def missing_keys(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Say which keys the vendor's document requires are absent from the objects that stand in `body`."""

    def unknown_keys(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the paths that the vendor's document does not know: top-level keys, and keys of closed objects."""

    def keys_beside(self, kind: str, path: str) -> frozenset[str]:
        """Return the keys that could stand where an unknown one does."""

    def comparable(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body without what the server sets and without our stamp: the part people own."""

    def route(self, leaf: Leaf, live: Live) -> Leaf | None:
        """Return the leaf as it applies to the live objects (another kind, another path), or None if nowhere."""

    def prompt_view(self, live: Live) -> Mapping[str, LiveObject]:
        """Return the live objects by the kinds the table reads: a prompt stands where the table looks for it."""

    def turn_taking_keys(self, kind: str) -> tuple[str, ...]:
        """Return the top-level keys of a body that are about turn-taking, for what a pull cannot express."""

    def read(self, target: Target) -> Exchange[Live]:
        """Read the target's objects."""

    def read_many(self, targets: Sequence[Target]) -> Exchange[Mapping[str, Live]]:
        """Read what one list tells of many targets, by id; what is not in the result is to be read by itself."""

    def heard(self, live: Live) -> Exchange[Mapping[str, LiveObject] | None]:
        """Read the last published version of what stands in `live` as a draft: {} for none, None where it is no draft."""

    def write(self, live: Live, desired: Desired) -> Exchange[Written]:
        """Write whole top-level subtrees where desired and live differ."""

    def publish(self, live: Live) -> Exchange[Written]:
        """Make what is there the version that callers hear, where the vendor has that step."""

    def in_words(self, kind: str, path: str, before: Any, after: Any) -> str | None:
        """Tell a change in callers' terms, or None when there is nothing a caller would notice."""

    def after_apply(self, live: Live, *, changes: bool, publish: bool) -> str:
        """Say what callers will hear once the plan is applied."""


def rules_package(name: str) -> str:
    """Return the package of a vendor's own rules; nothing is imported."""
    return f"vaxctl.vendors.{name}.rules"


def vendor(name: str) -> Vendor:
    """Return the flat called `name`. Raises InvalidInput for a vendor we do not have."""
    if name == "retell":
        from vaxctl.vendors.retell.flat import RETELL

        return RETELL
    if name == "vapi":
        from vaxctl.vendors.vapi.flat import VAPI

        return VAPI
    raise InvalidInput(f"there is no vendor {name!r}", help=f"known: {', '.join(NAMES)}")
