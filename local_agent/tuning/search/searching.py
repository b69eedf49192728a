"""The search itself: all of a space where that is cheap, a guided walk through it (optuna) where it is not.

Both give candidates: settings with what they make of the goal. Nothing here sees what is held back.

The guided walk proposes values axis by axis and learns from what came of those before. It can be interrupted:
what was tried stands in its storage, and each proposal's chance is drawn from the seed and its number, so that a
resumed walk ends where an uninterrupted one would have.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from local_agent.errors import ExtraMissing, UnusableInput
from local_agent.tuning.search.space import applied, completed, legal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.judging.evaluating import Judging
    from local_agent.tuning.search.objectives import Goal
    from local_agent.tuning.search.space import Setting, Space, Value

    BenchFor = Callable[[Parameters], Judging]
    Progress = Callable[[int, int], None]

Sampler = Literal["nsga2", "tpe"]

_INFEASIBLE: Final = 1e12
"""Added to every objective where a bound is missed: worse than anything measured, and worse the more it is missed."""
_POPULATION: Final = 20
"""A generation of NSGA-II. It does not depend on how long the walk is, so that a walk can be made longer."""
JOURNALS: Final = (".journal", ".log", ".jsonl")
"""How a file ends that keeps a walk as a journal."""
_SQLITE: Final = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A setting that was tried: its objectives, and how far it misses the bounds (0: it keeps them)."""

    setting: Setting
    values: tuple[float, ...]
    violation: float


def exhaustive(benches: BenchFor, space: Space, goal: Goal, present: Parameters) -> list[Candidate]:
    """Try every setting of the space; those that change least come first."""
    settings = sorted(space.settings(present), key=lambda setting: space.change(setting, present))
    return _tried(benches, goal, present, settings)


def _tried(
    benches: BenchFor, goal: Goal, present: Parameters, settings: Sequence[Setting]
) -> list[Candidate]:
    """Judge settings in their order, all of one bench in one pass."""
    parameters = [applied(setting, present) for setting in settings]
    by_bench: dict[Judging, list[int]] = {}
    for place, one in enumerate(parameters):
        by_bench.setdefault(benches(one), []).append(place)
    found: dict[int, Candidate] = {}
    for bench, places in by_bench.items():
        judged = bench.totals([goal.asked(parameters[p]) for p in places])
        for place, counts in zip(places, judged, strict=True):
            found[place] = Candidate(settings[place], goal.values(counts), goal.violation(counts))
    return [found[place] for place in range(len(settings))]


@dataclass(frozen=True, slots=True)
class Walk:
    """How a guided search goes: how many settings it tries, how it proposes them, and where it keeps them.

    `storage` is None (nowhere), a URL that SQLAlchemy knows (`sqlite:///tune.db`), or a file ending in .journal,
    .log or .jsonl.
    """

    trials: int
    seed: int
    sampler: Sampler = "nsga2"
    storage: str | None = None


def guided(
    benches: BenchFor,
    space: Space,
    goal: Goal,
    present: Parameters,
    walk: Walk,
    *,
    progress: Progress | None = None,
) -> list[Candidate]:
    """Try `walk.trials` settings, each chosen by what came of those before; continue what its storage holds.

    Each setting stands in the result once, those that change least first. Where the storage is a file, others who
    walk with it are waited for. Raises ExtraMissing without optuna, UnusableInput where the file cannot be locked.
    """
    need_optuna()
    with _alone(walk.storage):
        return _walked(benches, space, goal, present, walk, progress)


def _walked(
    benches: BenchFor, space: Space, goal: Goal, present: Parameters, walk: Walk, progress: Progress | None
) -> list[Candidate]:
    study = _study(benches, space, goal, present, walk)
    if _file_of(walk.storage):
        _let_go(study)
    done = len(_finished(study))
    while done < walk.trials:
        asked = [_asked(study, space, walk, number) for number in range(done, _batch_end(walk, done))]
        candidates = _judged(benches, space, goal, present, [setting for _, setting in asked])
        for (trial, _), candidate in zip(asked, candidates, strict=True):
            trial.set_user_attr("candidate", json.dumps([candidate.values, candidate.violation]))
            study.tell(trial, _penalised(candidate))
        done += len(asked)
        if progress is not None:
            progress(done, walk.trials)
    once: dict[tuple[tuple[str, Value], ...], Candidate] = {}
    for trial in _finished(study)[: walk.trials]:
        candidate = _recalled(space, trial)
        once.setdefault(tuple(candidate.setting.items()), candidate)
    return sorted(once.values(), key=lambda one: space.change(one.setting, present))


def batches(sampler: Sampler, trials: int) -> int:
    """Return how many passes over the trials a walk takes: one for all that it proposes at once."""
    return -(-trials // _batch(sampler))


def _batch(sampler: Sampler) -> int:
    """Return how many settings are proposed at once.

    A generation of NSGA-II descends from the one before, so what is proposed in it does not depend on what comes of the
    others in it; TPE learns from each.
    """
    return _POPULATION if sampler == "nsga2" else 1


def _batch_end(walk: Walk, done: int) -> int:
    """Return the end of the batch that a walk stands in, wherever in it the walk was stopped."""
    size = _batch(walk.sampler)
    return min(done - done % size + size, walk.trials)


def _asked(study: Any, space: Space, walk: Walk, number: int) -> tuple[Any, Setting]:
    study.sampler = _sampler(walk, number)
    trial = study.ask()
    return trial, _proposed(trial, space)


def _judged(
    benches: BenchFor, space: Space, goal: Goal, present: Parameters, settings: Sequence[Setting]
) -> list[Candidate]:
    """Judge what a walk proposes; what is no setting at all is as bad as can be, and not judged."""
    sound = [one for one in settings if legal(applied(one, present)) and space.admits(one)]
    found = iter(_tried(benches, goal, present, sound))
    nothing = (_INFEASIBLE,) * len(goal.minimize)
    return [next(found) if one in sound else Candidate(one, nothing, _INFEASIBLE) for one in settings]


def _penalised(candidate: Candidate) -> list[float]:
    worse = _INFEASIBLE * (1 + candidate.violation) if candidate.violation else 0.0
    return [value + worse for value in candidate.values]


def _proposed(trial: Any, space: Space) -> Setting:
    """Let optuna choose: a place among the values where they are ordered, one of them where they are words."""
    chosen: dict[str, Value] = {}
    for path, values in space.axes:
        if len(values) == 1:
            chosen[path] = values[0]
        elif _ordered(values):
            chosen[path] = values[trial.suggest_int(path, 0, len(values) - 1)]
        else:
            chosen[path] = trial.suggest_categorical(path, list(values))
    return completed(chosen)


def _recalled(space: Space, trial: Any) -> Candidate:
    chosen: dict[str, Value] = {}
    for path, values in space.axes:
        place = trial.params.get(path, 0)
        chosen[path] = values[place] if len(values) == 1 or _ordered(values) else place
    values, violation = json.loads(trial.user_attrs["candidate"])
    return Candidate(completed(chosen), tuple(values), violation)


def _ordered(values: Iterable[Value]) -> bool:
    return not any(isinstance(value, str | bool) for value in values)


def _finished(study: Any) -> list[Any]:
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]


def _study(benches: BenchFor, space: Space, goal: Goal, present: Parameters, walk: Walk) -> Any:
    """Open the walk's study: its name tells everything that its results depend on, so nothing is mixed up."""
    optuna = need_optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    told = (space, goal, present, walk.seed, walk.sampler, benches(present).digest)
    return optuna.create_study(
        study_name=hashlib.sha256(repr(told).encode()).hexdigest()[:24],
        storage=_storage(walk.storage),
        directions=["minimize"] * len(goal.minimize),
        load_if_exists=True,
    )


def need_optuna() -> Any:
    """Return optuna. Raises ExtraMissing where it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "the guided search needs optuna", help="python -m pip install 'vaxctl[tune]'"
        ) from error
    return optuna


def _let_go(study: Any) -> None:
    """Give up what a killed walk was at: a sampler would take what is under way into account."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _file_of(storage: str | None) -> str:
    """Return the file that a walk is kept in; empty where it is none that can be held."""
    if storage is not None and storage.endswith(JOURNALS):
        return storage
    if storage is not None and storage.startswith(_SQLITE):
        return storage.removeprefix(_SQLITE).partition("?")[0]
    return ""


@contextmanager
def _alone(storage: str | None) -> Iterator[None]:
    """Hold a walk's file: two at once would each learn from what the other tries, and end where neither would have."""
    file = _file_of(storage)
    if not file:
        yield
        return
    from local_agent.models.lock import alone

    with ExitStack() as held:
        try:
            held.enter_context(alone(Path(f"{file}.walk"), waiting=lambda: None))
        except OSError as problem:
            raise UnusableInput(
                f"{file}.walk cannot be written: {problem.strerror or problem}",
                help="keep the walk in a folder that can be written to",
            ) from problem
        yield


def _storage(where: str | None) -> Any:
    if where is None or not where.endswith(JOURNALS):
        return where
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(where, lock_obj=_Held()))


class _Held:
    """Optuna's lock on a journal, which `_alone` holds already: its own outlives a killed process by half a minute."""

    def acquire(self) -> bool:
        """Hold what is held."""
        return True

    def release(self) -> None:
        """Go on holding it."""


def _sampler(walk: Walk, number: int) -> Any:
    """Return a fresh sampler for the proposal of this number; both kinds keep all else in the study."""
    from optuna.samplers import NSGAIISampler, TPESampler

    seed = int.from_bytes(hashlib.sha256(f"{walk.seed}\0{number}".encode()).digest()[:4])
    if walk.sampler == "tpe":
        return TPESampler(seed=seed)
    return NSGAIISampler(seed=seed, population_size=_POPULATION)
