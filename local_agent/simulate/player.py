"""The agent's mouth: plays a turn sample by sample, falls silent at once, goes on from the very sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.record import SpokenTurn

FADE_MS = 8
"""A resumed turn fades in over this long: enough against a click, too short to cost a sound."""


class Player:
    """One turn at a time. `played` counts the samples of it that have been heard."""

    def __init__(self, sample_rate_hz: int) -> None:
        self.turn: SpokenTurn | None = None
        self.played = 0
        self.playing = False
        steps = sample_rate_hz * FADE_MS // 1000
        self._ramp = (np.arange(1, steps + 1, dtype=np.float32) / np.float32(steps)).astype(np.float32)
        self._faded_from: int | None = None

    @property
    def remaining(self) -> int:
        """How many samples of the turn are still to be played."""
        return 0 if self.turn is None else len(self.turn.samples) - self.played

    def start(self, turn: SpokenTurn) -> None:
        """Play a turn from its first sample."""
        self.turn, self.played, self.playing, self._faded_from = turn, 0, True, None

    def grow(self, turn: SpokenTurn | None) -> None:
        """Take the turn under way with more at its end, None for no more; what was played stays played."""
        self.turn = turn or self.turn

    def pause(self) -> None:
        """Fall silent; the next sample stays the next sample."""
        self.playing = False

    def resume(self) -> None:
        """Go on from the next sample, faded in: quieter at first, never later."""
        self.playing, self._faded_from = True, self.played

    def stop(self) -> None:
        """Fall silent and forget the turn."""
        self.turn, self.played, self.playing, self._faded_from = None, 0, False, None

    def whole(self, count: int) -> NDArray[np.float32] | None:
        """Play so many samples from the middle of a turn without a copy; None at its end or in a fade."""
        if self.turn is None or not self.playing or self._faded_from is not None or self.remaining <= count:
            return None
        self.played += count
        return self.turn.samples[self.played - count : self.played]

    def render(self, out: NDArray[np.float32]) -> int:
        """Play into `out` as much as fits and is left; return how many samples that was."""
        if not self.playing or self.turn is None:
            return 0
        count = min(len(out), self.remaining)
        out[:count] = self.turn.samples[self.played : self.played + count]
        if self._faded_from is not None:
            self._fade(out[:count])
        self.played += count
        return count

    def _fade(self, out: NDArray[np.float32]) -> None:
        done = self.played - (self._faded_from or 0)
        ramp = self._ramp[done : done + len(out)]
        out[: len(ramp)] *= ramp
        if done + len(out) >= len(self._ramp):
            self._faded_from = None
