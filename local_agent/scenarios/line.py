"""The telephone line: μ-law, and packets lost in bursts. Chunks of any size give the same samples."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.companding import decode_mu_law, encode_mu_law

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.scenarios.model import Line


class Losses:
    """Gilbert's two states: in the good one packets arrive, in the bad one they do not.

    The chance to leave the bad state is 1/burst_packets; that to enter it makes the share lost `loss_ratio`.
    """

    def __init__(self, loss_ratio: float, burst_packets: float, rng: np.random.Generator) -> None:
        self._leave = 1 / burst_packets
        self._enter = min(1.0, self._leave * loss_ratio / (1 - loss_ratio))
        self._rng = rng
        self._bad = False

    def next(self) -> bool:
        """Whether the next packet is lost."""
        chance = self._rng.random()
        self._bad = chance >= self._leave if self._bad else chance < self._enter
        return self._bad


@functools.cache
def _round_trip() -> NDArray[np.float32]:
    levels = np.arange(-32_768, 32_769, dtype=np.float32) / np.float32(32_768)
    return decode_mu_law(encode_mu_law(levels))


def through_mu_law(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples in -1..1 coded and decoded again: one look-up, as the code is without memory."""
    return np.asarray(_round_trip()[np.rint(samples * np.float32(32_768)).astype(np.int32) + 32_768])


class TelephoneLine:
    """Carries one call's audio; a lost packet repeats the last good one at half its level, or is silent."""

    def __init__(self, line: Line, rate_hz: int, rng: np.random.Generator) -> None:
        self._line = line
        self._size = line.packet_ms * rate_hz // 1000
        self._losses = Losses(line.loss_ratio, line.burst_packets, rng)
        self._last = np.zeros(self._size, np.float32)
        self._within = 0
        self._lost = False
        self.lost_packets = self.packets = 0

    def carry(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what arrives of a chunk, as long as it is."""
        line = self._line
        out = through_mu_law(samples) if line.codec == "mu_law" else samples.copy()
        at = 0
        while at < len(out):
            if self._within == 0:
                self._begin()
            size = min(self._size - self._within, len(out) - at)
            here = slice(self._within, self._within + size)
            if self._lost:
                out[at : at + size] = self._last[here]
            else:
                self._last[here] = out[at : at + size]
            at += size
            self._within = (self._within + size) % self._size
        return out

    def _begin(self) -> None:
        self._lost = self._line.loss_ratio > 0 and self._losses.next()
        self.packets += 1
        self.lost_packets += self._lost
        if self._lost:
            self._last *= np.float32(0.5 if self._line.concealment == "repeat" else 0.0)
