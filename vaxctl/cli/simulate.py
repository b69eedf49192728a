"""`vaxctl simulate`: a profile on scenarios, offline; metrics, gates, and a page to look at."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.local import told
from vaxctl.cli.options import Env, Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.report.page_data import Run
    from local_agent.scenarios.model import Scenario


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


Wanted = Annotated[Path | None, typer.Argument(metavar="PROFILE", help="A profile.")]
Scenarios = Annotated[
    list[Path] | None,
    typer.Option(
        "--scenarios", metavar="PATH", help="A scenario, or a folder of them; the shipped ones without."
    ),
]
Compare = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="A B", help="Two profiles on the same audio, side by side."),
]
Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write one page: sound, picture, each failure.")
]
Audio = Annotated[
    Path | None,
    typer.Option(
        "--audio", metavar="FILE", help="Write the call (caller left, agent right), or a folder of calls."
    ),
]


class Transcriber(StrEnum):
    """Who tells the agent what the caller said."""

    SCENARIO = "scenario"
    WHISPER = "whisper"
    POCKETSPHINX = "pocketsphinx"
    NONE = "none"


class Responder(StrEnum):
    """Who answers the caller."""

    SCRIPTED = "scripted"
    OPENAI = "openai"


Words = Annotated[
    Transcriber,
    typer.Option("--transcriber", help="Who hears words: the scenario's own text, a recogniser, or nobody."),
]
Answers = Annotated[
    Responder,
    typer.Option("--responder", help="Who answers: the scenario's script, or OPENAI_BASE_URL's model."),
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The model to ask; else OPENAI_MODEL, else the first."),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, max=2**31 - 1, help="Other noises, rooms and losses."),
]
Gates = Annotated[
    list[str] | None,
    typer.Option(
        "--gate", metavar="BOUND", help="'false_barge_in_rate<=0.032'; exit 4 when it does not hold."
    ),
]


def simulate(
    profile: Wanted = None,
    scenarios: Scenarios = None,
    compare: Compare = None,
    env: Env = None,
    json: Json = False,
    junit: Junit = None,
    html: Html = None,
    audio: Audio = None,
    gate: Gates = None,
    transcriber: Words = Transcriber.SCENARIO,
    responder: Answers = Responder.SCRIPTED,
    model: ModelName = None,
    seed: Seed = None,
) -> None:
    """Run a profile on scenarios, offline, and measure it. The same inputs give the same documents."""
    from vaxctl.cli.console import err, out, out_json
    from vaxctl.cli.simulating import Means, run_profile
    from vaxctl.errors import ExitCode

    profiles = _profiles(profile, compare)
    means = Means(transcriber.value, responder.value, _model(responder, model), seed)
    with told():
        from local_agent.report.document import comparison
        from local_agent.report.gates import parse_gate
        from local_agent.report.table import table

        gates = [parse_gate(text) for text in gate or ()]
        loaded = _scenarios(scenarios, seed)
        _check_outputs(junit, html, audio, len(loaded) * len(profiles))
        means.open()
        runs = [run_profile(path, env, loaded, gates, means) for path in profiles]
        documents = [run.document for run in runs]
        document = documents[0] if len(documents) == 1 else comparison(documents)
        written = _write(runs, document, junit, html, audio)
    if json:
        out_json(document)
    else:
        out(table(document))
    for file in written:
        err(f"wrote {file}")
    if any(not result["passed"] for one in documents for result in one.get("gates", ())):
        raise typer.Exit(ExitCode.POLICY)


def _profiles(profile: Path | None, compare: tuple[Path, Path] | None) -> list[Path]:
    from vaxctl.errors import InvalidInput

    if (profile is None) == (compare is None):
        raise InvalidInput(
            "give one PROFILE, or two with --compare", help="vaxctl simulate --help shows the usage"
        )
    return [profile] if profile is not None else list(compare or ())


def _model(responder: Responder, model: str | None) -> str | None:
    from vaxctl.errors import InvalidInput

    if model is not None and responder is not Responder.OPENAI:
        raise InvalidInput(
            "--model names a language model, but the script answers", help="add --responder openai"
        )
    return model


def _scenarios(paths: list[Path] | None, seed: int | None) -> list[Scenario]:
    from local_agent.scenarios.reading import load_scenarios
    from local_agent.scenarios.seeding import reseeded
    from local_agent.scenarios.shipped import shipped_folder

    loaded = load_scenarios(paths or [shipped_folder()])
    return loaded if seed is None else [reseeded(scenario, seed) for scenario in loaded]


def _check_outputs(junit: Path | None, html: Path | None, audio: Path | None, calls: int) -> None:
    """Refuse before the run what could not be written after it."""
    from vaxctl.cli.whole_file import check_replaceable
    from vaxctl.errors import InvalidInput

    for file in (junit, html, audio if audio is not None and audio.suffix else None):
        if file is not None:
            check_replaceable(file)
    if audio is None or not audio.suffix:
        return
    if audio.suffix.lower() not in {".wav", ".flac", ".ogg", ".opus"}:
        raise InvalidInput(
            f"{audio}: no audio format of ours", help="use .wav, .flac or .ogg, or name a folder"
        )
    if calls > 1:
        raise InvalidInput(
            f"--audio names one file, but there are {calls} calls", help="name a folder (no suffix)"
        )


def _write(
    runs: Sequence[Run], document: dict[str, Any], junit: Path | None, html: Path | None, audio: Path | None
) -> list[Path]:
    written = []
    if junit is not None:
        from local_agent.report.junit import junit as xml

        written.append(_replaced(junit, xml(document)))
    if html is not None:
        from local_agent.report.page import page

        written.append(_replaced(html, page(runs)))
    if audio is not None:
        written += _sounds(runs, audio)
    return written


def _sounds(runs: Sequence[Run], target: Path) -> list[Path]:
    from local_agent.report.audio import write_audio

    if target.suffix:
        write_audio(runs[0].records[0], target)
        return [target]
    for number, run in enumerate(runs, 1):
        folder = target if len(runs) == 1 else target / f"{number}"
        folder.mkdir(parents=True, exist_ok=True)
        for record in run.records:
            write_audio(record, folder / f"{record.name}.wav")
    return [target]


def _replaced(file: Path, text: str) -> Path:
    """Write a file in one step: nothing half-written is ever under its name."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(file)
    except OSError as error:
        # The user named the file; the name that it has on the way is nothing to them.
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        part.unlink(missing_ok=True)
    return file
