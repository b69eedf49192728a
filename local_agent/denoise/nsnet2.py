"""NSNet2: gains for 161 frequencies each 10 ms, from a small recurrent network at 16 kHz.

Window 20 ms (root of a periodic Hann, both ways, so that gains of 1 give the input back), hop 10 ms. The export keeps
its two GRU states to itself and starts at zero in each call; here they are laid open, so that frames can come in any
number and give what one long call would (to 1e-5: sums are taken in another order).

The gain is kept at or above 10 ** (-max_attenuation_db / 20).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.denoise.onnx_graph import expose
from local_agent.denoise.rates import REACH, converters, overlapping
from local_agent.errors import UnusableInput
from local_agent.models.session import open_session

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.denoise.protocol import Samples

_RATE_HZ = 16_000
_HOP = 160
_WINDOW = 2 * _HOP
_UNITS = 400
_STATES_IN = ("92", "155")
_STATES_OUT = ("94", "157")
"""The first and last states of both GRUs, as the export of nsnet2-20ms-baseline.onnx names them."""
_ONE = np.float32(1.0)
_OUTPUTS = ("output", *_STATES_OUT)


class Nsnet2:
    """A FrameEngine over one NSNet2 stream, at 8 or 16 kHz."""

    def __init__(self, model: Path, sample_rate: int, max_attenuation_db: float) -> None:
        factor, rest = divmod(_RATE_HZ, sample_rate)
        if rest or factor > 2:  # noqa: PLR2004 - telephone audio is the least
            raise UnusableInput(f"NSNet2 is run at 8 or 16 kHz here, not at {sample_rate} Hz")
        self.sample_rate = sample_rate
        self.frame_samples = _HOP // factor
        self.lag_samples = _HOP // factor + (2 * REACH if factor > 1 else 0)
        self._floor = np.float32(10.0 ** (-max_attenuation_db / 20.0))
        self._rates = converters(factor)
        shape = (1, 1, _UNITS)
        exposed = expose(
            model.read_bytes(),
            [(name, shape) for name in _STATES_IN],
            [(name, shape) for name in _STATES_OUT],
        )
        self.session = open_session(exposed)
        turns = 2.0 * np.pi * np.arange(_WINDOW) / _WINDOW
        self._window = np.sqrt(0.5 - 0.5 * np.cos(turns)).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for converter in self._rates or ():
            converter.reset()
        self._states = {name: np.zeros((1, 1, _UNITS), np.float32) for name in _STATES_IN}
        self._past = np.zeros(_HOP, np.float32)
        self._tail = np.zeros(_HOP, np.float32)

    def frames(self, frames: Samples) -> Samples:
        """Return the next frames, one hop late."""
        if self._rates is None:
            return self._hops(frames)
        up, down = self._rates
        high = up.process(frames.reshape(-1)).reshape(-1, _HOP)
        return down.process(self._hops(high).reshape(-1)).reshape(frames.shape)

    def _hops(self, hops: Samples) -> Samples:
        line = np.concatenate([self._past, hops.reshape(-1)])
        self._past = line[hops.size :].copy()
        windows = overlapping(line, (len(hops), _WINDOW), (_HOP, 1))
        spectra = np.fft.rfft(windows * self._window)
        gains = self._gains(spectra)
        # Apart, because a product of complex numbers is slower and may round by where a number stands.
        spectra.real *= gains
        spectra.imag *= gains
        shaped = np.fft.irfft(spectra, _WINDOW)
        shaped *= self._window
        out, second = shaped[:, :_HOP], shaped[:, _HOP:]
        out[0] += self._tail
        out[1:] += second[:-1]
        self._tail = second[-1].copy()
        return np.asarray(out, np.float32)

    def _gains(self, spectra: np.ndarray[tuple[int, ...], np.dtype[np.complexfloating]]) -> Samples:
        power = spectra.real**2
        power += spectra.imag**2
        np.maximum(power, 1e-12, out=power)
        np.log10(power, out=power)
        features = power.astype(np.float32, copy=False)[np.newaxis]
        gains, *states = self.session.run(_OUTPUTS, {"input": features, **self._states})
        self._states = dict(zip(_STATES_IN, states, strict=True))
        limited: Samples = np.maximum(gains[0], self._floor)
        np.minimum(limited, _ONE, out=limited)
        return limited
