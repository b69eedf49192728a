"""The bench of a corpus or an archive that is judged where its files are: on a Dask cluster, part by part.

It answers as Bench does (judging/evaluating.py), with the same counts to the integer. Each part's counts come back here and
are added up at once, so a worker that is lost costs the part that it was at (and one that it had ended a moment ago,
if that was not fetched yet); Dask gives it to another.

Probabilities never travel. A part is given first to the worker that had it before, whose cache knows it.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections import deque
from contextlib import closing
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from local_agent.errors import UnusableInput
from local_agent.tuning.cluster.archive import MOST_SAID
from local_agent.tuning.cluster.folding import BUCKETS, sums
from local_agent.tuning.cluster.partition import Asked, Done, Item, Refused, count_part
from local_agent.tuning.cluster.remote import is_url
from local_agent.tuning.cluster.unusable import ClusterLost, PartUncountable
from local_agent.tuning.listening.composing import window_samples
from local_agent.tuning.listening.scoring import Spent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.cluster.archive import Call
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.listening.trial import Trial

LONGEST_PART_S: Final = 3_600.0
"""Seconds of lanes in one part at most: what a lost worker costs."""
_PARTS_PER_THREAD: Final = 4
_TICK_S: Final = 5.0
"""How often a run that hears nothing looks whether anybody is left."""


@dataclass(frozen=True, slots=True)
class ClusterProgress:
    """How far a pass over the corpus is: its parts, those counted by now, and the workers that are there."""

    parts: int
    done: int
    workers: int


@dataclass(frozen=True, slots=True)
class Way:
    """How a cluster is used.

    `buckets`: more groups than these are folded (folding.py). `part_s`: seconds of lanes in a part (None: four
    parts a thread, of an hour at most). `patience_s`: how long no part may end before the run is given up;
    `lonely_s`: how long there may be no worker at all. `has_answers` and `has_volumes` say whether the turn-end model
    may be asked, and whether presets that hear loudness are judged; both cost time on the workers alone. With
    `one_rate` files of another rate than the bench's are refused, not only those of a lower one.
    """

    buckets: int = BUCKETS
    part_s: float | None = None
    patience_s: float = 3_600.0
    lonely_s: float = 60.0
    has_answers: bool = True
    has_volumes: bool = True
    one_rate: bool = False
    progress: Callable[[ClusterProgress], None] | None = None


class ClusterBench:
    """Trials of files anywhere, ready to judge settings; `spent` and `notes` tell what the workers did.

    `client` is a Dask client that was checked (connecting.py). `trials` of an archive are sketches: all but audio.
    `whole` is the bench that this one is a part of; what is wrong with files is told of all of it.
    """

    def __init__(
        self,
        client: Any,
        items: Sequence[Item],
        *,
        rate_hz: int,
        seed: int,
        way: Way | None = None,
        whole: ClusterBench | None = None,
    ) -> None:
        self._client, self.items, self.rate_hz, self.seed = client, tuple(items), rate_hz, seed
        self.way, self._whole = way or Way(), whole or self
        self.trials = tuple(trial for item in self.items for trial in _sketched(item, seed))
        self.has_answers = self.way.has_answers
        self.has_volumes = self.way.has_volumes
        self.spent, self.notes = Spent(), list[str]()
        self._groups = {trial.group for trial in self.trials}
        over = (trial for trial in self.trials if trial.situation == "over_agent")
        self._classes = tuple(sorted({trial.sound_class for trial in over}))
        self._parts = parts_of(self.items, self.way.part_s or self._part_s())
        self._homes: dict[int, str] = {}

    def only(self, groups: Iterable[str]) -> ClusterBench:
        """Return the bench of some groups' trials."""
        wanted = set(groups)
        items = [kept for item in self.items if (kept := _of_groups(item, wanted)) is not None]
        return ClusterBench(
            self._client, items, rate_hz=self.rate_hz, seed=self.seed, way=self.way, whole=self._whole
        )

    @property
    def hours(self) -> float:
        """How many hours of lanes are judged."""
        size = window_samples(self.rate_hz)
        windows = sum(-(-round(trial.duration_s * self.rate_hz) // size) for trial in self.trials)
        return windows * size / self.rate_hz / 3600

    @property
    def digest(self) -> str:
        """What tells this bench from another, as far as that is known here: its trials, and what its files are called."""
        found = hashlib.sha256(f"cluster {self.rate_hz}".encode())
        for trial in self.trials:
            found.update(repr(trial).encode())
        return found.hexdigest()

    def counts(self, parameters: Parameters) -> Counts:
        """Judge one setting; raises as `grid` does."""
        return self.grid([parameters])[0]

    def grid(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge many settings, in their order, by group or, where there are more groups than buckets, by bucket.

        Raises UnusableInput where files cannot be used, with the names of all that the corpus has of them, ClusterLost
        where the cluster is lost or stands still, PartUncountable where workers die of a part.
        """
        return self._counted(settings, self.way.buckets if len(self._groups) > self.way.buckets else None)

    def totals(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge many settings, all groups together: what a search needs, and no more to send. Raises as `grid` does."""
        return self._counted(settings, 1)

    # -- one pass

    def _part_s(self) -> float:
        threads = sum(self._client.nthreads().values()) or 1
        whole_s = sum(item.lane_s for item in self.items)
        return min(whole_s / (threads * _PARTS_PER_THREAD), LONGEST_PART_S)

    def _counted(self, settings: Sequence[Parameters], buckets: int | None) -> list[Counts]:
        if not self._parts:
            raise ValueError("there is nothing to judge settings on")
        asked = Asked(
            tuple(settings), self.rate_hz, self.seed, buckets, self._classes, one_rate=self.way.one_rate
        )
        so_far: list[Counts] | None = None
        for done in self._done(asked):
            came = done.counts
            so_far = came if so_far is None else sums(so_far, came)
            self._note(done)
        return so_far or []

    def _note(self, done: Done) -> None:
        self.spent += done.spent
        self.notes += [note for note in done.notes if note not in self.notes]

    def _done(self, asked: Asked) -> Iterator[Done]:
        """Yield what each part counted, once. Raises UnusableInput where files cannot be used."""
        with closing(self._landed(asked)) as landed:
            for found in landed:
                if isinstance(found, Refused):
                    break
                yield found
            else:
                return
        raise self._whole.unusable(found, asked)

    def unusable(self, first: Refused, asked: Asked) -> UnusableInput:
        """Return what is wrong with files, after all are looked through for it: a person mends them all at once."""
        wrong: list[Refused] = []
        with closing(self._landed(replace(asked, settings=()))) as landed:
            for found in landed:
                if isinstance(found, Refused):
                    wrong.append(found)
                if sum(len(one.messages) for one in wrong) >= MOST_SAID:
                    break
        return _unusable(wrong or [first])

    def _landed(self, asked: Asked) -> Generator[Done | Refused, None, None]:
        """Yield what comes of each part, as they end."""
        flight = _Flight(self._client, self.way)
        workers, packed = flight.workers(), asked.packed()
        waiting = deque(range(len(self._parts)))
        try:
            for _ in range(min(2 * max(sum(workers.values()), 1), len(waiting))):
                self._send(flight, waiting.popleft(), packed, workers)
            for ended in range(1, len(self._parts) + 1):
                number, future = flight.next_landed()
                if waiting:
                    self._send(flight, waiting.popleft(), packed, workers)
                found = self._unpacked(number, future)
                del future  # what anybody holds is counted again when its worker is lost
                self._homes[number] = found.worker
                if self.way.progress is not None:
                    self.way.progress(ClusterProgress(len(self._parts), ended, len(flight.workers())))
                yield found
        finally:
            flight.cancel()

    def _send(self, flight: _Flight, number: int, asked: bytes, workers: dict[str, int]) -> None:
        home = self._homes.get(number)
        flight.send(number, self._parts[number], asked, home if home in workers else None)

    def _unpacked(self, number: int, future: Any) -> Done | Refused:
        names = _names(self._parts[number])
        if future.status == "error":
            problem = future.exception()
            raise PartUncountable(
                f"the part with {names} cannot be counted: {type(problem).__name__}: {problem}",
                help="KilledWorker: workers died on it, mostly of memory; give them more, or make parts smaller"
                if type(problem).__name__ == "KilledWorker"
                else "the workers' logs have more of it",
            ) from problem
        try:
            found: Done | Refused = future.result(timeout=self.way.patience_s)
        except Exception as problem:  # cancelled, or the scheduler is gone
            raise ClusterLost(
                f"the cluster was lost with {names} on its way: {type(problem).__name__}: {problem}",
                help="start it again: what the workers' caches hold is not computed again",
            ) from problem
        return found


def _unusable(wrong: Sequence[Refused]) -> UnusableInput:
    said = sorted(f"{message} (on worker {one.worker})" for one in wrong for message in one.messages)
    if len(said) == 1:
        return UnusableInput(said[0], help=wrong[0].help)
    more = ["and perhaps more: not all files were looked through"] if len(said) >= MOST_SAID else []
    return UnusableInput(
        "\n".join([f"{len(said)} files cannot be used:", *said[:MOST_SAID], *more]),
        help="mend them, or take their lines out of the labels; what was scored by now is kept",
    )


class _Flight:
    """Parts that workers have, or that wait for one; `next_landed` gives them back as they end."""

    def __init__(self, client: Any, way: Way) -> None:
        self._client, self._way = client, way
        self._run = f"vaxctl-{uuid4().hex[:12]}"
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._flying: dict[str, tuple[int, Any, Sequence[Item]]] = {}

    def send(self, number: int, part: Sequence[Item], asked: bytes, home: str | None) -> None:
        """Give a part to the cluster, to the worker at `home` first."""
        key = f"{self._run}-{number}"
        where = {} if home is None else {"workers": [home], "allow_other_workers": True}
        future = self._client.submit(count_part, part, asked, key=key, pure=False, **where)
        self._flying[key] = (number, future, part)
        future.add_done_callback(self._ended.put)

    def next_landed(self) -> tuple[int, Any]:
        """Return the number and the future of a part that ended. Raises ClusterLost where none will."""
        begun = alone_since = monotonic()
        while True:
            try:
                future = self._ended.get(timeout=min(_TICK_S, self._way.patience_s, self._way.lonely_s))
            except Empty:
                now = monotonic()
                alone_since = alone_since if not self.workers() else now
                if now - alone_since >= self._way.lonely_s:
                    raise self._given_up("all workers are gone, or the scheduler is") from None
                if now - begun >= self._way.patience_s:
                    raise self._given_up(f"no part ended within {self._way.patience_s:g} s") from None
                continue
            if future.key in self._flying:  # a part that is told of twice is counted once
                number, future, _ = self._flying.pop(future.key)
                return number, future

    def workers(self) -> dict[str, int]:
        """Return the workers that are there, with their threads; none where the scheduler does not answer."""
        if self._client.status != "running":
            return {}
        try:
            found: dict[str, int] = self._client.nthreads()
        except OSError:  # the connection broke at this moment
            return {}
        return found

    def cancel(self) -> None:
        """Take back what has not ended."""
        futures = [future for _, future, _ in self._flying.values()]
        if futures and self._client.status == "running":
            self._client.cancel(futures)

    def _given_up(self, why: str) -> ClusterLost:
        names = "; ".join(_names(part) for _, _, part in list(self._flying.values())[:4])
        return ClusterLost(
            f"{why}; not counted yet: {names}",
            help="start it again when the cluster is there: what the workers' caches hold is not computed again",
        )


# -- parts


def items_of_trials(trials: Iterable[Trial]) -> list[Item]:
    """Return trials by the file that they begin with; files of this machine by their whole path."""
    by_file: dict[str, list[Trial]] = {}
    for trial in trials:
        pieces = tuple(replace(piece, audio=_whole(piece.audio)) for piece in trial.pieces)
        file = pieces[0].audio if pieces else trial.name
        by_file.setdefault(file, []).append(replace(trial, pieces=pieces))
    return [Item(tuple(some), math.fsum(trial.duration_s for trial in some)) for some in by_file.values()]


def items_of_calls(calls: Iterable[Call], seed: int) -> list[Item]:
    """Return the calls of an archive (archive.py)."""
    return [Item(call, math.fsum(trial.duration_s for trial in call.sketched(seed))) for call in calls]


def parts_of(items: Sequence[Item], part_s: float) -> list[tuple[Item, ...]]:
    """Return items in parts of at least `part_s` seconds of lanes but for the last, in order."""
    parts: list[list[Item]] = []
    held_s = part_s
    for item in items:
        if held_s >= part_s:
            parts.append([])
            held_s = 0.0
        parts[-1].append(item)
        held_s += item.lane_s
    return [tuple(part) for part in parts]


def _whole(audio: str) -> str:
    return audio if is_url(audio) else os.path.abspath(audio)  # noqa: PTH100 - resolve() would follow links


def _sketched(item: Item, seed: int) -> tuple[Trial, ...]:
    return item.work if isinstance(item.work, tuple) else item.work.sketched(seed)


def _of_groups(item: Item, groups: set[str]) -> Item | None:
    if not isinstance(item.work, tuple):
        return item if item.work.name in groups else None
    kept = tuple(trial for trial in item.work if trial.group in groups)
    return Item(kept, math.fsum(trial.duration_s for trial in kept)) if kept else None


def _names(part: Sequence[Item]) -> str:
    """Return the name of a part's first file, and how many more there are."""
    work = part[0].work
    first = (
        (work[0].pieces[0].audio if work[0].pieces else work[0].name)
        if isinstance(work, tuple)
        else work.audio
    )
    return first if len(part) == 1 else f"{first} and {len(part) - 1} more"
