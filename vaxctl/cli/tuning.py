"""What `vaxctl tune` does between its options and its documents: audio read, settings searched, results shown."""

from __future__ import annotations

import json as json_module
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vaxctl.cli.local import told
from vaxctl.errors import InvalidInput, PolicyViolated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.evidence.result import Tuning
    from local_agent.tuning.judging.evaluating import Bench
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.composing import Sounds
    from local_agent.tuning.listening.trial import Trial
    from local_agent.tuning.search.objectives import Goal
    from local_agent.tuning.search.searching import Benches as Judges
    from local_agent.tuning.search.searching import Walk
    from local_agent.tuning.search.space import Space
    from vaxctl.cli.console import Stages
    from vaxctl.cli.tuning_write import Editable

WALK_TRIALS: Final = 200
RATES: Final = (8_000, 16_000)
_JOURNALS: Final = (".journal", ".log", ".jsonl")
_DATABASES: Final = (".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True)
class Audio:
    """What is listened to, as on the command line."""

    corpus: Path | None
    calls: str | None
    labels: Path | None
    snr_db: float | None
    rate_hz: int | None

    def check(self, *, on_cluster: bool) -> None:
        """Raise InvalidInput where the options do not go together."""
        if (self.corpus is None) == (self.calls is None):
            raise InvalidInput(
                "give one of --corpus and --from-calls",
                help="--corpus takes labelled clips (docs/corpus.md), --from-calls recorded calls (docs/tune-labels.md)",
            )
        if self.labels is not None and self.calls is None:
            raise InvalidInput("--labels are of recorded calls", help="add --from-calls DIR")
        if self.snr_db is not None and self.corpus is None:
            raise InvalidInput(
                "--snr-db needs a corpus: recorded calls have their own noise", help="leave --snr-db out"
            )
        if self.snr_db is not None and not -20 <= self.snr_db <= 60:  # noqa: PLR2004 - as scenarios have it
            raise InvalidInput(f"--snr-db {self.snr_db:g}: give a number from -20 to 60")
        if "://" in (self.calls or "") and not on_cluster:
            raise InvalidInput(
                f"{self.calls} is not on this machine", help="add --cluster: its workers read what they reach"
            )
        if self.rate_hz not in (None, *RATES):
            raise InvalidInput(f"--rate {self.rate_hz}: give 8000 or 16000")
        folder = self.corpus or Path(self.calls or ".")
        if "://" not in (self.calls or "") and not folder.is_dir():
            raise InvalidInput(f"{folder} is no folder", help="check the path")

    def trials(self, seed: int, cache: Cache, sounds: Sounds) -> list[Trial]:
        """Return the trials that the audio makes. Raises InvalidInput; findings are shown line by line."""
        from local_agent.scenarios.reading import ScenarioUnusable
        from local_agent.tuning.listening.calls import trials_of_calls
        from local_agent.tuning.listening.corpus import trials_of
        from vaxctl.cli.console import err

        try:
            if self.calls is not None:
                return trials_of_calls(Path(self.calls), seed=seed, labels=self.labels, sounds=sounds)
            assert self.corpus is not None, "one of the two is given"  # noqa: S101
            return trials_of(self.corpus, seed=seed, snr_db=self.snr_db, cache=cache, sounds=sounds)
        except ScenarioUnusable as problem:
            for finding in problem.findings:
                err(str(finding))
            count = len(problem.findings)
            raise InvalidInput(
                f"the audio has {count} {'finding' if count == 1 else 'findings'}; nothing was tuned",
                help="mend what stands above, and run the same command again",
            ) from problem


@dataclass(frozen=True, slots=True)
class Hunt:
    """What is looked for, and how, as on the command line."""

    minimize: str | None
    subject_to: tuple[str, ...]
    target: str | None
    grid: tuple[str, ...]
    search: str
    trials: int | None
    storage: str | None
    held_back: float
    seed: int
    workers: int | None
    cluster: str | None

    def check(self) -> None:
        """Raise InvalidInput where the options do not go together."""
        if not 0 < self.held_back < 1:
            raise InvalidInput(f"--held-back {self.held_back:g}: give a share between 0 and 1")
        if self.search == "grid" and (self.trials is not None or self.storage is not None):
            raise InvalidInput(
                "--trials and --storage are of a walk, and the grid is tried whole", help="add --search nsga2"
            )

    def goal(self) -> Goal:
        """Return what is wanted."""
        from local_agent.tuning.search.objectives import DEFAULT, parse_goal

        return parse_goal(self.minimize or DEFAULT, self.subject_to)

    def space(self, goal: Goal) -> Space:
        """Return what is tried, before any vendor bounds it."""
        from local_agent.tuning.search.space import default_space, parse_grid
        from vaxctl.cli.tuning_bounds import check_values

        if not self.grid:
            return default_space(turns=goal.about_turns, guided=self.search != "grid")
        space = parse_grid(self.grid)
        check_values(space)
        return space

    def walk(self) -> Walk | None:
        """Return how the space is walked through, None where all of it is tried."""
        from local_agent.tuning.search.searching import Walk, need_optuna

        if self.search == "grid":
            return None
        need_optuna()
        return Walk(
            self.trials or WALK_TRIALS,
            self.seed,
            "tpe" if self.search == "tpe" else "nsga2",
            _storage(self.storage),
        )


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go, as on the command line."""

    json: bool
    html: Path | None
    write: bool

    def check(self) -> None:
        """Refuse before the search what could not be written after it."""
        file = self.html
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise InvalidInput(
                f"{file} cannot be written", help="its folder must be there, and it must be no folder"
            )


def tuned(profile: Path, env: str | None, audio: Audio, hunt: Hunt, output: Output) -> None:
    """Search, and show what was found. Raises PolicyViolated where nothing keeps the bounds."""
    from vaxctl.cli.console import err
    from vaxctl.cli.simulating import loaded_profile, settings_of
    from vaxctl.cli.tuning_bounds import bounded
    from vaxctl.cli.tuning_write import Editable

    audio.check(on_cluster=hunt.cluster is not None)
    hunt.check()
    output.check()
    loaded, limits = loaded_profile(profile, env), list[str]()

    def say(text: str) -> None:
        limits.append(text)
        err(wrapped(text))

    with told():
        goal = hunt.goal()
        space, walk = hunt.space(goal), hunt.walk()
        if hunt.target is not None:
            space = bounded(space, loaded, hunt.target, say)
        searched = [path for path, _ in space.axes]
        editable = Editable.of(profile, env, loaded, searched) if output.write else None
        parameters, _ = settings_of(profile, loaded)
        found = _found(parameters, audio, hunt, Asked(goal, space, walk))
    _shown(found, str(profile), limits, output)
    if editable is not None:
        _written(editable, found, searched, output, target=hunt.target is not None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the search."""

    goal: Goal
    space: Space
    walk: Walk | None


@dataclass(frozen=True, slots=True)
class Found:
    """A tuning, and what it was made with; `benches` are None where the audio was heard elsewhere."""

    tuning: Tuning
    present: Parameters
    benches: Callable[[Parameters], Bench] | None


def _found(parameters: Parameters, audio: Audio, hunt: Hunt, asked: Asked) -> Found:
    """Listen and search, here or on a cluster."""
    from local_agent.tuning.judging.benches import fitting
    from vaxctl.cli.console import Stages, err

    present, notes = fitting(parameters)
    for note in notes:
        err(wrapped(note))
    stages = Stages()
    try:
        if hunt.cluster is not None:
            from vaxctl.cli.tuning_cluster import heard_here, on_cluster

            with on_cluster(hunt.cluster, audio, hunt, stages) as bench:
                tuning = _tuned(lambda _: bench, present, asked, hunt, stages)
                return Found(tuning, present, heard_here(bench, hunt))
        return _found_here(present, audio, hunt, asked, stages)
    finally:
        stages.end()


def _found_here(present: Parameters, audio: Audio, hunt: Hunt, asked: Asked, stages: Stages) -> Found:
    import os

    from local_agent.tuning.judging.benches import Benches, Means
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.composing import Sounds, rate_for
    from local_agent.tuning.listening.corpus import refuse_one_sided
    from vaxctl.cli.console import err

    cache, sounds = Cache(), Sounds()
    stages("reading the audio", 0, 0)
    trials = audio.trials(hunt.seed, cache, sounds)
    if not all(metric.about_turns for metric in asked.goal.metrics):
        refuse_one_sided(trials)
    rate_hz = rate_for(trials, audio.rate_hz)
    benches = Benches(trials, Means(rate_hz, cache, sounds, hunt.workers or os.cpu_count() or 1, stages))
    try:
        tuning = _tuned(benches, present, asked, hunt, stages)
    finally:
        benches.close()
        stages.end()
        for note in cache.notes:
            err(wrapped(note))
    return Found(tuning, present, benches)


def _tuned(judges: Judges, present: Parameters, asked: Asked, hunt: Hunt, stages: Stages) -> Tuning:
    from local_agent.tuning.evidence.result import NothingSatisfies, tune

    try:
        with _storage_told(asked.walk):
            return tune(
                judges,
                present,
                asked.space,
                asked.goal,
                seed=hunt.seed,
                held_back=hunt.held_back,
                walk=asked.walk,
                progress=lambda done, total: stages("trying settings", done, total),
            )
    except NothingSatisfies as problem:
        raise PolicyViolated(problem.message, help=problem.help) from problem


# -- output


def _shown(found: Found, profile: str, limits: Sequence[str], output: Output) -> None:
    from local_agent.tuning.showing.document import document
    from local_agent.tuning.showing.table import table
    from vaxctl.cli.console import err, out, out_json

    told_as = document(found.tuning) | {"bounded_by": list(limits)}
    if output.html is not None:
        _page(found, profile, told_as, limits, output.html)
    if output.json:
        out_json(told_as)
    else:
        out(table(found.tuning))
    if output.html is not None:
        err(f"wrote {output.html}")


def _page(found: Found, profile: str, document: dict[str, Any], limits: Sequence[str], file: Path) -> None:
    from local_agent.tuning.showing.page import tuning_page
    from local_agent.tuning.showing.worst import worst_clips

    with told():
        clips = worst_clips(found.tuning, found.benches, found.present) if found.benches else ()
        text = tuning_page(found.tuning, document, clips, profile=profile, limits=limits)
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(file)


def _written(
    editable: Editable, found: Found, searched: Sequence[str], output: Output, *, target: bool
) -> None:
    """Write what was found, and show the difference: on stdout unless a document stands there."""
    import sys

    from local_agent.tuning.search.space import setting_of
    from local_agent.tuning.showing.table import evidence
    from vaxctl.cli.console import err, out, style
    from vaxctl.cli.tuning_write import painted, to_write

    present = setting_of(found.present)
    values = to_write(found.tuning.chosen.setting, present, searched, editable.loaded, target=target)
    changed = editable.written(values, evidence(found.tuning)) if values else ""
    if not changed:
        err(f"{editable.file}: nothing to write")
        return
    show, stream = (err, sys.stderr) if output.json else (out, sys.stdout)
    show(("" if output.json else "\n") + painted(changed, style(stream)))
    named = f" --env {editable.env}" if editable.env else ""
    err(f"wrote {editable.file}; `vaxctl plan {editable.file}{named}` shows what it changes at the vendors")


def wrapped(text: str) -> str:
    """Return a line for stderr in lines that fit."""
    from vaxctl.cli.console import width
    from vaxctl.report.style import wrap

    return wrap(text, width(), "  ")


# -- storage


def _storage(text: str | None) -> str | None:
    """Return where a walk is kept, as optuna names it. Raises InvalidInput for what cannot be one."""
    if text is None or "://" in text:
        return text
    file = Path(text)
    if file.suffix not in (*_JOURNALS, *_DATABASES):
        raise InvalidInput(
            f"--storage {text}: what kind of storage is that?",
            help=f"end it in {', '.join((*_DATABASES, *_JOURNALS))}, or give a URL such as sqlite:///tune.db",
        )
    if not file.absolute().parent.is_dir() or file.is_dir():
        raise InvalidInput(
            f"--storage {text} cannot be written", help="its folder must be there, and it must be no folder"
        )
    return f"sqlite:///{text}" if file.suffix in _DATABASES else text


@contextmanager
def _storage_told(walk: Walk | None) -> Iterator[None]:
    """Tell a storage that cannot be used from a bug."""
    if walk is None or walk.storage is None:
        yield
        return
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, json_module.JSONDecodeError) as problem:
        why = str(problem).splitlines()[0]
        raise InvalidInput(
            f"--storage {walk.storage} cannot be used: {why}", help="name another file, or mend its rights"
        ) from problem
