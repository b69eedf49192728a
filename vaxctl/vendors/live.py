"""What a vendor holds now, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.vendors.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Target:
    """Which agent a profile goes to: `id` is the agent's or assistant's; None when it is to be made."""

    vendor: str
    id: str | None
    publish: bool = False
    name: str | None = None
    create: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LiveObject:
    """One object at a vendor. `body` is its JSON as read; `version` and `published` where there are versions."""

    kind: str
    id: str
    body: dict[str, Any]
    version: int | None = None
    published: bool | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """The objects behind one target, by kind, the one that carries the stamp first. Empty when it does not exist yet.

    `notes` are things the plan must say (an engine whose prompt cannot be reached). `marker_damaged` is set where a
    marker of ours stands that cannot be read. `heard` is the last published version of what stands here as a draft,
    where it was read: {} when none was ever published, None when nobody asked.
    """

    target: Target
    objects: Mapping[str, LiveObject]
    stamp: Stamp | None = None
    notes: tuple[str, ...] = field(default=())
    marker_damaged: bool = False
    heard: Mapping[str, LiveObject] | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """What is to be written: whole trees by kind, live ones with the owned leaves laid over, and the stamp."""

    trees: Mapping[str, dict[str, Any]]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left behind, in words for the report: ids made, versions drafted or published."""

    target: Target
    notes: tuple[str, ...] = ()
