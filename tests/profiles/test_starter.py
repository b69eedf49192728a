"""The starter profile of `vaxctl init` is valid as it is, and with every comment mark taken off its keys."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from vaxctl.cli.running import run
from vaxctl.profile.fields import fields
from vaxctl.profile.load import load

KEY = re.compile(r"^(\s*)#(?=  |[^ \n])", re.MULTILINE)
"""A commented-out key has no space, or its own indentation, after the mark; a sentence has one space."""


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let `vaxctl init` write a profile to an empty folder, and go there."""
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--name", "autumn"]) == 0
    return Path("profile.yaml")


def whole(path: Path) -> str:
    """Return the text with every commented-out key in force, but for the base that is not there."""
    head, _, body = path.read_text(encoding="utf-8").partition("schema:")
    return head + "schema:" + KEY.sub(r"\1", body).replace("extends: [base/uk-mobile.yaml]\n", "")


def clear(path: Path, capsys: pytest.CaptureFixture[str]) -> bool:
    """Tell whether validation finds nothing at all."""
    capsys.readouterr()
    code = run(["validate", str(path), "--format", "json"])
    return code == 0 and json.loads(capsys.readouterr().out)["diagnostics"] == []


def test_as_written(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the name asked for, the published values, no target yet, no findings, and the one layout."""
    profile = load(starter).profile
    assert profile is not None
    assert (profile.name, profile.vad.threshold, profile.vad.min_speech_ms) == ("autumn", 0.55, 200)
    assert (profile.endpointing.mode, profile.endpointing.delay_ms) == ("semantic", 400)
    assert profile.targets.retell is None
    assert clear(starter, capsys)
    assert run(["fmt", "--check", str(starter)]) == 0


def test_with_every_key_in_force(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is commented out is right too, and no key of the model is missing but `create`."""
    starter.write_text(whole(starter), encoding="utf-8")
    assert clear(starter, capsys)
    assert run(["fmt", "--check", str(starter)]) == 0
    owned = {re.sub(r"\.(staging|production)$", "", path) for path in load(starter).owned}
    assert set(fields()) - owned == {"targets.vapi.create"}


def test_every_key_is_explained(starter: Path) -> None:
    """Above each key, or above the group of keys it opens with, stands a sentence."""
    lines = starter.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for above, line in itertools.pairwise(lines)
        if re.match(r"[a-z_]+:", line) and not above.startswith("#") and not line.startswith("schema:")
    ]
    assert bare == []
