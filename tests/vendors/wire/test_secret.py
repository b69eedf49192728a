"""A key is not shown, and foreign text is made fit to show."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxctl.vendors.wire.secret import SHOWN_CHARACTERS, Secret, presentable, redacted

KEY = Secret("key_5up3rs3cr3t0f0urs")


def test_secret_shows_itself_only_to_reveal() -> None:
    """No text form of a secret holds its value."""
    assert KEY.reveal() == "key_5up3rs3cr3t0f0urs"
    assert not any(KEY.reveal() in shown for shown in (repr(KEY), str(KEY), f"{KEY}", f"{[KEY]}"))


def test_secret_is_not_pickled() -> None:
    """A saved plan cannot take a key along."""
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        pickle.dumps(KEY)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad key key_5up3rs3cr3t0f0urs!", "bad key [key]!"),
        ("KEY_5UP3RS3CR3T0F0URS", "[key]"),
        ("starts with key_5up3rs3", "starts with [key]"),
        ("ends in t0f0urs", "ends in t0f0urs"),
        ("an assistant called key_other", "an assistant called key_other"),
    ],
)
def test_redaction_masks_the_key_and_long_runs_of_it(text: str, shown: str) -> None:
    """The key in any case, and eight or more of its characters, are masked; other words stay."""
    assert redacted(text, KEY) == shown


def test_presentable_strips_control_and_direction_characters() -> None:
    """Colours, line breaks and bidirectional overrides of a vendor do not reach the terminal."""
    assert presentable("\x1b[31mred\x1b[0m\r\nline\u202e end\x00", KEY) == "[31mred[0m line end"


def test_presentable_masks_a_key_that_control_characters_split() -> None:
    """A zero-width character inside the key does not hide it from the mask."""
    assert presentable("key_5up3r\u200bs3cr3t0f0urs", KEY) == "[key]"


@given(before=st.text(alphabet="ab c", max_size=600), after=st.text(alphabet="xy z", max_size=600))
def test_presentable_is_short_and_never_cuts_the_key_open(before: str, after: str) -> None:
    """Wherever the cut falls, neither the key nor a usable piece of it is left."""
    shown = presentable(f"{before} {KEY.reveal()} {after}", KEY)
    assert len(shown) <= SHOWN_CHARACTERS
    assert "5up3rs3" not in shown
