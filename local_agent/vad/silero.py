"""Speech probabilities of one live stream, of a whole clip, or of many clips in lock-step.

All three give the same numbers: a window's probability depends on the samples up to its end, and on the reset
policy, which looks at probabilities alone; never on chunks, on the gate's settings, or on the clips beside
it. (To the last bit for v6 and v5; in batches v4's own sums come out otherwise by up to 4e-6.)

The last partial window of a clip is filled up with zeros and scored, as the package does itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.windows import window_count
from local_agent.vad.networks import silero_v4, silero_v5, silero_v6

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from local_agent.vad.networks import SileroNetwork

CERTAIN_QUIET = 0.1
"""Below this a window is certainly no speech (Pipecat 1.14 uses the same number for its resets)."""
LOCKSTEP_BATCH = 16
"""Clips scored together: the fastest of 4..128 where the batch still fits a 1 MB second-level cache."""


class ProbabilityStream:
    """One call's recurrent state around a shared network. Windows go in one by one, in order."""

    def __init__(
        self, network: SileroNetwork, reset_after_quiet_ms: int | None = None, reset_apart_ms: int = 0
    ) -> None:
        self.network = network
        self.sample_rate_hz, self.window_samples = network.sample_rate_hz, network.window_samples
        self._quiet_limit = quiet_windows(network, reset_after_quiet_ms)
        self._apart = _windows(network, reset_apart_ms)
        self._bound = network.bound()
        self._kept = -network.context_samples
        self._window = self._bound.frame[0, network.context_samples :]
        self._context = self._bound.frame[0, : network.context_samples]
        self._quiet = self._scored = 0

    def reset(self) -> None:
        """Forget everything heard: state and context are those of a new call."""
        self._bound.reset()
        self._quiet = self._scored = 0

    def probability(self, window: NDArray[np.float32]) -> float:
        """Score the next window of exactly `window_samples` samples: 0..1 that it holds speech."""
        if len(window) != self.window_samples:
            raise ValueError(f"the window has {self.window_samples} samples, not {len(window)}")
        if self._kept:
            self._context[:] = self._window[self._kept :]
        self._window[:] = window
        probability = self._bound.run()
        if self._quiet_limit:
            self._note(probability)
        return probability

    def _note(self, probability: float) -> None:
        self._scored += 1
        self._quiet = self._quiet + 1 if probability < CERTAIN_QUIET else 0
        if self._quiet >= self._quiet_limit and self._scored >= self._apart:
            self.reset()

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score the rest of a clip, its last partial window zero-filled; the stream goes on from there."""
        size = self.window_samples
        count = window_count(len(samples), size)
        scores = np.empty(count, dtype=np.float32)
        for index in range(len(samples) // size):
            scores[index] = self.probability(samples[index * size : (index + 1) * size])
        if len(samples) % size:
            scores[-1] = self.probability(_filled_up(samples[(count - 1) * size :], size))
        return scores


class SileroStream(ProbabilityStream):
    """Silero v6.2 from the installed package, at 8 or 16 kHz: windows of 32 ms."""

    def __init__(self, sample_rate_hz: int, reset_after_quiet_ms: int | None = None) -> None:
        super().__init__(silero_v6(sample_rate_hz), reset_after_quiet_ms)


class SileroV5Stream(ProbabilityStream):
    """Silero v5 from a file: windows of 32 ms."""

    def __init__(self, path: Path, sample_rate_hz: int, reset_after_quiet_ms: int | None = None) -> None:
        super().__init__(silero_v5(path, sample_rate_hz), reset_after_quiet_ms)


class SileroV4Stream(ProbabilityStream):
    """Silero v4 from a file: windows of 32, 64 or 96 ms."""

    def __init__(
        self,
        path: Path,
        sample_rate_hz: int,
        window_samples: int | None = None,
        reset_after_quiet_ms: int | None = None,
    ) -> None:
        super().__init__(silero_v4(path, sample_rate_hz, window_samples), reset_after_quiet_ms)


def probabilities_of(
    clips: Sequence[NDArray[np.float32]],
    network: SileroNetwork,
    *,
    batch: int = LOCKSTEP_BATCH,
    reset_after_quiet_ms: int | None = None,
    reset_apart_ms: int = 0,
) -> list[NDArray[np.float32]]:
    """Score many clips of the network's rate at once; the answers stand in the order of the clips.

    Each of `batch` seats holds a clip; when it ends, the next one sits down with a fresh state. Longest
    first, so that few seats stay empty at the end.
    """
    scores = [np.empty(window_count(len(clip), network.window_samples), np.float32) for clip in clips]
    waiting = sorted((i for i in range(len(clips)) if len(scores[i])), key=lambda i: len(scores[i]))
    quiet_limit, apart = quiet_windows(network, reset_after_quiet_ms), _windows(network, reset_apart_ms)
    table = _Table(network, min(batch, len(waiting)), quiet_limit, apart)
    for seat in range(table.seats):
        table.seat(seat, waiting.pop(), clips, scores)
    while table.seats:
        table.step()
        for seat in table.finished():
            if waiting:
                table.seat(seat, waiting.pop(), clips, scores)
            else:
                table.remove(seat)
    return scores


class _Table:
    """The seats of a lock-step batch: frames, states, quiet counts, and whose clip sits where."""

    def __init__(self, network: SileroNetwork, seats: int, quiet_limit: int, apart: int) -> None:
        self.network, self.seats = network, seats
        self._quiet_limit, self._apart = quiet_limit, apart
        self._frames = np.zeros((seats, network.context_samples + network.window_samples), np.float32)
        self._state = network.fresh_state(seats)
        self._quiet, self._scored = np.zeros((2, seats), np.int64)
        self._clips: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * seats
        self._scores = list(self._clips)
        self._at = [0] * seats

    def seat(
        self,
        seat: int,
        clip: int,
        clips: Sequence[NDArray[np.float32]],
        scores: list[NDArray[np.float32]],
    ) -> None:
        self._clips[seat], self._scores[seat], self._at[seat] = clips[clip], scores[clip], 0
        self._forget(seat)

    def step(self) -> None:
        context, size = self.network.context_samples, self.network.window_samples
        if context:
            self._frames[:, :context] = self._frames[:, -context:]
        for seat, (clip, at) in enumerate(zip(self._clips, self._at, strict=True)):
            window = clip[at * size : (at + 1) * size]
            self._frames[seat, context:] = window if len(window) == size else _filled_up(window, size)
        scored, self._state = self.network.run(self._frames, self._state)
        for seat, score in enumerate(scored[:, 0].tolist()):
            at = self._at[seat]
            self._scores[seat][at] = score
            self._at[seat] = at + 1
        if self._quiet_limit:
            self._note(scored[:, 0])

    def _note(self, probabilities: NDArray[np.float32]) -> None:
        self._scored += 1
        self._quiet = np.where(probabilities.astype(np.float64) < CERTAIN_QUIET, self._quiet + 1, 0)
        for seat in np.flatnonzero((self._quiet >= self._quiet_limit) & (self._scored >= self._apart)):
            self._forget(int(seat))

    def _forget(self, seat: int) -> None:
        for state in self._state:
            state[:, seat] = 0.0
        self._frames[seat] = 0.0
        self._quiet[seat] = self._scored[seat] = 0

    def finished(self) -> Iterator[int]:
        """Return the seats whose clip is done, the last first, so that removal keeps the rest in place."""
        done = [seat for seat in range(self.seats) if self._at[seat] == len(self._scores[seat])]
        return reversed(done)

    def remove(self, seat: int) -> None:
        self._frames = np.delete(self._frames, seat, axis=0)
        self._state = tuple(np.delete(state, seat, axis=1) for state in self._state)
        self._quiet, self._scored = np.delete(self._quiet, seat), np.delete(self._scored, seat)
        for column in (self._clips, self._scores, self._at):
            del column[seat]
        self.seats -= 1


def quiet_windows(network: SileroNetwork, reset_after_quiet_ms: int | None) -> int:
    """Return how many certainly quiet windows in a row reset the state; 0 means that nothing does."""
    return 0 if reset_after_quiet_ms is None else max(1, _windows(network, reset_after_quiet_ms))


def _windows(network: SileroNetwork, duration_ms: int) -> int:
    return window_count(duration_ms * network.sample_rate_hz // 1000, network.window_samples)


def _filled_up(window: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.concatenate([window, np.zeros(size - len(window), np.float32)])
