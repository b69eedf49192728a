"""`vaxctl tune`: from labelled audio to a profile change with its evidence."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vaxctl.cli import completing
from vaxctl.cli.helping import Command
from vaxctl.cli.options import Env, Profile


class Search(StrEnum):
    """How settings are tried."""

    GRID = "grid"
    NSGA2 = "nsga2"
    TPE = "tpe"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=Command,
        epilog="vaxctl tune profile.yaml --corpus corpus/\n"
        "vaxctl tune profile.yaml --corpus corpus/ --target vapi --write\n"
        "vaxctl tune profile.yaml --from-calls calls/ --html tuning.html --write\n"
        "vaxctl tune profile.yaml --corpus corpus/ --subject-to 'false_barge_in_rate<=3%'",
    )(tune)


AUDIO, WANTED, TRIED, OUT = "Audio (one of the first two)", "What is wanted", "What is tried", "Output"

Corpus = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        metavar="DIR",
        help="A folder with manifest.jsonl (docs/corpus.md).",
        rich_help_panel=AUDIO,
    ),
]
Calls = Annotated[
    str | None,
    typer.Option(
        "--from-calls",
        metavar="DIR",
        help="Recorded stereo calls, caller left, with labels (docs/tune-labels.md); "
        "`vaxctl corpus label` makes them.",
        rich_help_panel=AUDIO,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="The calls' labels; else labels.csv or .jsonl beside them.",
        rich_help_panel=AUDIO,
    ),
]
Snr = Annotated[
    float | None,
    typer.Option(
        "--snr-db",
        metavar="DB",
        help="Hear a corpus a second time, in noise this far below it.",
        rich_help_panel=AUDIO,
    ),
]
Rate = Annotated[
    int | None,
    typer.Option(
        "--rate",
        metavar="HZ",
        help="8000 (telephone) or 16000; else as the files are.",
        rich_help_panel=AUDIO,
    ),
]
Minimize = Annotated[
    str | None,
    typer.Option(
        "--minimize",
        metavar="METRICS",
        help="What to make small: names with commas between (docs/tune.md).",
        rich_help_panel=WANTED,
    ),
]
SubjectTo = Annotated[
    list[str] | None,
    typer.Option(
        "--subject-to",
        metavar="BOUND",
        help="'false_barge_in_rate<=3%'; as often as wanted.",
        rich_help_panel=WANTED,
    ),
]
HeldBack = Annotated[
    float,
    typer.Option(
        "--held-back",
        metavar="SHARE",
        help="The share of speakers and calls kept from the search, to prove on. [default: 0.5]",
        rich_help_panel=WANTED,
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="VENDOR",
        help="Search only what this vendor holds exactly: retell or vapi.",
        autocompletion=completing.vendors,
        rich_help_panel=TRIED,
    ),
]
Grid = Annotated[
    list[str] | None,
    typer.Option(
        "--grid",
        metavar="AXIS",
        help="'vad.threshold=0.3:0.9:0.05' or 'KEY=A,B'; as often as wanted.",
        rich_help_panel=TRIED,
    ),
]
How = Annotated[
    Search,
    typer.Option(
        "--search",
        metavar="HOW",
        help="grid tries all; nsga2 and tpe walk (extra tune).",
        rich_help_panel=TRIED,
    ),
]
Trials = Annotated[
    int | None,
    typer.Option(
        "--trials",
        metavar="N",
        min=1,
        max=1_000_000,
        help="Settings that a walk tries. [default: 200]",
        rich_help_panel=TRIED,
    ),
]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="WHERE",
        help="Keeps a walk: FILE.db or FILE.journal; it can be resumed.",
        rich_help_panel=TRIED,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        max=2**31 - 1,
        help="Another split, other placements.",
        rich_help_panel=TRIED,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        max=256,
        help="Threads that listen, or processes of --cluster local; else one a core.",
        rich_help_panel=TRIED,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Search on a Dask cluster: tcp://…, or local (docs/scale.md).",
        rich_help_panel=TRIED,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE", help="Write one page: fronts, classes, clips.", rich_help_panel=OUT
    ),
]
Write = Annotated[
    bool,
    typer.Option(
        "--write", help="Set what was found in PROFILE, comments kept; shows the diff.", rich_help_panel=OUT
    ),
]
Document = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.", rich_help_panel=OUT)
]


def tune(
    profile: Profile,
    env: Env = None,
    corpus: Corpus = None,
    from_calls: Calls = None,
    labels: Labels = None,
    rate: Rate = None,
    snr_db: Snr = None,
    minimize: Minimize = None,
    subject_to: SubjectTo = None,
    held_back: HeldBack = 0.5,
    target: Target = None,
    grid: Grid = None,
    search: How = Search.GRID,
    trials: Trials = None,
    storage: Storage = None,
    seed: Seed = 0,
    workers: Workers = None,
    cluster: Cluster = None,
    write: Write = False,
    html: Html = None,
    json: Document = False,
) -> None:
    """Find settings on labelled audio, prove them on audio held back.

    Exit 4 when no setting keeps the bounds.
    """
    from vaxctl.cli.tuning import Hunt, Output, tuned
    from vaxctl.cli.tuning_audio import Audio

    tuned(
        profile,
        env,
        Audio(corpus, from_calls, labels, snr_db, rate),
        Hunt(
            minimize,
            tuple(subject_to or ()),
            target,
            tuple(grid or ()),
            search.value,
            trials,
            storage,
            held_back,
            seed,
            workers,
            cluster,
        ),
        Output(json, html, write),
    )
