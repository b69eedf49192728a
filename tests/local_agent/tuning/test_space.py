"""Spaces: which settings are tried, within which limits, and how a user gives others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.errors import UnusableInput
from local_agent.parameters import Parameters, VadParameters
from local_agent.tuning.search.space import (
    FIELDS,
    Space,
    applied,
    completed,
    default_space,
    legal,
    parse_grid,
    setting_of,
)

if TYPE_CHECKING:
    from local_agent.tuning.search.space import Setting

PRESENT = Parameters()


def test_the_default_grid() -> None:
    """1,820 settings, each once, each legal, the release 0.15 under its threshold."""
    settings = list(Space.of().settings(PRESENT))
    assert len(settings) == len({tuple(one.items()) for one in settings}) == 1820
    assert all(legal(applied(one, PRESENT)) for one in settings)
    assert {
        round(float(one["vad.threshold"]) - float(one["vad.release_threshold"]), 4) for one in settings
    } == {0.15}
    assert {"vad.threshold": 0.55, "vad.release_threshold": 0.4, "vad.min_speech_ms": 200} in [
        {key: one[key] for key in list(one)[:3]} for one in settings
    ]


def test_settings_are_put_in_and_read_back() -> None:
    """What a setting names changes, everything else stays."""
    setting = completed({"vad.threshold": 0.7, "false_barge_in.validate": False, "barge_in.min_words": 2})
    parameters = applied(setting, PRESENT)
    assert parameters.vad == VadParameters(threshold=0.7, release_threshold=0.55)
    assert (parameters.barge_in.validate, parameters.barge_in.min_words) == (False, 2)
    assert parameters.endpointing == PRESENT.endpointing
    assert setting_of(parameters) | setting == setting_of(parameters)
    assert list(setting_of(parameters)) == list(FIELDS)


def test_illegal_settings_are_not_tried() -> None:
    """No release above its threshold, no cap below its delay."""
    space = Space.of(
        {
            "vad.threshold": (0.3, 0.6),
            "vad.release_threshold": (0.2, 0.5),
            "endpointing.delay_ms": (400, 3000),
        }
    )
    assert [tuple(one.values()) for one in space.settings(PRESENT)] == [
        (0.3, 0.2, 400),
        (0.6, 0.2, 400),
        (0.6, 0.5, 400),
    ]


def test_a_target_bounds_the_search() -> None:
    """Values that a target does not admit are not tried, nor keys without any, nor settings that it refuses."""

    def admits(setting: Setting) -> bool:
        speech, silence = setting.get("vad.min_speech_ms", 100), setting.get("vad.min_silence_ms", 800)
        return (
            "vad.threshold" not in setting and 100 <= speech <= 200 and silence >= 750 + (speech == 200) * 50
        )

    space = Space.of().held_to("narrow", admits)
    assert dict(space.axes) == {"vad.min_speech_ms": (100, 150, 200), "vad.min_silence_ms": (750, 800)}
    tried = [tuple(setting.values()) for setting in space.settings(Parameters())]
    assert tried == [(100, 750), (100, 800), (150, 750), (150, 800), (200, 800)]
    assert space != Space(space.axes)
    assert repr(space) == repr(Space.of().held_to("narrow", admits))
    with pytest.raises(UnusableInput, match=r"none of the searched keys exactly: vad\.threshold$"):
        Space.of({"vad.threshold": (0.5,)}).held_to("narrow", admits)


def test_what_is_searched_where_nobody_names_axes() -> None:
    """A goal about turns, and a walk, have more to search; each of it legal for a profile."""
    assert default_space(turns=False, guided=False) == Space.of()
    paths = [path for path, _ in default_space(turns=True, guided=True).axes]
    assert {"endpointing.mode", "endpointing.max_delay_ms", "false_barge_in.validate"} < set(paths)
    assert "endpointing.complete_threshold" in paths
    assert len(list(default_space(turns=True, guided=False).settings(Parameters()))) == 7 * 1820


def test_what_is_searched_for_turns_alone() -> None:
    """All that moves a turn's end and nothing that moves what happens over the agent, in modes that can be judged."""
    space = default_space(turns=True, floor=False, guided=False)
    assert dict(space.axes)["endpointing.mode"] == ("silence", "semantic", "hybrid")
    assert not space.moves_floor
    assert len(list(space.settings(PRESENT))) == 2016 == 7 * 3 * (14 * 7 - 2)
    silent = default_space(turns=True, floor=False, guided=False, modes=("silence",))
    assert dict(silent.axes)["endpointing.mode"] == ("silence",)
    for wider in (
        default_space(turns=True, floor=False, guided=True),
        default_space(turns=True, guided=False),
        Space.of({"endpointing.mode": ("silence",), "noise_suppression.engine": ("off",)}),
    ):
        assert wider.moves_floor


def test_grids_are_read() -> None:
    """Ranges with both ends, lists, words and switches."""
    space = parse_grid(
        [
            "vad.threshold=0.3:0.9:0.15",
            "endpointing.mode = silence, hybrid",
            "barge_in.min_words=2,0",
            "endpointing.complete_threshold=0.5,0.9",
            "false_barge_in.validate=true,false",
        ]
    )
    assert dict(space.axes) == {
        "vad.threshold": (0.3, 0.45, 0.6, 0.75, 0.9),
        "endpointing.mode": ("silence", "hybrid"),
        "barge_in.min_words": (0, 2),
        "endpointing.complete_threshold": (0.5, 0.9),
        "false_barge_in.validate": (True, False),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vad.threshold", "is no axis"),
        ("vad.threshold=", "is no axis"),
        ("vad.model=silero_v6", "vad.model cannot be searched"),
        ("vad.threshold=0.3:0.9", "no range"),
        ("vad.threshold=0.3:0.9:0", "leads nowhere"),
        ("vad.threshold=0.9:0.3:0.1", "leads nowhere"),
        ("vad.min_speech_ms=1:99999999:1", "leads nowhere"),
        ("vad.min_speech_ms=100.5", "not a whole number"),
        ("vad.threshold=high", "not a number"),
        ("endpointing.mode=silent", "one of silence, semantic, hybrid"),
        ("endpointing.mode=1:2:1", "no range"),
    ],
)
def test_what_is_no_grid(text: str, said: str) -> None:
    """A grid that cannot be read says why."""
    with pytest.raises(UnusableInput, match=said):
        parse_grid([text])


def test_an_axis_is_given_once() -> None:
    """Two lists for one key contradict each other; an unknown key is refused wherever it comes from."""
    with pytest.raises(UnusableInput, match="given twice"):
        parse_grid(["vad.threshold=0.3", "vad.threshold=0.5"])
    with pytest.raises(UnusableInput, match="cannot be searched"):
        Space.of({"vad.model": ("silero_v6",)})


@given(st.sampled_from([0.25, 0.55, 0.9]), st.sampled_from([50, 200, 500]), st.sampled_from([200, 400, 800]))
def test_change_is_a_distance(threshold: float, speech_ms: int, silence_ms: int) -> None:
    """The present setting is nearest to itself, and a whole axis counts as 1."""
    space = Space.of()
    setting = completed(
        {"vad.threshold": threshold, "vad.min_speech_ms": speech_ms, "vad.min_silence_ms": silence_ms}
    )
    assert space.change(setting, applied(setting, PRESENT)) == 0
    far = space.change(setting, PRESENT)
    assert far == pytest.approx(
        abs(threshold - 0.55) / 0.65 + abs(speech_ms - 200) / 450 + abs(silence_ms - 400) / 600
    )
    words = Space.of({"endpointing.mode": ("silence", "semantic"), "barge_in.min_words": (1,)})
    assert words.change({"endpointing.mode": "silence", "barge_in.min_words": 1}, PRESENT) == 2
