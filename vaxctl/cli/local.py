"""The command line's side of the door to the local agent: its exceptions as those that carry exit codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_agent.scenarios.finding import Finding
    from vaxctl.diagnostics import Diagnostic
    from vaxctl.errors import VaxctlError


@contextmanager
def told() -> Iterator[None]:
    """Turn the local agent's exceptions into those that carry exit codes, message and help kept.

    Where there are findings, each is printed on a line of its own first.
    """
    from local_agent.errors import LocalAgentError

    try:
        yield
    except LocalAgentError as error:
        _refuse_findings(error)
        raise _told_as(error)(error.message, help=error.help) from error


def _refuse_findings(error: Exception) -> None:
    from local_agent.scenarios.reading import ScenarioUnusable
    from vaxctl.cli.console import err
    from vaxctl.errors import InvalidInput

    if not isinstance(error, ScenarioUnusable):
        return
    for finding in error.findings:
        err(str(finding))
    count = len(error.findings)
    raise InvalidInput(
        f"{count} finding{'s' if count > 1 else ''} in labelled audio or scenarios; nothing was done",
        help="mend the places named above",
    ) from error


def diagnostics_of(error: VaxctlError) -> tuple[Diagnostic, ...]:
    """Return the findings in labelled audio or scenarios that an error was raised for; mostly there are none."""
    from local_agent.errors import UnusableInput

    if not isinstance(error.__cause__, UnusableInput):
        return ()
    from local_agent.scenarios.reading import ScenarioUnusable

    cause = error.__cause__
    return tuple(map(_diagnostic, cause.findings)) if isinstance(cause, ScenarioUnusable) else ()


def _diagnostic(finding: Finding) -> Diagnostic:
    """Return a finding as the JSON document of a run that failed shows it."""
    from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation

    at = SourceLocation(str(finding.path), finding.line, finding.column)
    return Diagnostic(
        "labelled-audio", Severity(finding.severity), finding.message, at, finding.help, invalid=True
    )


def _told_as(error: Exception) -> type[VaxctlError]:
    from local_agent.dialogue.endpoint import ResponderFailed
    from local_agent.errors import ExtraMissing, UnusableInput
    from local_agent.models.index import IndexUnreachable
    from vaxctl.errors import CredentialsRejected, InvalidInput, VaxctlError, VendorUnavailable

    if isinstance(error, ResponderFailed):
        return CredentialsRejected if error.refused else VendorUnavailable
    if isinstance(error, UnusableInput | ExtraMissing):
        return InvalidInput
    return VendorUnavailable if isinstance(error, IndexUnreachable) else VaxctlError
