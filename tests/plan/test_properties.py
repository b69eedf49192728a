"""What holds for any live object and any valid profile."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from plan_strategies import profiles, retell_shelves, vapi_shelves
from plan_worlds import Shelf, applied, planned, read

from vaxctl.plan.applying import Outcome
from vaxctl.prompts.block import remove
from vaxctl.vendors.capability import Status
from vaxctl.vendors.compiled import InPrompt
from vaxctl.vendors.decompiling import decompile
from vaxctl.vendors.paths import MISSING, Where, get
from vaxctl.vendors.retell import limits as retell_limits
from vaxctl.vendors.vapi import limits as vapi_limits
from vaxctl.vendors.vendor import vendor

SHELVES = {"retell": retell_shelves(), "vapi": vapi_shelves}
SERVER = {**retell_limits.SERVER_FIELDS, **vapi_limits.SERVER_FIELDS}
moderately = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
each_vendor = pytest.mark.parametrize("name", ["retell", "vapi"])


def _bodies(live: Any) -> dict[str, dict[str, Any]]:
    return {kind: copy.deepcopy(found.body) for kind, found in live.objects.items()}


def _stripped(kind: str, body: dict[str, Any], leaves: Any) -> str:
    """Return a body as text without the owned leaves, the server's fields and our stamp."""
    body = {
        key: value
        for key, value in copy.deepcopy(body).items()
        if key not in SERVER[kind] and value is not None  # a vendor may give a cleared key back or not
    }
    for leaf in leaves:
        if leaf.kind == kind:
            _take_out(body, list(leaf.path), prompt=isinstance(leaf.value, InPrompt))
    if isinstance(body.get("response_engine"), dict):
        body["response_engine"].pop("version", None)
    if kind == "agent":
        text = body.pop("version_description", None) or ""
        body["version_description"] = text.split("[vaxctl 1 profile=")[0].rstrip("\n")
    if kind == "assistant":
        metadata = body.pop("metadata", None) or {}
        body["metadata"] = {key: value for key, value in metadata.items() if key != "vaxctl"}
    return json.dumps(body, sort_keys=True)


def _take_out(tree: Any, path: list[Any], *, prompt: bool) -> None:
    """Delete what stands at a path, and the containers on the way that held nothing else."""
    step, rest = path[0], path[1:]
    if isinstance(step, Where):
        at = next(
            (i for i, e in enumerate(tree or []) if isinstance(e, dict) and e.get(step.key) == step.value),
            None,
        )
        if at is None:
            return
        if rest:
            _take_out(tree[at], rest, prompt=prompt)
        if not rest or tree[at] == {step.key: step.value}:
            del tree[at]
        return
    if not isinstance(tree, dict) or step not in tree:
        return
    if rest:
        _take_out(tree[step], rest, prompt=prompt)
    elif prompt and isinstance(tree[step], str):
        tree[step] = remove(tree[step])
    else:
        tree[step] = None
    if tree[step] in (None, "", {}, []):
        del tree[step]


@each_vendor
@moderately
@given(st.data(), profiles(), st.sampled_from(["kept", "dropped"]))
def test_apply_leaves_every_leaf_that_is_not_owned_as_it_was(
    name: str, data: st.DataObject, tree: dict[str, Any], nulls: str
) -> None:
    """Unknown keys, number forms, the order of lists, other people's hooks and messages: all as before."""
    shelf = Shelf(data.draw(SHELVES[name]), keeps_null=nulls == "kept")
    plan = planned(tree, name, shelf.send)
    before = _bodies(plan.live)
    result = applied(plan, shelf.send)
    assert result.error is None
    leaves = [routed for leaf in plan.compiled.leaves if (routed := vendor(name).route(leaf, plan.live))]
    for kind, body in _bodies(read(name, plan, shelf.send)).items():
        assert _stripped(kind, body, leaves) == _stripped(kind, before[kind], leaves)


@each_vendor
@moderately
@given(st.data(), profiles(), st.sampled_from(["kept", "dropped"]))
def test_a_second_plan_is_empty_and_its_apply_writes_nothing(
    name: str, data: st.DataObject, tree: dict[str, Any], nulls: str
) -> None:
    """Apply is idempotent, overlapping overrides included, and says so without a request that writes."""
    shelf = Shelf(data.draw(SHELVES[name]), keeps_null=nulls == "kept")
    plan = planned(tree, name, shelf.send)
    first = applied(plan, shelf.send)
    assert first.outcome is (Outcome.APPLIED if plan.changes else Outcome.IN_SYNC)
    bodies = _bodies(read(name, plan, shelf.send))
    written = len(shelf.writes)
    second = planned(tree, name, shelf.send)
    assert [resource.changes for resource in second.resources if resource.changes] == []
    assert not second.changes
    assert applied(second, shelf.send).outcome is Outcome.IN_SYNC
    assert len(shelf.writes) == written
    assert _bodies(read(name, plan, shelf.send)) == bodies


@each_vendor
@moderately
@given(st.data(), profiles())
def test_a_key_taken_out_of_the_profile_leaves_its_value_alone(
    name: str, data: st.DataObject, tree: dict[str, Any]
) -> None:
    """What is no longer named is no longer compared, and stays as it was applied."""
    shelf = Shelf(data.draw(SHELVES[name]))
    plan = planned(tree, name, shelf.send)
    applied(plan, shelf.send)
    bodies = _bodies(read(name, plan, shelf.send))
    less = {
        "targets": {
            vendor_: {k: v for k, v in said.items() if k != "overrides"}
            for vendor_, said in tree["targets"].items()
        }
    }
    second = planned(less, name, shelf.send)
    assert not second.changes
    applied(second, shelf.send)
    assert _bodies(read(name, plan, shelf.send)) == bodies


@each_vendor
@moderately
@given(st.data(), profiles())
def test_the_stamp_tells_what_was_written(name: str, data: st.DataObject, tree: dict[str, Any]) -> None:
    """Each owned leaf is known by the stamp with the value that is there; a changed value is not."""
    shelf = Shelf(data.draw(SHELVES[name]))
    plan = planned(tree, name, shelf.send)
    assume(plan.changes)
    applied(plan, shelf.send)
    live = read(name, plan, shelf.send)
    assume(any(resource.changes for resource in plan.resources))
    assert live.stamp is not None
    assert live.stamp == plan.desired.stamp
    for resource in plan.resources:
        for change in resource.changes:
            after = None if change.after is MISSING else change.after
            assert live.stamp.holds(resource.kind, change.path, after) is True
            assert live.stamp.holds(resource.kind, change.path, ["something", "else"]) is False


@each_vendor
@moderately
@given(st.data(), profiles(overrides=False))
def test_pull_of_an_applied_agent_gives_back_what_is_exact(
    name: str, data: st.DataObject, tree: dict[str, Any]
) -> None:
    """Every key that the vendor holds exactly reads back with the value of the profile."""
    shelf = Shelf(data.draw(SHELVES[name]))
    plan = planned(tree, name, shelf.send)
    applied(plan, shelf.send)
    live = read(name, plan, shelf.send)
    pulled = decompile(vendor(name), live).values
    profile = plan.compiled.loaded.profile
    assert profile is not None
    for capability in plan.compiled.capabilities:
        entry = vendor(name).table[capability.path]
        routed = [
            leaf
            for leaf in plan.compiled.leaves
            if leaf.origin == capability.path and vendor(name).route(leaf, live) is None
        ]
        if capability.status is not Status.EXACT or entry.decode is None or routed:
            continue
        wanted = profile.get(capability.path)
        if capability.path == "context_preservation.enabled" and wanted is False:
            assert capability.path not in pulled
            continue
        if capability.path == "context_preservation.enabled" and profile.context_preservation.variables:
            continue  # the values stand in the text, and cannot be told from it
        if capability.path == "barge_in.protect_first_message" and profile.barge_in.enabled is False:
            continue  # the switch that is off says it already
        if capability.path == "vad.min_speech_ms" and live.objects["assistant"].body["stopSpeakingPlan"].get(
            "numWords"
        ):
            continue  # written as it is, but somebody's word count makes it not count
        told = pulled.get(capability.path, "nothing")
        assert (list(told) if isinstance(told, list | tuple) else told) == (
            list(wanted) if isinstance(wanted, tuple) else wanted
        ), capability.path


def test_the_oracle_sees_a_lost_leaf() -> None:
    """The comparison of these tests is not blind: a lost tool and a number that changed its form both show."""
    body = {"model": {"provider": "x", "tools": [1], "maxTokens": 2}, "x": 1}
    for other in (
        {**body, "x": 1.0},
        {**body, "model": {"provider": "x", "maxTokens": 2}},
        {"model": body["model"]},
    ):
        assert _stripped("assistant", body, ()) != _stripped("assistant", other, ())
    assert get(body, ("model", "maxTokens")) == 2
