"""The one door from a profile to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.errors import UnusableInput
from local_agent.from_profile import RUN_PATHS, parameters_from
from local_agent.parameters import Emulated
from vaxctl.profile.load import LoadedProfile, load

if TYPE_CHECKING:
    from pathlib import Path


def profile(tmp_path: Path, text: str) -> LoadedProfile:
    """Write and load a profile."""
    path = tmp_path / "p.yaml"
    path.write_text(f"schema: vaxctl/v1\nname: demo\n{text}")
    return load(path)


def test_what_the_profile_says_is_what_runs(tmp_path: Path) -> None:
    """Values go through, under the names that the run has for them."""
    made = parameters_from(
        profile(
            tmp_path,
            "vad: {threshold: 0.6, min_speech_ms: 150}\nendpointing: {mode: hybrid, delay_ms: 700}\n"
            "barge_in: {min_words: 2, ignore_phrases: [right]}\n"
            "false_barge_in: {validate: false, timeout_ms: 900}\n",
        )
    )
    assert (made.name, made.vad.threshold, made.vad.release_threshold, made.vad.min_speech_ms) == (
        "demo",
        0.6,
        0.45,
        150,
    )
    assert (made.endpointing.mode, made.endpointing.delay_ms) == ("hybrid", 700)
    assert (made.barge_in.min_words, made.barge_in.ignore_phrases) == (2, ("right",))
    assert (made.barge_in.validate, made.barge_in.timeout_ms) == (False, 900)
    assert made.assumed == ()


def test_a_profile_that_names_no_ignore_phrases_has_the_lexicons(tmp_path: Path) -> None:
    """In its language only; an empty list is a list."""
    assert "mm-hmm" in parameters_from(profile(tmp_path, "")).barge_in.ignore_phrases
    assert "right" in parameters_from(profile(tmp_path, "language: en-GB\n")).barge_in.ignore_phrases
    unvalidated = "false_barge_in: {validate: false}\n"
    for text in ("language: de\n", "barge_in: {ignore_phrases: []}\n", unvalidated):
        assert parameters_from(profile(tmp_path, text)).barge_in.ignore_phrases == ()


def test_a_platform_has_no_phrases_but_those_it_was_given(tmp_path: Path) -> None:
    """The lexicon's stand in for an unnamed list in our second look, which a pulled agent has not."""
    assert parameters_from(profile(tmp_path, ""), told=("barge_in",)).barge_in.ignore_phrases == ()
    named = profile(tmp_path, "barge_in: {ignore_phrases: [right]}\n")
    assert parameters_from(named, told=("barge_in",)).barge_in.ignore_phrases == ("right",)


def test_the_call_types_band_fills_the_delay(tmp_path: Path) -> None:
    """No delay given: the middle of the call type's band, and a cap that is never under it."""
    made = parameters_from(
        profile(tmp_path, "call_type: complex-questions\nendpointing: {max_delay_ms: 500}\n")
    )
    assert (made.endpointing.delay_ms, made.endpointing.max_delay_ms) == (700, 700)


def test_what_a_platform_did_not_tell_is_assumed(tmp_path: Path) -> None:
    """A pulled profile: all but the told keys stand in `assumed`; a told parent tells its children."""
    made = parameters_from(profile(tmp_path, ""), told=("endpointing.delay_ms", "barge_in"))
    assert "vad.threshold" in made.assumed
    assert "endpointing.delay_ms" not in made.assumed
    assert not [path for path in made.assumed if path.startswith("barge_in.")]
    assert set(made.assumed) < set(RUN_PATHS)


def test_the_platforms_own_suppressor_is_emulated(tmp_path: Path) -> None:
    """Nobody has the platform's engine here: another one stands in, and the run says so, pulled or not."""
    loaded = profile(tmp_path, "noise_suppression: {engine: platform}\n")
    made = parameters_from(loaded)
    assert made.noise.engine == "rnnoise"
    assert made.assumed == ()
    assert made.emulated == (Emulated("noise_suppression.engine", "platform", "rnnoise"),)
    pulled = parameters_from(loaded, told=loaded.owned)
    assert pulled.emulated == made.emulated
    assert "noise_suppression.engine" not in pulled.assumed
    assert "noise_suppression.max_attenuation_db" in pulled.assumed


def test_a_pulled_agent_without_the_block_is_told_nothing(tmp_path: Path) -> None:
    """The block is our default, but pull read the prompt: what it did not find there is not there."""
    plain = profile(tmp_path, "")
    assert parameters_from(plain, template="x").context.enabled
    assert not parameters_from(plain, told=plain.owned, template="x").context.enabled
    owning = profile(tmp_path, "context_preservation: {enabled: true}\n")
    assert parameters_from(owning, told=owning.owned, template="x").context.enabled


def test_every_path_is_a_key_of_the_profile(tmp_path: Path) -> None:
    """The list of keys cannot name one that is not there."""
    loaded = profile(tmp_path, "")
    assert loaded.profile is not None
    for path in RUN_PATHS:
        loaded.profile.get(path)


def test_an_unusable_profile_is_refused(tmp_path: Path) -> None:
    """With what is wrong with it, and the command that tells more."""
    with pytest.raises(UnusableInput, match="threshold") as refused:
        parameters_from(profile(tmp_path, "vad: {threshold: 7}\n"))
    assert "vaxctl validate" in (refused.value.help or "")
