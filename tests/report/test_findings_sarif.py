"""Findings as SARIF 2.1.0."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.report.findings_sarif import FINGERPRINT, log


@dataclass(frozen=True)
class Rule:
    """A rule as the report sees it."""

    id: str
    summary: str
    page: str


RULES = {
    "b-rule": Rule("b-rule", "Looks for b.", "# b"),
    "a-rule": Rule("a-rule", "Looks for a.", "https://example.org/a"),
}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """Return an object schema that admits nothing else."""
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}
MESSAGE = closed(["text"], text=TEXT)
PHYSICAL = closed(
    ["artifactLocation", "region"],
    artifactLocation=closed(
        ["uri"], uri={"type": "string", "pattern": r"^[A-Za-z0-9._~/%:-]+$"}, uriBaseId=TEXT
    ),
    region=closed(["startLine"], startLine=COUNT, startColumn=COUNT, endColumn=COUNT),
)
RESULT = closed(
    ["message", "ruleId"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations={"type": "array", "items": closed(["physicalLocation"], physicalLocation=PHYSICAL)},
    relatedLocations={
        "type": "array",
        "items": closed(["id"], id=COUNT, physicalLocation=PHYSICAL, message=MESSAGE),
    },
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
)
DESCRIPTOR = closed(
    ["id"],
    id=TEXT,
    shortDescription=MESSAGE,
    helpUri={"type": "string", "format": "uri"},
    help=closed(["text"], text=TEXT, markdown=TEXT),
)
DRIVER = closed(
    ["name"], name=TEXT, version=TEXT, rules={"type": "array", "items": DESCRIPTOR, "uniqueItems": True}
)
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
STRUCTURE = closed(
    ["version", "runs"],
    **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}},
)
"""The part of the OASIS schema that we write, closed, so that a misspelt property is found."""


def finding(**changes: Any) -> Diagnostic:
    """Return a finding with some of its fields changed."""
    one = Diagnostic(
        "b-rule", Severity.WARNING, "m", SourceLocation("p/a.yaml", 3, 4, 6), help="h", source_line="  vad: 1"
    )
    return dataclasses.replace(one, **changes)


def results(*found: Diagnostic) -> list[dict[str, Any]]:
    """Return the results of the one run."""
    listed: list[dict[str, Any]] = log(found, RULES, "1.2.3")["runs"][0]["results"]
    return listed


def uri_of(file: str) -> dict[str, str]:
    """Return the artifact location of a file."""
    (result,) = results(finding(location=SourceLocation(file, 1, 1)))
    location: dict[str, str] = result["locations"][0]["physicalLocation"]["artifactLocation"]
    return location


def test_log() -> None:
    """The run names the tool, its rules and the finding."""
    document = log([finding(related=((SourceLocation("b", 1, 1), "n"),))], RULES, "1.2.3")
    jsonschema.validate(document, STRUCTURE)
    driver = document["runs"][0]["tool"]["driver"]
    assert driver["rules"] == [
        {"id": "a-rule", "shortDescription": {"text": "Looks for a."}, "helpUri": "https://example.org/a"},
        {
            "id": "b-rule",
            "shortDescription": {"text": "Looks for b."},
            "help": {"text": "# b", "markdown": "# b"},
        },
    ]
    (result,) = document["runs"][0]["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("b-rule", 1, "warning")
    assert result["message"]["text"] == "m\n\nh"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "p/a.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 4, "endColumn": 6},
    }
    assert result["relatedLocations"][0]["message"] == {"text": "n"}


def test_unknown_rule_has_a_descriptor() -> None:
    """A finding without a rule of its own still has an index that fits."""
    run = log([finding(rule="yaml-syntax")], RULES, "1")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert rules[run["results"][0]["ruleIndex"]] == {"id": "yaml-syntax"}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("./p/é ü.yaml", "p/%C3%A9%20%C3%BC.yaml"),
        ("a:b#c?.yaml", "a%3Ab%23c%3F.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
    ],
)
def test_relative_uri(file: str, uri: str) -> None:
    """A relative file is percent-encoded and counts from the checkout."""
    assert uri_of(file) == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_absolute_uri() -> None:
    """A file outside the checkout stands for itself."""
    assert uri_of("/etc/a b.yaml") == {"uri": "file:///etc/a%20b.yaml"}


def test_fingerprint_moves_with_the_line() -> None:
    """The identity of a finding is its words, not its place; repeats are told apart."""
    prints = [
        result["partialFingerprints"][FINGERPRINT]
        for result in results(finding(), finding(location=SourceLocation("p/a.yaml", 9, 1)))
    ]
    assert [p.split(":")[1] for p in prints] == ["1", "2"]
    assert len({p.split(":")[0] for p in prints}) == 1
    moved = finding(location=SourceLocation("p/a.yaml", 70, 8), source_line="vad: 1  ")
    assert results(moved)[0]["partialFingerprints"][FINGERPRINT] == prints[0]
    other = finding(source_line="vad: 2")
    assert results(other)[0]["partialFingerprints"][FINGERPRINT] != prints[0]


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.text(min_size=1), st.integers(-1, 5), st.integers(-1, 5), st.none() | st.integers(0, 9))
def test_any_finding_is_valid(message: str, file: str, line: int, column: int, end: int | None) -> None:
    """Whatever the finding holds, the log keeps its structure and survives JSON."""
    one = finding(
        message=message, location=SourceLocation(file, line, column, end), source_line=message or None
    )
    document = log([one], RULES, "1")
    jsonschema.validate(document, STRUCTURE)
    assert json.loads(json.dumps(document)) == document
