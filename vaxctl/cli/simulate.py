"""`vaxctl simulate`: a profile on scenarios, offline; metrics, gates, and a page to look at."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli.options import Env, Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.parameters import Parameters
    from local_agent.record import CallRecord
    from local_agent.report.gates import Gate
    from local_agent.report.page_data import Run
    from local_agent.scenarios.model import Scenario
    from local_agent.voices.voice import Voice


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
) -> None:
    """Run a profile on scenarios, offline, and measure it. The same inputs give the same documents."""
    from vaxctl.cli.console import err, out, out_json
    from vaxctl.cli.models import _told
    from vaxctl.errors import ExitCode

    profiles = _profiles(profile, compare)
    with _told():
        from local_agent.report.document import comparison
        from local_agent.report.gates import parse_gate
        from local_agent.report.table import table

        gates = [parse_gate(text) for text in gate or ()]
        loaded = _scenarios(scenarios)
        _check_outputs(junit, html, audio, len(loaded) * len(profiles))
        runs = [_run(path, env, loaded, gates) for path in profiles]
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


def _scenarios(paths: list[Path] | None) -> list[Scenario]:
    from local_agent.scenarios.reading import load_scenarios
    from local_agent.scenarios.shipped import shipped_folder

    return load_scenarios(paths or [shipped_folder()])


def _check_outputs(junit: Path | None, html: Path | None, audio: Path | None, calls: int) -> None:
    """Refuse before the run what could not be written after it."""
    from vaxctl.errors import InvalidInput

    for file in (junit, html, audio if audio is not None and audio.suffix else None):
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise InvalidInput(
                f"{file} cannot be written", help="its folder must be there, and it must be no folder"
            )
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


def _run(path: Path, env: str | None, scenarios: Sequence[Scenario], gates: Sequence[Gate]) -> Run:
    """Simulate one profile on every scenario, measure, and hold the gates against the result."""
    from local_agent.metrics.measuring import metrics_of
    from local_agent.report.document import document
    from local_agent.report.page_data import Run
    from vaxctl.cli.console import Progress

    parameters, progress = _parameters(path, env), Progress(f"simulating {path.name}")
    records = []
    for done, scenario in enumerate(scenarios, 1):
        records.append(_call(scenario, parameters))
        progress(done, len(scenarios))
    metrics = metrics_of(records)
    told = document(parameters.name, metrics, assumed=parameters.assumed)
    results = [gate.held_against(told) for gate in gates]
    return Run(told | {"gates": results} if results else told, tuple(records), metrics)


def _parameters(path: Path, env: str | None) -> Parameters:
    """Load a profile as every command does, and resolve it for the local agent."""
    from local_agent.from_profile import parameters_from
    from vaxctl.cli.gathering import gather, usable
    from vaxctl.errors import InvalidInput

    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; simulate takes one profile")
    return parameters_from(usable(gather([path], env)).profiles[0])


def _call(scenario: Scenario, parameters: Parameters) -> CallRecord:
    """Run one scenario: its own words, its scripted agent, and the caller's voice where no recording is."""
    from local_agent.dialogue.scripted import ScriptedResponder
    from local_agent.scenarios.agent_side import AgentVoice, script_of
    from local_agent.scenarios.script import CallerScript
    from local_agent.simulate.engine import simulate as run

    spoken = _voice()
    responder = ScriptedResponder(script_of(scenario))
    caller = CallerScript(scenario, spoken)
    return run(caller, parameters, responder=responder, voice=AgentVoice(scenario, spoken))


@cache
def _voice() -> Voice:
    """Open the voice: rendered utterances, the extra's engine, or tones with a note that names the text."""
    from local_agent.scenarios.shipped import spoken_folder
    from local_agent.voices.choosing import chosen_voice
    from vaxctl.cli.console import err

    return chosen_voice(spoken_folder(), err)


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
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(file)
    return file
