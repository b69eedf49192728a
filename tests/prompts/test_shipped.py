"""The templates that come with vaxctl, and the one that agents are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.prompts import shipped
from vaxctl.prompts.block import ManagedBlock, put
from vaxctl.prompts.reading import undeclared
from vaxctl.prompts.shipped import TemplateNotShipped, shipped_names, shipped_template, shipped_text
from vaxctl.prompts.slots import RUNTIME_SLOTS, fill
from vaxctl.prompts.templates import BUILT_IN_VARIABLES, Value, render

if TYPE_CHECKING:
    from pathlib import Path

NAME = "context_preservation.md.j2"
VENDORS = ("retell", "vapi", "bland", "elevenlabs", "pipecat", "livekit", "vocode")


def _render(**variables: Value) -> str:
    return render(shipped_text(NAME), variables, name=NAME, trusted=True)


def test_checkout_and_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder inside the package is used where there is one, else the one beside it."""
    package = tmp_path / "vaxctl"
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.j2").write_text("checkout", encoding="utf-8")
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped_text("a.j2") == "checkout"
    (package / "templates").mkdir(parents=True)
    (package / "templates" / "a.j2").write_text("wheel", encoding="utf-8")
    assert shipped_text("a.j2") == "wheel"


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "/etc/passwd", "", ".", "..", "nothing.j2", "a\\b", "a\x00"]
)
def test_only_bare_names_of_shipped_files(name: str) -> None:
    """No path leads out of the folder."""
    assert shipped_template(name) is None
    with pytest.raises(TemplateNotShipped, match="ships no template"):
        shipped_text(name)


def test_a_near_miss_is_named() -> None:
    """A typo in a template's name gets a suggestion."""
    with pytest.raises(TemplateNotShipped) as caught:
        shipped_text("context_preservaton.md.j2")
    assert caught.value.help == f"Did you mean {NAME!r}?"
    assert NAME in shipped_names()


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("company", [None, "Acme"])
def test_the_block_reads_well(*, slots: bool, company: str | None) -> None:
    """Under 350 words, all five classes, no vendor's name, no leftovers of the template, fit for a block."""
    text = _render(runtime_slots=slots, **({"company": company} if company else {}))
    assert len(text.split()) < 350
    assert [
        word for word in ("Aligned", "Redirecting", "Clarifying", "Backchannel", "Stop") if word not in text
    ] == []
    assert not any(vendor in text.lower() for vendor in VENDORS)
    assert not any(mark in text for mark in ("[[", "[%", "[#", "\n\n\n"))
    assert ("Acme" in text) is bool(company)
    assert "Never repeat what the caller already heard" in text
    assert put("", ManagedBlock("context", text))


def test_slots_stand_only_where_they_are_filled() -> None:
    """With slots all six are used and can be filled; without, the model reads its own cut-off turn."""
    with_slots = _render(runtime_slots=True)
    assert all(f"{{{{ {slot} }}}}" in with_slots for slot in RUNTIME_SLOTS)
    assert "{{" not in fill(with_slots, dict.fromkeys(RUNTIME_SLOTS, "x"))
    without = _render(runtime_slots=False)
    assert "{{" not in without
    assert "Your last turn in the conversation may break off" in without


def test_it_needs_only_what_vaxctl_passes() -> None:
    """Everything else that it reads is optional."""
    needed = {read.name for read in undeclared(shipped_text(NAME)) if not read.optional}
    assert needed <= set(BUILT_IN_VARIABLES)
