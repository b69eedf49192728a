"""How loud trials are, window by window, as Pipecat's gate hears it (vad/loudness.py): each computed once and kept."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.tuning.listening.composing import Sounds, lane, made_with, recipe, window_samples
from local_agent.vad.loudness import volumes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.trial import Trial

FORMAT: Final = 1
"""The version of what is kept; a change of it, or of how loudness is measured, makes older entries useless."""


def volumes(
    trial: Trial, rate_hz: int, sounds: Sounds | None = None, cache: Cache | None = None
) -> NDArray[np.float64]:
    """Return the volume at the end of each window of a trial's lane, 0..1.

    Raises UnusableInput where a file cannot be read or ends before a piece of the trial does.
    """
    sounds = sounds or Sounds()
    key = _key(trial, rate_hz, sounds)
    kept = None if cache is None else cache.get(key)
    if kept is not None:
        return np.frombuffer(kept, "<f8").astype(np.float64)
    found = volumes_of(lane(trial, rate_hz, sounds), rate_hz, window_samples(rate_hz))
    if cache is not None:
        cache.put(key, found.astype("<f8").tobytes())
    return found


def _key(trial: Trial, rate_hz: int, sounds: Sounds) -> str:
    facts = json.dumps(["volumes", FORMAT, *made_with()])
    return hashlib.sha256((facts + recipe(trial, rate_hz, sounds)).encode()).hexdigest()
