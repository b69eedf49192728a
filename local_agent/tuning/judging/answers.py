"""What the turn-end model says about trials' pauses, each asked once and kept.

A question is about a trial's lane from a little before the turn's first sample to so much of the pause as the
session lets it hear, at most 8 s of it, as the session cuts it (simulate/session.py). One takes some 55 ms of a
core, so questions that are known beforehand are shared by threads, and answers are kept by lane, all of a lane's
in one entry, as they come.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from local_agent.simulate.pausing import ASKED_ABOUT_S
from local_agent.tuning.listening.composing import Sounds, lane, made_with, recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import VadParameters
    from local_agent.tuning.judging.turn_ends import Question
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.trial import Trial

    Known = dict[tuple[int, int], float]
    Stretch = tuple[int, int, int]
    Samples = NDArray[np.float32]

FORMAT: Final = 1
FLUSH_EVERY: Final = 16
"""Answers that an interruption may cost: a second of computing."""
_LANES_KEPT: Final = 128
_ROW: Final = struct.Struct("<IId")


class SmartTurnAnswers:
    """Answers (turn_ends.py) about trials in the order of their traces.

    Without a classifier Smart Turn is opened at the first question that the cache does not answer. `flush`
    keeps what was asked since; `asked` counts the questions that were put to the classifier.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        vad: VadParameters,
        *,
        rate_hz: int,
        cache: Cache | None = None,
        sounds: Sounds | None = None,
        classifier: TurnEndClassifier | None = None,
        classifier_id: str = "",
        workers: int = 1,
    ) -> None:
        """Take the pre-roll from `vad`. `classifier_id` tells a classifier's answers from others in the cache.

        `ask_all` shares its questions among `workers` threads; the answers are the same for any number of them.
        """
        if classifier is not None and cache is not None and not classifier_id:
            raise ValueError("answers of another classifier need its name in the cache")
        self.asked = 0
        self._trials, self._rate, self._cache = trials, rate_hz, cache
        self._pre_roll = vad.pre_roll_ms * rate_hz // 1000
        self._sounds, self._classifier, self._id = sounds or Sounds(), classifier, classifier_id
        self.progress: Callable[[int, int], None] = _say_nothing
        """Is told how many questions of how many are answered, while `ask_all` asks."""
        self._workers = max(workers, 1)
        self._known: dict[int, Known] = {}
        self._new: dict[int, Known] = {}
        self._unkept = 0
        self._lanes: OrderedDict[int, Samples] = OrderedDict()

    def probability_complete(self, trial: int, onset_sample: int, heard_to: int) -> float:
        """Return P(complete) for a trial's turn that began at `onset_sample`, heard up to `heard_to`.

        Raises ModelMissing where Smart Turn is needed and not here.
        """
        _, start, end = self._stretch(trial, onset_sample, heard_to)
        if (start, end) not in self._known_of(trial):
            answer = self._opened().probability_complete(self._lane(trial)[start:end], self._rate)
            self._learned((trial, start, end), answer)
        return self._known[trial][start, end]

    def ask_all(self, questions: Iterable[Question]) -> None:
        """Ask whatever of this is not known yet: trials with onset and end of what was heard, as above.

        Raises as `probability_complete` does.
        """
        stretches = sorted({self._stretch(*question) for question in questions})
        new = [stretch for stretch in stretches if stretch[1:] not in self._known_of(stretch[0])]
        if not new:
            return
        classifier = self._opened()

        def told(samples: Samples) -> float:
            return classifier.probability_complete(samples, self._rate)

        # In bunches: a long run holds few seconds of audio, and one that is killed loses few answers.
        bunch = max(FLUSH_EVERY, 4 * self._workers)
        with ThreadPoolExecutor(self._workers) as pool:
            for done in range(0, len(new), bunch):
                self.progress(done, len(new))
                some = new[done : done + bunch]
                heard = [self._lane(trial)[start:end] for trial, start, end in some]
                for stretch, answer in zip(some, pool.map(told, heard), strict=True):
                    self._learned(stretch, answer)
        self.progress(len(new), len(new))
        self.flush()

    def _stretch(self, trial: int, onset_sample: int, heard_to: int) -> Stretch:
        """Return which stretch of a trial's lane a question is about."""
        return trial, max(onset_sample - self._pre_roll, heard_to - ASKED_ABOUT_S * self._rate, 0), heard_to

    def _known_of(self, trial: int) -> Known:
        if trial not in self._known:
            self._known[trial] = self._kept(trial)
        return self._known[trial]

    def _learned(self, stretch: Stretch, answer: float) -> None:
        trial, place = stretch[0], stretch[1:]
        self._known[trial][place] = answer
        self._new.setdefault(trial, {})[place] = answer
        self.asked += 1
        self._unkept += 1
        if self._unkept >= FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Keep all answers that were given since the last time."""
        self._unkept = 0
        while self._new:
            self._keep(*self._new.popitem())

    def _keep(self, trial: int, new: Known) -> None:
        if self._cache is not None:
            self._cache.update(self._key(trial), lambda data: _packed(_unpacked(data) | new))

    def _kept(self, trial: int) -> Known:
        return {} if self._cache is None else _unpacked(self._cache.get(self._key(trial)))

    def _key(self, trial: int) -> str:
        facts = ["answers", FORMAT, self._identity(), *made_with()]
        text = json.dumps(facts) + recipe(self._trials[trial], self._rate, self._sounds)
        return hashlib.sha256(text.encode()).hexdigest()

    def _identity(self) -> str:
        if not self._id:
            from local_agent.models.cache import model_path, sha256_of

            self._id = sha256_of(model_path("smart_turn"))
        return self._id

    def _opened(self) -> TurnEndClassifier:
        if self._classifier is None:
            from local_agent.endpointing.smart_turn import SmartTurn

            self._classifier = SmartTurn()
        return self._classifier

    def _lane(self, trial: int) -> Samples:
        if trial not in self._lanes:
            self._lanes[trial] = lane(self._trials[trial], self._rate, self._sounds)
            if len(self._lanes) > _LANES_KEPT:
                self._lanes.popitem(last=False)
        self._lanes.move_to_end(trial)
        return self._lanes[trial]


def _packed(known: Known) -> bytes:
    return b"".join(_ROW.pack(*place, answer) for place, answer in sorted(known.items()))


def _unpacked(data: bytes | None) -> Known:
    return {(start, asked): answer for start, asked, answer in _ROW.iter_unpack(data or b"")}


def _say_nothing(done: int, total: int) -> None:
    del done, total
