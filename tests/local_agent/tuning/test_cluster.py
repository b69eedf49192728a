"""A cluster of two worker processes counts what one process counts, also when one of them is killed at its work."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.cache import Cache
from local_agent.tuning.cluster import ClusterBench, ClusterProgress, Way, items_of_trials
from local_agent.tuning.connecting import connected
from local_agent.tuning.corpus import trials_of
from local_agent.tuning.evaluating import Bench
from local_agent.tuning.folding import folded
from local_agent.tuning.partition import Item
from local_agent.tuning.scoring import Scorer
from local_agent.tuning.space import Space, applied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_agent.tuning.trial import Trial

pytest.importorskip("distributed", reason="needs the extra `cluster`: pip install 'vaxctl[cluster]'")
pytest.importorskip("fsspec", reason="needs the extra `cluster`: pip install 'vaxctl[cluster]'")
pytestmark = pytest.mark.filterwarnings("default")  # of Dask's own, when a worker dies

RATE = 8000
SILENCE = Parameters(endpointing=EndpointingParameters("silence"))
SETTINGS = [
    applied(one, SILENCE)
    for one in Space.of(
        {"vad.threshold": (0.3, 0.5, 0.8), "vad.min_speech_ms": (64, 200), "vad.min_silence_ms": (200, 500)}
    ).settings(SILENCE)
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a client of two worker processes whose caches are a folder of this test's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAXCTL_TUNE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        with connected("local", workers=2) as ours:
            yield ours


@pytest.fixture(scope="module")
def trials(corpus: Path) -> list[Trial]:
    """Return the trials of the made corpus, each three times over as of other speakers."""
    made = trials_of(corpus, seed=1)
    return [replace(one, group=f"{one.group}-{copy}") for copy in range(3) for one in made]


def one_process(trials: list[Trial]) -> Bench:
    """Return the bench of one process."""
    return Bench(trials, Scorer(SILENCE.vad, rate_hz=RATE).traces(trials))


def test_a_cluster_counts_what_one_process_counts(client: Any, trials: list[Trial]) -> None:
    """To the integer: by group, by bucket, and of the whole; every part is told of."""
    seen: list[ClusterProgress] = []
    items = items_of_trials(trials)
    bench = ClusterBench(client, items, rate_hz=RATE, seed=1, way=Way(part_s=20, progress=seen.append))
    here = one_process(trials)
    wanted = here.grid(SETTINGS)
    assert bench.grid(SETTINGS) == wanted
    assert [(at.parts, at.done, at.workers) for at in seen] == [
        (len(seen), done, 2) for done in range(1, len(seen) + 1)
    ]
    assert len(seen) > 3
    assert bench.totals(SETTINGS) == [folded(one, 1) for one in wanted]
    few = ClusterBench(client, items, rate_hz=RATE, seed=1, way=Way(buckets=4))
    assert few.grid(SETTINGS) == [folded(one, 4) for one in wanted]
    assert few.groups_per_row == len({trial.group for trial in trials}) / 4
    assert bench.hours == here.hours
    some = sorted({trial.group for trial in trials})[::2]
    assert bench.only(some).counts(SILENCE) == here.only(some).counts(SILENCE)


def test_a_killed_worker_costs_its_part(client: Any, trials: list[Trial]) -> None:
    """It dies (SIGKILL) while it reads its cache: the numbers are the same, and no other part is counted twice."""
    items = items_of_trials(trials)
    bench = ClusterBench(client, items, rate_hz=RATE, seed=1, way=Way(part_s=1, patience_s=60))
    pids, pipe = client.run(os.getpid), _entry_of(items[2])
    pipe.unlink(missing_ok=True)
    pipe.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(bench.grid, SETTINGS)
        with pipe.open("wb"):  # opens when a worker reads it: that one is at its part
            (victim,) = [
                who for who, keys in client.processing().items() if any(k.endswith("-2") for k in keys)
            ]
            pipe.unlink()
            os.kill(pids[victim], signal.SIGKILL)
        counted = counting.result(timeout=60)
    assert counted == one_process(trials).grid(SETTINGS)
    assert pids[victim] not in client.run(os.getpid).values(), "it is gone"
    ended = client.run_on_scheduler(_ended)
    run = next(key for key in reversed(ended) if key.endswith("-2")).removesuffix("2")
    assert len(items) > 4
    assert [ended[f"{run}{part}"] for part in range(len(items))] == [1] * len(items)


def _entry_of(item: Item) -> Path:
    """Return where the scores of an item's first trial are kept."""
    cache = Cache()
    scorer = Scorer(SILENCE.vad, rate_hz=RATE, cache=cache)
    assert isinstance(item.work, tuple)
    key = scorer._keys(item.work[:1])[0]
    return cache.folder / key[:2] / key


def _ended(dask_scheduler: Any) -> dict[str, int]:
    """Count on the scheduler how often each part was counted to its end."""
    found: dict[str, int] = {}
    for row in dask_scheduler.transition_log:
        if row[1:3] == ("processing", "memory") and str(row[0]).startswith("vaxctl-"):
            found[str(row[0])] = found.get(str(row[0]), 0) + 1
    return found
