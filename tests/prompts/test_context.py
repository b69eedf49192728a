"""The block of a profile: its template found, read and rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.errors import InvalidInput
from vaxctl.profile.load import load
from vaxctl.prompts.context import MAX_TEMPLATE_BYTES, context_block, context_template, template_variables
from vaxctl.prompts.shipped import shipped_names, shipped_text
from vaxctl.prompts.templates import BUILT_IN_VARIABLES, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.prompts.templates import Value


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str], LoadedProfile]:
    """Load a profile with this context_preservation, from a folder below a project's root."""
    (tmp_path / "vaxctl.toml").touch()
    (tmp_path / "p").mkdir()

    def make(context: str) -> LoadedProfile:
        path = tmp_path / "p" / "x.yaml"
        path.write_text(
            f"schema: vaxctl/v1\nname: x\nlanguage: de\ncontext_preservation: {context}\n", encoding="utf-8"
        )
        return load(path)

    return make


def test_the_shipped_template(profile: Callable[[str], LoadedProfile]) -> None:
    """With the profile's variables, for a target that fills slots and for one that does not."""
    loaded = profile("{enabled: true, variables: {company: Larkspur}}")
    assert context_template(loaded).shipped
    without, with_slots = context_block(loaded), context_block(loaded, runtime_slots=True)
    assert without is not None
    assert with_slots is not None
    assert "Larkspur" in without.text
    assert "{{ interrupted_text }}" not in without.text
    assert "{{ interrupted_text }}" in with_slots.text
    assert not without.text.startswith("\n")


def test_off_is_no_block(profile: Callable[[str], LoadedProfile]) -> None:
    """And needs no template."""
    assert context_block(profile("{enabled: false, template: absent.j2}")) is None


def test_a_template_beside_the_file_that_names_it(
    profile: Callable[[str], LoadedProfile], tmp_path: Path
) -> None:
    """The profile's own variables win over vaxctl's."""
    (tmp_path / "p" / "mine.j2").write_bytes("\ufeffHallo [[ language ]] [[ call_type ]]\n".encode())
    loaded = profile("{template: mine.j2, variables: {call_type: ours}}")
    assert not context_template(loaded).shipped
    assert template_variables(loaded, runtime_slots=False)["profile_name"] == "x"
    block = context_block(loaded)
    assert block is not None
    assert block.text == "Hallo de ours"


@pytest.mark.parametrize(
    ("name", "message", "advice"),
    [
        ("absent-of-all.j2", "there is no template", None),
        ("context_preservation.md.j", "there is no template", "did you mean context_preservation.md.j2?"),
        ("mine.j3", "there is no template", "did you mean mine.j2?"),
        ("nowhere/mine.j2", "there is no template", None),
        ("../../outside.j2", "lies outside", None),
        ("latin.j2", "is not UTF-8 text", None),
        ("huge.j2", "is larger than 262,144 bytes", None),
    ],
)
def test_templates_that_cannot_be_used(
    name: str, message: str, advice: str | None, profile: Callable[[str], LoadedProfile], tmp_path: Path
) -> None:
    """Each is invalid input, with a hint where there is one."""
    (tmp_path / "p" / "mine.j2").write_text("x", encoding="utf-8")
    (tmp_path / "p" / "latin.j2").write_bytes(b"\xff")
    (tmp_path / "p" / "huge.j2").write_bytes(b"x" * (MAX_TEMPLATE_BYTES + 1))
    with pytest.raises(InvalidInput, match=message) as caught:
        context_block(profile(f"{{template: {name}}}"))
    if advice:
        assert caught.value.help == advice


def test_a_template_that_cannot_be_opened(
    profile: Callable[[str], LoadedProfile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own word for it."""
    (tmp_path / "p" / "mine.j2").write_text("x", encoding="utf-8")
    loaded = profile("{template: mine.j2}")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(InvalidInput, match=r"cannot be read: Permission denied"):
        context_template(loaded)


def test_an_unusable_profile_has_no_block(profile: Callable[[str], LoadedProfile]) -> None:
    """It is said, not guessed."""
    with pytest.raises(InvalidInput, match="cannot be used as it is"):
        context_block(profile("3"))


@pytest.mark.parametrize("company", ["<!-- vaxctl:end context -->", "long " * 14_000])
def test_a_shipped_template_is_rendered_at_once_where_its_variables_could_spoil_it(
    profile: Callable[[str], LoadedProfile], company: str
) -> None:
    """A check must find what a plan would: all other variables are harmless, and wait for the text to be asked for."""
    with pytest.raises(InvalidInput):
        context_block(profile(f"{{enabled: true, variables: {{company: {company!r}}}}}"))


@pytest.mark.parametrize("name", [name for name in shipped_names() if name.endswith(".j2")])
def test_shipped_templates_need_no_variable(name: str) -> None:
    """That is why a check of a profile need not render them."""
    own: dict[str, Value] = dict.fromkeys(BUILT_IN_VARIABLES, "")
    for slots in (True, False):
        assert render(shipped_text(name), {**own, "runtime_slots": slots}, name=name, trusted=True)
