"""An archive of labelled calls, anywhere that fsspec reaches: its labels are read here, its audio where it lies.

The folder holds `labels.csv` or `labels.jsonl` (docs/tune-labels.md), or folders that hold one each, a day or a
team; then a call's name begins with its folder's. Names are the groups.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from local_agent.errors import UnusableInput
from local_agent.scenarios.finding import Finding
from local_agent.tuning.cluster.remote import Fetched, RemoteSounds, file_system_of, is_local, is_url
from local_agent.tuning.listening.calls import trials_of_call
from local_agent.tuning.listening.labels import LABELS, Label, Located, complaints, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_agent.tuning.listening.labels import Kind
    from local_agent.tuning.listening.trial import Trial

    Row = tuple[int, float, float, Kind, str | None]

_ANY_FLOOR_DBFS: Final = -65.0
_TRIED: Final = 8
MOST_SAID: Final = 50
"""Complaints that are told at once; of a million labels, or files, thousands may be wrong in one way."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its name, where its audio is, which file labels it, and the labels.

    A row is a label's line, start and end in seconds, kind and class: a tenth of what the label itself takes, for
    there may be ten million.
    """

    name: str
    audio: str
    labels_file: str
    rows: tuple[Row, ...]

    def located(self) -> list[Located]:
        """Return the labels."""
        return [
            Located(
                line,
                Label.model_construct(file=self.name, start_s=start, end_s=end, label=kind, sound_class=what),
            )
            for line, start, end, kind, what in self.rows
        ]

    def sketched(self, seed: int) -> tuple[Trial, ...]:
        """Return the call's trials but for their audio: what they are, when, and for how long. Nothing is read."""
        labels = [one.label for one in self.located()]
        return tuple(
            trials_of_call(
                self.name,
                self.audio,
                labels,
                duration_s=math.inf,
                floor_dbfs=_ANY_FLOOR_DBFS,
                seed=seed,
            )
        )

    def trials(self, seed: int, sounds: RemoteSounds) -> list[Trial]:
        """Return the call's trials, its labels checked against its audio, which is read where it was not before.

        Raises UnusableInput with the labels' file and line, or the audio's name.
        """
        located = self.located()
        try:
            duration_s, _ = sounds.shape(self.audio)
        except UnusableInput as problem:
            where = f"{self.labels_file}:{located[0].line}:1"
            raise UnusableInput(f"{where}: error: {problem.message}", help=problem.help) from problem
        file = Path(self.labels_file)
        found = list(complaints(file, self.name, located, duration_s))
        if found:
            raise UnusableInput(_told(self.labels_file, file, found))
        return list(
            trials_of_call(
                self.name,
                self.audio,
                [one.label for one in located],
                duration_s=duration_s,
                floor_dbfs=sounds.floor_dbfs(self.audio),
                seed=seed,
            )
        )


def calls_of(archive: str, labels: str | None = None) -> list[Call]:
    """Return the labelled calls of an archive, a folder or a URL of one, by name. No audio is read.

    `labels` names one file of labels for all of it, a path or a URL; its names of files begin at the archive.
    Raises UnusableInput with file and line of what is wrong with the labels, or where there are none.
    """
    archive = archive.rstrip("/") if is_url(archive) else str(Path(archive).absolute())
    calls: dict[str, Call] = {}
    with Fetched() as fetch:
        for labels_file, inside in _labels_files(archive) if labels is None else [(labels, "")]:
            for call in _calls_in(labels_file, inside, archive, fetch):
                calls[call.name] = call
    if not calls:
        raise UnusableInput(f"{archive}: holds no labels", help="docs/tune-labels.md describes them")
    return [calls[name] for name in sorted(calls)]


def rate_of(calls: Sequence[Call]) -> int:
    """Return the rate of the first call's audio that can be read, 8000 or 16000 Hz, as it is worked with.

    That all others have it is for whoever reads them (Asked.one_rate). Raises UnusableInput where none of the
    first few can be read.
    """
    problems = []
    for call in calls[:_TRIED]:
        with Fetched() as fetch:
            try:
                return RemoteSounds(fetch).shape(call.audio)[1]
            except UnusableInput as problem:
                problems.append(problem)
    raise problems[0]


def _labels_files(archive: str) -> list[tuple[str, str]]:
    """Return the files of labels, each with the folder inside the archive that it stands in."""
    files, root = file_system_of(archive if is_url(archive) else f"file://{archive}")
    try:
        there = [path for name in LABELS for path in (f"{root}/{name}",) if files.isfile(path)]
        found = [(path, "") for path in there]
        if not there:
            paths = sorted(path for name in LABELS for path in files.glob(f"{root}/*/{name}"))
            found = [(path, PurePosixPath(path).parent.name) for path in paths]
    except Exception as problem:  # each file system has errors of its own
        raise UnusableInput(f"{archive}: cannot be listed: {problem}", help="check the URL") from problem
    folders = [inside for _, inside in found]
    if not found or len(set(folders)) < len(folders):
        many = "more than one file of labels in a folder" if found else "no labels"
        raise UnusableInput(
            f"{archive}: {many}",
            help=f"{' or '.join(LABELS)} in it, or one in each of its folders; docs/tune-labels.md",
        )
    whole = (lambda path: path) if is_local(files) else files.unstrip_protocol
    return [(whole(path), inside) for path, inside in found]


def _calls_in(labels_file: str, inside: str, archive: str, fetch: Fetched) -> list[Call]:
    here = fetch(labels_file)
    read = read_lines(here)
    findings = read.findings
    of_files: dict[str, list[Located]] = {}
    for one in read.located:
        of_files.setdefault(one.label.file, []).append(one)
    for name, some in of_files.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            findings.append(Finding(here, some[0].line, 1, f"{name}: is outside {archive}"))
        findings += complaints(here, name, some, math.inf)
    if findings:
        raise UnusableInput(_told(labels_file, here, findings))
    calls = []
    for file, some in of_files.items():
        name = f"{inside}/{file}" if inside else file
        rows = tuple(_row(one) for one in some)
        calls.append(Call(name, f"{archive}/{name}", labels_file, rows))
    return calls


def _row(located: Located) -> Row:
    label = located.label
    what = None if label.sound_class is None else sys.intern(label.sound_class)
    return (located.line, label.start_s, label.end_s, label.label, what)


def _told(labels_file: str, here: Path, findings: Iterable[Finding]) -> str:
    """Return findings in the words of other commands, under the name that the labels have where they lie."""
    said = [str(finding).replace(str(here), labels_file, 1) for finding in _sorted(findings)]
    more = [f"and {len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
    return "\n".join(said[:MOST_SAID] + more)


def _sorted(findings: Iterable[Finding]) -> Sequence[Finding]:
    return sorted(findings, key=lambda one: (one.line, one.column, one.message))
