"""Phrases folded for comparison: case, spacing and punctuation do not tell two of them apart."""

from __future__ import annotations

import unicodedata


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the folded words: `Mm-hmm!` is `("mm", "hmm")`.

    Only punctuation, symbols and separators part words, so that combining marks of Indic scripts stay.
    """
    folded = unicodedata.normalize("NFKC", phrase).casefold()
    spaced = "".join(" " if unicodedata.category(c)[0] in "PSZ" else c for c in folded.replace("'", ""))
    return tuple(spaced.split())


def same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two folded phrases are the same, `uh huh` and `uhhuh` too."""
    return "".join(one) == "".join(other) != ""


def holds(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    """Whether `inner` stands in `outer` as whole words, in a row."""
    size = len(inner)
    return size > 0 and any(outer[at : at + size] == inner for at in range(len(outer) - size + 1))
