"""Each rule finds what its failing cases mark and nothing in its passing ones; its page is whole and true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import Severity
from vaxctl.profile.load import load
from vaxctl.rules.registry import EXCUSING, GENERIC, discover
from vaxctl.rules.rule import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

CASES = Path(__file__).parent / "cases"
RULES = discover(GENERIC)
PAGES = {**RULES, **discover(EXCUSING)}
HEADINGS = re.compile(r"^## (.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^## (Bad|Good)\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*.yaml")), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_case(case: Path, expected: Callable[[Path], set[tuple[int, str]]]) -> None:
    """The rule's findings are exactly the marked ones, on their lines."""
    rule, profile, marks = case.parent.name, load(case), expected(case)
    assert profile.profile is not None, profile.findings
    assert bool(marks) == case.stem.startswith("fail")
    assert {mark for _, mark in marks} <= {rule}
    findings = list(RULES[rule].check(profile))
    assert sorted((f.location.line, f.rule) for f in findings) == sorted(marks)
    for finding in findings:
        assert finding.source_line is not None
        assert finding.help
        assert not finding.invalid


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_failing_and_a_passing_case(rule: str) -> None:
    """No rule goes without cases, and no folder of cases without a rule."""
    assert list((CASES / rule).glob("fail*.yaml"))
    assert list((CASES / rule).glob("pass*.yaml"))
    assert {folder.name for folder in CASES.iterdir()} == set(RULES)


@pytest.mark.parametrize("rule", sorted(PAGES))
def test_page(rule: str) -> None:
    """The page has its summary, its sections in order, a source with a date, and says how to excuse."""
    page = PAGES[rule].page
    assert page.splitlines()[0] == PAGES[rule].summary
    assert tuple(HEADINGS.findall(page)) == SECTIONS
    why, excuse = page.split("## Why it matters")[1].split("## What to do")[0], page.split("## Excuse")[1]
    assert re.search(r"\([^()]*20\d\d|(?:issue|pull request)s?\s+\d+", why)
    assert f"vaxctl: allow {rule} -- " in excuse or "cannot be excused" in excuse


@pytest.mark.parametrize("rule", sorted(RULES))
def test_examples_on_the_page_are_true(rule: str, loaded: Callable[..., LoadedProfile]) -> None:
    """The rule finds something in its bad example and nothing in its good one."""
    examples = dict(EXAMPLE.findall(RULES[rule].page))
    assert list(RULES[rule].check(loaded(examples["Bad"])))
    assert not list(RULES[rule].check(loaded(examples["Good"])))


@pytest.mark.parametrize("rule", ["excuse-without-reason", "unused-excuse", "unknown-excuse"])
def test_examples_about_excuses_are_true(rule: str, found: Callable[..., list[Diagnostic]]) -> None:
    """The same for the pages about excuses."""
    examples = dict(EXAMPLE.findall(PAGES[rule].page))
    assert rule in {finding.rule for finding in found(examples["Bad"])}
    assert not found(examples["Good"])


@pytest.mark.parametrize(
    ("body", "rule", "severity"),
    [
        ("campaign: {caller_setting: car}\nvad: {threshold: 0.3}", "threshold-too-sensitive", Severity.ERROR),
        (
            "campaign: {caller_setting: car}\nvad: {threshold: 0.45}",
            "threshold-too-sensitive",
            Severity.WARNING,
        ),
        ("vad: {threshold: 0.3}", "threshold-too-sensitive", Severity.WARNING),
        ("vad: {threshold: 0.5, release_threshold: 0.5}", "hysteresis-gap", Severity.ERROR),
        ("vad: {threshold: 0.5, release_threshold: 0.1}", "hysteresis-gap", Severity.WARNING),
        ("barge_in: {enabled: false}", "barge-in-off-long-turns", Severity.INFO),
        ("campaign: {caller_setting: car}", "noise-suppression-off-in-noise", Severity.INFO),
        ("barge_in: {ignore_phrases: [Stop], interrupt_phrases: [stop]}", "phrases-overlap", Severity.ERROR),
        (
            "barge_in: {ignore_phrases: [no stop], interrupt_phrases: [stop]}",
            "phrases-overlap",
            Severity.WARNING,
        ),
        ("barge_in: {min_words: 1}\nvad: {min_speech_ms: 9}", "min-speech-too-short", Severity.INFO),
        (
            "endpointing: {delay_ms: 500}\nvad: {min_silence_ms: 501}",
            "delay-under-min-silence",
            Severity.WARNING,
        ),
        ("vad: {min_silence_ms: 700}", "delay-under-min-silence", Severity.INFO),
    ],
)
def test_severity(body: str, rule: str, severity: Severity, found: Callable[..., list[Diagnostic]]) -> None:
    """What is certain to hurt weighs more than what may."""
    assert [finding.severity for finding in found(body) if finding.rule == rule] == [severity]


def test_related_place_is_the_other_key(found: Callable[..., list[Diagnostic]]) -> None:
    """A finding about two keys names the place of the other, when a file holds it."""
    (finding,) = found("call_type: complex-questions\nendpointing: {delay_ms: 450}")
    assert [(str(at).rpartition("/")[2], note) for at, note in finding.related] == [
        ("case.yaml:3:12", "the call type is set here")
    ]
    (finding,) = found("endpointing: {delay_ms: 450}")
    assert finding.related == ()


def test_rules_are_cheap_to_load() -> None:
    """Loading the rules loads neither pydantic nor ruamel, nor another room above."""
    code = (
        "import sys; from vaxctl.rules.registry import discover, GENERIC, EXCUSING; import vaxctl.rules.lint;"
        "import vaxctl.rules.settings; discover(GENERIC); discover(EXCUSING);"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " {'pydantic', 'ruamel', 'httpx', 'jinja2', 'numpy', 'tomllib'}"
        " or m.startswith(('vaxctl.vendors', 'vaxctl.prompts', 'vaxctl.profile'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
