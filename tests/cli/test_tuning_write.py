"""What `tune --write` and `--target` rest on: where a value goes, and what a vendor holds exactly."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import Parameters
from local_agent.tuning.search.space import Space, setting_of
from vaxctl.cli.tuning_bounds import bounded, check_values, inexact_at_targets
from vaxctl.cli.tuning_write import Editable, next_step, to_write
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


def test_evidence_of_an_environment_outlives_a_tuning_of_the_file() -> None:
    """What was written with --env is about other values: a tuning without it leaves that line where it stands."""
    text = TEXT.replace("      min_speech_ms", "      # vaxctl tune: for prod\n      min_speech_ms")
    _editable(text).written({"vad.threshold": 0.7}, "for all")
    after = Path("mine.yaml").read_text("utf-8")
    assert "      # vaxctl tune: for prod\n      min_speech_ms: 250\n" in after
    assert "  # vaxctl tune: for all\n  threshold: 0.7" in after


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
    """A file in the published notation stays in it, as far as that has the key."""
    values: Setting = {"vad.threshold": 0.7, "vad.min_speech_ms": 100, "vad.release_threshold": 0.5}
    _editable("vad_config:\n  threshold: 0.3\n").written(values, "why")
    assert Path("mine.yaml").read_text("utf-8") == (
        "vad_config:\n  # vaxctl tune: why\n  threshold: 0.7\n  min_speech_ms: 100\nvad:\n  release_threshold: 0.5\n"
    )


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


FORMS = {
    "block": TEXT,
    "crlf": TEXT.replace("\n", "\r\n"),
    "mark": "\ufeff" + TEXT,
    "mixed ends": TEXT.replace("\n", "\r\n", 4),
    "flow": "# top\nschema: vaxctl/v1\nname: mine  # who\nvad: {threshold: 0.55} # why\nstt: {provider: deepgram}\n",
    "tall flow": "schema: vaxctl/v1\nname: mine\nvad: {\n  threshold: 0.55,  # t\n}\n# end\n",
    "anchors": "schema: vaxctl/v1\nname: &n mine\ndescription: *n\nvad: &v\n    threshold: 0.55\n",
    "no last line end": "schema: vaxctl/v1\nname: mine\nvad:\n  threshold: 0.55",
    "commented out": "schema: vaxctl/v1\nname: mine\nvad:\n  # threshold: 0.4\n  min_silence_ms: 3\n  # none\n\n# end\n",
    "empty block": "schema: vaxctl/v1\nname: mine\nvad:   # to be tuned\n  # threshold: 0.4\nlanguage: en-GB\n",
    "null block": "schema: vaxctl/v1\nname: mine\nvad: null\nlanguage: en-GB\n",
    "absent": "schema: vaxctl/v1\nname: mine\n\n# end",
    "odd indent": "schema: vaxctl/v1\nname:   mine\nvad:\n       threshold:   0.55\n",
}


@pytest.mark.parametrize("env", [None, "prod"])
@pytest.mark.parametrize("form", FORMS)
def test_a_tuning_after_a_tuning_leaves_one_line_of_evidence(form: str, env: str | None) -> None:
    """However the file is written: values read back, comments and other lines kept, the same once more is no change."""
    text = FORMS[form]
    if env and "environments" not in text:
        text += "\n" * (not text.endswith("\n")) + "environments:\n  prod: {}\n"
    chosen: list[Setting] = [{"vad.threshold": 0.7, "vad.min_speech_ms": 100}, {"vad.min_speech_ms": 150}]
    for values, why in zip(chosen, ("on 9 calls", "on 20 calls"), strict=True):
        editable = _editable(text, env)
        assert editable.written(values, why)
        raw = Path("mine.yaml").read_bytes()
        loaded = load(Path("mine.yaml"), env)
        assert loaded.profile is not None
        assert {path: loaded.profile.get(path) for path in values} == values
        same = Editable.of(Path("mine.yaml"), env, loaded, SEARCHED)
        now = setting_of(Parameters()) | {path: loaded.profile.get(path) for path in SEARCHED}
        assert to_write(values, now, SEARCHED, same.loaded, target=True) == {}
        text = raw.decode()
    assert [line.strip() for line in text.splitlines() if "vaxctl tune" in line] == [
        "# vaxctl tune: on 20 calls"
    ]
    old = [
        line for line in FORMS[form].splitlines(keepends=True) if "threshold: " not in line or "#" in line[:4]
    ]
    kept = iter(text.splitlines(keepends=True))
    untouched = [
        line
        for line in old
        if not line.startswith("vad: ") and "min_speech_ms: 2" not in line and line[-1] == "\n"
    ]
    assert all(line in kept for line in untouched)


def test_what_stands_in_the_way_of_an_edit_is_told_before_the_search() -> None:
    """Nobody waits for a search whose result cannot be written."""
    text = "schema: vaxctl/v1\nname: a\nvad: {threshold: &t 0.5}\n"
    Path("mine.yaml").write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=r"mine\.yaml: line 3: `vad\.threshold` is handed on \(&t\)"):
        Editable.of(Path("mine.yaml"), None, load(Path("mine.yaml")), SEARCHED)


def test_a_let_go_block_is_not_taken_up_again() -> None:
    """A null keeps a base's block out; a value set in it would bring all of that back."""
    Path("base.yaml").write_text("schema: vaxctl/v1\nname: base\nvad: {min_silence_ms: 900}\n", "utf-8")
    heir = "schema: vaxctl/v1\nname: heir\nextends: [base.yaml]\nvad:\n"
    with pytest.raises(InvalidInput, match=r"heir\.yaml: vad\.min_silence_ms would change too"):
        _editable(heir, name="heir.yaml").written({"vad.threshold": 0.7}, "why")
    assert Path("heir.yaml").read_text("utf-8") == heir
    assert sorted(path.name for path in Path().iterdir()) == ["base.yaml", "heir.yaml"]


RETELL, VAPI = (
    "retell: {agent_id: agent_5ca1ab1e0000000000000001}",
    "vapi: {assistant_id: 5ca1ab1e-0000-4000-8000-000000000001}",
)


@pytest.mark.parametrize(
    ("more", "env", "command"),
    [
        (f"targets: {{{VAPI}}}\n", None, "vaxctl plan {}"),
        (f"environments: {{prod: {{targets: {{{VAPI}}}}}, test: {{}}}}\n", None, "vaxctl plan {} --env prod"),
        (
            f"environments: {{prod: {{targets: {{{VAPI}}}}}, test: {{}}}}\n",
            "prod",
            "vaxctl plan {} --env prod",
        ),
        (
            f"environments: {{prod: {{targets: {{{VAPI}}}}}, test: {{}}}}\n",
            "test",
            "vaxctl compile {} --target vapi --env test",
        ),
        (
            "targets: {retell: {agent_id: {live: agent_5ca1ab1e0000000000000001}}}\n",
            None,
            "vaxctl plan {} --env live",
        ),
        ("", None, "vaxctl compile {} --target vapi"),
    ],
    ids=["target", "in an environment", "chosen", "goes nowhere", "ids by environment", "none"],
)
def test_the_next_step_works_when_it_is_copied(cli: Any, more: str, env: str | None, command: str) -> None:
    """A plan with its environment, or a compilation where nothing is aimed at; odd names are quoted."""
    for name in ("mine.yaml", "-it's mine, é.yaml"):
        Path(name).write_text(f"schema: vaxctl/v1\nname: mine\nvad: {{min_speech_ms: 200}}\n{more}", "utf-8")
        told = next_step(Path(name), env)
        words = shlex.split(told[told.index("vaxctl ") :])
        assert words == [word.format(f"./{name}" if name[0] == "-" else name) for word in command.split()]
        ran = cli(*words[1:], *(["--sandbox"] if words[1] == "plan" else []))
        assert ran.code == 0, ran.err


def test_what_the_profiles_own_vendors_do_not_hold_is_said() -> None:
    """One line each, of what changes; none for what is exact, nor for the vendor whose bounds were kept."""
    file, values = Path("mine.yaml"), {"vad.threshold": 0.7, "vad.min_speech_ms": 100}
    file.write_text(
        f"schema: vaxctl/v1\nname: mine\nenvironments: {{prod: {{targets: {{{RETELL}, {VAPI}}}}}}}\n", "utf-8"
    )

    def told(values: Setting, asked: str | None = None) -> list[str]:
        return list(inexact_at_targets(file, load(file), Space.of(), values, asked))

    assert told(values) == [
        (
            "retell: vad.threshold is unsupported there, so for the local agent only;"
            " vad.min_speech_ms is held only roughly; nothing that was searched is exact there"
        ),
        "vapi: vad.threshold is unsupported there, so for the local agent only; search with --target vapi",
    ]
    assert [line.split(":")[0] for line in told(values, "vapi")] == ["retell"]
    assert [line.split(":")[0] for line in told({"vad.min_speech_ms": 100})] == ["retell"]
    assert told({}) == []
    file.write_text("schema: vaxctl/v1\nname: mine\n", "utf-8")
    assert told(values) == []


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
