"""What `vaxctl simulate` does between its options and its documents: profiles resolved, models opened, calls run."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from local_agent.dialogue.endpoint import Endpoint
    from local_agent.parameters import Parameters
    from local_agent.record import CallRecord
    from local_agent.report.document import Conditions
    from local_agent.report.gates import Gate
    from local_agent.report.page_data import Run
    from local_agent.scenarios.model import Scenario
    from local_agent.simulate.opening import Models
    from local_agent.simulate.words import Listens
    from local_agent.voices.choosing import ChosenVoice
    from vaxctl.profile.load import LoadedProfile


@dataclass(frozen=True)
class Means:
    """What runs share, whichever the profile: who speaks for the caller, who hears words, who answers.

    `words` and `responder` are as on the command line; `model` is None for the one that the environment or
    the server names. What is opened is opened once, when it is first needed.
    """

    words: str = "scenario"
    responder: str = "scripted"
    model: str | None = None
    seed: int | None = None

    @cached_property
    def voice(self) -> ChosenVoice:
        """Who speaks: rendered utterances, the extra's engine, or tones with a note that names the text."""
        from local_agent.scenarios.shipped import spoken_folder
        from local_agent.voices.choosing import chosen_voice
        from vaxctl.cli.console import err

        return chosen_voice(spoken_folder(), err)

    @cached_property
    def transcriber(self) -> Listens | Literal["scenario"] | None:
        """Who tells what the caller said. Raises ModelMissing where a package or a model is not here."""
        if self.words == "whisper":
            from local_agent.voices.whisper import WhisperTranscriber

            return WhisperTranscriber()
        if self.words == "pocketsphinx":
            from local_agent.voices.pocketsphinx_transcriber import PocketSphinxTranscriber

            return PocketSphinxTranscriber()
        return "scenario" if self.words == "scenario" else None

    @cached_property
    def endpoint(self) -> Endpoint | None:
        """Where the model that answers is; None for the script. Raises UnusableInput and ResponderFailed."""
        if self.responder == "scripted":
            return None
        from local_agent.dialogue.endpoint import endpoint_from
        from local_agent.dialogue.openai_compatible import with_model

        endpoint = endpoint_from(os.environ)
        return with_model(replace(endpoint, model=self.model) if self.model else endpoint)

    def open(self) -> None:
        """Open what can be missing, so that it is told before the first call and not in the middle."""
        _ = self.transcriber, self.endpoint

    def conditions(self, parameters: Parameters, pulled_from: str | None) -> Conditions:
        """Return what a run of these settings rested on, once it is over."""
        from local_agent.report.document import Conditions

        return Conditions(
            words=self.words,
            responder=self.responder,
            model=self.endpoint.model if self.endpoint else None,
            voices=self.voice.used,
            seed=self.seed,
            pulled_from=pulled_from,
            assumed=parameters.assumed,
            emulated=parameters.emulated,
        )


def run_profile(
    path: Path, env: str | None, scenarios: Sequence[Scenario], gates: Sequence[Gate], means: Means
) -> Run:
    """Simulate one profile on every scenario, measure, and hold the gates against the result."""
    from local_agent.metrics.measuring import metrics_of
    from local_agent.report.document import document
    from local_agent.report.page_data import Run
    from local_agent.simulate.opening import emulated, models_for
    from vaxctl.cli.console import Progress
    from vaxctl.vendors.decompiling import told_but_not_held

    parameters, pulled_from = resolved(path, env)
    notes, beside = Notes(path.name), told_but_not_held(path.read_text("utf-8"))
    progress = Progress(f"simulating {path.name}")

    @cache
    def models(rate_hz: int) -> Models:
        opened = models_for(parameters, rate_hz)
        # What is emulated has its own place in every document.
        notes.take(note for note in opened.notes if note not in emulated(parameters))
        return opened

    records = []
    for done, scenario in enumerate(scenarios, 1):
        records.append(_call(scenario, parameters, means, models))
        progress(done, len(scenarios))
    metrics = metrics_of(records)
    conditions = replace(
        means.conditions(parameters, pulled_from),
        told_but_not_held=beside,
        notes=tuple(notes.kept),
    )
    told = document(parameters.name, metrics, conditions=conditions)
    results = [gate.held_against(told) for gate in gates]
    return Run(told | {"gates": results} if results else told, tuple(records), metrics)


class Notes:
    """What ran otherwise than a profile asks: told on stderr when it is found, once, and kept for the documents."""

    def __init__(self, name: str) -> None:
        """Take the file's name, which stands before each note: two profiles may differ in theirs."""
        self._name = name
        self.kept: list[str] = []

    def take(self, notes: Iterable[str]) -> None:
        """Tell and keep those that are new."""
        from vaxctl.cli.console import err

        for note in notes:
            if note not in self.kept:
                self.kept.append(note)
                err(f"note: {self._name}: {note}")


def resolved(path: Path, env: str | None) -> tuple[Parameters, str | None]:
    """Load a profile; return its settings, and where it was pulled from, if it was."""
    return settings_of(path, loaded_profile(path, env))


def loaded_profile(path: Path, env: str | None) -> LoadedProfile:
    """Load a profile as every command does.

    What the rules say against it is shown and does not forbid the run: trying a bad setting is what this is for.
    """
    from vaxctl.cli.gathering import gather, usable
    from vaxctl.errors import InvalidInput

    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; give one profile")
    gathered = gather([path], env)
    if gathered.invalid:
        usable(gathered, "nothing was run")
    _show_policy(gathered)
    return gathered.profiles[0]


def settings_of(path: Path, loaded: LoadedProfile) -> tuple[Parameters, str | None]:
    """Return the settings of a loaded profile, and where it was pulled from, if it was."""
    from local_agent.from_profile import parameters_from
    from vaxctl.vendors.decompiling import pulled_from

    source = pulled_from(path.read_text("utf-8"))
    parameters = parameters_from(
        loaded, told=loaded.owned if source else None, template=context_template_text(loaded)
    )
    return parameters, f"{source[0]} {source[1]}" if source else None


def _show_policy(gathered: Any) -> None:
    if gathered.policy_broken:
        import sys

        from vaxctl.cli.console import err, style, width
        from vaxctl.report.findings_text import full

        err(full(gathered.findings, style(sys.stderr), width(), len(gathered.profiles)))


def context_template_text(loaded: LoadedProfile) -> str:
    """Return the profile's context block, rendered but for its run-time slots; empty where it wants none."""
    from vaxctl.prompts.context import context_block

    block = context_block(loaded, runtime_slots=True)
    return "" if block is None else block.text


def _call(
    scenario: Scenario, parameters: Parameters, means: Means, models: Callable[[int], Models]
) -> CallRecord:
    """Run one scenario: its agent's script or a model's words, the caller's voice where no recording is."""
    from contextlib import ExitStack

    from local_agent.dialogue.openai_compatible import OpenAIResponder
    from local_agent.dialogue.prompting import prompt_for
    from local_agent.dialogue.scripted import ScriptedResponder
    from local_agent.scenarios.agent_side import AgentVoice, script_of
    from local_agent.scenarios.script import CallerScript
    from local_agent.simulate.engine import simulate

    script, caller = script_of(scenario), CallerScript(scenario, means.voice)
    with ExitStack() as open_until_done:
        responder: Any = ScriptedResponder(script)
        if means.endpoint is not None:
            context = parameters.context
            opening = script.turns[0].say if script.turns else None
            responder = open_until_done.enter_context(
                OpenAIResponder(
                    means.endpoint,
                    prompt_for(script),
                    context.template if context.enabled else "",
                    opening,
                )
            )
        return simulate(
            caller,
            parameters,
            responder=responder,
            voice=AgentVoice(scenario, means.voice),
            transcriber=means.transcriber,
            models=models(scenario.sample_rate_hz),
        )
