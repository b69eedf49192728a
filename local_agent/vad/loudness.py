"""Volume as Pipecat's gate measures it: BS.1770 loudness of the last 400 ms, mapped to 0..1 and smoothed.

ITU-R BS.1770-4 loudness is the power of the signal after two filters (a shelf above 1.7 kHz, a high-pass at
38 Hz). Pipecat 1.14 measures each window's preceding 400 ms from scratch, in tenths of a LU, so that
-110..-10 LUFS becomes 0..1, anything under -70 LUFS is 0, and a new value weighs 0.2 against the past.

From scratch means that the filters begin at rest 400 ms ago. Filtering those 6,400 samples for every window
would cost more than the VAD. Here the filters run on, and what their memory of earlier audio adds is taken
out: the wanted output is y - Z·s, with s the filters' state 400 ms ago and Z their answer to it, so its
energy is Σy² - 2·s·(Zᵀy) + s·(ZᵀZ)·s. Kept are per hop of 4 ms: Σy², Zᵀy and s, nine numbers.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

HOPS_PER_SECOND = 250
MEASURED_HOPS = 100  # 400 ms, BS.1770's gating block
SMOOTHING = 0.2
_OFFSET_LU = -0.691  # BS.1770-4, equation 2
_ABSOLUTE_GATE_LUFS = -70.0
_ROUNDING_POWER = 1e-12  # far under the gate: what rounding may leave of silence, which has no logarithm
_QUIETEST_LUFS, _LOUDEST_LUFS = -110.0, -10.0


class _Filters(NamedTuple):
    """The two filters in blocks of one hop: output and next state from input and state, sums over 400 ms."""

    toeplitz: Matrix  # [hop, hop]: a hop's output from its input, at rest
    ringing: Matrix  # [hop, 4]: its output from the state before it
    drive: Matrix  # [4, hop]: the next state from its input
    jumps: Matrix  # [hops + 1, 4, 4]: the state after so many hops from the state before
    weigh: Matrix  # [4, 4 * hops]: Zᵀy of 400 ms from the hops' own
    ringing_power: Matrix  # [4, 4]: ZᵀZ over 400 ms


class LoudnessMeter:
    """The smoothed volume of one stream; feed it every window, in order."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._filters = _filters(sample_rate_hz)
        self._hop = sample_rate_hz // HOPS_PER_SECOND
        self._state = np.zeros(4)
        self._power = np.zeros(MEASURED_HOPS)
        self._echoes = np.zeros((MEASURED_HOPS, 4))
        self._states = np.zeros((MEASURED_HOPS, 4))
        self._hops = 0
        self._smoothed = 0.0

    def volume(self, window: NDArray[np.float32]) -> float:
        """Take the next window (a whole number of 4 ms hops); return the volume at its end, 0..1."""
        hops = window.reshape(-1, self._hop).astype(np.float64)
        count = len(hops)
        chain = _chain(self._sample_rate_hz, count)
        states = (chain @ np.concatenate([self._state, hops.ravel()])).reshape(-1, 4)
        states, self._state = states[:-1], states[-1]
        out = hops @ self._filters.toeplitz.T + states @ self._filters.ringing.T
        for kept, new in (
            (self._power, np.einsum("ij,ij->i", out, out)),
            (self._echoes, out @ self._filters.ringing),
            (self._states, states),
        ):
            kept[:-count] = kept[count:]
            kept[-count:] = new
        self._hops += count
        self._smoothed += SMOOTHING * (self._measured() - self._smoothed)
        return self._smoothed

    def _measured(self) -> float:
        if self._hops < MEASURED_HOPS:
            return 0.0
        first = self._states[0]
        echo = self._filters.weigh @ self._echoes.ravel()
        power = self._power.sum() - 2 * (first @ echo) + first @ self._filters.ringing_power @ first
        return _volume(float(power) / (MEASURED_HOPS * self._hop))


def _volume(mean_power: float) -> float:
    """Return the volume of 400 ms that have so much power, both filters passed."""
    if mean_power <= _ROUNDING_POWER:
        return 0.0
    level = _OFFSET_LU + 10 * math.log10(mean_power)
    if level < _ABSOLUTE_GATE_LUFS:
        return 0.0
    level = (math.floor(level * 10) + 0.5) / 10
    return min(1.0, max(0.0, (level - _QUIETEST_LUFS) / (_LOUDEST_LUFS - _QUIETEST_LUFS)))


def volumes_of(samples: NDArray[np.float32], sample_rate_hz: int, window_samples: int) -> NDArray[np.float64]:
    """Return the volume at the end of each window of a clip, its last partial one zero-filled.

    The meter's own bits, at half its cost: only the filters' state goes from window to window, and what
    is made of it is a stack of the same products.
    """
    filters, hop = _filters(sample_rate_hz), sample_rate_hz // HOPS_PER_SECOND
    missing = -len(samples) % window_samples
    hops = np.concatenate([samples, np.zeros(missing, np.float32)]).astype(np.float64)
    hops = hops.reshape(-1, window_samples // hop, hop)
    windows, count, _ = hops.shape
    chain, state = _chain(sample_rate_hz, count), np.zeros(4)
    states = np.empty((windows, count, 4))
    for window, heard in enumerate(hops.reshape(windows, count * hop)):
        found = (chain @ np.concatenate([state, heard])).reshape(-1, 4)
        states[window], state = found[:-1], found[-1]
    out = hops @ filters.toeplitz.T + states @ filters.ringing.T
    measured = np.zeros(windows)
    late = -(-MEASURED_HOPS // count) - 1  # the first window at whose end 400 ms were heard
    if windows > late:
        skip = (late + 1) * count - MEASURED_HOPS
        power = _stretches(np.einsum("wij,wij->wi", out, out).ravel()[skip:], MEASURED_HOPS, count)
        echoes = _stretches((out @ filters.ringing).ravel()[4 * skip :], MEASURED_HOPS * 4, count * 4)
        first = states.reshape(-1, 1, 4)[skip::count][: windows - late]
        echo = first @ (filters.weigh @ echoes[:, :, np.newaxis])
        ringing = first @ filters.ringing_power @ first.transpose(0, 2, 1)
        total = power.sum(axis=-1) - 2 * echo[:, 0, 0] + ringing[:, 0, 0]
        measured[late:] = [_volume(mean) for mean in (total / (MEASURED_HOPS * hop)).tolist()]
    volumes, smoothed = [], 0.0
    for one in measured.tolist():
        smoothed += SMOOTHING * (one - smoothed)
        volumes.append(smoothed)
    return np.array(volumes, dtype=np.float64)


def _stretches(values: Matrix, size: int, step: int) -> Matrix:
    """Return a view of all stretches of one length, each so much later than the one before, [stretches, size]."""
    return np.lib.stride_tricks.sliding_window_view(values, size)[::step]


@lru_cache(maxsize=2)
def _filters(sample_rate_hz: int) -> _Filters:
    hop = sample_rate_hz // HOPS_PER_SECOND
    step, push, read, direct = _in_series(_shelf(sample_rate_hz), _high_pass(sample_rate_hz))
    powers = [np.linalg.matrix_power(step, k) for k in range(hop)]
    ringing = np.array([read @ power for power in powers])
    impulse = np.concatenate([[direct], ringing[: hop - 1] @ push])
    lag = np.subtract.outer(np.arange(hop), np.arange(hop))
    toeplitz = np.where(lag >= 0, impulse[np.maximum(lag, 0)], 0.0)
    drive = np.array([powers[hop - 1 - k] @ push for k in range(hop)]).T
    advance = np.linalg.matrix_power(step, hop)
    jumps = np.array([np.linalg.matrix_power(advance, k) for k in range(MEASURED_HOPS + 1)])
    weigh = np.concatenate([jump.T for jump in jumps[:MEASURED_HOPS]], axis=1)
    own = ringing.T @ ringing
    power = sum((jump.T @ own @ jump for jump in jumps[:MEASURED_HOPS]), np.zeros((4, 4)))
    return _Filters(toeplitz, ringing, drive, jumps, weigh, power)


@lru_cache(maxsize=4)
def _chain(sample_rate_hz: int, hops: int) -> Matrix:
    """Return what makes the states around `hops` hops out of the first state and their samples."""
    filters = _filters(sample_rate_hz)
    hop = filters.drive.shape[1]
    chain = np.zeros((hops + 1, 4, 4 + hops * hop))
    for after in range(hops + 1):
        chain[after, :, :4] = filters.jumps[after]
        for before in range(after):
            at = 4 + before * hop
            chain[after, :, at : at + hop] = filters.jumps[after - before - 1] @ filters.drive
    return chain.reshape(4 * (hops + 1), -1)


def _shelf(sample_rate_hz: int) -> tuple[Matrix, Matrix]:
    """BS.1770's first filter, from its analogue parameters (the standard tabulates 48 kHz alone)."""
    k = math.tan(math.pi * 1681.974450955533 / sample_rate_hz)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    norm = 1 + k / q + k * k
    forward = np.array([high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k]) / norm
    return forward, np.array([1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm])


def _high_pass(sample_rate_hz: int) -> tuple[Matrix, Matrix]:
    """BS.1770's second filter."""
    k = math.tan(math.pi * 38.13547087602444 / sample_rate_hz)
    q = 0.5003270373238773
    norm = 1 + k / q + k * k
    return np.array([1.0, -2.0, 1.0]), np.array([1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm])


def _in_series(
    first: tuple[Matrix, Matrix], second: tuple[Matrix, Matrix]
) -> tuple[Matrix, Matrix, Matrix, float]:
    """Return two biquads one after the other as a space: s' = step·s + push·x, y = read·s + direct·x."""
    (step_1, push_1, read_1, direct_1), (step_2, push_2, read_2, direct_2) = _space(first), _space(second)
    step = np.block([[step_1, np.zeros((2, 2))], [np.outer(push_2, read_1), step_2]])
    push = np.concatenate([push_1, push_2 * direct_1])
    return step, push, np.concatenate([direct_2 * read_1, read_2]), direct_2 * direct_1


def _space(biquad: tuple[Matrix, Matrix]) -> tuple[Matrix, Matrix, Matrix, float]:
    """Return one biquad as a state space (transposed direct form II)."""
    forward, back = biquad
    step = np.array([[-back[1], 1.0], [-back[2], 0.0]])
    push = np.array([forward[1] - back[1] * forward[0], forward[2] - back[2] * forward[0]])
    return step, push, np.array([1.0, 0.0]), float(forward[0])
