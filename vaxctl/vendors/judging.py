"""All that can be said of a profile offline: its own findings, the rules', and each vendor's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.rules.lint import ask, lint
from vaxctl.rules.registry import EXCUSING, GENERIC, discover, ids
from vaxctl.rules.settings import SettingsShelf
from vaxctl.vendors.compiling import LIMIT, compile_for, template_findings
from vaxctl.vendors.subject import Subject
from vaxctl.vendors.vendor import NAMES, rules_package, vendor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.rules.rule import Rule
    from vaxctl.vendors.compiled import Compiled

PROMPT_RULES = "vaxctl.prompts.rules"

ACROSS = "vaxctl.vendors.across"
"""The rules that look at what a profile becomes at all of its vendors together."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a profile compiles to, and every finding about it."""

    compiled: tuple[Compiled, ...]
    findings: tuple[Diagnostic, ...]


def judge(loaded: LoadedProfile, targets: tuple[str, ...] = (), shelf: SettingsShelf | None = None) -> Judged:
    """Compile a profile for the vendors it names (or for `targets`) and run every rule.

    `shelf` keeps the settings of a run, so that each vaxctl.toml is read once.
    """
    settings = (shelf or settings_shelf()).of(Path(loaded.file))
    if loaded.profile is None:
        return Judged((), lint(loaded, _own_rules(), settings))
    named = targets or tuple(name for name in NAMES if loaded.profile.targets.get(name) is not None)
    compiled = tuple(compile_for(loaded, vendor(name)) for name in named)
    more = [finding for one in compiled for finding in _said_once(one.findings, vendor_findings(one))]
    asked: tuple[str, ...] = ()
    if not compiled:
        more += template_findings(loaded)
    elif not targets:
        across = _rules_in(ACROSS)
        more += [finding for rule in across.values() for finding in ask(rule, compiled, loaded.file)]
        asked = tuple(across)
    # The vendors' rules are not told as asked: what they find may show at planning only, so no excuse is unused here.
    return Judged(compiled, lint(loaded, _own_rules(), settings, more, asked))


def _said_once(compiling: Iterable[Diagnostic], ruled: list[Diagnostic]) -> list[Diagnostic]:
    """Return both, without the broken limits that a rule, which has a page, says at the same place."""
    told = {finding.location for finding in ruled if finding.invalid}
    return [f for f in compiling if f.rule != LIMIT or f.location not in told] + ruled


def settings_shelf() -> SettingsShelf:
    """Return an empty shelf of settings that knows every rule's id."""
    packages = (GENERIC, PROMPT_RULES, EXCUSING, ACROSS, *map(rules_package, NAMES))
    return SettingsShelf(frozenset().union(*map(ids, packages)))


def vendor_findings(
    compiled: Compiled, trees: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Diagnostic]:
    """Run one vendor's rules over a compiled profile, or over the trees it would leave behind."""
    trees = trees if trees is not None else {kind: compiled.settings(kind) for kind in compiled.kinds}
    subject = Subject(compiled, trees)
    rules = _rules_in(rules_package(compiled.vendor))
    return [finding for rule in rules.values() for finding in ask(rule, subject, compiled.loaded.file)]


def live_findings(
    compiled: Compiled, trees: Mapping[str, Mapping[str, Any]], shelf: SettingsShelf | None = None
) -> tuple[Diagnostic, ...]:
    """Return what a vendor's rules say only of the live objects as they would be left, `trees` by kind.

    Severities of vaxctl.toml and excuses count, and secrets are hidden, as in `judge`.
    """
    offline = set(vendor_findings(compiled))
    fresh = [finding for finding in vendor_findings(compiled, trees) if finding not in offline]
    if not fresh:
        return ()
    settings = (shelf or settings_shelf()).of(Path(compiled.loaded.file))
    told = lint(compiled.loaded, {}, settings, fresh)
    return tuple(finding for finding in told if finding.rule in _rules_in(rules_package(compiled.vendor)))


def all_rules() -> dict[str, Rule]:
    """Return every rule by id, wherever it lives."""
    vendors = {rule_id: rule for name in NAMES for rule_id, rule in _rules_in(rules_package(name)).items()}
    return {**_own_rules(), **_rules_in(ACROSS), **vendors}


def every_rule() -> dict[str, Rule]:
    """Return every rule that has a page, those about excuses included."""
    return {**all_rules(), **_rules_in(EXCUSING)}


@cache
def _own_rules() -> Mapping[str, Rule]:
    return {**_rules_in(GENERIC), **_rules_in(PROMPT_RULES)}


@cache
def _rules_in(package: str) -> Mapping[str, Rule]:
    return discover(package)
