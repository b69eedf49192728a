"""RNNoise: a native library called through ctypes, 10 ms frames at 48 kHz.

The library is late by 20 ms (two frames, measured as the peak of the cross-correlation with its input). It has no
attenuation limit of its own, so the limit is a mix: out = f * in + (1 - f) * rnnoise(in), f = 10 ** (-max_attenuation_db
/ 20), both delayed alike. What RNNoise silences comes out attenuated by max_attenuation_db; what it keeps, unchanged.
"""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING

import numpy as np

from local_agent.denoise.rates import REACH, converters
from local_agent.errors import ModelCorrupt, UnusableInput

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.denoise.protocol import Samples

_RATE_HZ = 48_000
_FRAME = 480
_LAG = 2 * _FRAME
_FULL_SCALE = 32_768.0


class Rnnoise:
    """A FrameEngine over one RNNoise state, at 8, 16 or 48 kHz."""

    def __init__(self, library: Path, sample_rate: int, max_attenuation_db: float) -> None:
        factor, rest = divmod(_RATE_HZ, sample_rate)
        if rest or sample_rate < 8000:  # noqa: PLR2004 - telephone audio is the least
            raise UnusableInput(f"RNNoise is run at 8, 16 or 48 kHz here, not at {sample_rate} Hz")
        self.sample_rate = sample_rate
        self.frame_samples = _FRAME // factor
        self.library = _opened(library)
        self._floor = np.float32(10.0 ** (-max_attenuation_db / 20.0))
        self._rates = converters(factor)
        self.lag_samples = _LAG // factor + (2 * REACH if factor > 1 else 0)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for converter in self._rates or ():
            converter.reset()
        self._state = _State(self.library)
        self._dry = np.zeros(_LAG, np.float32)

    def frames(self, frames: Samples) -> Samples:
        """Return the next frames. Filters and mixing take all of them at once, the library one by one."""
        low = frames.reshape(-1)
        high = low if self._rates is None else self._rates[0].process(low)
        line = np.concatenate([self._dry, high])
        self._dry = line[high.size :].copy()
        mixed = self._state.process(high)
        mixed *= np.float32(1.0) - self._floor
        mixed += self._floor * line[: high.size]
        return (mixed if self._rates is None else self._rates[1].process(mixed)).reshape(frames.shape)


class _State:
    """The library's memory of one stream; given back when nobody holds it any more."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._handle = library.rnnoise_create(None)
        if not self._handle:
            raise MemoryError("rnnoise_create")
        weakref.finalize(self, library.rnnoise_destroy, self._handle)

    def process(self, samples: Samples) -> Samples:
        """Return what the library makes of a whole number of frames."""
        out = samples * np.float32(_FULL_SCALE)
        call, handle, at = self._library.rnnoise_process_frame, self._handle, out.ctypes.data
        for frame in range(at, at + out.nbytes, _FRAME * out.itemsize):
            call(handle, frame, frame)
        out /= np.float32(_FULL_SCALE)
        return out


def _opened(path: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(path))
        library.rnnoise_create.argtypes = [ctypes.c_void_p]
        library.rnnoise_create.restype = ctypes.c_void_p
        library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
        library.rnnoise_destroy.restype = None
        library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        library.rnnoise_process_frame.restype = ctypes.c_float
        size = int(library.rnnoise_get_frame_size())
    except (OSError, AttributeError) as error:
        raise ModelCorrupt(
            f"the RNNoise library cannot be used on this machine: {error}", help="use nsnet2"
        ) from error
    if size != _FRAME:
        raise ModelCorrupt(
            f"the RNNoise library works on frames of {size} samples, not {_FRAME}", help="use nsnet2"
        )
    return library
