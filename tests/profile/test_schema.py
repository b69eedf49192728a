"""The JSON Schema accepts what loading accepts, and refuses unknown keys everywhere."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from plan_strategies import profiles
from ruamel.yaml import YAML

from vaxctl.profile.fields import block_at, fields
from vaxctl.profile.load import load
from vaxctl.profile.schema import profile_schema

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = profile_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
HEAD = {"schema": "vaxctl/v1", "name": "drawn"}
drawn = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def test_it_is_a_schema() -> None:
    """Of the draft that it names."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@drawn
@given(tree=profiles())
def test_it_accepts_what_loading_accepts(tree: dict[str, Any], tmp_path: Path) -> None:
    """An editor marks nothing that `validate` takes."""
    path = tmp_path / "x.yaml"
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump({**HEAD, **tree}, stream)
    assert load(path).profile is not None
    assert list(VALIDATOR.iter_errors({**HEAD, **tree})) == []


@drawn
@given(tree=profiles(overrides=False), data=st.data())
def test_it_refuses_unknown_keys(tree: dict[str, Any], data: st.DataObject) -> None:
    """In whichever mapping of the profile they stand, but for the two that are the user's own."""
    tree = copy.deepcopy({**HEAD, **tree})
    places = [tree, *(block for block in tree.values() if isinstance(block, dict)), *tree["targets"].values()]
    data.draw(st.sampled_from(places))["nobody_knows"] = 1
    assert not VALIDATOR.is_valid(tree)


GOOD: list[dict[str, Any]] = [
    {**HEAD, "extends": "base.yaml"},
    {"extends": ["a.yaml", "b.yaml"], "name": "x"},
    {
        "vad_config": {
            "model": "silero_v4",
            "threshold": 0.55,
            "noise_suppression": True,
            "window_size_ms": 30,
        }
    },
    {**HEAD, "noise_suppression": {"engine": True}},
    {**HEAD, "noise_suppression": {"engine": "off"}},
    {**HEAD, "environments": {"live": {"vad": {"threshold": 0.6}}}},
    {**HEAD, "language": None, "stt": {"provider": None}},
]
BAD: list[dict[str, Any]] = [
    {"name": "x"},
    {"schema": "vaxctl/v2", "name": "x"},
    {**HEAD, "vad_config": {"volume": 1}},
    {**HEAD, "vad": {"threshold": 7}},
    {**HEAD, "environments": {"live": {"vad": {"treshold": 0.6}}}},
    {**HEAD, "environments": {"live": {"extends": "x.yaml"}}},
    {**HEAD, "environments": {"live": {"environments": {}}}},
    {**HEAD, "noise_suppression": {"engine": "loud"}},
]


@pytest.mark.parametrize("document", GOOD)
def test_good_documents(document: dict[str, Any]) -> None:
    """What the loader takes off before the model sees it is in the schema too."""
    assert list(VALIDATOR.iter_errors(document)) == []


@pytest.mark.parametrize("document", BAD)
def test_bad_documents(document: dict[str, Any]) -> None:
    """An editor sees what `validate` would say."""
    assert not VALIDATOR.is_valid(document)


def test_every_key_is_described() -> None:
    """Meaning and source stand at each key; a number has its range, a closed set its choices."""
    for described in fields().values():
        assert described.meaning, described.path
        assert described.source, described.path
        assert (described.minimum is None) == (described.maximum is None), described.path
    assert fields()["vad.threshold"].default == 0.55
    assert fields()["vad.window_size_ms"].choices == (30, 32, 64, 96)
    assert fields()["barge_in.ignore_phrases"].default == []


def test_blocks_by_path() -> None:
    """A mapping of the profile has a model, a value has none."""
    assert block_at(("targets", "vapi")) is not None
    assert block_at(("vad", "threshold")) is None
    assert block_at(("vad", "threshold", "deeper")) is None
    assert block_at(("nothing",)) is None
