"""Findings as SARIF 2.1.0 (OASIS Standard, 27 March 2020), as code-scanning services read it."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vaxctl.diagnostics import Diagnostic, SourceLocation

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "primaryLocationLineHash"
"""The name under which code-scanning services look for the identity of a finding."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_NO_FILE_NAME = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # surrogates that stand for no byte of a name


class RuleInfo(Protocol):
    """What a report needs to know of a rule."""

    @property
    def id(self) -> str:
        """The kebab-case id that findings carry."""

    @property
    def summary(self) -> str:
        """One sentence: what the rule looks for."""

    @property
    def page(self) -> str:
        """Its documentation page: the Markdown text, or its https address."""


def log(diagnostics: Sequence[Diagnostic], rules: Mapping[str, RuleInfo], version: str) -> dict[str, Any]:
    """Return a SARIF log with one run, ready for `json.dumps`. `version` is that of vaxctl.

    Findings of no known rule (a text that does not parse) get a descriptor with their id alone.
    """
    ids = sorted({*rules, *(d.rule for d in diagnostics)})
    index = {rule: at for at, rule in enumerate(ids)}
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "vaxctl",
                        "version": version,
                        "rules": [_descriptor(rule, rules.get(rule)) for rule in ids],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(diagnostic, index, seen) for diagnostic in diagnostics],
            }
        ],
    }


def _descriptor(rule: str, info: RuleInfo | None) -> dict[str, Any]:
    if info is None:
        return {"id": rule}
    descriptor: dict[str, Any] = {"id": rule, "shortDescription": {"text": info.summary}}
    if info.page.startswith("https://"):
        return {**descriptor, "helpUri": info.page}
    return {**descriptor, "help": {"text": info.page, "markdown": info.page}} if info.page else descriptor


def _result(diagnostic: Diagnostic, index: Mapping[str, int], seen: Counter[str]) -> dict[str, Any]:
    text = diagnostic.message + (f"\n\n{diagnostic.help}" if diagnostic.help else "")
    result: dict[str, Any] = {
        "ruleId": diagnostic.rule,
        "ruleIndex": index[diagnostic.rule],
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _physical(diagnostic.location)}],
        "partialFingerprints": {FINGERPRINT: _fingerprint(diagnostic, seen)},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(at), "message": {"text": message}}
            for number, (at, message) in enumerate(diagnostic.related, start=1)
        ]
    return result


def _fingerprint(diagnostic: Diagnostic, seen: Counter[str]) -> str:
    """Return what stays when lines move: rule, file and the line's words, numbered where they repeat."""
    line = diagnostic.message if diagnostic.source_line is None else diagnostic.source_line
    words = "\0".join((diagnostic.rule, diagnostic.location.file, " ".join(line.split())))
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _physical(location: SourceLocation) -> dict[str, Any]:
    region = {"startLine": max(location.line, 1), "startColumn": max(location.column, 1)}
    if location.end_column is not None and location.end_column > region["startColumn"]:
        region["endColumn"] = location.end_column
    return {"artifactLocation": _artifact(location.file), "region": region}


def _artifact(file: str) -> dict[str, str]:
    """Return the file as a URI: relative to the checkout, or whole where it lies outside of it."""
    path = posixpath.normpath(_NO_FILE_NAME.sub("\ufffd", file))
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/~")
    if path.startswith("/"):
        return {"uri": f"file:///{uri.lstrip('/')}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}
