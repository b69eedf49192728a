"""One part of a distributed run, as a worker does it: trials in, counts out, in memory that does not grow with it.

A part is taken in chunks of at most an hour of lanes. Of each chunk the files are brought, heard, judged and
forgotten; only its counts stay. Scores go through the worker's own cache (listening/cache.py).
"""

from __future__ import annotations

import pickle
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from local_agent.errors import LocalAgentError, UnusableInput
from local_agent.tuning.cluster.archive import MOST_SAID, Call
from local_agent.tuning.cluster.folding import bucket_of, sums, with_classes
from local_agent.tuning.cluster.remote import Fetched, RemoteSounds
from local_agent.tuning.judging.answers import SmartTurnAnswers
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.scoring import Scorer, Spent
from local_agent.tuning.listening.volumes import volumes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local_agent.parameters import NoiseParameters, Parameters
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.listening.trial import Trial

CHUNK_S: Final = 3_600.0
"""Seconds of lanes that are in memory at once: with 1,820 settings some 100 MB."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is never cut: the trials of one file, or a call that its trials are yet to be made of.

    `lane_s` is how many seconds of lanes that is.
    """

    work: tuple[Trial, ...] | Call
    lane_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What every part is asked: which settings, heard at which rate, with which seed calls become trials.

    Groups are folded into so many `buckets` (None: not at all). `classes` are all classes of sound that there are
    anywhere, so that counts add up as they are; `chunk_s` seconds of lanes are in memory at once. Without settings
    files are only looked through for what is wrong with them. With `one_rate` they must all have the very rate:
    nobody said that they be heard at a lower one.
    """

    settings: tuple[Parameters, ...]
    rate_hz: int
    seed: int
    buckets: int | None
    classes: tuple[str, ...]
    chunk_s: float = CHUNK_S
    one_rate: bool = False

    def packed(self) -> bytes:
        """Return it as bytes: settings are alike, and 1,820 of them become some 10 kB."""
        return zlib.compress(pickle.dumps(self), 1)


@dataclass(frozen=True, slots=True)
class Done:
    """What a part counted, and where: the worker's address.

    `packed` holds the counts, setting by setting, as they travel: small numbers in long rows, of which a tenth is
    left. `spent` is what was not in the worker's cache, `notes` what went wrong with the cache.
    """

    packed: bytes
    worker: str
    spent: Spent
    notes: tuple[str, ...]

    @property
    def counts(self) -> list[Counts]:
        """The counts, unpacked anew."""
        told: list[Counts] = pickle.loads(zlib.decompress(self.packed))  # noqa: S301 - a worker's, as all that Dask carries
        return told


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a part cannot be counted: a message for each file that cannot be used, MOST_SAID at most, and the first's help.

    `worker` is where it happened.
    """

    messages: tuple[str, ...]
    help: str | None
    worker: str


def count_part(items: Sequence[Item], asked: bytes) -> Done | Refused:
    """Count one part on this worker. What is wrong with its files is returned, not raised: no try will mend it."""
    worker = _address()
    try:
        return _counted(items, _unpacked(asked), worker)
    except LocalAgentError as problem:
        return Refused((problem.message,), problem.help, worker)


@lru_cache(maxsize=4)
def _unpacked(asked: bytes) -> Asked:
    told = pickle.loads(zlib.decompress(asked))  # noqa: S301 - the client's own, as all that Dask carries
    if not isinstance(told, Asked):
        raise TypeError(f"a part is asked with Asked, not with {type(told).__name__}")
    return told


def _address() -> str:
    try:
        from distributed import get_worker

        return str(get_worker().address)
    except (ImportError, ValueError):  # not on a worker
        return "here"


def _counted(items: Sequence[Item], asked: Asked, worker: str) -> Done | Refused:
    cache, spent = Cache(), Spent()
    so_far: list[Counts] | None = None
    wrong: list[UnusableInput] = []
    for chunk in _chunks(items, asked.chunk_s):
        with Fetched() as fetch:
            sounds = RemoteSounds(fetch, cache)
            trials, problems = _usable(chunk, asked, sounds)
            wrong = [*wrong, *problems][:MOST_SAID]
            if wrong or not asked.settings:
                continue
            found, more = _judged(trials, asked, cache, sounds)
        so_far = found if so_far is None else sums(so_far, found)
        spent += more
    if wrong:
        return Refused(tuple(one.message for one in wrong), wrong[0].help, worker)
    return Done(zlib.compress(pickle.dumps(so_far or []), 1), worker, spent, tuple(cache.notes))


def _usable(
    chunk: Sequence[Item], asked: Asked, sounds: RemoteSounds
) -> tuple[list[Trial], list[UnusableInput]]:
    """Return a chunk's trials, and what is wrong with each file that cannot be used."""
    trials: list[Trial] = []
    wrong: list[UnusableInput] = []
    for item in chunk:
        try:
            some = trials_of_item(item, asked.seed, sounds)
            _check_rates(some, asked, sounds)
        except UnusableInput as problem:
            wrong.append(problem)
        else:
            trials += some
    return trials, wrong


def _judged(
    trials: Sequence[Trial], asked: Asked, cache: Cache, sounds: RemoteSounds
) -> tuple[list[Counts], Spent]:
    """Return a chunk's counts; everything else of it is let go."""
    judged = _Chunk(trials, asked, cache, sounds)
    return with_classes(judged.counts(), asked.classes), judged.spent


def _chunks(items: Sequence[Item], chunk_s: float) -> Iterator[list[Item]]:
    some: list[Item] = []
    held_s = 0.0
    for item in items:
        if some and held_s + item.lane_s > chunk_s:
            yield some
            some, held_s = [], 0.0
        some.append(item)
        held_s += item.lane_s
    if some:
        yield some


def trials_of_item(item: Item, seed: int, sounds: RemoteSounds) -> list[Trial]:
    """Return an item's trials; a call's are made here, its audio read. Raises UnusableInput as Call.trials does."""
    if isinstance(item.work, Call):
        return item.work.trials(seed, sounds)
    return list(item.work)


def _check_rates(trials: Sequence[Trial], asked: Asked, sounds: RemoteSounds) -> None:
    """Refuse files of less than the rate at which all are heard: it would tell one kind of line from another."""
    for audio in sorted({piece.audio for trial in trials for piece in trial.pieces}):
        _, native_hz = sounds.shape(audio)
        if native_hz < asked.rate_hz or (asked.one_rate and native_hz != asked.rate_hz):
            whose = "the first file has" if asked.one_rate else "is asked for:"
            raise UnusableInput(
                f"mixed sample rates: {audio} has {native_hz} Hz, {whose} {asked.rate_hz} Hz",
                help="tune at 8000 Hz (--rate 8000), as a telephone line has it, or leave the files of 8000 Hz out",
            )


class _Chunk:
    """Trials judged together: one bench for each VAD model and suppressor that the settings name."""

    def __init__(self, trials: Sequence[Trial], asked: Asked, cache: Cache, sounds: RemoteSounds) -> None:
        self._trials, self._asked = trials, asked
        self._cache, self._sounds, self.spent = cache, sounds, Spent()

    def counts(self) -> list[Counts]:
        """Return the counts of all settings, in their order."""
        found: dict[int, Counts] = {}
        by_ear: dict[tuple[str, int | None, NoiseParameters], list[int]] = {}
        for place, one in enumerate(self._asked.settings):
            ear = (one.vad.model, one.vad.reset_after_quiet_ms, one.noise)
            by_ear.setdefault(ear, []).append(place)
        for places in by_ear.values():
            settings = [self._asked.settings[place] for place in places]
            bench, answers = self._bench(settings)
            found.update(zip(places, bench.grid(settings), strict=True))
            answers.flush()
        return [found[place] for place in range(len(found))]

    def _bench(self, settings: Sequence[Parameters]) -> tuple[Bench, SmartTurnAnswers]:
        first, rate, buckets = settings[0], self._asked.rate_hz, self._asked.buckets
        scorer = Scorer(first.vad, first.noise, rate_hz=rate, cache=self._cache, sounds=self._sounds)
        traces = scorer.traces(self._trials)
        self.spent += scorer.spent
        asks = any(one.endpointing.mode != "silence" for one in settings)
        answers = SmartTurnAnswers(self._trials, rate_hz=rate, cache=self._cache, sounds=self._sounds)
        trials = self._trials
        if buckets is not None:
            trials = [replace(trial, group=bucket_of(trial.group, buckets)) for trial in trials]
        bench = Bench(
            trials,
            traces,
            answers if asks else None,
            volumes=lambda trial: volumes(trial, rate, self._sounds, self._cache),
        )
        return bench, answers
