"""From paths on the command line to loaded, linted and compiled profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl.errors import ExitCode, InvalidInput, VaxctlError

if TYPE_CHECKING:
    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.compiled import Compiled
    from vaxctl.vendors.live import Target

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Gathered:
    """Profiles of one run with everything that was found in them.

    `skipped` are YAML files of other kinds, `links` those that lead out of the folder they were found in.
    """

    profiles: tuple[LoadedProfile, ...]
    compiled: tuple[Compiled, ...]
    findings: tuple[Diagnostic, ...]
    skipped: tuple[Path, ...]
    links: tuple[Path, ...] = ()

    @property
    def invalid(self) -> bool:
        """Whether a profile cannot be used as it is."""
        return any(finding.invalid for finding in self.findings)

    @property
    def policy_broken(self) -> bool:
        """Whether a rule that counts as an error speaks against a profile."""
        from vaxctl.diagnostics import Severity

        return any(finding.severity is Severity.ERROR for finding in self.findings)


class Unusable(VaxctlError):
    """Findings forbid going on; they are shown already, and stand in the JSON document."""

    def __init__(self, message: str, findings: tuple[Diagnostic, ...], exit_code: ExitCode) -> None:
        super().__init__(message)
        self.findings = findings
        self.exit_code = exit_code


def gather(paths: Iterable[Path], env: str | None = None, targets: tuple[str, ...] = ()) -> Gathered:
    """Load, compile and lint every profile under `paths`, each for the vendors it names (or for `targets`)."""
    from vaxctl.profile.heritage import Sources
    from vaxctl.profile.load import load
    from vaxctl.vendors.judging import judge, settings_shelf

    sources, shelf = Sources(), settings_shelf()
    files, skipped, links = _files(list(paths), sources)
    profiles: list[LoadedProfile] = []
    compiled: list[Compiled] = []
    findings: list[Diagnostic] = []
    for file in files:
        loaded = load(file, env, sources)
        judged = judge(loaded, targets, shelf)
        profiles.append(loaded)
        compiled += judged.compiled
        findings += judged.findings
    from vaxctl.diagnostics import collected

    if env is not None:
        findings += known_to_none(profiles, env)
    return Gathered(tuple(profiles), tuple(compiled), collected(findings), tuple(skipped), tuple(links))


def known_to_none(profiles: list[LoadedProfile], env: str) -> list[Diagnostic]:
    """Find an `--env` that no profile of the run knows: each alone may be the same in every environment."""
    from vaxctl.diagnostics import Severity
    from vaxctl.profile.load import known_environments
    from vaxctl.source.document import closest

    known: set[str] = set().union(*map(known_environments, profiles))
    told = any(finding.rule == "environment" for loaded in profiles for finding in loaded.findings)
    if told or env in known or any(loaded.profile is None for loaded in profiles):
        return []
    near = closest(env, known)
    advice = f"did you mean {near}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    what = "this profile has" if len(profiles) == 1 else "no profile here has"
    message = f"{what} {'no' if len(profiles) == 1 else 'an'} environment {env!r}"
    first = profiles[0]
    return [first.finding("environment", Severity.ERROR, message, "name", advice, on_key=True, invalid=True)]


def tell_links(gathered: Gathered) -> None:
    """Say on stderr how many links were not followed."""
    from vaxctl.cli.console import err

    if count := len(gathered.links):
        err(f"{count} {'link leads' if count == 1 else 'links lead'} out of the folder: not followed")


def usable(gathered: Gathered, undone: str = "nothing was sent") -> Gathered:
    """Return what was gathered, after showing its findings on stderr when they forbid going on.

    `undone` says what has not been done because of them. Raises Unusable with exit code 3 or 4.
    """
    if not gathered.policy_broken:
        return gathered
    import sys

    from vaxctl.cli.console import err, style, width
    from vaxctl.report.findings_text import full

    err(full(gathered.findings, style(sys.stderr), width(), len(gathered.profiles)))
    if gathered.invalid:
        message = f"there are errors in the profiles; {undone}"
        raise Unusable(message, gathered.findings, ExitCode.INVALID)
    message = f"a rule that counts as an error speaks against this; {undone}"
    raise Unusable(message, gathered.findings, ExitCode.POLICY)


def wanted_targets(gathered: Gathered, only: str | None) -> list[tuple[Compiled, Target]]:
    """Return each profile's targets with their ids for the environment. Raises InvalidInput when there is none."""
    from vaxctl.plan.planning import one_owner
    from vaxctl.vendors.vendor import vendor

    wanted = []
    for compiled in gathered.compiled:
        if only is not None and compiled.vendor != only:
            continue
        target = vendor(compiled.vendor).target(compiled.loaded)
        if target is not None:
            wanted.append((compiled, target))
    if not wanted:
        what = f"a {only} target" if only else "a target"
        raise InvalidInput(
            f"no profile here names {what}", help="add targets: {vapi: {assistant_id: …}} or retell"
        )
    one_owner((compiled.loaded.file, target) for compiled, target in wanted)
    return wanted


def profile_files(paths: Iterable[Path]) -> list[Path]:
    """Return the profiles under `paths`, without reading what they extend."""
    from vaxctl.profile.heritage import Sources

    return _files(list(paths), Sources())[0]


def _files(paths: list[Path], sources: object) -> tuple[list[Path], list[Path], list[Path]]:
    from vaxctl.profile.heritage import Sources

    assert isinstance(sources, Sources)  # noqa: S101 - kept untyped at the top so that --help loads nothing
    files: dict[Path, None] = {}
    skipped: list[Path] = []
    links: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files[path] = None  # a missing one too: reading it finds what is wrong with it
            continue
        for file in _below(path):
            if file.is_symlink() and _leads_out(file, path):
                links.append(file)
            elif file.is_dir():
                continue  # a link to a folder of the same project: that is walked by its own name, if at all
            elif _is_profile(file, sources):
                files[file] = None
            else:
                skipped.append(file)
    if not files:
        listed = ", ".join(map(str, paths))
        raise InvalidInput(
            f"there is no profile in {listed}", help="a profile begins with `schema: vaxctl/v1`"
        )
    return list(files), skipped, links


def _leads_out(link: Path, walked: Path) -> bool:
    """Whether a link leads out of the folder that is walked and out of its project."""
    from vaxctl.profile.heritage import root_of

    try:
        there = link.resolve()
        inside = (walked.resolve(), root_of(walked / "x"))
    except (OSError, RuntimeError):  # a link to itself
        return True
    return not any(there.is_relative_to(folder) for folder in inside)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the YAML files and the links to folders below a folder, sorted; what is hidden is left out.

    Raises InvalidInput for an unreadable folder.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InvalidInput(f"the folder {folder} cannot be read: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.suffix in _SUFFIXES or (entry.is_symlink() and entry.is_dir()):
            yield entry


def _is_profile(file: Path, sources: object) -> bool:
    """Whether a file found in a folder is meant as a profile; a broken one is, so that it is reported."""
    from vaxctl.profile.heritage import Sources

    assert isinstance(sources, Sources)  # noqa: S101
    document = sources.document(file, str(file))
    if not document.data:
        return True
    schema = document.data.get("schema")
    return "vad_config" in document.data or (isinstance(schema, str) and schema.startswith("vaxctl/"))
