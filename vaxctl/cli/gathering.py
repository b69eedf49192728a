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
    """Profiles of one run with everything that was found in them. `skipped` are YAML files of other kinds."""

    profiles: tuple[LoadedProfile, ...]
    compiled: tuple[Compiled, ...]
    findings: tuple[Diagnostic, ...]
    skipped: tuple[Path, ...]

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
    files, skipped = _files(list(paths), sources)
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

    return Gathered(tuple(profiles), tuple(compiled), collected(findings), tuple(skipped))


def usable(gathered: Gathered) -> Gathered:
    """Return what was gathered, after showing its findings on stderr when they forbid going on.

    Raises Unusable with exit code 3 or 4.
    """
    if not gathered.policy_broken:
        return gathered
    import sys

    from vaxctl.cli.console import err, style, width
    from vaxctl.report.findings_text import full

    err(full(gathered.findings, style(sys.stderr), width(), len(gathered.profiles)))
    if gathered.invalid:
        message = "there are errors in the profiles; nothing was sent"
        raise Unusable(message, gathered.findings, ExitCode.INVALID)
    message = "a rule that counts as an error speaks against this; nothing was sent"
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


def _files(paths: list[Path], sources: object) -> tuple[list[Path], list[Path]]:
    from vaxctl.profile.heritage import Sources

    assert isinstance(sources, Sources)  # noqa: S101 - kept untyped at the top so that --help loads nothing
    files: dict[Path, None] = {}
    skipped: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files[path] = None  # a missing one too: reading it finds what is wrong with it
            continue
        for file in _below(path):
            if _is_profile(file, sources):
                files[file] = None
            else:
                skipped.append(file)
    if not files:
        listed = ", ".join(map(str, paths))
        raise InvalidInput(
            f"there is no profile in {listed}", help="a profile begins with `schema: vaxctl/v1`"
        )
    return list(files), skipped


def _below(folder: Path) -> Iterator[Path]:
    """Yield the YAML files below a folder, sorted, hidden folders left out. Raises InvalidInput for an unreadable one."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InvalidInput(f"the folder {folder} cannot be read: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.suffix in _SUFFIXES:
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
