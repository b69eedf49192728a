"""Smart Turn: the features are those it was trained on, and its answers are of the last 8 s."""

from __future__ import annotations

import importlib.util
import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.endpointing.features import BANDS, SAMPLES, log_mel
from local_agent.endpointing.smart_turn import SmartTurn, front_padded
from local_agent.errors import LocalAgentError, UnusableInput
from local_agent.models.index import download
from local_agent.models.manifest import shipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REFERENCE = "pipecat/audio/turn/smart_turn/_whisper_features.py"
CORPUS = Path(os.environ.get("VAXCTL_CORPUS", Path(__file__).parents[3].parent / "shared" / "corpus"))


def _noise(samples: int, seed: int = 3) -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return Pipecat's own extractor, loaded by path out of its wheel; skip where no index has the wheel."""
    folder = tmp_path_factory.mktemp("pipecat")
    model = shipped().model("smart_turn")
    try:
        wheel = download(model, model.wheels[0], folder)
    except LocalAgentError as error:
        pytest.skip(f"needs the wheel of pipecat-ai: {error.message}")
    with zipfile.ZipFile(wheel) as archive:
        (folder / "features.py").write_bytes(archive.read(REFERENCE))
    spec = importlib.util.spec_from_file_location("pipecat_features", folder / "features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "sound",
    [
        _noise(SAMPLES),
        front_padded(_noise(20_000)),
        np.zeros(SAMPLES, np.float32),
        np.sign(_noise(SAMPLES)),
        (0.2 * np.sin(2 * np.pi * 440 * np.arange(SAMPLES) / 16_000)).astype(np.float32),
        _noise(SAMPLES) * np.float32(1e-4) + np.float32(0.3),
    ],
    ids=["noise", "padded", "silence", "clipped", "tone", "faint-with-offset"],
)
def test_features_are_the_references(reference: Any, sound: NDArray[np.float32]) -> None:
    """Equal to Pipecat's extractor within 1e-6, on sound of every sort."""
    np.testing.assert_allclose(
        log_mel(sound), reference.compute_whisper_log_mel_features(sound), atol=1e-6, rtol=0
    )


def test_features_have_the_models_shape_and_range() -> None:
    """80 bands, 800 frames, at most 2 between the loudest and the quietest."""
    features = log_mel(_noise(SAMPLES))
    assert features.shape == (BANDS, 800)
    assert features.dtype == np.float32
    assert features.max() - features.min() <= 2.0 + 1e-6


def test_a_tone_is_loudest_in_its_band_at_its_time() -> None:
    """1 kHz in the last second: mel 15 of 45.2, so band 26 of 80, in the last hundred frames."""
    sound = np.zeros(SAMPLES, np.float32)
    sound[-16_000:] = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    band, frame = np.unravel_index(np.argmax(log_mel(sound)), (BANDS, 800))
    assert abs(int(band) - 26) <= 1
    assert frame >= 699


def test_features_of_another_length_are_refused() -> None:
    """Padding is the caller's decision: at the wrong end it makes the model useless."""
    with pytest.raises(ValueError, match="128000"):
        log_mel(np.zeros(1000, np.float32))


def test_short_sound_is_padded_in_front_and_long_sound_loses_its_beginning() -> None:
    """The end of the sound is always the end of the window."""
    short = front_padded(np.array([1, 2], np.float32))
    assert short.shape == (SAMPLES,)
    assert short[-3:].tolist() == [0, 1, 2]
    long = np.arange(SAMPLES + 5, dtype=np.float32)
    np.testing.assert_array_equal(front_padded(long), long[5:])


def test_only_the_last_8_seconds_count(model: Callable[[str], Path]) -> None:
    """What came before them changes nothing; what is in them does."""
    asked = SmartTurn(model("smart_turn"))
    last = _noise(SAMPLES)
    answer = asked.probability_complete(last)
    assert asked.probability_complete(np.concatenate([_noise(50_000, 9), last])) == answer
    assert asked.probability_complete(last[::-1].copy()) != answer
    assert 0.0 <= answer <= 1.0


def test_telephone_sound_is_brought_to_the_models_rate(model: Callable[[str], Path]) -> None:
    """8 kHz is resampled first; the same samples taken for 16 kHz would be another sound."""
    import soxr

    asked = SmartTurn(model("smart_turn"))
    sound = _noise(16_000)
    answer = asked.probability_complete(sound, 8000)
    assert answer == asked.probability_complete(soxr.resample(sound, 8000, 16_000))
    assert answer != asked.probability_complete(sound)


def test_no_sound_at_all_has_an_answer(model: Callable[[str], Path]) -> None:
    """An empty turn is silence, at any rate."""
    asked = SmartTurn(model("smart_turn"))
    empty = np.zeros(0, np.float32)
    assert asked.probability_complete(empty) == asked.probability_complete(empty, 8000)


def test_a_sample_that_is_no_number_is_refused(model: Callable[[str], Path]) -> None:
    """NaN would come back as an answer that means nothing."""
    with pytest.raises(UnusableInput, match="NaN"):
        SmartTurn(model("smart_turn")).probability_complete(np.array([np.nan], np.float32))


def test_it_tells_done_from_not_done_on_people(model: Callable[[str], Path]) -> None:
    """On labelled turns with 200 ms of a quiet line, a complete one scores above a held one two times in three."""
    if not (CORPUS / "manifest.jsonl").is_file():
        pytest.skip("needs the evaluation corpus (VAXCTL_CORPUS)")
    import soundfile

    asked = SmartTurn(model("smart_turn"))
    scores: dict[str, list[float]] = {"complete": [], "hold": []}
    clips = [json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text("utf-8").splitlines()]
    for clip in clips:
        kept = scores.get(clip.get("turn", ""))
        if kept is None or len(kept) >= 25 or clip["sample_rate_hz"] != 16_000:
            continue
        sound, rate = soundfile.read(CORPUS / clip["audio"], dtype="float32")
        spoken = sound[: int(clip["turn_point_s"] * rate)]
        paused = np.concatenate([spoken, np.zeros(rate // 5, np.float32)])
        kept.append(asked.probability_complete(paused + _noise(paused.size) * np.float32(0.03)))
    pairs = [done > held for done in scores["complete"] for held in scores["hold"]]
    assert len(pairs) >= 100
    assert np.mean(pairs) > 0.66
