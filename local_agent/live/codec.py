"""Bytes of a line to samples and back, in pieces of any size: a sample may be cut anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from local_agent.audio.companding import decode_mu_law, encode_mu_law

if TYPE_CHECKING:
    from numpy.typing import NDArray

LineEncoding = Literal["s16le", "mulaw"]
"""Signed 16-bit little-endian, or G.711 μ-law, by ffmpeg's names."""

_SCALE = np.float32(32768)


class LineDecoder:
    """Bytes to float32 samples in -1..1. Half a sample is kept until its other half comes."""

    def __init__(self, encoding: LineEncoding) -> None:
        self._wide = encoding == "s16le"
        self._half = b""

    def decode(self, data: bytes) -> NDArray[np.float32]:
        """Return the samples that are whole now."""
        if not self._wide:
            return decode_mu_law(np.frombuffer(data, np.uint8))
        data = self._half + data
        whole = len(data) & ~1
        self._half = data[whole:]
        return np.frombuffer(data[:whole], "<i2").astype(np.float32) / _SCALE

    @property
    def leftover_bytes(self) -> int:
        """How many bytes wait for the rest of their sample: at the end of a line there should be none."""
        return len(self._half)


def encoded(samples: NDArray[np.float32], encoding: LineEncoding) -> bytes:
    """Return samples as the line carries them; louder ones than it can carry are clipped."""
    if encoding == "mulaw":
        return encode_mu_law(samples).tobytes()
    scaled: NDArray[np.int16] = np.clip(np.rint(samples * _SCALE), -32768, 32767).astype("<i2")
    return scaled.tobytes()
