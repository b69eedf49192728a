"""The command that a page of a tuning shows: run as it stands, it makes the same tuning."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from vaxctl.cli.tuning import Hunt
from vaxctl.cli.tuning_audio import Audio
from vaxctl.cli.tuning_command import command

AUDIO = Audio(Path("my corpus"), None, None, None, None)
HUNT = Hunt(None, (), None, (), "grid", None, None, 0.5, 0, 4, None)


def test_defaults_are_left_out_but_the_seed() -> None:
    """A short command stays short; a folder with a blank is quoted."""
    assert command(Path("p.yaml"), None, AUDIO, HUNT) == "vaxctl tune p.yaml --corpus 'my corpus' --seed 0"


def test_everything_that_changes_the_result_is_told() -> None:
    """Each option with its value, repeated ones each time; what only makes it faster is not."""
    audio = Audio(None, "calls", Path("l.csv"), None, 8000)
    hunt = replace(
        HUNT,
        minimize="stop_ms_p90",
        subject_to=("false_barge_in_rate<=3%", "missed_barge_in_rate<=5%"),
        target="vapi",
        grid=("vad.threshold=0.3:0.8:0.05",),
        search="tpe",
        trials=50,
        storage="tune.db",
        held_back=0.3,
        seed=7,
    )
    parts = shlex.split(command(Path("p.yaml"), "production", audio, hunt))
    assert parts[:3] == ["vaxctl", "tune", "p.yaml"]
    assert list(zip(parts[3::2], parts[4::2], strict=True)) == [
        ("--from-calls", "calls"),
        ("--labels", "l.csv"),
        ("--env", "production"),
        ("--minimize", "stop_ms_p90"),
        ("--subject-to", "false_barge_in_rate<=3%"),
        ("--subject-to", "missed_barge_in_rate<=5%"),
        ("--target", "vapi"),
        ("--grid", "vad.threshold=0.3:0.8:0.05"),
        ("--search", "tpe"),
        ("--trials", "50"),
        ("--held-back", "0.3"),
        ("--rate", "8000"),
        ("--seed", "7"),
    ]


def test_snr_of_a_corpus_is_told() -> None:
    """A corpus heard in its own noise is another corpus."""
    assert "--snr-db 10.0 " in command(Path("p.yaml"), None, replace(AUDIO, snr_db=10.0), HUNT)


def test_a_profile_that_looks_like_an_option_is_still_a_file() -> None:
    """A command is copied: a file that is called as options begin is named by its folder."""
    audio = replace(AUDIO, corpus=Path("-c"))
    assert command(Path("-p.yaml"), None, audio, HUNT) == "vaxctl tune ./-p.yaml --corpus ./-c --seed 0"
