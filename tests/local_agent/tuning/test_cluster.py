"""A cluster of two worker processes counts what one process counts, also when one of them is killed at its work."""

from __future__ import annotations

import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from threading import Event
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.cluster.bench import ClusterBench, ClusterProgress, Way, _Flight, items_of_trials
from local_agent.tuning.cluster.connecting import connected
from local_agent.tuning.cluster.folding import folded
from local_agent.tuning.cluster.unusable import ClusterLost, PartUncountable
from local_agent.tuning.evidence.result import tune
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.listening.scoring import Scorer
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.space import Space, applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from local_agent.tuning.cluster.partition import Item
    from local_agent.tuning.listening.trial import Trial

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.usefixtures("bounded"),
    pytest.mark.filterwarnings("default"),  # of Dask's own, when a worker dies
    pytest.mark.skipif(
        find_spec("distributed") is None or find_spec("fsspec") is None,
        reason="needs the extra `cluster`: pip install 'vaxctl[cluster]'",
    ),
]

RATE = 8000
SILENCE = Parameters(endpointing=EndpointingParameters("silence"))
SETTINGS = [
    applied(one, SILENCE)
    for one in Space.of(
        {"vad.threshold": (0.3, 0.5, 0.8), "vad.min_speech_ms": (64, 200), "vad.min_silence_ms": (200, 500)}
    ).settings(SILENCE)
]


@pytest.fixture(scope="module")
def client(bounded: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
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
    assert bench.hours == here.hours
    some = sorted({trial.group for trial in trials})[::2]
    assert bench.only(some).counts(SILENCE) == here.only(some).counts(SILENCE)


def test_a_killed_worker_costs_its_part(client: Any, trials: list[Trial]) -> None:
    """It dies (SIGKILL) while it reads its cache: the numbers are the same, and nothing that came back is counted again."""
    items, came = items_of_trials(trials), Event()
    way = Way(part_s=1, patience_s=240, progress=lambda _: came.set())
    bench = ClusterBench(client, items, rate_hz=RATE, seed=1, way=way)
    pids, pipe = client.run(os.getpid), _pipe_of(items[2])
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(bench.grid, SETTINGS)
        with pipe.open("wb"):  # opens when a worker reads it: that one is at its part
            (victim,) = [
                who for who, keys in client.processing().items() if any(k.endswith("-2") for k in keys)
            ]
            assert came.wait(timeout=120), "another part came back"
            back = set(bench._homes)
            _until(lambda: back.isdisjoint(_numbers(client)), "Dask lets go of what came back")
            pipe.unlink()
            os.kill(pids[victim], signal.SIGKILL)
        counted = counting.result(timeout=240)
    assert counted == one_process(trials).grid(SETTINGS)
    assert pids[victim] not in client.run(os.getpid).values(), "it is gone"
    ended = client.run_on_scheduler(_ended)
    run = next(key for key in reversed(ended) if key.endswith("-2")).removesuffix("2")
    assert 2 not in back
    assert {ended[f"{run}{part}"] for part in back} == {1}
    assert sum(ended[f"{run}{part}"] for part in range(len(items))) <= len(items) + 1
    _until(lambda: len(client.nthreads()) == 2, "its nanny starts another")


def _of_file(trial: Trial, audio: str) -> Trial:
    return replace(trial, pieces=tuple(replace(piece, audio=audio) for piece in trial.pieces))


def _pipe_of(item: Item) -> Path:
    """Return a pipe where the scores of an item's first trial are kept: who reads it waits until it is opened."""
    cache = Cache()
    scorer = Scorer(SILENCE.vad, rate_hz=RATE, cache=cache)
    assert isinstance(item.work, tuple)
    key = scorer._keys(item.work[:1])[0]
    pipe = cache.folder / key[:2] / key
    pipe.unlink(missing_ok=True)
    pipe.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(pipe)
    return pipe


def _ended(dask_scheduler: Any) -> dict[str, int]:
    """Count on the scheduler how often each part was counted to its end."""
    found: dict[str, int] = {}
    for row in dask_scheduler.transition_log:
        if row[1:3] == ("processing", "memory") and str(row[0]).startswith("vaxctl-"):
            found[str(row[0])] = found.get(str(row[0]), 0) + 1
    return found


def test_a_tuning_on_a_cluster_is_the_tuning(client: Any, trials: list[Trial]) -> None:
    """Search, evidence and table: the same from two workers and from here; also with groups in buckets."""
    space = Space.of({"vad.threshold": (0.3, 0.5, 0.8), "vad.min_silence_ms": (200, 400)})
    goal = parse_goal("false_barge_in_rate,stop_ms_p90,response_delay_ms_p90")
    way = Way(has_answers=False, has_volumes=False)
    there = ClusterBench(client, items_of_trials(trials), rate_hz=RATE, seed=1, way=way)
    here = one_process(trials)
    wanted = tune(lambda _: here, SILENCE, space, goal, seed=5)
    assert repr(tune(lambda _: there, SILENCE, space, goal, seed=5)) == repr(wanted)
    few = ClusterBench(client, items_of_trials(trials), rate_hz=RATE, seed=1, way=replace(way, buckets=3))
    found = tune(lambda _: few, SILENCE, space, goal, seed=5)
    assert (found.front, found.chosen.setting) == (wanted.front, wanted.chosen.setting)
    assert {at.value for at in found.chosen.held_back.values()} == {
        at.value for at in wanted.chosen.held_back.values()
    }


# -- what goes wrong


def test_files_that_cannot_be_used(client: Any, trials: list[Trial], tmp_path: Path) -> None:
    """All of them are named, each with its worker, and nobody waits; the cluster goes on working."""
    items = items_of_trials(trials)
    for count, match in (
        (1, r"^[^\n]*gone-0\.wav: [^\n]*\(on worker tcp://127\.0\.0\.1:\d+\)$"),
        (3, r"^3 files cannot be used:\n.*gone-0\.wav: .*\n.*gone-1\.wav: .*\n.*gone-2\.wav: .*\)$"),
    ):
        broken = [
            items_of_trials([_of_file(trials[0], str(tmp_path / f"gone-{number}.wav"))])[0]
            for number in range(count)
        ]
        mixed = [*broken[:1], *items, *broken[1:]]
        bench = ClusterBench(client, mixed, rate_hz=RATE, seed=1, way=Way(part_s=1))
        with pytest.raises(UnusableInput, match=match):
            bench.grid(SETTINGS)
    assert bench.only([trials[-1].group]).counts(SILENCE).groups


def test_a_file_that_goes_between_two_passes(client: Any, trials: list[Trial], tmp_path: Path) -> None:
    """It was counted in the first; in the second it is named, though its scores are known."""
    file = tmp_path / "soon.wav"
    shutil.copy(trials[0].pieces[0].audio, file)
    work = items_of_trials([_of_file(trials[0], str(file))])
    bench = ClusterBench(client, [*work, *items_of_trials(trials)], rate_hz=RATE, seed=1)
    assert bench.counts(SILENCE).groups
    file.unlink()
    with pytest.raises(UnusableInput, match=r"soon\.wav: "):
        bench.counts(SILENCE)


def test_memory_is_each_workers_own(client: Any, trials: list[Trial]) -> None:
    """What only this process holds is no file for a worker; the URL is named as it was given."""
    bench = ClusterBench(
        client, items_of_trials([_of_file(trials[0], "memory://here/a.wav")]), rate_hz=RATE, seed=1
    )
    with pytest.raises(UnusableInput, match=r"memory://here/a\.wav: cannot be read: FileNotFoundError"):
        bench.counts(SILENCE)


def test_a_worker_that_stands_still(client: Any, trials: list[Trial]) -> None:
    """After its patience the run says what it waits for."""
    items = items_of_trials(trials[:1])
    pipe = _pipe_of(items[0])
    bench = ClusterBench(client, items, rate_hz=RATE, seed=1, way=Way(patience_s=0.3))
    with pytest.raises(ClusterLost, match=r"no part ended within 0\.3 s; not counted yet: .*wav"):
        bench.counts(SILENCE)
    with pipe.open("wb"):
        pipe.unlink()


def test_a_part_that_kills_its_workers(client: Any, trials: list[Trial]) -> None:
    """Where Dask gives up after a worker died on a part, the run says which file it was and what helps."""
    items = items_of_trials(trials[:1])
    bench = ClusterBench(client, items, rate_hz=RATE, seed=1, way=Way(patience_s=240))
    pids, pipe = client.run(os.getpid), _pipe_of(items[0])
    with ThreadPoolExecutor(1) as pool, _no_death_allowed(client):
        counting = pool.submit(bench.counts, SILENCE)
        with pipe.open("wb"):
            (victim,) = [who for who, keys in client.processing().items() if keys]
            pipe.unlink()
            os.kill(pids[victim], signal.SIGKILL)
        with pytest.raises(PartUncountable, match=r"\.wav cannot be counted: KilledWorker") as told:
            counting.result(timeout=240)
    _until(lambda: len(client.nthreads()) == 2, "its nanny starts another")
    assert "memory" in (told.value.help or "")
    assert bench.counts(SILENCE).groups, "the cluster goes on working"


@contextmanager
def _no_death_allowed(client: Any) -> Iterator[None]:
    before = client.run_on_scheduler(_allow_deaths, 0)
    try:
        yield
    finally:
        client.run_on_scheduler(_allow_deaths, before)


def _allow_deaths(count: int, dask_scheduler: Any) -> int:
    """Set on the scheduler how many workers may die on a part; return what it was."""
    before = int(dask_scheduler.allowed_failures)
    dask_scheduler.allowed_failures = count
    return before


def test_a_worker_lost_with_counted_parts(client: Any, trials: list[Trial]) -> None:
    """What it had counted, and nobody had fetched, is counted again, once: the numbers are the same."""
    items, killed = items_of_trials(trials), list[str]()
    pids = client.run(os.getpid)

    def not_fetched() -> dict[str, str]:
        held = client.run_on_scheduler(_held)
        return {key: who for key, who in held.items() if int(key.rsplit("-", 1)[1]) not in bench._homes}

    def kill_one(_: ClusterProgress) -> None:
        if killed:
            return
        key, who = next(iter(_until(not_fetched, "a part waits in a worker's memory").items()))
        killed.append(key)
        os.kill(pids[who], signal.SIGKILL)
        _until(lambda: who not in client.nthreads(), "the scheduler knows")

    way = Way(part_s=1, patience_s=240, progress=kill_one)
    bench = ClusterBench(client, items, rate_hz=RATE, seed=1, way=way)
    assert bench.grid(SETTINGS) == one_process(trials).grid(SETTINGS)
    assert client.run_on_scheduler(_ended)[killed[0]] == 2, "it was counted twice, and taken once"
    _until(lambda: len(client.nthreads()) == 2, "its nanny starts another")


def _held(dask_scheduler: Any) -> dict[str, str]:
    """Return the parts that one worker alone holds in its memory, and which."""
    states = [one for key, one in dask_scheduler.tasks.items() if str(key).startswith("vaxctl-")]
    return {str(one.key): next(iter(one.who_has)).address for one in states if one.state == "memory"}


def _numbers(client: Any) -> set[int]:
    """Return which parts workers hold."""
    return {int(key.rsplit("-", 1)[1]) for key in client.run_on_scheduler(_held)}


def _until(told: Callable[[], Any], what: str) -> Any:
    """Wait for something that comes soon; return it."""
    for _ in range(2400):
        if found := told():
            return found
        sleep(0.05)
    raise AssertionError(f"never: {what}")


def test_a_part_that_is_told_of_twice() -> None:
    """It is counted once."""

    class Twice:
        """A client whose futures end twice, the second time when the next one has."""

        status = "running"

        def __init__(self) -> None:
            self.told: list[Any] = []

        def submit(self, *_: Any, key: str, **__: Any) -> Any:
            """End at once; and so do all before."""

            class Future:
                def add_done_callback(self, put: Callable[[Any], None]) -> None:
                    told.append((put, self))
                    for back, one in told:
                        back(one)

            told, future = self.told, Future()
            future.key = key  # type: ignore[attr-defined]
            return future

    flight = _Flight(Twice(), Way())
    for number in range(3):
        flight.send(number, (), b"", None)
    assert [flight.next_landed()[0] for _ in range(3)] == [0, 1, 2]
