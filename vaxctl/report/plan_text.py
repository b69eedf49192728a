"""A plan, and what became of it, for people: glyphs first, colour second, callers' words under each change."""

from __future__ import annotations

import difflib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vaxctl.plan.applying import Applied, Outcome
from vaxctl.plan.change import Action, Verdict
from vaxctl.plan.redaction import shown
from vaxctl.report.style import Style, wrap
from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxctl.plan.change import Change, FieldChange, Plan, TargetFailure, TargetPlan
    from vaxctl.vendors.compiled import Compiled

_VERDICT_WORDS = {
    Verdict.IN_SYNC: "in sync",
    Verdict.PROFILE_AHEAD: "the profile moved on",
    Verdict.DRIFTED: "drifted: somebody changed it in the dashboard",
    Verdict.DIVERGED: "diverged: both the profile and the dashboard moved",
    Verdict.UNMANAGED: "not managed yet",
}

_LONG_TEXT = 60
"""Characters of a text shown of what a new object starts from before the rest is folded."""

_PROMPT_LINES = 6
"""Changed lines of the prompt block shown before the rest is folded."""


def plan_text(plan: Plan, style: Style, width: int = 80, *, verbose: bool = False) -> str:
    """Return the whole plan as text, without a final line end."""
    parts = [
        "\n".join(_target(target, style, width, verbose=verbose))
        for target in plan.targets
        if _tells(target, verbose)
    ]
    parts += ["\n".join(_failure(failure, style, width)) for failure in plan.failures]
    return "\n\n".join([*parts, wrap(_plan_line(plan), width)])


def drift_text(plan: Plan, style: Style, width: int = 80) -> str:
    """Return what somebody changed in a dashboard, target by target, and the closing line."""
    drifted = [target for target in plan.targets if target.drift_ids]
    shown_ = [target for target in plan.targets if target.drift_ids or target.live.marker_damaged]
    parts = ["\n".join(_drifted_target(target, style, width)) for target in shown_]
    parts += ["\n".join(_failure(failure, style, width)) for failure in plan.failures]
    return "\n\n".join([*parts, wrap(_drift_line(plan, len(drifted)), width)])


def results_text(results: Iterable[Applied], style: Style, width: int = 80, *, not_planned: int = 0) -> str:
    """Return what became of each target, and the closing line. `not_planned` targets never came that far."""
    results = list(results)
    lines = [line for result in results for line in _result(result, style, width)]
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    failed = counts[Outcome.FAILED] + counts[Outcome.FAILED_MIDWAY]
    tally = f"Applied: {counts[Outcome.APPLIED]}. In sync already: {counts[Outcome.IN_SYNC]}."
    if counts[Outcome.REFUSED] or failed:
        tally += f" Refused: {counts[Outcome.REFUSED]}. Failed: {failed}."
    if not_planned:
        tally += f" Not planned: {not_planned}."
    return "\n".join([*lines, tally])


def callers_words(targets: Iterable[TargetPlan]) -> list[str]:
    """Return what the changes mean to a caller, each sentence once."""
    said = [
        change.words for target in targets for resource in target.resources for change in resource.changes
    ]
    return list(dict.fromkeys(words for words in said if words))


def _tells(target: TargetPlan, verbose: bool) -> bool:  # noqa: FBT001
    return verbose or target.changes or bool(target.notes) or bool(target.drift_ids)


def _where(compiled: Compiled, name: str, id_: str | None, style: Style) -> str:
    """Name a target: the file that goes to it and its id; a rollback has no profile, and so no file to name."""
    where = style.visible(f"{name} {id_}" if id_ else name)
    if compiled.loaded.profile is None and id_:
        return where
    return f"{style.visible(compiled.loaded.file)} {_arrow(style)} {where}"


def _title(target: TargetPlan, style: Style) -> str:
    id_ = target.target.id or target.target.name
    return style.bold(_where(target.compiled, target.target.vendor, id_, style))


def _drifted_target(target: TargetPlan, style: Style, width: int) -> Iterator[str]:
    """Tell what moved in the dashboard, in the direction in which it moved: from what was applied to what is there."""
    yield _title(target, style)
    for resource in target.resources:
        if resource.drift_id:
            yield style.warning(f"  {resource.kind} {resource.id}: {_VERDICT_WORDS[resource.verdict]}")
            for change in resource.changes:
                if change.verdict.needs_consent:
                    yield from _moved(resource, change, style, width)
            yield from _wrapped(style, width, "    ", f"to overwrite it: --overwrite {resource.drift_id}")
    for note in target.notes:
        yield from _wrapped(style, width, "  ! ", note)


def _moved(resource: Change, change: FieldChange, style: Style, width: int) -> Iterator[str]:
    was, now = change.after, change.before
    source = "last applied" if change.verdict is Verdict.DRIFTED else "the profile says"
    if change.block is not None and now is MISSING:
        yield style.removed(f"    - {change.path}: the managed block was removed")
    elif _is_long(was) or _is_long(now):
        yield style.changed(f"    ~ {change.path}: the text was changed ({source}: -, now: +)")
        yield from _text_diff(replace(change, before=was, after=now), style, width)
    else:
        line = f"~ {change.path}: {source} {_value(change.path, was)}, now {_value(change.path, now)}"
        for part in wrap(style.visible(line), width - 4, "  ").split("\n"):
            yield style.changed("    " + part)
    if words := vendor(resource.vendor).in_words(resource.kind, change.path, was, now):
        yield from (style.dim(line) for line in _wrapped(style, width, "        ", words))


def _target(target: TargetPlan, style: Style, width: int, *, verbose: bool) -> Iterator[str]:
    yield _title(target, style)
    for resource in target.resources:
        if resource.changes or verbose or resource.action is not Action.NONE:
            yield from _resource(target, resource, style, width)
    for note in target.notes:
        yield from _wrapped(style, width, "  ! ", note)
    if target.publish_id:
        yield from _wrapped(
            style, width, "    ", f"to publish it all the same: --overwrite {target.publish_id}"
        )
    after = "After rollback" if _is_undo(target) else "After apply"
    yield from _wrapped(style, width, f"  {after}: ", target.after_apply)


def _verdict_words(target: TargetPlan, resource: Change) -> str:
    if _is_undo(target) and resource.changes:
        return "goes back to what it was before that run"
    return "to be made" if resource.action is Action.CREATE else _VERDICT_WORDS[resource.verdict]


def _starts_from(target: TargetPlan, style: Style, width: int) -> Iterator[str]:
    """Show what a new object starts from, key by key, in what stands of it on a few lines."""
    yield "    starts from"
    for key, value in (target.target.create or {}).items():
        text = json.dumps(_folded(shown(key, value), style), ensure_ascii=False)
        for part in wrap(style.visible(f"= {key}: {text}"), width - 6, "  ").split("\n"):
            yield "      " + part


def _folded(value: Any, style: Style) -> Any:
    if isinstance(value, dict):
        return {key: _folded(item, style) for key, item in value.items()}
    if isinstance(value, list):
        return [_folded(item, style) for item in value]
    if isinstance(value, str) and len(value) > _LONG_TEXT:
        return f"{value[:_LONG_TEXT]}{style.ellipsis} ({len(value)} characters)"
    return value


def _resource(target: TargetPlan, resource: Change, style: Style, width: int) -> Iterator[str]:
    head = f"  {resource.kind} {resource.id or '(new)'}: {_verdict_words(target, resource)}"
    yield style.warning(head) if resource.verdict.needs_consent else head
    if resource.action is Action.PUBLISH:
        yield "    ^ publish the draft"
    if resource.action is Action.CREATE and target.target.create:
        yield from _starts_from(target, style, width)
    for change in resource.changes:
        yield from _change(change, style, width)
    if resource.drift_id:
        yield from _wrapped(style, width, "    ", f"to overwrite it: --overwrite {resource.drift_id}")


def _change(change: FieldChange, style: Style, width: int) -> Iterator[str]:
    glyph, paint = _glyph(change, style)
    if _is_long(change.before) or _is_long(change.after):
        yield paint(f"    {glyph} {change.path}")
        yield from _text_diff(change, style, width)
    else:
        before, after = _value(change.path, change.before), _value(change.path, change.after)
        line = f"    {glyph} {change.path}: {before} {_arrow(style)} {after}"
        for part in wrap(style.visible(line.strip()), width - 4, "  ").split("\n"):
            yield paint("    " + part)
    if change.verdict in {Verdict.DRIFTED, Verdict.DIVERGED}:
        yield style.warning(f"        {change.verdict.value}: this value was set in the dashboard")
    if change.words:
        yield from (style.dim(line) for line in _wrapped(style, width, "        ", change.words))


def _glyph(change: FieldChange, style: Style) -> tuple[str, Any]:
    if change.before is MISSING:
        return "+", style.added
    if change.after is MISSING:
        return "-", style.removed
    return "~", style.changed


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _text_diff(change: FieldChange, style: Style, width: int) -> Iterator[str]:
    before = str(shown(change.path, change.before)).splitlines() if change.before is not MISSING else []
    after = str(shown(change.path, change.after)).splitlines() if change.after is not MISSING else []
    lines = [line for line in difflib.ndiff(before, after) if line[:1] in "+-"]
    for line in lines[:_PROMPT_LINES]:
        text = style.visible(line)
        clipped = text if len(text) <= width - 8 else text[: width - 9] + style.ellipsis
        yield "        " + (style.added if line[0] == "+" else style.removed)(clipped.rstrip())
    if len(lines) > _PROMPT_LINES:
        yield style.dim(
            f"        {style.ellipsis} {len(lines) - _PROMPT_LINES} more changed lines of the managed block"
        )


def _value(path: str, value: Any) -> str:
    return "(unset)" if value is MISSING else json.dumps(shown(path, value), ensure_ascii=False)


def _failure(failure: TargetFailure, style: Style, width: int) -> Iterator[str]:
    error = failure.error
    id_ = failure.id if failure.compiled.loaded.profile is None else None
    yield style.error(f"{_where(failure.compiled, failure.vendor, id_, style)}: not planned")
    yield from _wrapped(style, width, "  ", error.message)
    if error.help:
        yield from _wrapped(style, width, "  help: ", error.help)


def _result(result: Applied, style: Style, width: int) -> Iterator[str]:
    where = _where(result.plan.compiled, result.target.vendor, result.target.id, style)
    if result.outcome is Outcome.IN_SYNC:
        return
    if result.outcome is Outcome.APPLIED:
        yield style.added(f"{where}: applied and verified")
    elif result.outcome is Outcome.REFUSED:
        yield style.warning(f"{where}: not applied")
    else:
        midway = (
            " after writes were sent" if result.outcome is Outcome.FAILED_MIDWAY else "; nothing was written"
        )
        yield style.error(f"{where}: failed{midway}")
    for note in result.notes:
        yield from _wrapped(style, width, "  ", note)
    if result.error:
        yield from _wrapped(style, width, "  ", result.error.message)
        if result.error.help:
            yield from _wrapped(style, width, "  help: ", result.error.help)


def _drift_line(plan: Plan, drifted: int) -> str:
    looked_at = _counted(len(plan.targets), "agent")
    if drifted:
        line = f"Drift: {drifted} of {looked_at} changed by somebody else."
    elif unknown := sum(target.live.stamp is None for target in plan.targets):
        told = len(plan.targets) - unknown
        line = f"No drift found in {told} of {looked_at}. Cannot be told for {unknown}: without vaxctl's marker, "
        line += "or with one that is damaged."
    else:
        line = f"No drift: nobody changed what the profiles own ({looked_at} looked at)."
    if ahead := sum(target.changes and not target.drift_ids for target in plan.targets):
        line += f" Not applied yet: {ahead}; vaxctl plan shows what."
    return line + (f" Not read: {len(plan.failures)}." if plan.failures else "")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _is_undo(target: TargetPlan) -> bool:
    return target.compiled.loaded.profile is None


def _plan_line(plan: Plan) -> str:
    count = plan.summary
    if not plan.changes and not plan.failures and any(_is_undo(target) for target in plan.targets):
        return f"No changes. {_counted(len(plan.targets), 'agent')} as before that run. [{plan.digest[:12]}]"
    if not plan.changes and not plan.failures:
        return f"No changes. {_counted(len(plan.targets), 'agent')} as the profiles say. [{plan.digest[:12]}]"
    line = f"Plan: {count['create']} to create, {count['update']} to update, {count['publish']} to publish, "
    line += f"{count['none']} unchanged."
    if count["drifted"]:
        line += f" Changed by somebody else: {count['drifted']}."
    if count["failed"]:
        line += f" Not planned: {count['failed']}."
    return f"{line} [{plan.digest[:12]}]"


def _wrapped(style: Style, width: int, lead: str, text: str) -> list[str]:
    body = wrap(style.visible(text), max(width - len(lead), 20), "").split("\n")
    return [(lead if number == 0 else " " * len(lead)) + line for number, line in enumerate(body)]


def _arrow(style: Style) -> str:
    return "→" if style.unicode else "->"
