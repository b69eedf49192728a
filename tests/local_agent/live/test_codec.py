"""Bytes of a line: pieces of any size give the same samples, and samples come back as they went."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.live.codec import LineDecoder, encoded

LINE = np.random.default_rng(3).integers(-32768, 32768, 500).astype("<i2")


@pytest.mark.parametrize("encoding", ["s16le", "mulaw"])
@given(cuts=st.lists(st.integers(0, 1_000), max_size=20))
def test_any_pieces_give_the_same_samples(encoding: str, cuts: list[int]) -> None:
    """A sample may be cut in two."""
    data = LINE.tobytes()
    decoder = LineDecoder(encoding)  # type: ignore[arg-type]
    edges = [0, *sorted(cuts), len(data)]
    pieces = [decoder.decode(data[a:b]) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(pieces), LineDecoder(encoding).decode(data))  # type: ignore[arg-type]
    assert decoder.leftover_bytes == 0


def test_pcm_comes_back_to_the_bit() -> None:
    """What was heard can be said again."""
    samples = LineDecoder("s16le").decode(LINE.tobytes())
    assert encoded(samples, "s16le") == LINE.tobytes()


def test_mu_law_comes_back_to_the_bit() -> None:
    """All codes but the two zeros are their own round trip."""
    codes = bytes(range(256))
    again = encoded(LineDecoder("mulaw").decode(codes), "mulaw")
    assert [code for code in range(256) if again[code] != code] in ([127], [255], [])


def test_louder_than_the_line_is_clipped() -> None:
    """It never wraps around."""
    assert np.frombuffer(encoded(np.array([1.5, -1.5], np.float32), "s16le"), "<i2").tolist() == [
        32767,
        -32768,
    ]


def test_half_a_sample_is_left_over() -> None:
    """An odd byte is kept for its other half."""
    decoder = LineDecoder("s16le")
    assert len(decoder.decode(b"\x01\x02\x03")) == 1
    assert decoder.leftover_bytes == 1
