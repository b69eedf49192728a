"""Severities that a team sets in `vaxctl.toml`, the nearest one above a profile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation, collected
from vaxctl.source.document import closest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FILE_NAME = "vaxctl.toml"

TABLES = ("rules", "wire")
"""Top-level tables that some room reads. This one reads `rules`; `wire` belongs to the wires."""

OFF = "off"
_WORDS = (OFF, *(severity.value for severity in (Severity.INFO, Severity.WARNING, Severity.ERROR)))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the toml says of rules: a severity, or None for off, by rule id; and what is wrong with the toml.

    `known` are the ids of all rules there are, for settings and for excuses.
    """

    severities: Mapping[str, Severity | None] = field(default_factory=lambda: MappingProxyType({}))
    known: frozenset[str] = frozenset()
    findings: tuple[Diagnostic, ...] = ()

    def off(self, rule: str) -> bool:
        """Whether the rule is not to be asked."""
        return rule in self.severities and self.severities[rule] is None


@dataclass(slots=True)
class SettingsShelf:
    """The settings of many profiles, each toml read once. `known` are the ids of all rules there are."""

    known: Collection[str]
    _by_folder: dict[Path, Settings] = field(default_factory=dict)

    def of(self, profile: Path) -> Settings:
        """Return the settings that hold for a profile."""
        folder = profile.absolute().parent
        if folder not in self._by_folder:
            toml = nearest(profile)
            bare = Settings(known=frozenset(self.known))
            same = self._by_folder.get(toml.parent) if toml else bare
            self._by_folder[folder] = same or read_settings(toml or profile, self.known)
            if toml is not None:
                self._by_folder[toml.parent] = self._by_folder[folder]
        return self._by_folder[folder]


def nearest(profile: Path) -> Path | None:
    """Return the `vaxctl.toml` in the profile's folder or the nearest folder above it."""
    folder = profile.absolute().parent
    candidates = (above / FILE_NAME for above in (folder, *folder.parents))
    return next((candidate for candidate in candidates if candidate.exists()), None)


def read_settings(toml: Path, known: Collection[str]) -> Settings:
    """Read one toml. Never raises for what is wrong with it: that is in `findings`, each at its line."""
    import tomllib

    shown = _shown(toml)
    try:
        text = toml.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return _unusable(known, shown, f"cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        return _unusable(known, shown, "this file is not UTF-8 text")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _not_toml(known, shown, text, str(error))
    except RecursionError:
        return _unusable(known, shown, "nested too deeply")
    return _Reading(shown, text.splitlines(), frozenset(known)).settings(data)


def _shown(toml: Path) -> str:
    here = Path.cwd()
    return str(toml.relative_to(here)) if toml.is_relative_to(here) else str(toml)


def _unusable(
    known: Collection[str], shown: str, message: str, place: tuple[int, int, str | None] = (1, 1, None)
) -> Settings:
    line, column, text = place
    at = SourceLocation(shown, line, column)
    finding = Diagnostic("settings", Severity.ERROR, message, at, None, text, invalid=True)
    return Settings(known=frozenset(known), findings=(finding,))


def _not_toml(known: Collection[str], shown: str, text: str, complaint: str) -> Settings:
    """Locate tomllib's complaint, whose place stands only in its words."""
    lines = text.splitlines() or [""]
    place = re.search(r"\s*\(at line (\d+), column (\d+)\)", complaint)
    end = (len(lines), len(lines[-1]) + 1)
    line, column = (int(place[1]), int(place[2])) if place else end
    message = re.sub(r"\s*\(at [^)]*\)$", "", complaint)
    source = lines[line - 1] if line <= len(lines) else ""
    return _unusable(known, shown, f"this is not TOML: {message}", (line, column, source))


@dataclass(slots=True)
class _Reading:
    file: str
    lines: list[str]
    known: frozenset[str]
    found: list[Diagnostic] = field(default_factory=list)

    def settings(self, data: dict[str, Any]) -> Settings:
        for table in data:
            if table not in TABLES:
                self.complain(f"nothing here reads {table!r}", self.line_of(table), _near(table, TABLES))
        rules = data.get("rules", {})
        if not isinstance(rules, dict):
            self.complain("[rules] maps rule ids to severities", self.line_of("rules"), None)
            rules = {}
        severities = {rule: word for rule, word in rules.items() if self.usable(rule, word)}
        by_id = {rule: None if word == OFF else Severity(word) for rule, word in severities.items()}
        return Settings(MappingProxyType(by_id), self.known, collected(self.found))

    def usable(self, rule: str, word: object) -> bool:
        line = self.line_of(rule, within="rules")
        if rule not in self.known:
            self.complain(f"there is no rule {rule!r}", line, _near(rule, self.known))
            return False
        if word not in _WORDS:
            shown = repr(word) if isinstance(word, str) else "this value"
            self.complain(f"{rule} is {', '.join(_WORDS)}, not {shown}", line, _near(str(word), _WORDS))
            return False
        return True

    def complain(self, message: str, line: int, advice: str | None) -> None:
        text = self.lines[line - 1] if line <= len(self.lines) else None
        column = len(text) - len(text.lstrip()) + 1 if text else 1
        at = SourceLocation(self.file, line, column)
        self.found.append(Diagnostic("settings", Severity.ERROR, message, at, advice, text, invalid=True))

    def line_of(self, key: str, within: str | None = None) -> int:
        """Return the line of a key, or of a table; tomllib keeps no places. An odd form is said at line 1."""
        name, table = _written(key), _written(within or key)
        heading = re.compile(rf"\s*\[+\s*{table}\s*[].]")
        entry = re.compile(rf"\s*{name}\s*[.=]")
        dotted = re.compile(rf"\s*{table}\s*[.=].*{name}\s*=") if within else entry
        looked_for = dotted  # before the first heading; after it, what stands under the heading
        for number, line in enumerate(self.lines, start=1):
            if re.match(r"\s*\[", line):
                here = heading.match(line) is not None
                if here and within is None:
                    return number
                looked_for = entry if here else _NOTHING
            elif looked_for.match(line):
                return number
        return 1


_NOTHING = re.compile(r"(?!)")


def _written(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"


def _near(word: str, choices: Collection[str]) -> str | None:
    near = closest(word, choices)
    return f"did you mean {near}?" if near else None
