"""`vaxctl corpus`: a folder of labelled clips, checked line by line, and scenarios composed from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.local import told
from vaxctl.cli.options import Json

if TYPE_CHECKING:
    from local_agent.scenarios.finding import Finding

app = typer.Typer(help="Labelled audio: check a corpus, compose scenarios from it.", no_args_is_help=True)

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


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "path": str(finding.path),
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
    }
