"""Lint as a whole: what it adds up, weighs, leaves out, and how a failing rule is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.rules.lint import RuleFailed, lint
from vaxctl.rules.rule import Rule
from vaxctl.rules.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vaxctl.profile.load import LoadedProfile

    Found = Callable[..., list[Diagnostic]]

BODY = "vad:\n  threshold: 0.8\n"


def rule(name: str, check: Callable[[LoadedProfile], object]) -> dict[str, Rule]:
    """Return a rule around a check, by id."""
    return {name: Rule(name, "", Severity.INFO, "", check)}  # type: ignore[arg-type]


def test_findings_of_all_rooms_in_report_order(found: Found, loaded: Callable[..., LoadedProfile]) -> None:
    """What others found is laid between what the rules found, by line, without repeats."""
    file = loaded(BODY).file
    others = [Diagnostic("b", Severity.INFO, "m", SourceLocation(file, line, 1)) for line in (9, 1, 9)]
    assert [(f.location.line, f.rule) for f in found(BODY, more=tuple(others))] == [
        (1, "b"),
        (4, "threshold-too-deaf"),
        (9, "b"),
    ]


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.INFO])
def test_severities_are_set(severity: Severity, found: Found) -> None:
    """For the rules here, for other rooms' rules, and for those about excuses."""
    other = Diagnostic("vapi-x", Severity.WARNING, "m", SourceLocation("f", 1, 1))
    names = ("threshold-too-deaf", "vapi-x", "excuse-without-reason")
    body = BODY + "stt:  # vaxctl: allow hysteresis-gap\n  endpointing_ms: 100\n"
    findings = found(body, Settings(dict.fromkeys(names, severity)), more=(other,))
    assert {f.rule: f.severity for f in findings if f.rule in names} == dict.fromkeys(names, severity)


def test_off_is_off(found: Found) -> None:
    """A rule that is off is not even asked; findings of other rooms' rules that are off are dropped."""
    other = Diagnostic("vapi-x", Severity.WARNING, "m", SourceLocation("f", 1, 1))
    assert found(BODY, Settings({"threshold-too-deaf": None, "vapi-x": None}), more=(other,)) == []


def test_a_rule_that_is_off_is_not_asked(loaded: Callable[..., LoadedProfile]) -> None:
    """So a broken rule can be lived with."""
    broken = rule("broken", lambda _: 1 / 0)
    assert lint(loaded(BODY), broken, Settings({"broken": None})) == ()


def test_what_makes_a_profile_invalid_keeps_its_weight(found: Found) -> None:
    """No setting turns an unusable profile into a usable one."""
    (finding,) = found("vad: {threshold: high}", Settings({"shape": None}))
    assert (finding.rule, finding.severity) == ("shape", Severity.ERROR)


def test_a_profile_that_did_not_load_is_not_asked_about(loaded: Callable[..., LoadedProfile]) -> None:
    """Rules read values, and there are none; the findings of loading come through."""
    broken = rule("broken", lambda _: 1 / 0)
    assert [f.rule for f in lint(loaded("vad: [\n"), broken, Settings())] == ["yaml"]


def test_what_is_wrong_with_the_settings_is_said(found: Found) -> None:
    """Settings come with their own findings."""
    wrong = Diagnostic("settings", Severity.ERROR, "m", SourceLocation("vaxctl.toml", 1, 1), invalid=True)
    assert found("", Settings(findings=(wrong,))) == [wrong]


def test_a_rule_that_raises_is_named(loaded: Callable[..., LoadedProfile]) -> None:
    """It is an internal error with its cause, also when it raises halfway."""

    def halfway(profile: LoadedProfile) -> Iterator[Diagnostic]:
        yield profile.finding("halfway", Severity.INFO, "m", "vad")
        raise ZeroDivisionError("oops")

    with pytest.raises(
        RuleFailed, match=r"rule halfway failed on .*case\.yaml: ZeroDivisionError: oops"
    ) as caught:
        lint(loaded(BODY), rule("halfway", halfway), Settings())
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert '"halfway" = "off"' in (caught.value.help or "")


def test_a_rule_speaks_in_its_own_name(loaded: Callable[..., LoadedProfile]) -> None:
    """Else neither settings nor excuses would reach its findings."""
    liar = rule("liar", lambda profile: [profile.finding("truth", Severity.INFO, "m", "vad")])
    with pytest.raises(RuleFailed, match="'truth'"):
        lint(loaded(BODY), liar, Settings())


def test_other_rooms_findings_can_be_excused(loaded: Callable[..., LoadedProfile]) -> None:
    """And an excuse for a rule that was asked and found nothing is one too many."""
    profile = loaded("vad:  # vaxctl: allow vapi-x -- so\n  threshold: 0.5\n")
    finding = profile.finding("vapi-x", Severity.WARNING, "m", "vad", on_key=True)
    known = Settings(known=frozenset({"vapi-x"}))
    assert lint(profile, {}, known, [finding], asked=["vapi-x"]) == ()
    assert lint(profile, {}, known) == ()
    assert [f.rule for f in lint(profile, {}, known, asked=["vapi-x"])] == ["unused-excuse"]
