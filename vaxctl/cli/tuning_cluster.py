"""`vaxctl tune --cluster`: the same audio, heard and judged where a Dask cluster reaches it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vaxctl.errors import InvalidInput, VendorUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.cluster.bench import ClusterBench, ClusterProgress
    from local_agent.tuning.cluster.partition import Item
    from local_agent.tuning.judging.benches import Benches
    from local_agent.tuning.judging.evaluating import Bench
    from vaxctl.cli.console import Stages
    from vaxctl.cli.tuning import Hunt
    from vaxctl.cli.tuning_audio import Audio

CLIP_HOURS: Final = 10.0
"""Hours of lanes of which the worst clips are sought here, in one process: some 10 s, all of it cached."""


@contextmanager
def on_cluster(address: str, audio: Audio, hunt: Hunt, stages: Stages) -> Iterator[ClusterBench]:
    """Yield the bench of the audio on a cluster at an address; `local` is one of this machine.

    Raises what `connected` and `ClusterBench` raise: InvalidInput for a cluster that is not fit for it,
    VendorUnavailable for one that was lost, which may be there again.
    """
    from local_agent.tuning.cluster.bench import ClusterBench, Way
    from local_agent.tuning.cluster.connecting import connected
    from local_agent.tuning.judging.benches import turn_model_is_here
    from local_agent.tuning.listening.corpus import refuse_one_sided
    from vaxctl.cli.console import err
    from vaxctl.cli.tuning import wrapped

    def show(at: ClusterProgress) -> None:
        stages(f"{at.workers} workers, parts", at.done, at.parts)

    if hunt.search != "grid":
        err(
            wrapped(
                f"--search {hunt.search} searches in {_passes(hunt)} passes over the audio, a grid in one"
            )
        )
    stages("reading labels", 0, 0)
    items, rate_hz, one_rate = _items(audio, hunt)
    stages(f"connecting to {address}", 0, 0)
    with _told(), connected(address, workers=hunt.workers) as client:
        way = Way(has_answers=turn_model_is_here(), one_rate=one_rate, progress=show)
        bench = ClusterBench(client, items, rate_hz=rate_hz, seed=hunt.seed, way=way)
        goal = hunt.goal()
        refuse_one_sided(bench.trials, floor=goal.about_floor, turns=goal.about_turns)
        try:
            yield bench
        finally:
            stages.end()
            for note in bench.notes:
                err(wrapped(note))


def heard_here(bench: ClusterBench, hunt: Hunt) -> Callable[[Parameters], Bench] | None:
    """Return the benches of this machine that the worst clips are made with; None where that would take long.

    Workers of this machine share its cache, so that hearing the same again costs reading it. Elsewhere nothing says
    that the audio is reached from here, nor what it would take.
    """
    from local_agent.tuning.cluster.connecting import LOCAL

    if hunt.cluster != LOCAL or bench.hours > CLIP_HOURS:
        return None
    made: list[Benches] = []

    def heard(parameters: Parameters) -> Bench:
        if not made:
            made.append(_benches(bench))
        return made[0](parameters)

    return heard


def _benches(bench: ClusterBench) -> Benches:
    from local_agent.tuning.cluster.partition import trials_of_item
    from local_agent.tuning.cluster.remote import Fetched, RemoteSounds
    from local_agent.tuning.judging.benches import Benches, Means
    from local_agent.tuning.listening.cache import Cache

    cache = Cache()
    sounds = RemoteSounds(Fetched(), cache)  # what is not cached here is the page's own to wait for
    trials = [trial for item in bench.items for trial in trials_of_item(item, bench.seed, sounds)]
    return Benches(trials, Means(bench.rate_hz, cache, sounds))


@contextmanager
def _told() -> Iterator[None]:
    """Give what is wrong with a cluster the exit code that says whose it is to mend."""
    from local_agent.tuning.cluster.unusable import ClusterLost, ClusterUnusable

    try:
        yield
    except ClusterUnusable as problem:
        raise InvalidInput(problem.message, help=problem.help) from problem
    except ClusterLost as problem:
        raise VendorUnavailable(problem.message, help=problem.help) from problem


def _passes(hunt: Hunt) -> int:
    """Return how often a walk goes over the audio: once a batch of what it proposes."""
    from local_agent.tuning.search.searching import batches
    from vaxctl.cli.tuning import WALK_TRIALS

    return batches("tpe" if hunt.search == "tpe" else "nsga2", hunt.trials or WALK_TRIALS)


def _items(audio: Audio, hunt: Hunt) -> tuple[Sequence[Item], int, bool]:
    """Return what is judged, at which rate, and whether all of it must have the very rate.

    Calls may lie anywhere, and be many: their labels are read here, and one file's rate where none is asked for.
    """
    from local_agent.tuning.cluster.archive import calls_of, rate_of
    from local_agent.tuning.cluster.bench import items_of_calls, items_of_trials
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.composing import Sounds, rate_for

    if audio.calls is None:
        trials = audio.trials(hunt.seed, Cache(), Sounds(), hunt.goal())
        return items_of_trials(trials), rate_for(trials, audio.rate_hz), False
    where = audio.calls if "://" in audio.calls else str(Path(audio.calls).resolve())
    calls = calls_of(where, None if audio.labels is None else str(audio.labels))
    return items_of_calls(calls, hunt.seed), audio.rate_hz or rate_of(calls), audio.rate_hz is None
