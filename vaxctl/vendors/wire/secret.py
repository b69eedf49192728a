"""A vendor key that cannot be printed by accident, and text that came from outside made fit to show."""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn

SHOWN_CHARACTERS = 500
"""The longest piece of a vendor's message that is repeated to the user."""

_MASK = "[key]"
_LOOKS_LIKE_A_KEY = re.compile(r"[\w+/=-]{8,}")


class Secret:
    """A string that shows itself only to `reveal`: not in repr, str, a pickle or a copied dataclass."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the one place that puts it on the wire."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")


def redacted(text: str, secret: Secret) -> str:
    """Return `text` with the key, and any run of eight or more characters of it, masked; in any case."""
    key = secret.reveal()
    without_key = re.sub(re.escape(key), _MASK, text, flags=re.IGNORECASE)

    def masked(run: re.Match[str]) -> str:
        return _MASK if run[0].lower() in key.lower() else run[0]

    return _LOOKS_LIKE_A_KEY.sub(masked, without_key)


def presentable(text: str, secret: Secret) -> str:
    """Return foreign text as one printable line without the key, at most `SHOWN_CHARACTERS` long.

    Control, format (also bidirectional) and unassigned characters go first, so that they cannot split the
    key for the mask; the cut comes last, so that it cannot either.
    """
    kept = "".join(c for c in re.sub(r"\s+", " ", text) if not unicodedata.category(c).startswith("C"))
    shown = redacted(kept, secret).strip()
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 1] + "…"
