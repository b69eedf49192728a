"""The baseline: what we applied last, stamped on the vendor's own object. There is no state file.

A stamp holds the profile's name, the environment, and per owned leaf a short hash of its place and one of its value:
enough to tell "we changed it" from "somebody changed it", and nothing that could be a secret.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from vaxctl.vendors.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAMAGED = (
    "the marker that vaxctl left here is damaged: whether somebody changed what the profile owns cannot be told; "
    "the next write puts it right"
)
"""What a plan says of a marker that stands there and cannot be read."""
_PLACE_BYTES, _VALUE_BYTES = 3, 5
_WIDTH = _PLACE_BYTES + _VALUE_BYTES
_LINE = re.compile(
    r"(?:^|\n)\[vaxctl 1 profile=(?P<profile>[^\]\n]*?)(?: env=(?P<env>[^\] \n]*))? leaves=(?P<leaves>[A-Za-z0-9/+=]*)\]"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who applied what. `values` maps the hash of a leaf's place to the hash of the value written there."""

    profile: str
    env: str | None
    values: Mapping[bytes, bytes]

    def holds(self, kind: str, path: str, value: Any) -> bool | None:
        """Whether `value` is what was written at a leaf; None when the leaf was not ours then."""
        written = self.values.get(_place(kind, path))
        return None if written is None else written == _value(value)


def stamp_of(profile: str, env: str | None, leaves: Iterable[tuple[str, str, Any]]) -> Stamp:
    """Make the stamp for leaves given as (kind, path, value)."""
    return Stamp(profile, env, {_place(kind, path): _value(value) for kind, path, value in leaves})


def as_line(stamp: Stamp) -> str:
    """Return the stamp as one line of text, for a vendor that has only a free-text field."""
    env = f" env={quote(stamp.env, safe='')}" if stamp.env else ""
    return f"[vaxctl 1 profile={stamp.profile}{env} leaves={_packed(stamp)}]"


def in_text(text: Any) -> Stamp | None:
    """Read a stamp back from free text; None where there is none that can be read."""
    match = _LINE.search(text) if isinstance(text, str) else None
    return _unpacked(match["profile"], unquote(match["env"] or ""), match["leaves"]) if match else None


def damaged_in_text(text: Any) -> bool:
    """Whether a line of ours stands in free text and cannot be read any more."""
    return isinstance(text, str) and "[vaxctl " in text and in_text(text) is None


def text_with(text: Any, stamp: Stamp) -> str:
    """Return somebody's free text with our line as its last; the rest of it stays as it was."""
    rest = text_without(text)
    return f"{rest}\n{as_line(stamp)}" if rest else as_line(stamp)


def text_without(text: Any) -> str:
    """Return free text without our line (and without the line end that set it apart)."""
    if not isinstance(text, str):
        return ""
    # where somebody typed below our first line, the line end that is left over goes too
    return _LINE.sub("", text).removeprefix("\n") if _LINE.match(text) else _LINE.sub("", text)


def as_object(stamp: Stamp) -> dict[str, Any]:
    """Return the stamp as JSON, for a vendor that has a free object."""
    env = {"env": stamp.env} if stamp.env else {}
    return {"format": 1, "profile": stamp.profile, **env, "leaves": _packed(stamp)}


def in_object(value: Any) -> Stamp | None:
    """Read a stamp back from JSON; None for anything else."""
    if not isinstance(value, dict) or value.get("format") != 1 or not isinstance(value.get("leaves"), str):
        return None
    env = value.get("env")
    return _unpacked(str(value.get("profile", "")), env if isinstance(env, str) else None, value["leaves"])


def _place(kind: str, path: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{path}".encode()).digest()[:_PLACE_BYTES]


def _value(value: Any) -> bytes:
    return bytes.fromhex(digest(value))[:_VALUE_BYTES]


def _packed(stamp: Stamp) -> str:
    return base64.b64encode(b"".join(place + stamp.values[place] for place in sorted(stamp.values))).decode()


def _unpacked(profile: str, env: str | None, packed: str) -> Stamp | None:
    try:
        raw = base64.b64decode(packed, validate=True)
    except ValueError:
        return None  # somebody edited it: the same as no stamp, and the object is unmanaged
    if len(raw) % _WIDTH:
        return None
    pieces = (raw[at : at + _WIDTH] for at in range(0, len(raw), _WIDTH))
    return Stamp(profile, env or None, {piece[:_PLACE_BYTES]: piece[_PLACE_BYTES:] for piece in pieces})
