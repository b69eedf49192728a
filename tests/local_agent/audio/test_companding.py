"""G.711 against libsndfile's own tables."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from local_agent.audio.companding import A_LAW_PEAK, MU_LAW_PEAK, decode_a_law, decode_mu_law, encode_mu_law

CODES = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize(("subtype", "decode"), [("ULAW", decode_mu_law), ("ALAW", decode_a_law)])
def test_all_codes_decode_as_libsndfile_decodes_them(subtype: str, decode: object) -> None:
    """Every one of the 256 codes gives the same sample."""
    data = io.BytesIO(CODES.tobytes())
    witness, _ = soundfile.read(
        data, format="RAW", subtype=subtype, channels=1, samplerate=8000, dtype="float32"
    )
    assert callable(decode)
    np.testing.assert_array_equal(decode(CODES), witness)


def test_the_peaks_are_the_loudest_codes() -> None:
    """The clipping check knows where each line stops."""
    assert np.abs(decode_mu_law(CODES)).max() == MU_LAW_PEAK
    assert np.abs(decode_a_law(CODES)).max() == A_LAW_PEAK


def test_encoding_gives_every_code_back() -> None:
    """Only negative zero has another code for the same value."""
    again = encode_mu_law(decode_mu_law(CODES))
    assert [code for code in range(256) if again[code] != code] == [0x7F]


def test_encoding_is_libsndfiles_within_one_step() -> None:
    """Any sample, over full scale too, lands on a neighbouring level at most."""
    samples = np.linspace(-1.2, 1.2, 20001, dtype=np.float32)
    back = decode_mu_law(encode_mu_law(samples))
    wanted = np.clip(samples, -MU_LAW_PEAK, MU_LAW_PEAK)
    assert np.all(np.abs(back - wanted) <= np.abs(wanted) / 16 + 8 / 32768)
