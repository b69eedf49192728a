"""From files to a checked profile: ownership, environments, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.load import LoadedProfile, key_path, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Profile = "Callable[..., LoadedProfile]"


def said(loaded: LoadedProfile) -> list[str]:
    """Return the findings in one line each."""
    return [
        f"{f.location.line}:{f.location.column} {f.message}" + (f" -> {f.help}" if f.help else "")
        for f in loaded.findings
    ]


def test_a_key_that_is_present_is_owned(profile: Callable[..., LoadedProfile]) -> None:
    """And no default is; a null lets go."""
    loaded = profile("vad: {threshold: 0.6}\nlanguage: null\nfalse_barge_in: {validate: false}\nstt: {}\n")
    assert loaded.owned == {"schema", "name", "vad.threshold", "false_barge_in.validate"}
    assert loaded.owns("vad.threshold")
    assert not loaded.owns("vad.model")
    assert loaded.profile is not None
    assert loaded.profile.get("false_barge_in.validate") is False
    assert loaded.profile.get("vad.threshold") == 0.6


def test_derived_values(profile: Callable[..., LoadedProfile]) -> None:
    """A delay from the call type's band, a release threshold under the threshold."""
    found = profile("call_type: complex-questions\nvad: {threshold: 0.1}\n").profile
    assert found is not None
    assert (found.delay_ms, found.release_threshold) == (700, 0.0)
    said_so = profile("endpointing: {delay_ms: 500}\nvad: {release_threshold: 0.3}\n").profile
    assert said_so is not None
    assert (said_so.delay_ms, said_so.release_threshold) == (500, 0.3)


SHAPE = [
    ("vad: {treshold: 0.5}", "3:7 unknown key 'treshold' -> did you mean threshold?"),
    ("threshold: 0.5", "3:1 unknown key 'threshold' -> it belongs under vad"),
    ("zzz: 1", "3:1 unknown key 'zzz' -> known here: agent_backchannel, barge_in, call_type, "),
    ("schema_: vaxctl/v1", "3:1 unknown key 'schema_' -> did you mean schema?"),
    ("vad: {threshold: 55}", "3:18 vad.threshold is between 0 and 1 -> a probability, not per cent: 0.55"),
    ("vad: {threshold: '0.5'}", "3:18 vad.threshold takes a number, not '0.5' -> remove the quotes"),
    ("vad: {threshold: high}", "3:18 vad.threshold takes a number, not 'high'"),
    ("vad: {threshold: null}", "3:18 vad.threshold takes a number, not null"),
    ("vad: {threshold: true}", "3:18 vad.threshold takes a number, not true"),
    (
        "vad: {min_speech_ms: 0.2}",
        "3:22 vad.min_speech_ms takes a whole number, not 0.2 -> the unit is milliseconds: 200",
    ),
    ("vad: {min_speech_ms: 200.5}", "3:22 vad.min_speech_ms takes a whole number, not 200.5"),
    (
        "vad: {min_speech_ms: 99999}",
        "3:22 vad.min_speech_ms is between 0 and 2000 ms -> the unit is milliseconds",
    ),
    ("barge_in: {min_words: -1}", "3:23 barge_in.min_words is between 0 and 10 words"),
    (
        "barge_in: {enabled: 'true'}",
        "3:21 barge_in.enabled takes true or false, not 'true' -> remove the quotes",
    ),
    ("barge_in: {ignore_phrases: ['']}", "3:29 barge_in.ignore_phrases.0 takes some text, not ''"),
    ("barge_in: {ignore_phrases: yes}", "3:28 barge_in.ignore_phrases takes a list, not 'yes'"),
    ("vad: 3", "3:6 vad takes a mapping of keys, not 3"),
    (
        "vad: {model: silero}",
        "3:14 vad.model is silero_v6, silero_v5 or silero_v4, not 'silero' -> did you mean silero_v6?",
    ),
    ("endpointing: {mode: zzz}", "3:21 endpointing.mode is silence, semantic or hybrid, not 'zzz'"),
    ("endpointing: {delay_ms: 900, max_delay_ms: 500}", "3:1 endpointing: Value error"),
    ("language: english", "3:11 language takes a tag like en-GB, not 'english'"),
    (
        "targets: {retell: {agent_id: 3}}",
        "3:30 targets.retell.agent_id takes an id, or a mapping of environments to ids, not 3",
    ),
    ("targets: {retell: {}}", "3:11 targets.retell needs the key 'agent_id'"),
    ("targets: {vapi: {}}", "3:11 targets.vapi: name the assistant_id"),
    ("targets: {vapi: {assistant_id: a, create: {}}}", "3:11 targets.vapi: assistant_id and create exclude"),
    ("targets: {vapi: {create: {}}}", "3:11 targets.vapi: a new assistant needs a name"),
    ("context_preservation: {variables: {a: [1]}}", "context_preservation.variables.a takes"),
    ("context_preservation: {variables: {a: {b: " + "x" * 60 + "}}}", "..."),
    ("environments: 3", "3:15 environments maps a name"),
    ("environments: {a: 3}", "3:15 environments maps a name"),
    (
        "environments: {a: {extends: x.yaml}}",
        "3:20 extends stands at the top of a file, not in an environment",
    ),
    ("environments: {a: {vad: {treshold: 0.5}}}", "3:26 unknown key 'treshold' -> did you mean threshold?"),
    ("vad_config: 3", "3:13 vad_config is a mapping"),
    ("vad_config: {volume: 3}", "3:14 vad_config has no key 'volume' -> it holds model,"),
    (
        "vad_config: {threshold: 0.5}\nvad: {threshold: 0.5}",
        "3:14 vad_config.threshold and vad.threshold say the same thing twice -> keep one of them",
    ),
]


@pytest.mark.parametrize(("body", "expected"), SHAPE)
def test_what_is_wrong_is_said_at_its_place(
    body: str, expected: str, profile: Callable[..., LoadedProfile]
) -> None:
    """One finding, at the value or the key, with what was probably meant."""
    loaded = profile(body)
    lines = [line.replace("endpointing: max", "endpointing: Value error, max") for line in said(loaded)]
    assert any(expected in line for line in lines), lines
    assert len(lines) == 1
    assert loaded.findings[0].invalid


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("name: x\n", "1:1 the profile needs the key 'schema' -> add `schema: vaxctl/v1` as the first line"),
        ("schema: vaxctl/v1\n", "1:1 the profile needs the key 'name'"),
        (
            "schema: vaxctl/v2\nname: x\n",
            "1:9 this version reads vaxctl/v1, not 'vaxctl/v2' -> write `schema: vaxctl/v1`",
        ),
        (
            "schema: vaxctl/v1\nname: '/x'\n",
            "2:7 name takes letters a-z and A-Z, digits, dots, dashes, underscores and spaces, a letter or digit first, not '/x'",
        ),
        ("", "1:1 the file is empty -> `vaxctl init` writes a commented profile"),
    ],
)
def test_a_profile_begins_with_schema_and_name(
    head: str, expected: str, profile: Callable[..., LoadedProfile]
) -> None:
    """Without them it is somebody else's file."""
    loaded = profile(head=head)
    assert said(loaded) == [expected]
    assert loaded.profile is None


def test_environments_pick_values_and_ids(profile: Callable[..., LoadedProfile]) -> None:
    """The chosen one lies over the file; its values know their place."""
    body = "vad: {threshold: 0.5}\nenvironments:\n  live: {vad: {threshold: 0.6}}\n  test: {}\n"
    loaded = profile(body, env="live")
    assert loaded.findings == ()
    assert loaded.profile is not None
    assert loaded.profile.vad.threshold == 0.6
    assert loaded.origin("vad.threshold").location().line == 5
    assert loaded.environments == ("live", "test")
    plain = profile(body).profile
    assert plain is not None
    assert plain.vad.threshold == 0.5


def test_ids_are_environments_too(profile: Callable[..., LoadedProfile]) -> None:
    """`--env` is known when any id knows it, and a typo is found."""
    body = "targets: {retell: {agent_id: {staging: a, live: b}}, vapi: null}\n"
    assert profile(body, env="staging").findings == ()
    (finding,) = profile(body, env="stagin").findings
    assert (finding.message, finding.help) == (
        "this profile has no environment 'stagin'",
        "did you mean staging?",
    )
    (other,) = profile(body, env="zzz").findings
    assert other.help == "known here: live, staging"


def test_who_knows_no_environment_is_the_same_in_each(profile: Callable[..., LoadedProfile]) -> None:
    """A base, and a profile with one id: both can stand in a folder that is planned with `--env`."""
    assert profile("environments: {staging: {language: de}}\n", env="prod").findings == ()
    assert profile("targets: {vapi: {assistant_id: a}}\n", env="prod").findings == ()


def test_one_number_that_is_none_hides_nothing_else(profile: Callable[..., LoadedProfile]) -> None:
    """It is said, and so is every other thing that is wrong with the file."""
    loaded = profile(
        "vad: {threshold: .nan, min_speech_ms: 9999}\nlanguage: 1e400\nbarge_in: {min_word: 1}\n"
    )
    told = [finding.message.split(" ", 1)[0] for finding in loaded.findings]
    assert told == ["nan", "vad.min_speech_ms", "inf", "unknown"]


def test_a_name_cannot_differ_in_an_environment(profile: Callable[..., LoadedProfile]) -> None:
    """It is the profile's own, and so is its schema."""
    for key in ("name: y", "schema: vaxctl/v1"):
        (finding,) = profile(f"environments: {{prod: {{{key}}}}}\n").findings
        assert "it cannot differ there" in finding.message


def test_errors_inside_an_environment_are_found_with_it_and_without(
    profile: Callable[..., LoadedProfile],
) -> None:
    """`validate` says all there is to say, whichever is chosen."""
    body = "environments: {live: {vad: {threshold: 7}}, test: {vad_config: {nothing: 1}}}\n"
    assert len(profile(body).findings) == 2
    assert len(profile(body, env="live").findings) == 1


def test_the_published_block_alone_is_a_profile(written: Callable[..., Path]) -> None:
    """As the field report printed it, named for its file."""
    text = "vad_config:\n  model: silero_v4\n  threshold: 0.55\n  noise_suppression: true\n  window_size_ms: 30\n"
    loaded = load(written("0-käse.yaml", text))
    assert loaded.findings == ()
    assert loaded.profile is not None
    assert loaded.profile.name == "0-k-se"
    assert loaded.profile.noise_suppression.engine == "rnnoise"
    assert {"vad.model", "vad.threshold", "noise_suppression.engine"} <= loaded.owned
    assert loaded.origin("vad.threshold").location().line == 3
    odd = load(written("_x.yaml", "vad_config: {noise_suppression: false}\n")).profile
    assert odd is not None
    assert (odd.name, odd.noise_suppression.engine) == ("profile-_x", "off")


def test_places_of_what_no_file_says(profile: Callable[..., LoadedProfile]) -> None:
    """A finding about a default stands at the nearest parent, or at the file."""
    loaded = profile("vad: {threshold: 0.5}\n")
    assert loaded.origin("vad.min_speech_ms").location().line == 3
    assert loaded.origin("targets.vapi").location().line == 1
    assert key_path("") == ()
    bare = LoadedProfile("none.yaml", None, None, type(loaded.layers)(), loaded.root, ())
    assert str(bare.origin("vad").location()) == "none.yaml:1:1"
