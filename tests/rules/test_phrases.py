"""Folding and comparing phrases."""

from __future__ import annotations

import pytest

from vaxctl.rules.phrases import holds, same, words_of


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("  Mm-hmm! ", ("mm", "hmm")),
        ("that's it", ("thats", "it")),
        ("STRASSE / Straße", ("strasse", "strasse")),
        ("हाँ", ("हाँ",)),
        ("\uff4f\uff4b", ("ok",)),
        ("...", ()),
    ],
)
def test_words(phrase: str, words: tuple[str, ...]) -> None:
    """Case, width, punctuation and spacing fall; marks of a script stay."""
    assert words_of(phrase) == words


def test_same() -> None:
    """Spacing does not tell phrases apart; two that fold to nothing are not the same."""
    assert same(("uh", "huh"), ("uhhuh",))
    assert not same(("a",), ("b",))
    assert not same((), ())


def test_holds() -> None:
    """Whole words in a row."""
    assert holds(("no", "stop", "it"), ("stop", "it"))
    assert not holds(("no", "stop", "please", "it"), ("stop", "it"))
    assert not holds(("one",), ("on",))
    assert not holds(("one",), ())
