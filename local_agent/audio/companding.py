"""G.711 μ-law and A-law, as telephone lines carry them (ITU-T G.711, 1988).

Both are 8-bit floating point: sign, three bits of exponent, four of mantissa. Decoding is a table of 256
values, built here from the formula; encoding finds the nearest lower decision level. Samples are float32 in
-1..1, where 1.0 is 32768 on the 16-bit scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MU_BIAS = 132  # added before the logarithm, so that the first segment is linear (G.711 on a 16-bit scale)
MU_LAW_PEAK = 32124 / 32768
"""The loudest value μ-law can carry: a clipped line stops here, not at 1.0."""
A_LAW_PEAK = 32256 / 32768
"""The loudest value A-law can carry."""


def _mu_law_table() -> NDArray[np.float32]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _MU_BIAS << (code >> 4 & 7)) - _MU_BIAS
    return (np.where(code & 0x80, -magnitude, magnitude) / 32768).astype(np.float32)


def _a_law_table() -> NDArray[np.float32]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = code >> 4 & 7, (code & 0x0F) << 4
    magnitude = np.where(exponent == 0, mantissa + 8, mantissa + 0x108 << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) / 32768).astype(np.float32)


_MU_LAW = _mu_law_table()
_A_LAW = _a_law_table()


def decode_mu_law(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the samples that μ-law bytes stand for."""
    return _MU_LAW[codes]


def decode_a_law(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the samples that A-law bytes stand for."""
    return _A_LAW[codes]


def encode_mu_law(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the μ-law bytes of samples in -1..1; louder ones are clipped to the line's peak."""
    scaled = np.rint(np.clip(samples, -1.0, 1.0).astype(np.float64) * 32768).astype(np.int32)
    biased = np.minimum(np.abs(scaled), 32635) + _MU_BIAS
    exponent = np.frexp(biased.astype(np.float64))[1] - 8
    mantissa = biased >> (exponent + 3) & 0x0F
    code = np.where(scaled < 0, 0x80, 0) | exponent << 4 | mantissa
    return np.asarray(~code & 0xFF, dtype=np.uint8)
