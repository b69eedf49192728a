"""Excuses: what they cover, what they must say, and when there is one too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import Severity
from vaxctl.profile.load import load
from vaxctl.rules.lint import lint
from vaxctl.rules.registry import GENERIC, discover
from vaxctl.rules.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxctl.diagnostics import Diagnostic

    Found = Callable[..., list[Diagnostic]]

DEAF = "threshold-too-deaf"


def pairs(findings: list[Diagnostic]) -> list[tuple[int, str]]:
    """Return lines, counted below the head, and rule ids."""
    return [(finding.location.line - 2, finding.rule) for finding in findings]


KEY = "key_0123456789abcdef0123456789ab"
BOTH = "vad: {threshold: 0.8, min_speech_ms: 9}"


@pytest.mark.parametrize(
    "body",
    [
        "vad:\n  threshold: 0.8  # vaxctl: allow threshold-too-deaf -- kiosk",
        "vad:\n  # vaxctl: allow threshold-too-deaf -- kiosk\n  threshold: 0.8",
        "vad:\n# vaxctl:allow threshold-too-deaf -- kiosk\n  # more about it\n  threshold: 0.8",
        f"{BOTH}  # vaxctl: allow threshold-too-deaf, min-speech-too-short -- kiosk",
        f"{BOTH}  # vaxctl: allow threshold-too-deaf min-speech-too-short -- a -- b",
        f"# vaxctl: allow threshold-too-deaf -- x\n# vaxctl: allow min-speech-too-short -- y\n{BOTH}",
        f"# vaxctl: allow plaintext-secret -- test system\ndescription: {KEY}",
        f"description: |  # vaxctl: allow plaintext-secret -- an example\n  {KEY}\n",
    ],
)
def test_excused(body: str, found: Found) -> None:
    """On the line or in the comment right above it, one rule or several, with a reason."""
    assert found(body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "vad:\n  # vaxctl: allow threshold-too-deaf -- kiosk\n\n  threshold: 0.8",
            [(2, "unused-excuse"), (4, DEAF)],
        ),
        (
            "vad:\n  threshold: 0.8\n  # vaxctl: allow threshold-too-deaf -- kiosk",
            [(2, DEAF), (3, "unused-excuse")],
        ),
        ("description: '# vaxctl: allow threshold-too-deaf -- x'\nvad: {threshold: 0.8}", [(2, DEAF)]),
        ('vad: {threshold: 0.8}\ndescription: "\n  # vaxctl: allow nothing\n  "', [(1, DEAF)]),
        ("description: |\n  # vaxctl: allow threshold-too-deaf -- x\nvad: {threshold: 0.8}", [(3, DEAF)]),
        ("vad: {threshold: 0.8} # please, vaxctl: allow threshold-too-deaf -- x", [(1, DEAF)]),
    ],
)
def test_not_excused(body: str, expected: list[tuple[int, str]], found: Found) -> None:
    """Elsewhere, inside quoted or block text, or in the middle of a comment it is no excuse for the line."""
    assert pairs(found(body)) == expected


@pytest.mark.parametrize("tail", ["", " --", " -- ", " because of the kiosk"])
def test_an_excuse_needs_a_reason(tail: str, found: Found) -> None:
    """Without one the line's finding is the missing reason, an error."""
    findings = found(f"vad: {{threshold: 0.8}}  # vaxctl: allow threshold-too-deaf{tail}")
    assert (1, "excuse-without-reason") in pairs(findings)
    assert DEAF not in {f.rule for f in findings}
    (missing,) = (f for f in findings if f.rule == "excuse-without-reason")
    assert missing.severity is Severity.ERROR
    assert missing.source_line is not None
    assert missing.source_line[missing.location.column - 1] == "#"


@pytest.mark.parametrize(
    ("comment", "message", "advice"),
    [
        (
            "vaxctl: allow threshold-too-def -- x",
            "there is no rule 'threshold-too-def' to excuse",
            f"did you mean {DEAF}?",
        ),
        (
            "vaxctl: allow shape -- x",
            "there is no rule 'shape' to excuse",
            "write `vaxctl: allow RULE-ID -- reason`",
        ),
        ("vaxctl: alow threshold-too-deaf -- x", "this comment speaks to vaxctl and names no rule", None),
        ("vaxctl: allow -- x", "this comment speaks to vaxctl and names no rule", None),
    ],
)
def test_an_excuse_names_a_rule(comment: str, message: str, advice: str | None, found: Found) -> None:
    """A misspelt excuse excuses nothing, and says so."""
    findings = found(f"vad: {{threshold: 0.8}}  # {comment}")
    assert DEAF in {f.rule for f in findings}
    (unknown,) = (f for f in findings if f.rule == "unknown-excuse")
    assert unknown.message == message
    assert advice is None or unknown.help == advice


def test_unused_excuse(found: Found) -> None:
    """It is said at the comment, for the rule that found nothing, and not for the one that did."""
    text = "vad: {threshold: 0.8}  # vaxctl: allow threshold-too-deaf, hysteresis-gap -- kiosk"
    (finding,) = found(text)
    assert (finding.rule, finding.message) == ("unused-excuse", "hysteresis-gap finds nothing here to excuse")
    assert finding.location.column == text.index("#") + 1


def test_rules_that_were_not_asked_leave_their_excuses_alone(found: Found, known: frozenset[str]) -> None:
    """A vendor's rule that did not run this time, and a rule that is off."""
    body = "vad: {threshold: 0.5}  # vaxctl: allow vapi-name-too-long, hysteresis-gap -- x"
    assert found(body, Settings({"hysteresis-gap": None}, known | {"vapi-name-too-long"})) == []


def test_excuses_for_what_other_environments_say_are_left_alone(found: Found) -> None:
    """Only a value in force can show that its excuse is idle."""
    body = (
        "vad:\n  threshold: 0.8  # vaxctl: allow threshold-too-deaf -- kiosk\n"
        "environments:\n  loud:\n    vad:\n      threshold: 0.5\n  soft:\n    vad:\n"
        "      threshold: 0.9  # vaxctl: allow threshold-too-deaf -- kiosk too\n"
    )
    assert found(body) == []
    assert found(body, env="loud") == []
    assert found(body, env="soft") == []


def test_excuses_in_a_base(tmp_path: Path, known: frozenset[str]) -> None:
    """They cover the base's lines for every heir; an heir that does not need one is not told so."""
    base, bad, good = tmp_path / "base.yaml", tmp_path / "bad.yaml", tmp_path / "good.yaml"
    base.write_text(
        "endpointing:\n  delay_ms: 700  # vaxctl: allow endpointing-outside-band -- tuned\n", encoding="utf-8"
    )
    bad.write_text("extends: base.yaml\nschema: vaxctl/v1\nname: bad\n", encoding="utf-8")
    good.write_text(
        "extends: base.yaml\nschema: vaxctl/v1\nname: g\ncall_type: complex-questions\n", encoding="utf-8"
    )
    for path in (bad, good):
        assert lint(load(path), discover(GENERIC), Settings(known=known)) == ()


def test_invalid_input_has_no_excuse(found: Found) -> None:
    """A wrong type stays an error, whatever a comment says."""
    findings = found("vad: {threshold: high}  # vaxctl: allow shape -- x")
    assert [(f.rule, f.invalid) for f in findings] == [("shape", True), ("unknown-excuse", False)]
