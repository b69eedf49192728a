"""What `tune --write` and `--target` rest on: where a value goes, and what a vendor holds exactly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import Parameters
from local_agent.tuning.search.space import Space, setting_of
from vaxctl.cli.tuning_bounds import bounded, check_values
from vaxctl.cli.tuning_write import Editable, to_write
from vaxctl.errors import DriftNotAccepted, InvalidInput
from vaxctl.profile.load import load

if TYPE_CHECKING:
    from local_agent.tuning.search.space import Setting

TEXT = """\
# a campaign
schema: vaxctl/v1
name: mine
vad:
  threshold: 0.55   # from the report
environments:
  prod:
    vad:
      min_speech_ms: 250
  test: {}
"""
CHOSEN: Setting = {"vad.threshold": 0.7, "vad.release_threshold": 0.55, "vad.min_speech_ms": 100}
SEARCHED = ("vad.threshold", "vad.min_speech_ms")


def _editable(text: str = TEXT, env: str | None = None, name: str = "mine.yaml") -> Editable:
    Path(name).write_bytes(text.encode())
    return Editable.of(Path(name), env, load(Path(name), env), SEARCHED)


def test_values_go_where_they_stand() -> None:
    """In place, the comment beside kept, the evidence above; a second tuning replaces the first one's evidence."""
    told = _editable().written({"vad.threshold": 0.7, "vad.min_speech_ms": 100}, "on 9 calls")
    after = Path("mine.yaml").read_text("utf-8")
    assert after == TEXT.replace(
        "  threshold: 0.55   # from the report\n",
        "  # vaxctl tune: on 9 calls\n  threshold: 0.7   # from the report\n  min_speech_ms: 100\n",
    )
    assert told.splitlines()[:3] == [
        "diff --git a/mine.yaml b/mine.yaml",
        "--- a/mine.yaml",
        "+++ b/mine.yaml",
    ]
    assert "+  threshold: 0.7   # from the report" in told
    _editable(after).written({"vad.min_speech_ms": 150}, "on 20 calls")
    again = Path("mine.yaml").read_text("utf-8")
    assert "on 9 calls" not in again
    assert "  # vaxctl tune: on 20 calls\n  min_speech_ms: 150\n" in again


@pytest.mark.parametrize(
    ("env", "block"),
    [
        ("prod", "    vad:\n      # vaxctl tune: why\n      min_speech_ms: 100\n      threshold: 0.7\n"),
        ("test", "  test: {vad: {threshold: 0.7, min_speech_ms: 100}}\n"),
    ],
)
def test_an_environment_has_its_own_values(env: str, block: str) -> None:
    """With --env the values go into that environment; the file's own stay, and so does its evidence."""
    text = TEXT.replace("  threshold", "  # vaxctl tune: for all\n  threshold")
    _editable(text, env).written({"vad.threshold": 0.7, "vad.min_speech_ms": 100}, "why")
    after = Path("mine.yaml").read_text("utf-8")
    assert block in after
    assert "  # vaxctl tune: for all\n  threshold: 0.55" in after
    profile = load(Path("mine.yaml"), env).profile
    assert profile is not None
    assert (profile.vad.threshold, profile.vad.min_speech_ms) == (0.7, 100)


def test_a_base_is_left_alone() -> None:
    """A value of a base is not set in an heir that never named it; one that the heir names is set there."""
    Path("base.yaml").write_text(TEXT.replace("  prod:", "  other:"), "utf-8")
    heir = "schema: vaxctl/v1\nname: heir\nextends: [base.yaml]\nvad: {min_speech_ms: 200}\n"
    with pytest.raises(
        InvalidInput, match=r"vad\.threshold comes from base\.yaml:5, which heir\.yaml extends"
    ):
        _editable(heir, name="heir.yaml")
    base = Path("base.yaml").read_bytes()
    own = _editable(heir.replace("vad: {", "vad: {threshold: 0.6, "), name="heir.yaml")
    own.written({"vad.threshold": 0.7}, "why")
    assert "vad: {threshold: 0.7, min_speech_ms: 200}" in Path("heir.yaml").read_text("utf-8")
    assert Path("base.yaml").read_bytes() == base


def test_the_published_block_is_edited_as_it_is_written() -> None:
    """A file in the published notation stays in it."""
    _editable("vad_config:\n  threshold: 0.3\n").written({"vad.threshold": 0.7}, "why")
    assert Path("mine.yaml").read_text("utf-8") == "vad_config:\n  # vaxctl tune: why\n  threshold: 0.7\n"


def test_line_breaks_and_marks_stay() -> None:
    """A file of Windows keeps its line ends and its byte order mark."""
    _editable("\ufeff" + TEXT.replace("\n", "\r\n")).written({"vad.threshold": 0.7}, "why")
    after = Path("mine.yaml").read_bytes()
    assert after.startswith(b"\xef\xbb\xbf#")
    assert after.count(b"\n") == after.count(b"\r\n") == TEXT.count("\n") + 1


def test_a_file_that_was_edited_meanwhile_is_not_written() -> None:
    """Somebody's edit is not lost, and nothing is left behind."""
    editable = _editable()
    Path("mine.yaml").write_text(TEXT + "\n# mine\n", "utf-8")
    with pytest.raises(DriftNotAccepted, match="was edited while settings were searched"):
        editable.written({"vad.threshold": 0.7}, "why")
    assert Path("mine.yaml").read_text("utf-8").endswith("# mine\n")
    assert [path.name for path in Path().iterdir()] == ["mine.yaml"]


def test_what_cannot_be_edited_is_refused() -> None:
    """An alias stands for other values too."""
    text = "schema: vaxctl/v1\nname: a\nsilence: {hang_up_after_ms: &t 30000}\nvad: {min_speech_ms: 200, threshold: 0.5}\n"
    aliased = text.replace("min_speech_ms: 200", "min_silence_ms: *t").replace("30000", "3000")
    with pytest.raises(InvalidInput, match=r"mine\.yaml: .*min_silence_ms"):
        _editable(aliased).written({"vad.min_silence_ms": 300}, "why")
    assert Path("mine.yaml").read_text("utf-8") == aliased


def test_only_what_differs_is_written() -> None:
    """A release that follows is not written out; for a target, what no file names is."""
    loaded, now = _editable().loaded, setting_of(Parameters())
    assert to_write(CHOSEN, now, SEARCHED, loaded, target=False) == {
        "vad.threshold": 0.7,
        "vad.min_speech_ms": 100,
    }
    same: Setting = {"vad.threshold": 0.55, "vad.release_threshold": 0.4, "vad.min_speech_ms": 200}
    assert to_write(same, now, SEARCHED, loaded, target=False) == {}
    assert to_write(same, now, SEARCHED, loaded, target=True) == {"vad.min_speech_ms": 200}
    odd: Setting = {"vad.threshold": 0.7, "vad.release_threshold": 0.3}
    assert to_write(odd, now, (*SEARCHED, "vad.release_threshold"), loaded, target=False) == odd
    owner = _editable(TEXT.replace("environments", "  release_threshold: 0.4\nenvironments")).loaded
    assert to_write(CHOSEN, now, SEARCHED, owner, target=False) == CHOSEN


# -- what a vendor holds


def _bounded(space: Space, vendor: str, more: str = "") -> tuple[Space, list[str]]:
    Path("mine.yaml").write_text(f"schema: vaxctl/v1\nname: mine\n{more}", "utf-8")
    told: list[str] = []
    return bounded(space, load(Path("mine.yaml")), vendor, told.append), told


def test_a_recogniser_with_a_vad_lets_its_threshold_be_searched() -> None:
    """ElevenLabs at Vapi holds 0.1 to 0.9 and 50 to 2000 ms exactly, and the assistant at most 500 ms."""
    space = Space.of(
        {
            "vad.threshold": (0.05, 0.1, 0.5, 0.9, 0.95),
            "vad.min_speech_ms": (20, 50, 300, 500, 600),
            "vad.min_silence_ms": (40, 50, 800, 2500),
        }
    )
    held, told = _bounded(space, "vapi", "stt: {provider: elevenlabs}\n")
    assert dict(held.axes) == {
        "vad.threshold": (0.1, 0.5, 0.9),
        "vad.min_speech_ms": (50, 300, 500),
        "vad.min_silence_ms": (50, 800),
    }
    assert "confidenceThreshold = threshold held in 0.1..0.9" in told[0]
    assert len(list(held.settings(Parameters()))) == 3 * 3 * 2


def test_keys_that_exclude_each_other_do_so_in_the_search() -> None:
    """At Vapi voiceSeconds counts only while numWords is 0: no setting has both."""
    space = Space.of({"vad.min_speech_ms": (100, 200), "barge_in.min_words": (0, 2)})
    held, _ = _bounded(space, "vapi", "barge_in: {enabled: true}\n")
    assert dict(held.axes) == dict(space.axes)
    assert all(one["barge_in.min_words"] == 0 for one in held.settings(Parameters()))
    assert _bounded(space, "vapi", "barge_in: {enabled: true}\n")[0] == held
    assert _bounded(space, "vapi", "barge_in: {enabled: true}\nlanguage: en\n")[0] != held


def test_a_vendor_that_holds_nothing_exactly_is_told_key_by_key() -> None:
    """Retell has roughly or nothing of the default axes."""
    told: list[str] = []
    Path("mine.yaml").write_text("schema: vaxctl/v1\nname: mine\n", "utf-8")
    with pytest.raises(UnusableInput, match="holds none of the searched keys exactly"):
        bounded(Space.of(), load(Path("mine.yaml")), "retell", told.append)
    assert [line.split(" ")[1] for line in told] == [
        "vad.threshold",
        "vad.min_speech_ms",
        "vad.min_silence_ms",
    ]
    assert "only roughly: interruption_sensitivity" in told[1]


def test_values_that_no_profile_may_hold() -> None:
    """A delay is judged with a cap that admits it; ranges are the profile's own."""
    check_values(Space.of({"endpointing.delay_ms": (200, 4000), "endpointing.max_delay_ms": (1000, 5000)}))
    with pytest.raises(InvalidInput, match=r"vad\.min_speech_ms cannot be 5000"):
        check_values(Space.of({"vad.min_speech_ms": (100, 5000)}))
