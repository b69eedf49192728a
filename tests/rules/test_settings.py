"""`vaxctl.toml`: what it sets, and where it is said when it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import Severity
from vaxctl.rules.settings import Settings, SettingsShelf, nearest, read_settings

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = ("illegal-window", "hysteresis-gap", "unused-excuse")


def settings(folder: Path, text: str | bytes) -> Settings:
    """Read settings from a text."""
    file = folder / "vaxctl.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_settings(file, KNOWN)


def test_severities(tmp_path: Path) -> None:
    """Each of the four words, quoted keys or bare, and other rooms' tables beside them."""
    read = settings(
        tmp_path,
        '[wire.retry]\nillegal-window = 3\n[rules]\n"illegal-window" = "off"\nhysteresis-gap = "error"\n'
        "unused-excuse = 'info'\n",
    )
    assert read.severities == {
        "illegal-window": None,
        "hysteresis-gap": Severity.ERROR,
        "unused-excuse": Severity.INFO,
    }
    assert read.findings == ()
    assert [read.off(rule) for rule in KNOWN] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "advice"),
    [
        (
            '[rules]\n  "ilegal-window" = "off"',
            2,
            3,
            "there is no rule 'ilegal-window'",
            "did you mean illegal-window?",
        ),
        ('# a\n[rules]\nqwxyz = "off"', 3, 1, "there is no rule 'qwxyz'", None),
        (
            '[rules]\nillegal-window = "of"',
            2,
            1,
            "illegal-window is off, info, warning, error, not 'of'",
            "did you mean off?",
        ),
        (
            "[rules]\nillegal-window = false",
            2,
            1,
            "illegal-window is off, info, warning, error, not this value",
            None,
        ),
        (
            "[rules]\nillegal-window = {a = 1}",
            2,
            1,
            "illegal-window is off, info, warning, error, not this value",
            None,
        ),
        (
            "[rules]\n[rules.illegal-window]\na = 1",
            1,
            1,
            "illegal-window is off, info, warning, error, not this value",
            None,
        ),
        ('rules.nope-nope = "off"', 1, 1, "there is no rule 'nope-nope'", None),
        ('\nrules = {nope-nope = "off"}', 2, 1, "there is no rule 'nope-nope'", None),
        ("x = 1\nrules = 3", 2, 1, "[rules] maps rule ids to severities", None),
        (
            '[wire]\nrule = 1\n[rule]\nillegal-window = "off"',
            3,
            1,
            "nothing here reads 'rule'",
            "did you mean rules?",
        ),
        ("[[colour]]\n", 1, 1, "nothing here reads 'colour'", None),
        ("colour = 1\n", 1, 1, "nothing here reads 'colour'", None),
        (
            "[rules]\nillegal-window off",
            2,
            16,
            "this is not TOML: Expected '=' after a key in a key/value pair",
            None,
        ),
        ("[rules]\na = 1\na = 2", 3, 6, "this is not TOML: Cannot overwrite a value", None),
    ],
)
def test_what_is_wrong_is_said_at_its_line(
    tmp_path: Path, text: str, line: int, column: int, message: str, advice: str | None
) -> None:
    """Unknown ids, bad values, unknown tables, broken TOML: invalid input, each with its source line."""
    read = settings(tmp_path, text)
    finding = next(f for f in read.findings if f.message == message)
    assert (finding.rule, finding.severity, finding.invalid) == ("settings", Severity.ERROR, True)
    assert (finding.location.line, finding.location.column, finding.help) == (line, column, advice)
    assert finding.source_line == text.splitlines()[line - 1]
    assert read.severities == {}


@pytest.mark.parametrize("raw", [b"\xff\xfe[rules]", b"a = " + b"[" * 100_000, b"a = 'x"])
def test_hostile_files_are_findings(tmp_path: Path, raw: bytes) -> None:
    """No text, endless nesting and an open quote end in one finding, never in an exception."""
    read = settings(tmp_path, raw)
    assert [f.invalid for f in read.findings] == [True]
    assert read.known == set(KNOWN)


def test_a_folder_of_that_name_is_a_finding(tmp_path: Path) -> None:
    """It cannot be read, and is not passed over."""
    (tmp_path / "vaxctl.toml").mkdir()
    (finding,) = SettingsShelf(KNOWN).of(tmp_path / "p.yaml").findings
    assert "cannot be read" in finding.message


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    """Settings do not add up: the nearest file is the only one."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    settings(tmp_path, '[rules]\nillegal-window = "off"\n')
    settings(tmp_path / "a", '[rules]\nhysteresis-gap = "off"\n')
    assert nearest(inner / "p.yaml") == tmp_path / "a" / "vaxctl.toml"
    shelf = SettingsShelf(KNOWN)
    assert shelf.of(inner / "p.yaml").severities == {"hysteresis-gap": None}
    assert shelf.of(tmp_path / "p.yaml").severities == {"illegal-window": None}


def test_each_file_is_read_once(tmp_path: Path) -> None:
    """A thousand profiles of one team share one reading."""
    settings(tmp_path, "[rules]\n")
    (tmp_path / "a").mkdir()
    shelf = SettingsShelf(KNOWN)
    first = shelf.of(tmp_path / "p.yaml")
    assert shelf.of(tmp_path / "q.yaml") is first
    assert shelf.of(tmp_path / "a" / "p.yaml") is first


def test_no_file_means_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The defaults know all rules all the same."""
    monkeypatch.setattr("vaxctl.rules.settings.FILE_NAME", "vaxctl-that-nobody-has.toml")
    assert SettingsShelf(KNOWN).of(tmp_path / "p.yaml") == Settings(known=frozenset(KNOWN))


def test_files_are_shown_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the working folder a path is relative."""
    monkeypatch.chdir(tmp_path)
    (finding,) = settings(tmp_path, "[colour]").findings
    assert finding.location.file == "vaxctl.toml"
