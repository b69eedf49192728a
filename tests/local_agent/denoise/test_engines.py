"""Both engines on sound: chunks, alignment, the attenuation limit, both rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_agent.denoise import Denoiser, denoiser_for
from local_agent.denoise.rnnoise import Rnnoise
from local_agent.errors import ModelCorrupt, ModelMissing, UnusableInput
from local_agent.parameters import NoiseParameters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

Engine = Literal["rnnoise", "nsnet2"]
ENGINES: tuple[Engine, ...] = ("rnnoise", "nsnet2")
RATES = (8000, 16_000)
WORST_DELAY_MS = {
    ("rnnoise", 16_000): 33,
    ("rnnoise", 8000): 36,
    ("nsnet2", 16_000): 20,
    ("nsnet2", 8000): 26,
}

every_engine = pytest.mark.parametrize("engine", ENGINES)
every_rate = pytest.mark.parametrize("rate", RATES)


@pytest.fixture
def made(model: Callable[[str], Path]) -> Callable[..., Denoiser]:
    """Return a maker of denoisers; the model is brought first."""

    def make(engine: Engine, rate: int, limit: int = 20) -> Denoiser:
        model(engine)
        return denoiser_for(NoiseParameters(engine=engine, max_attenuation_db=limit), rate)

    return make


def _at(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    return samples[:: 16_000 // rate].copy()


def _whole(denoiser: Denoiser, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([denoiser.process(samples), denoiser.flush()])


def _db(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@every_engine
@every_rate
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_any_chunking_gives_the_same_samples(
    made: Callable[..., Denoiser],
    voice: NDArray[np.float32],
    noise: NDArray[np.float32],
    engine: Engine,
    rate: int,
    sizes: list[int],
) -> None:
    """To the last bit, and as many as were given."""
    denoiser = made(engine, rate)
    sound = _at(voice + noise, rate)[: rate // 2]
    whole = _whole(denoiser, sound)
    cuts = np.minimum(np.cumsum(sizes), sound.size)
    parts = [denoiser.process(part) for part in np.split(sound, cuts)]
    np.testing.assert_array_equal(np.concatenate([*parts, denoiser.flush()]), whole)
    assert whole.size == sound.size


@every_engine
@every_rate
def test_what_comes_out_is_aligned_with_what_went_in(
    made: Callable[..., Denoiser], voice: NDArray[np.float32], engine: Engine, rate: int
) -> None:
    """The cross-correlation of a clean voice with its output peaks at 0, and the delay is what is documented."""
    sound = _at(voice, rate)
    denoiser = made(engine, rate)
    out = _whole(denoiser, sound)
    lags = np.fft.irfft(np.fft.rfft(out, 2 * sound.size) * np.conj(np.fft.rfft(sound, 2 * sound.size)))
    assert abs((np.argmax(lags) + sound.size) % (2 * sound.size) - sound.size) <= 1
    assert denoiser.delay_samples * 1000 / rate == WORST_DELAY_MS[engine, rate]


@every_engine
@every_rate
def test_noise_is_attenuated_by_no_more_than_the_limit(
    made: Callable[..., Denoiser], noise: NDArray[np.float32], engine: Engine, rate: int
) -> None:
    """After half a second of learning: at 12 dB about 12, at 30 dB much more."""
    sound = _at(noise, rate)
    settled = slice(rate // 2, None)
    taken = {
        limit: _db(sound[settled]) - _db(_whole(made(engine, rate, limit), sound)[settled])
        for limit in (12, 30)
    }
    assert 9 < taken[12] < 12.8
    assert 18 < taken[30] < 31.5


@every_engine
def test_a_limit_of_nothing_changes_nothing(
    made: Callable[..., Denoiser], voice: NDArray[np.float32], engine: Engine
) -> None:
    """With 0 dB allowed the input comes back, but for what resampling costs (RNNoise runs at 48 kHz)."""
    error = _whole(made(engine, 16_000, 0), voice) - voice
    assert _db(error[:-100]) < _db(voice) - (40 if engine == "rnnoise" else 100)


@every_engine
def test_a_voice_is_kept(
    made: Callable[..., Denoiser], voice: NDArray[np.float32], noise: NDArray[np.float32], engine: Engine
) -> None:
    """Between syllables the level falls by far more than within them."""
    sound = voice + noise
    out = _whole(made(engine, 16_000, 30), sound)
    level = np.abs(voice).reshape(-1, 160).max(axis=1).repeat(160)
    loud, quiet = level > 0.1, level < 0.001
    loud[:16_000] = quiet[:16_000] = False
    assert _db(sound[loud]) - _db(out[loud]) < 4
    assert _db(sound[quiet]) - _db(out[quiet]) > 8


@every_engine
def test_a_reset_forgets_the_call_before(
    made: Callable[..., Denoiser], voice: NDArray[np.float32], noise: NDArray[np.float32], engine: Engine
) -> None:
    """The same sound gives the same output, whatever came before."""
    fresh = made(engine, 16_000).process(voice)
    used = made(engine, 16_000)
    used.process(noise)
    used.reset()
    np.testing.assert_array_equal(used.process(voice), fresh)


@every_engine
def test_a_rate_that_is_not_offered_is_refused(made: Callable[..., Denoiser], engine: Engine) -> None:
    """44.1 kHz is no whole part of 48, and the message says which rates are."""
    with pytest.raises(UnusableInput, match="8"):
        made(engine, 44_100)


def test_frames_in_any_number_are_one_long_call_of_the_export(
    model: Callable[[str], Path],
    made: Callable[..., Denoiser],
    voice: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> None:
    """NSNet2 in pieces of 30 ms equals the export, states hidden, run over the whole spectrogram: to 1e-5."""
    from local_agent.models.session import open_session

    sound = voice + noise
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(320) / 320))
    padded = np.concatenate([np.zeros(160), sound, np.zeros(160)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, 320)[::160] * window
    spectra = np.fft.rfft(frames)
    features = np.log10(np.maximum(np.abs(spectra) ** 2, 1e-12)).astype(np.float32)
    (gains,) = open_session(model("nsnet2")).run(None, {"input": features[np.newaxis]})
    shaped = np.fft.irfft(spectra * np.clip(gains[0], 0.1, 1.0)) * window
    expected = np.zeros(padded.size)
    for at, frame in enumerate(shaped):
        expected[at * 160 : at * 160 + 320] += frame

    denoiser = made("nsnet2", 16_000, 20)
    parts = [denoiser.process(part) for part in sound.reshape(-1, 480)]
    np.testing.assert_allclose(np.concatenate([*parts, denoiser.flush()]), expected[160:-160], atol=1e-5)


def test_a_library_that_cannot_be_loaded_is_said_to_be(tmp_path: Path) -> None:
    """Another machine's library, or none at all."""
    (tmp_path / "librnnoise.so").write_bytes(b"not a library")
    with pytest.raises(ModelCorrupt, match="cannot be used on this machine"):
        Rnnoise(tmp_path / "librnnoise.so", 16_000, 20)


def test_native_states_are_given_back(model: Callable[[str], Path]) -> None:
    """A hundred resets leave one state alive: each is given back when nothing holds it."""
    engine = Rnnoise(model("rnnoise"), 16_000, 20)
    given_back: list[int] = []
    true = engine.library.rnnoise_destroy

    class Counting:
        """The library, with its returns counted."""

        rnnoise_create = engine.library.rnnoise_create
        rnnoise_process_frame = engine.library.rnnoise_process_frame

        @staticmethod
        def rnnoise_destroy(handle: int) -> None:
            given_back.append(handle)
            true(handle)

    engine.library = Counting()  # type: ignore[assignment]
    for _ in range(101):
        engine.reset()
    assert len(given_back) == 100


@every_engine
def test_an_absent_model_names_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    """The next step can be typed as it stands."""
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelMissing) as caught:
        denoiser_for(NoiseParameters(engine=engine), 16_000)
    assert caught.value.help == f"vaxctl models pull {engine}"


def test_off_needs_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default runs right after installation."""
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path))
    denoiser = denoiser_for(NoiseParameters(), 8000)
    assert denoiser.delay_samples == 0
    assert denoiser.sample_rate == 8000
