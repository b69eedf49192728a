"""Speech probabilities of trials, each computed once: the very bits that the session's ear hears.

Without a suppressor, trials go through the network in lock-step where that gives the bits of single streams;
whether it does depends on the network and the machine, and is tried out on a short noise before the first
batch (Silero v5 and v6 do on the x86-64 that this was written on, v4 does not). A suppressor gets each lane
window by window, as in a call, since the last bit of NSNet2 depends on how many frames come at once; its
output comes late, and what it still holds when the lane ends is never scored.
"""

from __future__ import annotations

import hashlib
import json
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Queue
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.audio.windows import ReBlocker
from local_agent.parameters import NoiseParameters
from local_agent.tuning.listening.composing import Sounds, lane, made_with, recipe, window_samples
from local_agent.tuning.listening.traces import Traces
from local_agent.vad.silero import LOCKSTEP_BATCH, ProbabilityStream, probabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from local_agent.denoise import Denoiser
    from local_agent.parameters import VadParameters
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.trial import Trial
    from local_agent.vad.networks import SileroNetwork

    Samples = NDArray[np.float32]

FORMAT: Final = 1
"""The version of what is kept; a change of it makes older entries useless."""
STEP_S: Final = 300.0
"""Seconds of audio scored between two visits to the cache: what an interruption costs at most."""
_HEAD: Final = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the scoring is: trials in all, those that were in the cache, those scored by now."""

    trials: int
    reused: int
    scored: int


@dataclass(slots=True)
class Spent:
    """What scoring cost: seconds of audio scored, and of time for its parts."""

    audio_s: float = 0.0
    composing_s: float = 0.0
    denoising_s: float = 0.0
    inference_s: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        """Return both together."""
        return Spent(
            self.audio_s + other.audio_s,
            self.composing_s + other.composing_s,
            self.denoising_s + other.denoising_s,
            self.inference_s + other.inference_s,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One trial's probabilities; `lags[k]` windows of its lane were heard when window k was scored."""

    probabilities: Samples
    lags: NDArray[np.int32]
    lane_windows: int

    def packed(self) -> bytes:
        """Return it as bytes."""
        head = _HEAD.pack(len(self.probabilities), self.lane_windows)
        return head + self.probabilities.astype("<f4").tobytes() + self.lags.astype("<i4").tobytes()

    @classmethod
    def unpacked(cls, data: bytes) -> Scored:
        """Return what `packed` made bytes of."""
        count, windows = _HEAD.unpack_from(data)
        probabilities = np.frombuffer(data, "<f4", count, _HEAD.size).astype(np.float32)
        lags = np.frombuffer(data, "<i4", count, _HEAD.size + 4 * count).astype(np.int32)
        return cls(probabilities, lags, windows)


class Scorer:
    """Scores trials with one VAD, one suppression and one rate. `spent` adds up what was not in the cache."""

    def __init__(
        self,
        vad: VadParameters,
        noise: NoiseParameters | None = None,
        *,
        rate_hz: int,
        cache: Cache | None = None,
        sounds: Sounds | None = None,
        workers: int = 1,
    ) -> None:
        """Take the VAD's model and reset policy from `vad`; nothing is opened before it is needed.

        `workers` threads share the suppression, by far the dearest (docs/scale.md), and the VAD where trials
        go through it in lock-step; results are the same.
        """
        self.rate_hz, self.window_samples = rate_hz, window_samples(rate_hz)
        self.spent = Spent()
        self._vad, self._noise = vad, noise or NoiseParameters()
        self._cache, self._sounds = cache, sounds or Sounds()
        self._network: SileroNetwork | None = None
        self._batch = 1
        self._denoisers: Queue[Denoiser] = Queue()
        self._workers = max(workers, 1)

    def traces(self, trials: Sequence[Trial], progress: Callable[[Progress], None] | None = None) -> Traces:
        """Return the trials' probabilities, from the cache where they are there.

        What is scored is kept every `STEP_S` seconds of audio, and `progress` is told. Raises ModelMissing
        where a model is needed that is not here, UnusableInput where audio cannot be read.
        """
        keys = self._keys(trials)
        known = {index: found for index, key in enumerate(keys) if (found := self._kept(key)) is not None}
        reused = len(known)
        missing = [index for index in range(len(trials)) if index not in known]
        tell = progress or _say_nothing
        tell(Progress(len(trials), reused, 0))
        for step in _steps([trials[index].duration_s for index in missing]):
            some = [missing[place] for place in step]
            for index, scored in zip(some, self._scored([trials[index] for index in some]), strict=True):
                known[index] = scored
                if self._cache is not None:
                    self._cache.put(keys[index], scored.packed())
            tell(Progress(len(trials), reused, len(known) - reused))
        return self._packed([known[index] for index in range(len(trials))])

    def _packed(self, scored: list[Scored]) -> Traces:
        longest = max(scored, key=lambda one: len(one.lags), default=None)
        return Traces.of(
            [one.probabilities for one in scored],
            self.rate_hz,
            self.window_samples,
            lag_windows=np.zeros(0, np.int64) if longest is None else longest.lags.astype(np.int64),
            lane_windows=np.array([one.lane_windows for one in scored], np.int64),
        )

    # -- keys

    def _keys(self, trials: Sequence[Trial]) -> list[str]:
        if self._cache is None:
            return [""] * len(trials)
        facts = [FORMAT, self._vad.model, self._vad.reset_after_quiet_ms, *self._model_hashes(), *made_with()]
        ours = json.dumps(["scores", *facts])
        return [
            hashlib.sha256((ours + recipe(trial, self.rate_hz, self._sounds)).encode()).hexdigest()
            for trial in trials
        ]

    def _model_hashes(self) -> list[str]:
        from local_agent.models.cache import model_path, sha256_of

        hashes = [sha256_of(vad_file(self._vad, self.rate_hz))]
        if self._noise.engine != "off":
            hashes += [
                self._noise.engine,
                str(self._noise.max_attenuation_db),
                sha256_of(model_path(self._noise.engine)),
            ]
        return hashes

    def _kept(self, key: str) -> Scored | None:
        data = None if self._cache is None else self._cache.get(key)
        return None if data is None else Scored.unpacked(data)

    # -- scores

    def _scored(self, trials: list[Trial]) -> list[Scored]:
        network = self._opened()
        begun = perf_counter()
        lanes = [lane(trial, self.rate_hz, self._sounds) for trial in trials]
        composed = perf_counter()
        heard = self._heard(lanes)
        denoised = perf_counter()
        scores = self._probabilities([samples for samples, _ in heard], network)
        spent = self.spent
        spent.audio_s += sum(len(one) for one in lanes) / self.rate_hz
        spent.composing_s += composed - begun
        spent.denoising_s += denoised - composed
        spent.inference_s += perf_counter() - denoised
        return [
            Scored(probabilities, lags, len(one) // self.window_samples)
            for probabilities, (_, lags), one in zip(scores, heard, lanes, strict=True)
        ]

    def _opened(self) -> SileroNetwork:
        if self._network is None:
            from local_agent.simulate.opening import network_for

            self._network = network_for(self._vad, self.rate_hz)
            self._batch = LOCKSTEP_BATCH if lock_step_is_exact(self._network) else 1
        return self._network

    def _probabilities(self, lanes: list[Samples], network: SileroNetwork) -> list[Samples]:
        resets = self._vad.reset_after_quiet_ms
        if self._batch == 1:
            return [ProbabilityStream(network, resets).probabilities(one) for one in lanes]
        longest_first = sorted(range(len(lanes)), key=lambda place: -len(lanes[place]))
        parts = [longest_first[worker :: self._workers] for worker in range(self._workers)]

        def scored(places: list[int]) -> list[Samples]:
            some = [lanes[place] for place in places]
            return probabilities_of(some, network, batch=self._batch, reset_after_quiet_ms=resets)

        with ThreadPoolExecutor(self._workers) as pool:
            told = [one for part in pool.map(scored, parts) for one in part]
        found = dict(zip((place for part in parts for place in part), told, strict=True))
        return [found[place] for place in range(len(lanes))]

    def _heard(self, lanes: list[Samples]) -> list[tuple[Samples, NDArray[np.int32]]]:
        """Return for each lane the windows that the network gets, and how many were given when each was ready."""
        if self._noise.engine == "off":
            return [(one, np.arange(1, len(one) // self.window_samples + 1, dtype=np.int32)) for one in lanes]
        from local_agent.denoise import denoiser_for

        while self._denoisers.qsize() < self._workers:
            self._denoisers.put(denoiser_for(self._noise, self.rate_hz))
        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(self._suppressed, lanes))

    def _suppressed(self, samples: Samples) -> tuple[Samples, NDArray[np.int32]]:
        size, denoiser = self.window_samples, self._denoisers.get()
        try:
            denoiser.reset()
            blocks, ready, lags = ReBlocker(size), [np.zeros(0, np.float32)], []
            for number, window in enumerate(samples.reshape(-1, size), 1):
                for one in blocks.push(denoiser.process(window)):
                    ready.append(one.copy())
                    lags.append(number)
        finally:
            self._denoisers.put(denoiser)
        return np.concatenate(ready), np.array(lags, np.int32)


def vad_file(vad: VadParameters, rate_hz: int) -> Path:
    """Return the file of the VAD that the settings name. Raises ModelMissing or ModelCorrupt."""
    from local_agent.models.cache import model_path
    from local_agent.vad.networks import silero_v6_file

    return silero_v6_file(rate_hz) if vad.model == "silero_v6" else model_path(vad.model)


def lock_step_is_exact(network: SileroNetwork, batch: int = LOCKSTEP_BATCH) -> bool:
    """Tell whether clips scored together get the bits of clips scored alone, here and with this network.

    Tried on bursts of noise of 1, 2, 3 … windows, so that each number of clips beside one another occurs.
    """
    chance = np.random.default_rng(0)
    sizes = [count * network.window_samples for count in range(1, batch + 1)]
    clips = [
        (chance.standard_normal(size) * chance.choice([0.001, 0.05, 0.3])).astype(np.float32)
        for size in sizes
    ]
    together = probabilities_of(clips, network, batch=batch)
    return all(
        np.array_equal(ProbabilityStream(network).probabilities(clip), scores)
        for clip, scores in zip(clips, together, strict=True)
    )


def _steps(durations_s: Sequence[float]) -> list[list[int]]:
    """Return places in groups of about STEP_S seconds, in order: neighbours share their files."""
    steps: list[list[int]] = []
    held_s = STEP_S
    for place, duration_s in enumerate(durations_s):
        if held_s >= STEP_S:
            steps.append([])
            held_s = 0.0
        steps[-1].append(place)
        held_s += duration_s
    return steps


def _say_nothing(progress: Progress) -> None:
    del progress
