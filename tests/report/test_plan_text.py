"""A plan as people read it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.errors import PlanIsStale, VendorUnavailable
from vaxctl.plan.applying import Applied, Outcome
from vaxctl.plan.change import Action, Change, FieldChange, Plan, TargetFailure, TargetPlan, Verdict
from vaxctl.profile.load import load
from vaxctl.report.plan_text import callers_words, drift_text, plan_text, results_text
from vaxctl.report.style import Style, display_width
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.live import Desired, Live, Target
from vaxctl.vendors.paths import MISSING
from vaxctl.vendors.stamp import Stamp
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Style(color=False, unicode=True)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Give a maker of one-target plans from field changes."""
    file = tmp_path / "p.yaml"
    file.write_text("schema: vaxctl/v1\nname: p\ntargets: {vapi: {assistant_id: a-1}}\n", "utf-8")
    compiled = compile_for(load(file), vendor("vapi"))

    def target(*changes: FieldChange, verdict: Verdict = Verdict.PROFILE_AHEAD, **more: Any) -> TargetPlan:
        action = more.pop("action", Action.UPDATE if changes else Action.NONE)
        drift_id = "drift-12345678" if verdict.needs_consent else None
        resource = Change("vapi", "assistant", "a-1", verdict, action, changes, drift_id)
        where = Target("vapi", "a-1")
        empty = Desired({}, Stamp("p", None, {}))
        return TargetPlan(
            compiled, where, Live(where, {}), empty, (resource,), "callers hear it", "l", "d", **more
        )

    def plan(*targets: TargetPlan, failures: tuple[TargetFailure, ...] = ()) -> Plan:
        counts = {action.value: 0 for action in Action} | {"drifted": 0, "failed": len(failures)}
        for one in targets:
            counts[one.resources[0].action.value] += 1
            counts["drifted"] += bool(one.drift_ids)
        return Plan(targets, failures, None, "d" * 64, "0", counts)

    return SimpleNamespace(target=target, plan=plan, compiled=compiled)


def field(
    path: str = "stopSpeakingPlan.numWords", before: Any = 2, after: Any = 0, **more: Any
) -> FieldChange:
    """Make a field change."""
    verdict = more.pop("verdict", Verdict.PROFILE_AHEAD)
    return FieldChange(path, before, after, verdict, "barge_in.min_words", **more)


def test_a_change_shows_before_after_and_words(make: Any) -> None:
    """One changed leaf: glyph, both values, the caller's side of it."""
    text = plan_text(make.plan(make.target(field(words="a caller's voice alone stops the agent"))), PLAIN)
    assert "    ~ stopSpeakingPlan.numWords: 2 → 0\n        a caller's voice alone stops the agent" in text
    assert "After apply: callers hear it" in text
    assert "1 to update" in text


@pytest.mark.parametrize(("before", "after", "glyph"), [(MISSING, 1, "+"), (1, MISSING, "-"), (1, 2, "~")])
def test_glyphs_tell_what_colour_would(make: Any, before: Any, after: Any, glyph: str) -> None:
    """Added, removed and changed differ without colour, and the unset side says so."""
    text = plan_text(make.plan(make.target(field(before=before, after=after))), PLAIN)
    assert f"    {glyph} stopSpeakingPlan.numWords: " in text
    assert ("(unset)" in text) == (MISSING in (before, after))


def test_drift_names_its_id_and_who_did_it(make: Any) -> None:
    """Drift is told from the profile's own change, and the way to overwrite it is printed."""
    drifted = make.target(field(verdict=Verdict.DRIFTED), verdict=Verdict.DRIFTED)
    for text in (plan_text(make.plan(drifted), PLAIN), drift_text(make.plan(drifted), PLAIN)):
        assert "--overwrite drift-12345678" in text
        assert "somebody changed it in the dashboard" in text
    assert "this value was set in the dashboard" in plan_text(make.plan(drifted), PLAIN)
    assert "last applied 0, now 2" in drift_text(make.plan(drifted), PLAIN)
    assert "drift-12345678" not in drift_text(make.plan(make.target(field())), PLAIN)


def test_secrets_and_control_characters_do_not_show(make: Any) -> None:
    """A secret is masked on both sides, over several lines too; an escape sequence is made visible."""
    changes = (
        field("server.secret", "hunter2-old", "hunter2\nnew\nlines"),
        field("name", "a", "\x1b[31mred"),
    )
    text = plan_text(make.plan(make.target(*changes)), PLAIN)
    assert "hunter2" not in text
    assert "\x1b" not in text


def test_lines_fit_the_width(make: Any) -> None:
    """Long values wrap; nothing is wider than asked."""
    long = field("hooks", [{"say": "word " * 40}], {"x": ["y" * 30] * 9}, words="w " * 90)
    text = plan_text(make.plan(make.target(long)), PLAIN, 80)
    inner = [
        line for line in text.splitlines() if line.startswith(" ")
    ]  # the first line holds this test's own path
    assert max(display_width(line) for line in inner) <= 80


def test_failures_and_results_are_told(make: Any) -> None:
    """What failed says whether anything was written, and what to do."""
    failed = TargetFailure(make.compiled, "vapi", VendorUnavailable("vapi is out of reach", help="try later"))
    text = plan_text(make.plan(failures=(failed,)), PLAIN)
    assert "not planned" in text
    assert "help: try later" in text
    target = make.target(field())
    results = [
        Applied(target, Outcome.APPLIED, target.target, ("draft version 1 made",)),
        Applied(target, Outcome.FAILED, target.target, error=PlanIsStale("it changed", help="plan again")),
        Applied(target, Outcome.FAILED_MIDWAY, target.target, error=VendorUnavailable("gone")),
        Applied(target, Outcome.REFUSED, target.target),
        Applied(target, Outcome.IN_SYNC, target.target),
    ]
    told = results_text(results, PLAIN)
    assert "applied and verified" in told
    assert "nothing was written" in told
    assert "after writes were sent" in told
    assert told.splitlines()[-1] == "Applied: 1. In sync already: 1. Refused: 1. Failed: 2."


def test_callers_words_are_said_once(make: Any) -> None:
    """Two agents with the same change give one sentence."""
    target = make.target(field(words="the agent answers sooner"), field("x", words=None))
    assert callers_words([target, target]) == ["the agent answers sooner"]
