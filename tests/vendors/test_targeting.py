"""Ids per environment, overrides as leaves, whole subtrees for a replacing PATCH."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vaxctl.errors import InvalidInput
from vaxctl.profile.layers import Layers
from vaxctl.profile.load import LoadedProfile
from vaxctl.vendors.paths import as_text
from vaxctl.vendors.targeting import changed_subtrees, chosen_id, leaves_of_overrides, without_nulls

KEY = "targets.vapi.assistant_id"
IDS = {"staging": "a-1", "production": "b_2"}


def _loaded(env: str | None) -> LoadedProfile:
    return LoadedProfile("p.yaml", env, None, Layers(), Path(), ())


@pytest.mark.parametrize(
    ("env", "ids", "chosen"), [(None, "a-1", "a-1"), ("any", "a-1", "a-1"), ("production", IDS, "b_2")]
)
def test_the_id_of_the_environment_in_force(env: str | None, ids: Any, chosen: str) -> None:
    """One id serves every environment; of several, the environment's own."""
    assert chosen_id(_loaded(env), KEY, ids) == chosen


@pytest.mark.parametrize(
    ("env", "ids", "message", "help_"),
    [
        (None, IDS, "one id per environment", "choose with --env: staging, production"),
        ("prodction", IDS, "no id for the environment 'prodction'", "did you mean production?"),
        ("qa", IDS, "no id for the environment 'qa'", "known here: staging, production"),
        (None, "../agent", "is no id: '../agent'", "ids hold letters, digits, - and _"),
        (None, "a?x=1", "is no id", "ids hold"),
        (None, "", "is no id", "ids hold"),
        (None, "\u0661", "is no id", "ids hold"),
    ],
)
def test_an_id_that_cannot_be_used_is_told_with_its_key(
    env: str | None, ids: Any, message: str, help_: str
) -> None:
    """No id becomes part of a path unless it is one; the message names the key, the help the way out."""
    with pytest.raises(InvalidInput, match=KEY) as caught:
        chosen_id(_loaded(env), KEY, ids)
    assert message in caught.value.message
    assert help_ in (caught.value.help or "")


def test_an_override_owns_what_it_says_and_no_more() -> None:
    """Objects are walked into; scalars, lists, nulls and empty objects are leaves."""
    tree = {"a": {"b": 1, "c": {"d": None}}, "e": [1, {"f": 2}], "g": {}}
    leaves = list(leaves_of_overrides("agent", tree, "targets.retell.overrides.agent"))
    assert [(leaf.at, leaf.value) for leaf in leaves] == [
        ("a.b", 1),
        ("a.c.d", None),
        ("e", [1, {"f": 2}]),
        ("g", {}),
    ]
    assert leaves[1].origin == "targets.retell.overrides.agent.a.c.d"
    assert {as_text(leaf.path) for leaf in leaves} == {leaf.at for leaf in leaves}


def test_changed_subtrees_are_whole_and_only_those_that_differ() -> None:
    """A number's form is no difference; a key that is gone is cleared; `null` where nothing stood is sent."""
    before = {"a": {"x": 1, "y": 2.0}, "b": [1], "c": 3, "d": 2}
    after = {"a": {"x": 1, "y": 2}, "b": [1, 2], "d": {"z": 1, "kept": True}, "e": "MISSING"}
    assert changed_subtrees(before, after) == {
        "b": [1, 2],
        "d": {"z": 1, "kept": True},
        "e": "MISSING",
        "c": None,
    }
    assert changed_subtrees(before, before) == {}


def test_nulls_are_taken_out_of_objects_not_of_lists() -> None:
    """An element of a list has its place even when it is null."""
    assert without_nulls({"a": None, "b": [None, {"c": None, "d": 0}]}) == {"b": [None, {"d": 0}]}
