"""The capability tables: whole, sourced, of one mind, and explainable for every key."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from plan_strategies import profiles
from ruamel.yaml import YAML

from vaxctl.profile.fields import fields
from vaxctl.profile.load import load
from vaxctl.vendors.capability import Status
from vaxctl.vendors.table import NOT_SENT, Entry, Reading, capability, encode, exactly, seconds
from vaxctl.vendors.vendor import NAMES, vendor

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.profile.load import LoadedProfile

each_vendor = pytest.mark.parametrize("name", NAMES)
DATED = re.compile(r"\b20\d\d-\d\d(-\d\d)?\b")


@each_vendor
def test_every_key_has_a_row_or_is_never_sent(name: str) -> None:
    """No key of the profile is forgotten, and no row is for a key there is not."""
    told = {path for path in fields() if path.split(".")[0] not in NOT_SENT}
    assert set(vendor(name).table) == told


@each_vendor
def test_every_row_says_where_it_is_documented_and_when(name: str) -> None:
    """A source has a date: documents move."""
    undated = [path for path, entry in vendor(name).table.items() if not DATED.search(entry.source)]
    assert undated == []


@each_vendor
@pytest.mark.parametrize("stt", [None, "deepgram", "assemblyai", "elevenlabs", "muse", "azure"])
def test_every_key_can_be_explained_when_it_is_not_set(
    name: str, stt: str | None, loaded: Callable[..., LoadedProfile]
) -> None:
    """`explain` asks about absent keys too, whose value may be nothing."""
    reading = Reading(loaded(**({"stt": {"provider": stt}} if stt else {})), None)
    for entry in vendor(name).table.values():
        line = capability(entry, entry.encode(reading))
        assert line.status is Status.EXACT or line.note


@each_vendor
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tree=profiles(overrides=False))
def test_no_two_rows_disagree(tree: dict[str, Any], name: str) -> None:
    """Two keys may ask for one leaf only with one value; `encode` breaks otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drawn.yaml")
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe", pure=True).dump({"schema": "vaxctl/v1", "name": "drawn", **tree}, stream)
        drawn = load(path)
    encoded = encode(vendor(name).table, Reading(drawn, None))
    assert {one.path for one in encoded.capabilities} == drawn.owned & set(vendor(name).table)
    assert all(drawn.owns(leaf.origin) for leaf in encoded.leaves)
    unsaid = [one.path for one in encoded.capabilities if one.status is not Status.EXACT and not one.note]
    assert unsaid == []


def test_a_disagreeing_table_breaks(loaded: Callable[..., LoadedProfile]) -> None:
    """A table of two minds is a programming error, found the first time it is used."""
    table = {
        "vad.threshold": Entry("vad.threshold", lambda _: exactly(("k", "a.b", 1)), "here (2026-01)"),
        "vad.min_speech_ms": Entry("vad.min_speech_ms", lambda _: exactly(("k", "a.b", 2)), "here (2026-01)"),
    }
    reading = Reading(loaded(vad={"threshold": 0.5, "min_speech_ms": 200}), None)
    with pytest.raises(AssertionError, match=r"disagree about a\.b"):
        encode(table, reading)


@pytest.mark.parametrize(("value", "wire"), [(0, 0), (400, 0.4), (1000, 1), (2500, 2.5)])
def test_seconds_are_whole_where_they_can_be(value: int, wire: float) -> None:
    """A whole second is an integer on the wire, as the vendors' own dashboards send it."""
    assert seconds(value) == wire
    assert type(seconds(value)) is type(wire)
