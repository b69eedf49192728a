"""All findings about one profile: rules asked, severities set, excuses honoured, secrets hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import collected
from vaxctl.errors import VaxctlError
from vaxctl.rules.excuses import Ledger, excuses_in, judged_lines
from vaxctl.rules.places import documents_of
from vaxctl.rules.registry import EXCUSING, discover
from vaxctl.rules.secrets import Veil

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.rules.rule import Rule
    from vaxctl.rules.settings import Settings


class RuleFailed(VaxctlError):
    """A rule raised, or gave a finding in another rule's name: a programming error."""


def lint(
    loaded: LoadedProfile,
    rules: Mapping[str, Rule],
    settings: Settings,
    more: Iterable[Diagnostic] = (),
    asked: Collection[str] = (),
) -> tuple[Diagnostic, ...]:
    """Return every finding about a profile, in report order, with no secret in any of them.

    In: the generic `rules`; `more` findings about the same profile that other rooms made, and in `asked` the
    ids of the rules that they asked for these. What loading found and what is wrong with the settings is
    included. Findings that make the profile invalid keep their severity and cannot be excused. A profile
    that did not load is only looked through for secrets. Raises RuleFailed naming the rule.
    """
    documents = documents_of(loaded)
    run = {name: rule for name, rule in rules.items() if not settings.off(name)}
    if loaded.profile is None:
        run = {name: rule for name, rule in run.items() if not rule.needs_profile}
    raw = [
        *loaded.findings,
        *more,
        *(found for rule in run.values() for found in ask(rule, loaded, loaded.file)),
    ]
    excusing = discover(EXCUSING)
    known = settings.known | rules.keys() | excusing.keys() | set(asked)
    complete = {*run, *asked} if loaded.profile is not None else set()
    usable = {name for name in complete if not settings.off(name)}
    ledger = Ledger(excuses_in(documents.values()), known, usable, judged_lines(loaded))
    kept = [finding for finding in raw if not ledger.excused(finding)]
    kept += [found for rule in excusing.values() for found in ask(rule, ledger, loaded.file)]
    veil = Veil(documents.values())
    weighed = (_weighed(finding, settings) for finding in (*kept, *settings.findings))
    return collected(veil.over(finding) for finding in weighed if finding is not None)


def ask(rule: Rule, subject: Any, about: str) -> list[Diagnostic]:
    """Return a rule's findings about its subject. Raises RuleFailed, naming the rule and the file `about`."""
    try:
        findings = list(rule.check(subject))
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        advice = f'please report it; `"{rule.id}" = "off"` under [rules] in vaxctl.toml goes on without it'
        raise RuleFailed(f"the rule {rule.id} failed on {about}: {what}", help=advice) from error
    if strange := next((finding for finding in findings if finding.rule != rule.id), None):
        raise RuleFailed(f"the rule {rule.id} gave a finding in the name of {strange.rule!r}")
    return findings


def _weighed(finding: Diagnostic, settings: Settings) -> Diagnostic | None:
    """Return the finding with the severity that was set for its rule, None where that is off."""
    if finding.invalid or finding.rule not in settings.severities:
        return finding
    severity = settings.severities[finding.rule]
    return None if severity is None else replace(finding, severity=severity)
