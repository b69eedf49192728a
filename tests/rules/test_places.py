"""Findings are said at the value itself, and somewhere sensible where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import SourceLocation
from vaxctl.errors import VaxctlError
from vaxctl.rules.excuses import judged_lines
from vaxctl.rules.places import checked, element, related_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.profile.load import LoadedProfile

    Loaded = Callable[..., LoadedProfile]


def test_deep_inside_overrides(loaded: Loaded) -> None:
    """Lists of mappings have no origins of their own, and places all the same."""
    profile = loaded(
        "targets: {vapi: {name: n, create: {}, overrides: {\n  hooks: [{a: 1},\n    {b: 2}]}}}\n"
    )
    location, line = element(profile, ("targets", "vapi", "overrides", "hooks", 1, "b"))
    assert (location.line, location.column, line) == (5, 9, "    {b: 2}]}}}")


def test_an_absent_key_is_said_at_its_nearest_parent(loaded: Loaded) -> None:
    """And in a file that holds nothing, at its beginning."""
    location, line = element(loaded("vad: {threshold: 0.5}"), ("vad", "model"))
    assert (location.line, line) == (3, "vad: {threshold: 0.5}")
    empty = loaded("", head="")
    empty.layers.origins.clear()
    assert element(empty, ("vad",)) == (SourceLocation(empty.file, 1, 1), None)
    assert judged_lines(empty) == (empty.file, frozenset())


def test_related_to_what_no_file_holds(loaded: Loaded) -> None:
    """A default has no place to point at."""
    profile = loaded("vad: {threshold: 0.5}")
    assert related_to(profile, "vad.model", "here") == ()
    assert [note for _, note in related_to(profile, "vad.threshold", "here")] == ["here"]


def test_a_profile_that_did_not_load_cannot_be_checked(loaded: Loaded) -> None:
    """Rules are not asked about one; a caller who does so anyway hears of it."""
    with pytest.raises(VaxctlError, match="did not load"):
        checked(loaded("vad: 3"))
