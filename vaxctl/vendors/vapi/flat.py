"""Vapi's flat: everything the rest of the house may ask of Vapi, in one object.

What only reading and writing need is imported there: a profile that is checked does without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from vaxctl.vendors.compiled import Leaf
from vaxctl.vendors.targeting import chosen_id, leaves_of_overrides, without_nulls
from vaxctl.vendors.vapi import limits
from vaxctl.vendors.vapi.limits import ASSISTANT
from vaxctl.vendors.vapi.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.exchange import Exchange
    from vaxctl.vendors.live import Desired, Live, LiveObject, Target, Written
    from vaxctl.vendors.table import Entry


@dataclass(frozen=True, slots=True)
class Vapi:
    """One assistant."""

    name: str = "vapi"
    kinds: tuple[str, ...] = (ASSISTANT,)
    table: Mapping[str, Entry] = field(default_factory=lambda: TABLE)

    def target(self, loaded: LoadedProfile) -> Target | None:
        """Return the assistant for the environment in force, or None."""
        wanted = loaded.profile.targets.vapi if loaded.profile else None
        if wanted is None:
            return None
        from vaxctl.vendors.live import Target

        if wanted.assistant_id is None:
            return Target(self.name, None, name=wanted.name, create=wanted.create)
        id_ = chosen_id(loaded, "targets.vapi.assistant_id", wanted.assistant_id)
        return Target(self.name, id_, name=wanted.name)

    def override_leaves(self, loaded: LoadedProfile) -> Iterable[Leaf]:
        """Return the leaves of `targets.vapi.overrides`, and the assistant's name where the profile gives one."""
        wanted = loaded.profile.targets.vapi if loaded.profile else None
        if wanted is None:
            return []
        named = [Leaf(ASSISTANT, ("name",), wanted.name, "targets.vapi.name")] if wanted.name else []
        return [*named, *leaves_of_overrides(ASSISTANT, wanted.overrides, "targets.vapi.overrides")]

    def broken_limits(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Check against `limits`."""
        return limits.check(kind, body)

    def missing_keys(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Check what `limits` says is required."""
        return limits.missing(kind, body)

    def unknown_keys(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the keys that Vapi's document does not have; the live API answers them with a 400."""
        return (*sorted(set(body) - limits.known_keys(kind)), *limits.unknown_inside(kind, body))

    def keys_beside(self, kind: str, path: str) -> frozenset[str]:
        """Return the keys that could stand where an unknown one does."""
        return limits.keys_beside(kind, path)

    def comparable(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what the server sets, and our stamp in the metadata."""
        kept: dict[str, Any] = {
            key: value for key, value in body.items() if key not in limits.SERVER_FIELDS[kind]
        }
        if isinstance(kept.get("metadata"), dict):
            kept["metadata"] = {
                key: value for key, value in kept["metadata"].items() if key != "vaxctl"
            } or None
        stripped: dict[str, Any] = without_nulls(kept)
        return stripped

    def route(self, leaf: Leaf, live: Live) -> Leaf | None:
        """Leave every leaf where it is: an assistant is one object."""
        del live
        return leaf

    def prompt_view(self, live: Live) -> Mapping[str, LiveObject]:
        """Return the assistant as it is."""
        return live.objects

    def turn_taking_keys(self, kind: str) -> tuple[str, ...]:
        """Return the plans for starting, stopping and denoising, and what plays into them."""
        del kind
        return (
            *(
                "startSpeakingPlan",
                "stopSpeakingPlan",
                "backgroundSpeechDenoisingPlan",
                "firstMessageInterruptionsEnabled",
            ),
            *("transcriber", "hooks", "backgroundSound", "modelOutputInMessagesEnabled", "keypadInputPlan"),
        )

    def read(self, target: Target) -> Exchange[Live]:
        """Read the assistant."""
        from vaxctl.vendors.vapi import exchanges

        return exchanges.read(target)

    def read_many(self, targets: Sequence[Target]) -> Exchange[Mapping[str, Live]]:
        """Read them from the list of assistants, a thousand to a request."""
        from vaxctl.vendors.vapi import exchanges

        return exchanges.read_many(targets)

    def heard(self, live: Live) -> Exchange[Mapping[str, LiveObject] | None]:
        """Read nothing: there are no drafts in Vapi's document."""
        from vaxctl.vendors.vapi import exchanges

        return exchanges.heard(live)

    def write(self, live: Live, desired: Desired) -> Exchange[Written]:
        """Patch or make the assistant."""
        from vaxctl.vendors.vapi import exchanges

        return exchanges.write(live, desired)

    def publish(self, live: Live) -> Exchange[Written]:
        """Do nothing: there is no such step in Vapi's document."""
        from vaxctl.vendors.vapi import exchanges

        return exchanges.publish(live)

    def in_words(self, kind: str, path: str, before: Any, after: Any) -> str | None:
        """Tell a change in callers' terms."""
        del kind
        from vaxctl.vendors.vapi import words

        return words.in_words(path, before, after)

    def after_apply(self, live: Live, *, changes: bool, publish: bool) -> str:
        """Say what callers will hear; with assistant versions that is not documented."""
        del publish
        found = live.objects.get(ASSISTANT)
        if found is None:
            return "the assistant is new: callers hear it once a number points to it"
        if not changes:
            return "callers hear what is there already"
        if found.body.get("latestVersion") is not None:
            return "this organisation has assistant versions: whether an edit by API goes live or into a draft is not documented"
        return "as far as Vapi's documents say, callers hear it from the next call on"


VAPI: Final = Vapi()
