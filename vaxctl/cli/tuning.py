"""What `vaxctl tune` does between its options and its documents: audio read, settings searched, results shown."""

from __future__ import annotations

import json as json_module
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vaxctl.cli.local import told
from vaxctl.errors import ExitCode, InvalidInput, PolicyViolated, VaxctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_agent.parameters import Parameters
    from local_agent.tuning.evidence.result import Tuning
    from local_agent.tuning.judging.evaluating import Bench
    from local_agent.tuning.search.objectives import Goal
    from local_agent.tuning.search.searching import BenchFor, Walk
    from local_agent.tuning.search.space import Setting, Space
    from local_agent.tuning.showing.page import Origin
    from vaxctl.cli.console import Stages
    from vaxctl.cli.tuning_audio import Audio
    from vaxctl.cli.tuning_write import Editable

WALK_TRIALS: Final = 200
_DATABASES: Final = (".db", ".sqlite", ".sqlite3")


class TuningInterrupted(VaxctlError):
    """Somebody pressed Ctrl-C while audio was heard or settings were searched."""

    exit_code = ExitCode.INTERRUPTED


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

        return parse_goal(DEFAULT if self.minimize is None else self.minimize, self.subject_to)

    def space(self, goal: Goal) -> Space:
        """Return what is tried, before any vendor bounds it."""
        from local_agent.tuning.judging.benches import turn_model_is_here
        from local_agent.tuning.search.space import MODES, default_space, parse_grid
        from vaxctl.cli.tuning_bounds import check_values

        if not self.grid:
            modes = MODES if turn_model_is_here() else MODES[:1]
            return default_space(
                turns=goal.about_turns, floor=goal.about_floor, guided=self.search != "grid", modes=modes
            )
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
        from vaxctl.cli.whole_file import check_replaceable

        if self.html is not None:
            check_replaceable(self.html)


def tuned(profile: Path, env: str | None, audio: Audio, hunt: Hunt, output: Output) -> None:
    """Search, and show what was found. Raises PolicyViolated where nothing keeps the bounds."""
    from vaxctl.cli.console import err
    from vaxctl.cli.simulating import loaded_profile, settings_of
    from vaxctl.cli.tuning_bounds import bounded, inexact_at_targets
    from vaxctl.cli.tuning_command import command
    from vaxctl.cli.tuning_write import Editable, to_write

    audio.check(on_cluster=hunt.cluster is not None)
    hunt.check()
    output.check()
    loaded, limits = loaded_profile(profile, env), list[str]()

    def say(text: str) -> None:
        limits.append(text)
        err(wrapped(text))

    with told():
        from local_agent.tuning.judging.benches import fitting
        from local_agent.tuning.search.space import setting_of
        from local_agent.tuning.showing.page import Origin

        goal = hunt.goal()
        space, walk = hunt.space(goal), hunt.walk()
        if hunt.target is not None:
            space = bounded(space, loaded, hunt.target, say)
        searched = [path for path, _ in space.axes]
        editable = Editable.of(profile, env, loaded, searched) if output.write else None
        parameters, _ = settings_of(profile, loaded)
        try:
            found = _found(parameters, audio, hunt, Asked(goal, space, walk))
        except KeyboardInterrupt:
            raise TuningInterrupted(
                "interrupted; nothing was written", help="the same command goes on: what was computed is kept"
            ) from None
    origin = Origin(str(profile), command(profile, env, audio, hunt), limits, fitting(parameters)[1])
    _shown(found, origin, output)
    values = to_write(
        found.tuning.chosen.setting,
        setting_of(found.present),
        searched,
        loaded,
        target=hunt.target is not None,
    )
    for note in inexact_at_targets(profile, loaded, space, values, hunt.target):
        err(wrapped(note))
    if editable is not None:
        _written(editable, values, found, output, corpus=audio.name)


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
    from vaxctl.cli.console import err

    cache, sounds = Cache(), Sounds()
    stages("reading the audio", 0, 0)
    trials = audio.trials(hunt.seed, cache, sounds, asked.goal)
    if not asked.goal.about_floor and not asked.space.moves_floor:
        trials = [trial for trial in trials if trial.situation == "caller_turn"]
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


def _tuned(benches: BenchFor, present: Parameters, asked: Asked, hunt: Hunt, stages: Stages) -> Tuning:
    from local_agent.tuning.evidence.result import NothingSatisfies, tune

    try:
        with _storage_told(asked.walk):
            return tune(
                benches,
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


def _shown(found: Found, origin: Origin, output: Output) -> None:
    from local_agent.tuning.showing.document import document
    from local_agent.tuning.showing.table import table
    from vaxctl.cli.console import err, out, out_json

    told_as = document(found.tuning) | {"bounded_by": list(origin.limits)}
    if output.html is not None:
        _page(found, origin, told_as, output.html)
    if output.json:
        out_json(told_as)
    else:
        out(table(found.tuning))
    if output.html is not None:
        err(f"wrote {output.html}")


def _page(found: Found, origin: Origin, document: dict[str, Any], file: Path) -> None:
    from local_agent.tuning.showing.page import tuning_page
    from local_agent.tuning.showing.worst import worst_clips
    from vaxctl.cli.whole_file import write_whole

    with told():
        clips = worst_clips(found.tuning, found.benches, found.present) if found.benches else ()
        text = tuning_page(found.tuning, document, clips, origin)
    write_whole(file, text)


def _written(editable: Editable, values: Setting, found: Found, output: Output, *, corpus: str) -> None:
    """Write what was found, and show the difference: on stdout unless a document stands there.

    Raises PolicyViolated where the audio held back refutes it.
    """
    import sys

    from local_agent.tuning.showing.table import evidence
    from vaxctl import __version__
    from vaxctl.cli.console import err, out, style
    from vaxctl.cli.tuning_write import next_step, painted

    if found.tuning.verdict.refuted:
        raise PolicyViolated(
            f"{editable.file}: nothing was written: the audio held back speaks against what was found",
            help="more audio, other bounds or another --seed may find what holds; --grid narrows what is tried",
        )
    comment = evidence(found.tuning, corpus=corpus, version=__version__)
    changed = editable.written(values, comment) if values else ""
    if not changed:
        err(f"{editable.file}: nothing to write")
        return
    show, stream = (err, sys.stderr) if output.json else (out, sys.stdout)
    show(("" if output.json else "\n") + painted(changed, style(stream)))
    err(f"wrote {editable.file}\n{next_step(editable.file, editable.env)}")


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
    from local_agent.tuning.search.searching import JOURNALS

    file = Path(text)
    if file.suffix not in (*JOURNALS, *_DATABASES):
        raise InvalidInput(
            f"--storage {text}: what kind of storage is that?",
            help=f"end it in {', '.join((*_DATABASES, *JOURNALS))}, or give a URL such as sqlite:///tune.db",
        )
    if not file.absolute().parent.is_dir() or file.is_dir():
        raise InvalidInput(
            f"--storage {text} cannot be written", help="its folder must be there, and it must be no folder"
        )
    _refuse_other_file(file)
    return f"sqlite:///{text}" if file.suffix in _DATABASES else text


def _refuse_other_file(file: Path) -> None:
    """Raise InvalidInput where something stands in a storage's place that is none: before hours of listening."""
    try:
        with file.open("rb") as stream:
            begins = stream.read(16)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise InvalidInput(
            f"--storage {file} cannot be used: {problem.strerror}",
            help="name another file, or mend its rights",
        ) from problem
    wanted, what = (
        (b"SQLite format 3", "SQLite database") if file.suffix in _DATABASES else (b"{", "journal of a walk")
    )
    if begins and not begins.startswith(wanted):
        raise InvalidInput(f"--storage {file} cannot be used: it is no {what}", help="name another file")


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
