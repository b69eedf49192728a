"""Plans as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.errors import VaxctlError
    from vaxctl.vendors.compiled import Compiled
    from vaxctl.vendors.live import Desired, Live, Target


class Verdict(StrEnum):
    """Who moved: the profile, the dashboard, both, nobody; or we were never there."""

    IN_SYNC = "in-sync"
    PROFILE_AHEAD = "profile-ahead"
    DRIFTED = "drifted"
    DIVERGED = "diverged"
    UNMANAGED = "unmanaged"

    @property
    def needs_consent(self) -> bool:
        """Whether going on would overwrite what somebody else changed."""
        return self in {Verdict.DRIFTED, Verdict.DIVERGED}


class Action(StrEnum):
    """What apply does with a resource."""

    NONE = "none"
    UPDATE = "update"
    CREATE = "create"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One owned leaf, before → after. MISSING stands for "not there". `verdict` is this leaf's own.

    `words` tells a caller's side of it; `origin` is the profile key that asked for it. `block` names the managed
    block where the leaf is one inside a prompt.
    """

    path: str
    before: Any
    after: Any
    verdict: Verdict
    origin: str
    words: str | None = None
    block: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's changes."""

    vendor: str
    kind: str
    id: str | None
    verdict: Verdict
    action: Action
    changes: tuple[FieldChange, ...] = ()
    drift_id: str | None = None


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """One profile at one vendor: one or two resources that are written together.

    `goes_live` names what others left in the draft that would be published with it; `publish_id` is the consent to that.
    """

    compiled: Compiled
    target: Target
    live: Live
    desired: Desired
    resources: tuple[Change, ...]
    after_apply: str
    live_digest: str
    desired_digest: str
    notes: tuple[str, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    goes_live: tuple[str, ...] = ()
    publish_id: str | None = None

    @property
    def changes(self) -> bool:
        """Whether applying sends a write."""
        return any(resource.action is not Action.NONE for resource in self.resources)

    @property
    def drift_ids(self) -> tuple[str, ...]:
        """The ids under which somebody else's changes can be overwritten."""
        return tuple(resource.drift_id for resource in self.resources if resource.drift_id)

    @property
    def consent_ids(self) -> tuple[str, ...]:
        """All ids without which nothing is written: those of drift, and that of publishing somebody's draft."""
        return (*self.drift_ids, *((self.publish_id,) if self.publish_id else ()))


@dataclass(frozen=True, slots=True)
class TargetFailure:
    """A target that could not be planned; the others could."""

    compiled: Compiled
    vendor: str
    error: VaxctlError
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one run would do. `digest` binds a saved plan to what it was made from."""

    targets: tuple[TargetPlan, ...]
    failures: tuple[TargetFailure, ...]
    env: str | None
    digest: str
    tool_version: str
    summary: Mapping[str, int] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return any(target.changes for target in self.targets)
