"""All that can be said of a profile offline: its own findings, the rules', and each vendor's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Severity
from vaxctl.rules.lint import ask, lint
from vaxctl.rules.registry import EXCUSING, GENERIC, discover
from vaxctl.rules.settings import SettingsShelf
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.vendor import NAMES, vendor

if TYPE_CHECKING:
    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.rules.rule import Rule
    from vaxctl.vendors.compiled import Compiled

PROMPT_RULES = "vaxctl.prompts.rules"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a profile compiles to, and every finding about it."""

    compiled: tuple[Compiled, ...]
    findings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a vendor's rule looks at: the compiled profile, and the trees by kind it would leave behind.

    Offline a tree holds the owned leaves alone; when planning it is the live object with them laid over.
    """

    compiled: Compiled
    trees: Mapping[str, Mapping[str, Any]]

    def finding(self, rule: str, severity: Severity, message: str, path: str, help: str | None = None) -> Diagnostic:  # noqa: A002
        """Make a finding at the profile key that writes the vendor's `path`, or at the target when none does."""
        origin = next((leaf.origin for leaf in self.compiled.leaves if leaf.at == path), None)
        origin = origin or next((leaf.origin for leaf in self.compiled.leaves if leaf.at.startswith(path)), None)
        return self.compiled.loaded.finding(rule, severity, message, origin or f"targets.{self.compiled.vendor}", help)


def judge(loaded: LoadedProfile, targets: tuple[str, ...] = (), shelf: SettingsShelf | None = None) -> Judged:
    """Compile a profile for the vendors it names (or for `targets`) and run every rule.

    `shelf` keeps the settings of a run, so that each vaxctl.toml is read once.
    """
    settings = (shelf or settings_shelf()).of(Path(loaded.file))
    if loaded.profile is None:
        return Judged((), lint(loaded, _own_rules(), settings))
    named = targets or tuple(name for name in NAMES if loaded.profile.targets.get(name) is not None)
    compiled = tuple(compile_for(loaded, vendor(name)) for name in named)
    more = [finding for one in compiled for finding in (*one.findings, *vendor_findings(one))]
    asked = [rule for name in named for rule in _rules_in(vendor(name).rules)]
    return Judged(compiled, lint(loaded, _own_rules(), settings, more, asked))


def settings_shelf() -> SettingsShelf:
    """Return an empty shelf of settings that knows every rule's id."""
    return SettingsShelf(frozenset(every_rule()))


def vendor_findings(compiled: Compiled, trees: Mapping[str, Mapping[str, Any]] | None = None) -> list[Diagnostic]:
    """Run one vendor's rules over a compiled profile, or over the trees it would leave behind."""
    trees = trees if trees is not None else {kind: compiled.body(kind) for kind in compiled.kinds}
    subject = Subject(compiled, trees)
    rules = _rules_in(vendor(compiled.vendor).rules)
    return [finding for rule in rules.values() for finding in ask(rule, subject, compiled.loaded.file)]


def all_rules() -> dict[str, Rule]:
    """Return every rule by id, wherever it lives."""
    vendors = {rule_id: rule for name in NAMES for rule_id, rule in _rules_in(vendor(name).rules).items()}
    return {**_own_rules(), **vendors}


def every_rule() -> dict[str, Rule]:
    """Return every rule that has a page, those about excuses included."""
    return {**all_rules(), **_rules_in(EXCUSING)}


@cache
def _own_rules() -> Mapping[str, Rule]:
    return {**_rules_in(GENERIC), **_rules_in(PROMPT_RULES)}


@cache
def _rules_in(package: str) -> Mapping[str, Rule]:
    return discover(package)
