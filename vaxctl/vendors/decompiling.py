"""A live agent as a profile fragment, and what the profile cannot express of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.profile.layers import Layers
from vaxctl.profile.load import LoadedProfile
from vaxctl.prompts.context import BLOCK_NAME, context_block
from vaxctl.vendors.canonical import same
from vaxctl.vendors.capability import Status
from vaxctl.vendors.compiled import Leaf, desired_value, owned_value
from vaxctl.vendors.paths import MISSING, LeafPath, Where, as_text
from vaxctl.vendors.table import Encoded, Reading, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vaxctl.vendors.live import Live
    from vaxctl.vendors.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Remainder:
    """A field of the live agent about turn-taking that the fragment does not carry."""

    kind: str
    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a live agent says in the profile's words: values by dotted path, and the rest.

    `notes` are sentences about what a profile could say, but cannot be read back.
    """

    values: Mapping[str, Any]
    remainder: tuple[Remainder, ...]
    notes: tuple[str, ...] = ()

    def tree(self) -> dict[str, Any]:
        """Return the values as nested mappings."""
        tree: dict[str, Any] = {}
        for path, value in self.values.items():
            target = tree
            *parents, last = path.split(".")
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = value
        return tree


def decompile(vendor: Vendor, live: Live) -> Fragment:
    """Read back everything the vendor's table can read, keep what the profile accepts, and list the rest.

    Compiling the fragment changes nothing about the live agent. A value that the profile's own range does not
    admit, or that compiles to something else than what is there, goes into the remainder.
    """
    bodies = {kind: found.body for kind, found in vendor.prompt_view(live).items()}
    read = _accepted(decode(vendor.table, bodies))
    values = _kept(vendor, read, bodies)
    written = _written(vendor, values)
    rest = [
        Remainder(kind, path, value)
        for kind, found in live.objects.items()
        for path, value in _elements_apart(
            _turn_taking(vendor, kind, found.body), written.get(kind, frozenset())
        )
        if not any(path == at or path.startswith(f"{at}.") for at in map(as_text, written.get(kind, ())))
    ]
    return Fragment(values, tuple(rest), _notes(read, values))


def _elements_apart(
    leaves: Iterable[tuple[str, Any]], written: frozenset[LeafPath]
) -> Iterator[tuple[str, Any]]:
    """Yield the leaves; a list that holds elements of ours among others comes as these others, one by one."""
    for path, value in leaves:
        ours = [_element_of(at, path) for at in written]
        wheres = [where for where in ours if where is not None]
        if not wheres or not isinstance(value, list):
            yield path, value
            continue
        for index, item in enumerate(value):
            if not any(isinstance(item, dict) and item.get(one.key) == one.value for one in wheres):
                yield f"{path}[{index}]", item


def _element_of(at: LeafPath, path: str) -> Where | None:
    """Return the step by which `at` picks an element of the list at `path`."""
    for end, step in enumerate(at):
        if isinstance(step, Where) and as_text(at[:end]) == path:
            return step
    return None


def _notes(read: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[str, ...]:
    if _BLOCK_KEY not in read or _BLOCK_KEY in values:
        return ()
    note = (
        f"the prompt holds vaxctl's block {BLOCK_NAME!r}, rendered with variables that cannot be read back: "
        "add context_preservation with its template and variables to own it"
    )
    return (note,)


_BLOCK_KEY = "context_preservation.enabled"


def _accepted(values: dict[str, Any]) -> dict[str, Any]:
    """Drop what the profile's model refuses; twice, as one value can be the cap of another."""
    for _ in range(2):
        refused = _refused(values)
        values = {path: value for path, value in values.items() if path not in refused}
    return values


def _refused(values: Mapping[str, Any]) -> set[str]:
    from pydantic import ValidationError

    from vaxctl.profile.model import Profile

    try:
        Profile.model_validate({"schema": "vaxctl/v1", "name": "pulled", **Fragment(values, ()).tree()})
    except ValidationError as error:
        places = [".".join(str(part) for part in detail["loc"]) for detail in error.errors()]
        return {
            path
            for path in values
            for place in places
            if place.startswith(path) or path.startswith(f"{place}.")
        }
    return set()


def _kept(vendor: Vendor, values: dict[str, Any], bodies: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Drop what compiles to something else than what is there, until compiling changes nothing.

    Each drop can leave another key without what it needs (a delay without its mode), so this goes in rounds.
    """
    while values:
        encoded = _encoded(vendor, values)
        off = {leaf.origin for leaf in encoded.leaves if not _holds(bodies.get(leaf.kind, {}), leaf)}
        off |= {one.path for one in encoded.capabilities if one.status is Status.UNSUPPORTED}
        if not off:
            break
        values = {path: value for path, value in values.items() if path not in off}
    return values


def _written(vendor: Vendor, values: Mapping[str, Any]) -> dict[str, frozenset[LeafPath]]:
    """Return the vendor paths that compiling the fragment writes, by kind."""
    leaves = _encoded(vendor, values).leaves
    return {
        kind: frozenset(leaf.path for leaf in leaves if leaf.kind == kind)
        for kind in {leaf.kind for leaf in leaves}
    }


def _encoded(vendor: Vendor, values: Mapping[str, Any]) -> Encoded:
    from vaxctl.profile.model import Profile

    tree = {"schema": "vaxctl/v1", "name": "pulled", **Fragment(values, ()).tree()}
    profile = Profile.model_validate(tree)
    loaded = LoadedProfile("pulled", None, profile, Layers(), Path(), (), owned=frozenset(values))
    block = context_block(loaded) if loaded.owns(_BLOCK_KEY) else None
    return encode(vendor.table, Reading(loaded, block))


def _holds(body: dict[str, Any], leaf: Leaf) -> bool:
    here = owned_value(body, leaf)
    there = desired_value(leaf)
    return same(None if here is MISSING else here, None if there is MISSING else there)


def _turn_taking(vendor: Vendor, kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a body that the vendor's table of limits knows and that are about turn-taking."""
    for top in vendor.turn_taking_keys(kind):
        if body.get(top) is not None:
            yield from _leaves(top, body[top])


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item)
    elif value is not None:
        yield path, value


def as_profile_text(fragment: Fragment, vendor: str, id_: str, name: str) -> str:
    """Return a profile in YAML for a pulled agent; what it cannot express stands at its end, as comments."""
    import io
    import textwrap

    from ruamel.yaml import YAML

    target = {"retell": {"retell": {"agent_id": id_}}, "vapi": {"vapi": {"assistant_id": id_}}}[vendor]
    tree = {"schema": "vaxctl/v1", "name": name, **_in_order(fragment.tree()), "targets": target}
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    stream = io.StringIO()
    yaml.dump(tree, stream)
    lines = [_HEAD.format(vendor=vendor, id=id_), stream.getvalue().rstrip("\n")]
    for note in fragment.notes:
        lines += ["", *(f"# {line}" for line in textwrap.wrap(note, 110))]
    if fragment.remainder:
        lines += [
            "",
            f"# {vendor}{_LISTED}",
        ]
        lines += ["# they are left alone. To own one, name it under targets." + vendor + ".overrides."]
        lines += [f"{_REST}{rest.kind} {rest.path}: {_short(rest)}" for rest in fragment.remainder]
    return "\n".join(lines) + "\n"


_REST = "#   "
_LISTED = " also holds these, which a profile has no key for (or not with this value);"
_HEAD = "# Pulled from {vendor} {id}."
_PULLED = re.compile(r"(?:\ufeff)?# Pulled from ([a-z]+) ([\w-]{1,200})\.\s*?(?:\n|$)", re.ASCII)


def pulled_from(text: str) -> tuple[str, str] | None:
    """Return vendor and id of the agent that a profile's text was pulled from; None for one that was not.

    It is the first line that `as_profile_text` writes; whoever takes it out makes the profile their own.
    """
    head = _PULLED.match(text)
    return (head[1], head[2]) if head else None


def told_but_not_held(text: str) -> tuple[str, ...]:
    """Return what a pulled profile's text lists at its end, "kind path: value": what the platform told besides.

    Only those lines as `as_profile_text` writes them; none for a profile that was not pulled.
    """
    if pulled_from(text) is None:
        return ()
    _, _, listed = text.partition(_LISTED)
    return tuple(line.removeprefix(_REST) for line in listed.splitlines() if line.startswith(_REST))


def _in_order(tree: dict[str, Any]) -> dict[str, Any]:
    from vaxctl.source.layout import CANONICAL_ORDER

    return {key: tree[key] for key in CANONICAL_ORDER if key in tree}


def _short(rest: Remainder) -> str:
    text = json.dumps(rest.value, ensure_ascii=True)
    return text if len(text) <= 100 else f"{text[:97]}..."  # noqa: PLR2004 - one line of a comment
