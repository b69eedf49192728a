"""`vaxctl corpus`: labelled clips checked, composed into scenarios, made up to try things on; a page to label calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.local import told
from vaxctl.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.scenarios.finding import Finding
    from local_agent.tuning.listening.labels import Label

app = typer.Typer(
    help="Labelled audio: check a corpus, compose scenarios, label calls.", no_args_is_help=True
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder with manifest.jsonl (docs/corpus.md).")]


def register(parent: typer.Typer) -> None:
    """Add the group of commands."""
    parent.add_typer(app, name="corpus")


@app.command()
def check(
    folder: Folder,
    labels_only: Annotated[bool, typer.Option("--labels-only", help="Do not read the audio.")] = False,
    as_json: Json = False,
) -> None:
    """Check every line and every file. Exit 3 when something is wrong."""
    from local_agent.scenarios.corpus_manifest import check_corpus
    from vaxctl.cli.console import err, out, out_json
    from vaxctl.errors import ExitCode

    with told():
        clips, findings = check_corpus(folder, audio=not labels_only)
    if as_json:
        rows = [_row(finding) for finding in findings]
        out_json({"format_version": "1.0", "type": "corpus_check", "clips": len(clips), "findings": rows})
    else:
        for finding in findings:
            out(str(finding))
        err(f"{len(clips)} clips are sound, {len(findings)} findings")
    if findings:
        raise typer.Exit(ExitCode.INVALID)


@app.command()
def mix(
    folder: Folder,
    out_folder: Annotated[Path, typer.Option("--out", metavar="OUT", help="A folder that is not there yet.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**31 - 1)] = 0,
    count: Annotated[int, typer.Option("--count", metavar="M", min=1, max=100_000)] = 20,
    rate: Annotated[int, typer.Option("--rate", metavar="HZ", help="8000 (telephone) or 16000.")] = 8_000,
    as_json: Json = False,
) -> None:
    """Compose labelled scenarios. The same corpus, seed and count give the same bytes."""
    from local_agent.scenarios.corpus_mix import mix_corpus
    from vaxctl.cli.console import err, out, out_json
    from vaxctl.errors import InvalidInput

    if rate not in (8_000, 16_000):
        raise InvalidInput(f"--rate {rate}: give 8000 or 16000")
    with told():
        names = mix_corpus(folder, out_folder, seed=seed, count=count, sample_rate_hz=rate)
    if as_json:
        out_json({"format_version": "1.0", "type": "corpus_mix", "out": str(out_folder), "scenarios": names})
        return
    for name in names:
        out(str(out_folder / f"{name}.yaml"))
    err(f"{len(names)} scenarios; the clips' origins and licences are in {out_folder / 'SOURCES.tsv'}")


@app.command()
def example(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**31 - 1)] = 0,
) -> None:
    """Write a synthetic corpus, to try `tune` and `mix` without recordings. It says nothing of your callers."""
    from local_agent.scenarios.example_corpus import write_example
    from vaxctl.cli.console import err

    with told():
        count = write_example(folder, seed=seed)
    err(
        f"wrote {folder}: {count} clips of generated noise and one synthetic voice; they prove nothing about callers"
    )


@app.command()
def label(
    calls: Annotated[
        Path, typer.Argument(metavar="CALLS", help="A folder of recorded calls, the caller left.")
    ],
    page: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page, such as labels.html.")],
) -> None:
    """Write a page on which calls are labelled: it plays them, and saves labels.csv for `vaxctl tune`.

    Labels that stand beside the calls already are in it.
    """
    from local_agent.tuning.listening.calls import call_files, labels_there
    from local_agent.tuning.listening.labelling import labelling_page
    from vaxctl.cli.console import Stages
    from vaxctl.cli.whole_file import check_replaceable, write_whole
    from vaxctl.errors import InvalidInput

    if not calls.is_dir():
        raise InvalidInput(f"{calls} is no folder", help="CALLS is a folder of recorded calls")
    check_replaceable(page)
    stages = Stages()
    with told():
        files = call_files(calls)
        labels = labels_there(calls)
        try:
            text = labelling_page(
                calls,
                files,
                labels=labels,
                progress=lambda done, total: stages("looking for sounds in calls", done, total),
            )
        finally:
            stages.end()
    write_whole(page, text)
    _say_label(page, calls, files, labels)


def _say_label(page: Path, calls: Path, files: Sequence[Path], labels: Sequence[Label]) -> None:
    """Say what was written, what is in it already, and which command comes next."""
    from vaxctl.cli.console import err
    from vaxctl.cli.tuning_command import shell_line

    calls_here = f"{len(files)} {'call' if len(files) == 1 else 'calls'}"
    err(f"wrote {page}: open it, label {calls_here}, and save labels.csv in {calls}")
    if labels:
        err(f"{len(labels)} labels that are there already are in it")
    names = {file.relative_to(calls).as_posix() for file in files}
    gone = sorted({label.file for label in labels} - names)
    if gone:
        err(
            f"warning: labels of {len(gone)} files that are not there (such as {gone[0]}) will not be in what it saves"
        )
    err(f"then: {shell_line('tune', 'PROFILE', '--from-calls', calls)}")


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "path": str(finding.path),
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
    }
