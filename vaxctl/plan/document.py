"""Plans and results as JSON: documented, versioned, without secrets.

`format_version` follows Terraform's contract: a minor step adds fields, which readers ignore when they do not know
them; a major step may break, and readers refuse it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.plan.applying import Applied, Outcome
from vaxctl.plan.redaction import shown
from vaxctl.vendors.paths import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxctl.errors import VaxctlError
    from vaxctl.plan.change import Change, FieldChange, Plan, TargetFailure, TargetPlan

FORMAT_VERSION = "1.0"


def plan_document(plan: Plan, kind: str = "plan") -> dict[str, Any]:
    """Return a plan as JSON. `kind` is the document's type: plan or drift."""
    return {
        "format_version": FORMAT_VERSION,
        "type": kind,
        "digest": plan.digest,
        "tool_version": plan.tool_version,
        "env": plan.env,
        "resources": [_resource(target, change) for target in plan.targets for change in target.resources],
        "targets": [_target(target) for target in plan.targets],
        "failures": [_failure(failure) for failure in plan.failures],
        "summary": dict(plan.summary),
    }


def apply_document(plan: Plan, results: Iterable[Applied], exit_code: int) -> dict[str, Any]:
    """Return what apply did as JSON: the plan it carried out, and an outcome per target."""
    outcomes = [_outcome(result) for result in results]
    counts = {outcome.value: sum(one["outcome"] == outcome.value for one in outcomes) for outcome in Outcome}
    document = plan_document(plan, "apply")
    return {
        **document,
        "results": outcomes,
        "summary": {**document["summary"], **counts},
        "exit_code": exit_code,
    }


def error_document(error: VaxctlError) -> dict[str, Any]:
    """Return an error as the one JSON document of a run that could not do its work."""
    return {
        "format_version": FORMAT_VERSION,
        "type": "error",
        "error": {**_error(error), "exit_code": int(error.exit_code)},
    }


def _resource(target: TargetPlan, change: Change) -> dict[str, Any]:
    return {
        "vendor": change.vendor,
        "kind": change.kind,
        "id": change.id,
        "profile": target.compiled.loaded.profile.name if target.compiled.loaded.profile else None,
        "file": target.compiled.loaded.file,
        "verdict": change.verdict.value,
        "action": change.action.value,
        "drift_id": change.drift_id,
        "changes": [_field(field) for field in change.changes],
    }


def _field(change: FieldChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "before": _value(change.path, change.before),
        "after": _value(change.path, change.after),
        "verdict": change.verdict.value,
        "origin": change.origin,
        "words": change.words,
    }


def _value(path: str, value: Any) -> Any:
    return None if value is MISSING else shown(path, value)


def _target(target: TargetPlan) -> dict[str, Any]:
    return {
        "vendor": target.target.vendor,
        "id": target.target.id,
        "file": target.compiled.loaded.file,
        "live_digest": target.live_digest,
        "desired_digest": target.desired_digest,
        "after_apply": target.after_apply,
        "notes": list(target.notes),
        "starts_from": _starts_from(target),
        "goes_live": list(target.goes_live),
        "publish_id": target.publish_id,
    }


def _starts_from(target: TargetPlan) -> dict[str, Any] | None:
    """Return what a new object starts from, secrets left out; None for one that is there."""
    if target.live.objects:
        return None
    return {key: shown(key, value) for key, value in (target.target.create or {}).items()}


def _failure(failure: TargetFailure) -> dict[str, Any]:
    return {"vendor": failure.vendor, "file": failure.compiled.loaded.file, **_error(failure.error)}


def _outcome(result: Applied) -> dict[str, Any]:
    return {
        "vendor": result.target.vendor,
        "id": result.target.id,
        "file": result.plan.compiled.loaded.file,
        "outcome": result.outcome.value,
        "notes": list(result.notes),
        "error": _error(result.error) if result.error else None,
    }


def _error(error: VaxctlError) -> dict[str, Any]:
    return {"kind": type(error).__name__, "message": error.message, "help": error.help}
