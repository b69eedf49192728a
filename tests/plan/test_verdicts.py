"""Who moved: desired, actual and baseline make the verdict, the consent, and the id under which a drift is overwritten."""

from __future__ import annotations

from typing import Any

import pytest
from plan_worlds import ASSISTANT_ID, Shelf, applied, planned

from vaxctl.errors import DriftNotAccepted, PlanIsStale
from vaxctl.plan.applying import Outcome
from vaxctl.plan.change import Action, Verdict


def _tree(words: int, backoff_ms: int | None = None) -> dict[str, Any]:
    barge_in = {"min_words": words} | ({} if backoff_ms is None else {"backoff_ms": backoff_ms})
    return {"barge_in": barge_in, "targets": {"vapi": {"assistant_id": ASSISTANT_ID}}}


def _shelf(baseline: int | None, actual: int | None) -> Shelf:
    """Return an assistant to which `baseline` words were applied (None: never), and which has `actual` now."""
    shelf = Shelf({ASSISTANT_ID: {"id": ASSISTANT_ID}})
    if baseline is not None:
        applied(planned(_tree(baseline), "vapi", shelf.send), shelf.send)
    plan: dict[str, Any] = shelf.objects[ASSISTANT_ID].setdefault("stopSpeakingPlan", {})
    plan["numWords"] = actual
    shelf.requests.clear()
    return shelf


@pytest.mark.parametrize(
    ("desired", "actual", "baseline", "verdict"),
    [
        (1, 1, 1, Verdict.IN_SYNC),
        (1, 1, 2, Verdict.IN_SYNC),  # the dashboard was changed to what the profile says: nothing to do
        (1, 1, None, Verdict.IN_SYNC),
        (2, 1, 1, Verdict.PROFILE_AHEAD),
        (1, 2, 1, Verdict.DRIFTED),
        (1, None, 1, Verdict.DRIFTED),  # cleared in the dashboard
        (3, 2, 1, Verdict.DIVERGED),
        (3, None, 1, Verdict.DIVERGED),
        (1, 2, None, Verdict.UNMANAGED),
        (1, None, None, Verdict.UNMANAGED),
    ],
)
def test_the_verdict_says_who_moved(
    desired: int, actual: int | None, baseline: int | None, verdict: Verdict
) -> None:
    """The whole matrix, for one leaf; only what somebody else changed needs consent."""
    (resource,) = planned(_tree(desired), "vapi", _shelf(baseline, actual).send).resources
    assert resource.verdict is verdict
    assert resource.action is (Action.NONE if verdict is Verdict.IN_SYNC else Action.UPDATE)
    assert (resource.drift_id is not None) is verdict.needs_consent
    assert [change.verdict for change in resource.changes] == (
        [] if verdict is Verdict.IN_SYNC else [verdict]
    )


def test_whole_numbers_in_either_form_are_in_sync() -> None:
    """A server that turns 2 into 2.0 has changed nothing."""
    assert not planned(_tree(2), "vapi", _shelf(2, 2.0).send).changes  # type: ignore[arg-type]


def test_drift_beside_a_profile_that_moved_is_divergence_of_the_resource() -> None:
    """One leaf drifted, another is only ahead: each keeps its own verdict, together they have diverged."""
    shelf = Shelf({ASSISTANT_ID: {"id": ASSISTANT_ID}})
    applied(planned(_tree(1, 500), "vapi", shelf.send), shelf.send)
    shelf.objects[ASSISTANT_ID]["stopSpeakingPlan"]["numWords"] = 9
    (resource,) = planned(_tree(1, 700), "vapi", shelf.send).resources
    assert {change.path: change.verdict for change in resource.changes} == {
        "stopSpeakingPlan.numWords": Verdict.DRIFTED,
        "stopSpeakingPlan.backoffSeconds": Verdict.PROFILE_AHEAD,
    }
    assert resource.verdict is Verdict.DIVERGED


def test_a_key_that_is_new_in_the_profile_is_no_drift() -> None:
    """The stamp does not know the leaf: it was not ours, so nobody overwrote us."""
    shelf = _shelf(1, 1)
    shelf.objects[ASSISTANT_ID]["stopSpeakingPlan"]["backoffSeconds"] = 3
    (resource,) = planned(_tree(1, 700), "vapi", shelf.send).resources
    assert resource.verdict is Verdict.PROFILE_AHEAD


def test_drift_is_refused_until_its_own_id_is_given() -> None:
    """Without consent nothing is read or written; with another drift's id neither; with its own it is overwritten."""
    shelf = _shelf(1, 7)
    plan = planned(_tree(1), "vapi", shelf.send)
    shelf.requests.clear()
    for accepted in ((), ("drift-00000000",)):
        result = applied(plan, shelf.send, accepted)
        assert result.outcome is Outcome.REFUSED
        assert isinstance(result.error, DriftNotAccepted)
        assert result.error.help is not None
        assert plan.drift_ids[0] in result.error.help
        assert shelf.requests == []
    assert applied(plan, shelf.send, plan.drift_ids).outcome is Outcome.APPLIED
    assert shelf.objects[ASSISTANT_ID]["stopSpeakingPlan"]["numWords"] == 1


def test_another_edit_makes_another_drift_id() -> None:
    """Consent is to what was seen: a later edit, or a profile that moved on, is asked about again."""
    ids = {
        planned(_tree(desired), "vapi", _shelf(1, actual).send).drift_ids[0]
        for desired, actual in ((1, 7), (1, 8), (2, 7))
    }
    assert len(ids) == 3
    again = planned(_tree(1), "vapi", _shelf(1, 7).send).drift_ids[0]
    assert again in ids


def test_an_edit_after_the_plan_makes_it_stale() -> None:
    """The live object is read again before the first write; another value anywhere, and nothing is written."""
    shelf = _shelf(1, 1)
    plan = planned(_tree(2), "vapi", shelf.send)
    shelf.objects[ASSISTANT_ID]["endCallMessage"] = "Edited meanwhile."
    result = applied(plan, shelf.send)
    assert isinstance(result.error, PlanIsStale)
    assert result.outcome is Outcome.FAILED
    assert shelf.writes == []


def test_consent_does_not_make_a_stale_plan_fresh() -> None:
    """Drift was accepted, then somebody edited again: refused, as the plan no longer tells what would be lost."""
    shelf = _shelf(1, 7)
    plan = planned(_tree(1), "vapi", shelf.send)
    shelf.objects[ASSISTANT_ID]["stopSpeakingPlan"]["numWords"] = 8
    assert isinstance(applied(plan, shelf.send, plan.drift_ids).error, PlanIsStale)
    assert shelf.writes == []


def test_another_profile_on_the_same_agent_is_told() -> None:
    """Two profiles that take turns on one agent are found out by the stamp."""
    shelf = _shelf(1, 1)
    plan = planned({"name": "second", **_tree(1)}, "vapi", shelf.send)
    assert plan.notes == ("the profile 'tested' was applied here last; this one takes over what it names",)
    assert planned(_tree(1), "vapi", shelf.send).notes == ()


def test_an_override_inside_a_plan_that_a_key_writes_has_its_way_and_settles() -> None:
    """`endpointing` writes the whole smart plan, the override one field of it: applied once, then in sync."""
    shelf = Shelf({ASSISTANT_ID: {"id": ASSISTANT_ID}})
    wait = {"startSpeakingPlan": {"smartEndpointingPlan": {"waitFunction": "300 + 1 * x"}}}
    tree = {
        "endpointing": {"mode": "semantic", "delay_ms": 400},
        "targets": {"vapi": {"assistant_id": ASSISTANT_ID, "overrides": wait}},
    }
    applied(planned(tree, "vapi", shelf.send), shelf.send)
    plan = shelf.objects[ASSISTANT_ID]["startSpeakingPlan"]["smartEndpointingPlan"]
    assert plan == {"provider": "livekit", "waitFunction": "300 + 1 * x"}
    assert not planned(tree, "vapi", shelf.send).changes
