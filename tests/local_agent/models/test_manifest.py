"""The manifest that is shipped, and what a manifest may not say."""

from __future__ import annotations

import re

import pytest

from local_agent.errors import UnusableInput
from local_agent.models import manifest
from local_agent.models.manifest import parsed, shipped

IDS = ["silero_v6", "silero_v5", "silero_v4", "smart_turn", "nsnet2", "rnnoise", "whisper_tiny_en"]


def test_every_model_is_pinned_to_the_byte_and_says_its_licence() -> None:
    """No entry lacks a hash, a size, an exact version, a licence or whom to thank."""
    assert [model.id for model in shipped().models] == IDS
    for model in shipped().models:
        assert model.licence
        assert model.attribution
        assert re.fullmatch(r"\d+(\.\d+)+", model.version)
        members = [*model.installed_members, *(m for wheel in model.wheels for m in wheel.members)]
        assert members
        for part in (*members, *model.wheels):
            assert re.fullmatch("[0-9a-f]{64}", part.sha256)
            assert part.size > 0


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("linux-x86_64", "librnnoise.so"),
        ("linux-aarch64", "librnnoise.so"),
        ("darwin-arm64", "librnnoise.dylib"),
    ],
)
def test_a_native_library_is_chosen_by_machine(
    monkeypatch: pytest.MonkeyPatch, machine: str, name: str
) -> None:
    """Each machine gets its own wheel, under the tag by which pip knows it."""
    monkeypatch.setattr(manifest, "this_machine", lambda: machine)
    wheel = shipped().model("rnnoise").wheel()
    assert wheel is not None
    assert wheel.tag is not None
    assert wheel.tag in wheel.file
    assert [member.name for member in wheel.members] == [name]


def test_a_machine_that_nobody_builds_for_has_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown machine has neither wheel nor members."""
    monkeypatch.setattr(manifest, "this_machine", lambda: "plan9-mips")
    assert shipped().model("rnnoise").wheel() is None
    assert shipped().model("rnnoise").members() == ()
    assert shipped().model("nsnet2").wheel() is not None


def test_an_unknown_id_is_told_which_there_are() -> None:
    """The help names the models."""
    with pytest.raises(UnusableInput, match="'silero_v9'") as caught:
        shipped().model("silero_v9")
    assert "silero_v6" in str(caught.value.help)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", "a\\\\b", "/etc/passwd"])
def test_a_name_that_leaves_its_folder_is_refused(name: str) -> None:
    """A manifest cannot make a pull write elsewhere."""
    text = f"""
[[model]]
id = "m"
kind = "k"
purpose = "p"
licence = "l"
attribution = "a"
package = "fakes"
version = "1.0"
[[model.wheel]]
platform = "any"
file = "fakes-1.0-py3-none-any.whl"
size = 1
sha256 = "0"
[[model.wheel.member]]
path = "fakes/x"
name = "{name}"
size = 1
sha256 = "0"
"""
    with pytest.raises(UnusableInput, match="no plain file name"):
        parsed(text)
