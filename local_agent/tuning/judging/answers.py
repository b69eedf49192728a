"""What the turn-end model says about trials' pauses, each asked once and kept.

A question is about a trial's lane from a little before the turn's first sample to so much of the pause as the
session lets it hear, at most 8 s of it, as the session cuts it (simulate/session.py). One takes some 55 ms, so
answers are kept by lane, all of a lane's in one entry.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from local_agent.simulate.pausing import ASKED_ABOUT_S
from local_agent.tuning.listening.composing import Sounds, lane, made_with, recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import VadParameters
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.trial import Trial

    Known = dict[tuple[int, int], float]

FORMAT: Final = 1
FLUSH_EVERY: Final = 16
"""Answers of one lane that an interruption may cost: a second of computing."""
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
    ) -> None:
        """Take the pre-roll from `vad`. `classifier_id` tells a classifier's answers from others in the cache."""
        if classifier is not None and cache is not None and not classifier_id:
            raise ValueError("answers of another classifier need its name in the cache")
        self.asked = 0
        self._trials, self._rate, self._cache = trials, rate_hz, cache
        self._pre_roll = vad.pre_roll_ms * rate_hz // 1000
        self._sounds, self._classifier, self._id = sounds or Sounds(), classifier, classifier_id
        self._known: dict[int, Known] = {}
        self._new: dict[int, Known] = {}
        self._lanes: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def probability_complete(self, trial: int, onset_sample: int, heard_to: int) -> float:
        """Return P(complete) for a trial's turn that began at `onset_sample`, heard up to `heard_to`.

        Raises ModelMissing where Smart Turn is needed and not here.
        """
        start = max(onset_sample - self._pre_roll, heard_to - ASKED_ABOUT_S * self._rate, 0)
        if trial not in self._known:
            self._known[trial] = self._kept(trial)
        known = self._known[trial]
        if (start, heard_to) not in known:
            heard = self._lane(trial)[start:heard_to]
            known[start, heard_to] = self._opened().probability_complete(heard, self._rate)
            self.asked += 1
            new = self._new.setdefault(trial, {})
            new[start, heard_to] = known[start, heard_to]
            if len(new) >= FLUSH_EVERY:
                self._flush(trial)
        return known[start, heard_to]

    def flush(self) -> None:
        """Keep all answers that were given since the last time."""
        for trial in list(self._new):
            self._flush(trial)

    def _flush(self, trial: int) -> None:
        new = self._new.pop(trial)
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

    def _lane(self, trial: int) -> NDArray[np.float32]:
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
