"""Rates a whole number apart: late by what is said, flat where it must be, and deaf beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.denoise.rates import REACH, STEP, Downsampler, Upsampler, converters

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _sine(hertz: float, rate: int, samples: int) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hertz * np.arange(samples) / rate).astype(np.float32)


@pytest.mark.parametrize(("factor", "rate"), [(2, 8000), (3, 16_000), (6, 8000)])
@pytest.mark.parametrize("share", [0.0125, 0.25, 0.4])
def test_up_and_down_give_the_input_back_late_by_twice_the_reach(
    factor: int, rate: int, share: float
) -> None:
    """To 0.3 %, for tones up to 0.8 of the band."""
    tone = _sine(share * rate, rate, 2000)
    out = Downsampler(factor).process(Upsampler(factor).process(tone))
    np.testing.assert_allclose(out[4 * REACH :], tone[2 * REACH : -2 * REACH], atol=0.003)


@pytest.mark.parametrize("factor", [2, 3, 6])
def test_what_the_lower_rate_cannot_hold_is_gone(factor: int) -> None:
    """A tone at 1.1 of the lower band is 60 dB down, not folded back into it."""
    tone = _sine(0.55 * 16_000, 16_000 * factor, 12_000)
    assert np.abs(Downsampler(factor).process(tone)[4 * REACH :]).max() < 0.001


@pytest.mark.parametrize("factor", [2, 3, 6])
def test_upsampling_makes_no_images(factor: int) -> None:
    """All but a millionth of the power stays in the band that was there."""
    out = Upsampler(factor).process(_sine(3000, 16_000, 4000))[REACH * factor :]
    power = np.abs(np.fft.rfft(out * np.hanning(out.size))) ** 2
    assert power[power.size // factor :].sum() < 1e-6 * power.sum()


@pytest.mark.parametrize("factor", [2, 3, 6])
@pytest.mark.parametrize("steps", [1, 2, 3, 100])
def test_chunks_go_on_where_the_last_one_stopped(noise: NDArray[np.float32], factor: int, steps: int) -> None:
    """In 5, 10, 15 ms or whole, the same samples to the last bit; after a reset, the same again."""
    up, down = Upsampler(factor), Downsampler(factor)
    whole = down.process(up.process(noise))
    up.reset()
    down.reset()
    parts = [down.process(up.process(part)) for part in np.split(noise, range(0, noise.size, STEP * steps))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("converter", [Upsampler(3), Downsampler(3)])
def test_what_makes_no_whole_product_is_refused(converter: Upsampler | Downsampler) -> None:
    """Samples are not dropped in silence."""
    with pytest.raises(ValueError, match="no multiple"):
        converter.process(np.zeros(STEP + 1, np.float32))


def test_equal_rates_need_no_converters() -> None:
    """Nothing is filtered that need not be."""
    assert converters(1) is None
