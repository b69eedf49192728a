"""JUnit XML: a test suite for each scenario, a test case for each check, and one suite for the gates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from local_agent.report.document import ASSUMED, NOT_HELD, labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(document: Mapping[str, Any]) -> str:
    """Return the XML of a simulation's document, or of a comparison's (suites are named by profile then)."""
    runs = document["runs"] if document["type"] == "comparison" else [document]
    suites = [
        (run, name, cases)
        for run, label in zip(runs, labels(runs), strict=True)
        for name, cases in _suites(run, label)
    ]
    tests = sum(len(cases) for *_, cases in suites)
    failures = sum(message is not None for *_, cases in suites for _, message in cases)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="vaxctl simulate" tests="{tests}" failures="{failures}" errors="0">')
    for run, name, cases in suites:
        lines += _suite(name, cases, _properties(run))
    return "\n".join([*lines, "</testsuites>", ""])


Case = tuple[str, str | None]


def _suites(run: Mapping[str, Any], label: str) -> Iterator[tuple[str, list[Case]]]:
    for scenario in run["scenarios"]:
        cases = [(_name(place, check), _why(check)) for place, check in enumerate(scenario["checks"], 1)]
        yield f"{label}: {scenario['name']}", cases
    if run.get("gates"):
        yield (
            f"{label}: gates",
            [(gate["gate"], None if gate["passed"] else f"got {gate['got']}") for gate in run["gates"]],
        )


def _name(place: int, check: Mapping[str, Any]) -> str:
    return f"{place}. {check['expect']}"


def _why(check: Mapping[str, Any]) -> str | None:
    if check["passed"]:
        return None
    return f"expected {check['expect']}, got {check['got']} at {check['at_ms']} ms"


def _properties(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a run depended on, as JUnit has it: names and values of a suite."""
    conditions = run.get("run", {})
    responder = conditions.get("responder", {})
    found = {
        "words": conditions.get("words"),
        "responder": responder.get("kind"),
        "model": responder.get("model"),
        "responder note": responder.get("note"),
        "seed": conditions.get("seed"),
        "notes": "; ".join(conditions.get("notes", ())) or None,
        "pulled from": run.get("pulled_from"),
        ASSUMED: ", ".join(run.get("assumed", ())) or None,
        NOT_HELD: "; ".join(run.get("told_but_not_held", ())) or None,
        "emulated": "; ".join(f"{e['setting']} {e['wanted']} by {e['used']}" for e in run.get("emulated", ()))
        or None,
    }
    return [(name, str(value)) for name, value in found.items() if value is not None]


def _suite(name: str, cases: list[Case], properties: list[tuple[str, str]]) -> Iterator[str]:
    failures = sum(message is not None for _, message in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="0"'
    yield f"  <testsuite name={_quoted(name)} {counts}>"
    if properties:
        yield "    <properties>"
        for key, value in properties:
            yield f"      <property name={_quoted(key)} value={_quoted(value)}/>"
        yield "    </properties>"
    for case, message in cases:
        opening = f"    <testcase classname={_quoted(name)} name={_quoted(case)}"
        if message is None:
            yield f"{opening}/>"
        else:
            yield f"{opening}><failure message={_quoted(message)}/></testcase>"
    yield "  </testsuite>"


def _quoted(text: str) -> str:
    """Quote an attribute; characters that XML 1.0 has no way to write become U+FFFD."""
    return quoteattr(_FORBIDDEN.sub("\ufffd", text))
