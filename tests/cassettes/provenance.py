"""A cassette's head, and the YAML around it: no cassette is written or read without saying where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from vaxctl.vendors.wire.endpoint import DEFAULT_BASE_URLS, base_url_variable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ORIGINS = ("sandbox", "live")
_NOTE = """\
# Requests of vaxctl and the answers to them; docs/cassettes.md tells how they are recorded again. Do not edit.
"""


class ProvenanceMissing(ValueError):
    """A cassette does not say, or not completely, where it came from."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a cassette came from. `model` names the documents behind the sandbox, or the live address."""

    origin: str
    recorded_on: str
    vaxctl: str
    model: str

    def as_head(self) -> dict[str, str]:
        """Return the head as it stands in the file."""
        what = "sandbox-modelled-from" if self.origin == "sandbox" else "recorded-at"
        return {
            "recorded-from": self.origin,
            "recorded-on": self.recorded_on,
            "vaxctl": self.vaxctl,
            what: self.model,
        }


def checked(head: Any) -> Provenance:
    """Read a head. Raises ProvenanceMissing naming what is not there."""
    if not isinstance(head, dict):
        raise ProvenanceMissing("the cassette has no head `provenance`: record it, do not write it by hand")
    origin = head.get("recorded-from")
    if origin not in ORIGINS:
        raise ProvenanceMissing(f"recorded-from must be one of {', '.join(ORIGINS)}, not {origin!r}")
    model = head.get("sandbox-modelled-from" if origin == "sandbox" else "recorded-at")
    found = Provenance(origin, str(head.get("recorded-on")), str(head.get("vaxctl") or ""), str(model or ""))
    try:
        date.fromisoformat(found.recorded_on)
    except ValueError:
        raise ProvenanceMissing("recorded-on must be a date such as 2026-11-23") from None
    if not re.fullmatch(r"\d+\.\d+\S*", found.vaxctl) or not found.model:
        raise ProvenanceMissing("the head must name the version of vaxctl and what was recorded")
    return found


def refuse_other_addresses(environ: Mapping[str, str]) -> None:
    """Raise UsageError where a vendor's address is moved: only the vendors themselves are recorded as live."""
    moved = [name for name in map(base_url_variable, DEFAULT_BASE_URLS) if environ.get(name)]
    if moved:
        raise pytest.UsageError(
            f"VAXCTL_RECORD=live records the vendors themselves: unset {', '.join(moved)}"
        )


def recorded_live(path: Path) -> bool:
    """Whether a cassette was recorded live; one that is not there was not. Raises ProvenanceMissing."""
    if not path.exists():
        return False
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return checked(document.get("provenance") if isinstance(document, dict) else None).origin == "live"


class Serializer:
    """vcrpy's serializer for cassettes with a head. `provenance` is needed for writing only."""

    def __init__(self, provenance: Provenance | None = None) -> None:
        self.provenance = provenance

    def serialize(self, cassette: dict[str, Any]) -> str:
        """Return the file's text: the head first, bodies as blocks of readable lines."""
        if self.provenance is None:
            raise ProvenanceMissing("nothing is recorded without saying from where")
        document = {"provenance": self.provenance.as_head(), **cassette}
        return _NOTE + yaml.dump(
            document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000
        )

    def deserialize(self, text: str) -> dict[str, Any]:
        """Return what the file holds. Raises ProvenanceMissing."""
        document = yaml.safe_load(text)
        checked(document.get("provenance") if isinstance(document, dict) else None)
        found: dict[str, Any] = document
        return found


class _Dumper(yaml.SafeDumper):
    """Writes strings of several lines as literal blocks."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)
