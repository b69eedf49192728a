"""`vaxctl tune --cluster`: the same audio, heard and judged where a Dask cluster reaches it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local_agent.tuning.cluster.bench import ClusterBench, ClusterProgress
    from local_agent.tuning.cluster.partition import Item
    from vaxctl.cli.console import Stages
    from vaxctl.cli.tuning import Hunt
    from vaxctl.cli.tuning_audio import Audio


@contextmanager
def on_cluster(address: str, audio: Audio, hunt: Hunt, stages: Stages) -> Iterator[ClusterBench]:
    """Yield the bench of the audio on a cluster at an address; `local` is one of this machine.

    Raises what `connected` and `ClusterBench` raise, InvalidInput for options that no cluster knows.
    """
    from local_agent.tuning.cluster.bench import ClusterBench, Way
    from local_agent.tuning.cluster.connecting import connected
    from local_agent.tuning.judging.benches import turn_model_is_here
    from vaxctl.cli.console import err
    from vaxctl.cli.tuning import wrapped

    def show(at: ClusterProgress) -> None:
        stages(f"{at.workers} workers, parts", at.done, at.parts)

    stages("reading labels", 0, 0)
    items, rate_hz = _items(audio, hunt)
    stages(f"connecting to {address}", 0, 0)
    with connected(address, workers=hunt.workers) as client:
        way = Way(has_answers=turn_model_is_here(), progress=show)
        bench = ClusterBench(client, items, rate_hz=rate_hz, seed=hunt.seed, way=way)
        try:
            yield bench
        finally:
            stages.end()
            for note in bench.notes:
                err(wrapped(note))


def _items(audio: Audio, hunt: Hunt) -> tuple[Sequence[Item], int]:
    """Return what is judged, and at which rate. Calls are not opened here: they may lie anywhere, and be many."""
    from local_agent.tuning.cluster.archive import calls_of
    from local_agent.tuning.cluster.bench import items_of_calls, items_of_trials
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.composing import Sounds, rate_for

    if audio.calls is None:
        trials = audio.trials(hunt.seed, Cache(), Sounds(), hunt.goal())
        return items_of_trials(trials), rate_for(trials, audio.rate_hz)
    if audio.rate_hz is None:
        raise InvalidInput(
            "a cluster needs --rate for recorded calls: it does not open them to see", help="--rate 8000"
        )
    if audio.labels is not None:
        raise InvalidInput("--labels is not for a cluster", help="put labels.csv beside the calls")
    where = audio.calls if "://" in audio.calls else str(Path(audio.calls).resolve())
    return items_of_calls(calls_of(where), hunt.seed), audio.rate_hz
