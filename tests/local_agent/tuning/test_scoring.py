"""Scores are the ear's own bits, and what sweeps make of them is what the session does on the audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.events import AgentSpeechPaused, AgentSpeechResumed, BargeIn, UserTurnEnded
from local_agent.parameters import (
    BargeInParameters,
    EndpointingParameters,
    NoiseParameters,
    Parameters,
    VadParameters,
)
from local_agent.record import SpokenTurn
from local_agent.simulate.ear import Ear
from local_agent.simulate.opening import Models, network_for
from local_agent.simulate.speaking import RecordedMouth, SilentMouth
from local_agent.tuning.judging.floors import FloorSweep
from local_agent.tuning.judging.turn_ends import TurnSweep
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.composing import lane
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.listening.scoring import Progress, Scored, Scorer, lock_step_is_exact
from local_agent.vad.silero import ProbabilityStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from local_agent.tuning.listening.traces import Traces
    from local_agent.tuning.listening.trial import Trial

ENGINES = ("off", "rnnoise", "nsnet2")
SILENCE = EndpointingParameters(mode="silence", delay_ms=500)


def _ear(vad: VadParameters, noise: NoiseParameters, rate: int) -> Ear:
    from local_agent.denoise import denoiser_for

    denoiser = None if noise.engine == "off" else denoiser_for(noise, rate)
    return Ear(vad, ProbabilityStream(network_for(vad, rate), vad.reset_after_quiet_ms), denoiser)


def _equals_ear(
    traces: Traces, trials: Sequence[Trial], vad: VadParameters, noise: NoiseParameters, rate: int
) -> None:
    for index, trial in enumerate(trials):
        ear, samples = _ear(vad, noise, rate), lane(trial, rate)
        windows = samples.reshape(-1, traces.window_samples)
        heard = [(sound, number) for number, window in enumerate(windows, 1) for sound in ear.hear(window)]
        alone = np.array([sound.probability for sound, _ in heard], np.float32)
        np.testing.assert_array_equal(traces.trial(index), alone)
        assert traces.lag_windows[: len(heard)].tolist() == [number for _, number in heard]
        assert traces.lane_windows[index] == len(windows)


@pytest.mark.parametrize("rate", [8000, 16_000])
@pytest.mark.parametrize("engine", ENGINES)
def test_scores_are_the_ears(corpus: Path, rate: int, engine: str, model: Callable[[str], Path]) -> None:
    """To the last bit, each trial beside others of other lengths, with what a suppressor is late by."""
    if engine != "off":
        model(engine)
    noise = NoiseParameters(engine)  # type: ignore[arg-type]
    trials = trials_of(corpus, seed=1)[:: 1 if engine == "off" else 3]
    traces = Scorer(VadParameters(), noise, rate_hz=rate, workers=2).traces(trials)
    assert traces.probabilities.max() > 0.9, "speech-like sound is speech"
    _equals_ear(traces, trials, VadParameters(), noise, rate)


@pytest.mark.parametrize("vad", [VadParameters("silero_v4"), VadParameters("silero_v5")], ids=["v4", "v5"])
def test_scores_of_older_networks_are_the_ears(
    corpus: Path, vad: VadParameters, model: Callable[[str], Path]
) -> None:
    """Also where lock-step gives other bits (v4, on x86-64)."""
    model(vad.model)
    trials = trials_of(corpus, seed=1)[:4]
    _equals_ear(Scorer(vad, rate_hz=8000).traces(trials), trials, vad, NoiseParameters(), 8000)


def test_scores_with_resets_are_the_ears(corpus: Path) -> None:
    """The reset policy is part of what is scored, and changes it."""
    vad = VadParameters(reset_after_quiet_ms=500)
    trials = trials_of(corpus, seed=1)
    traces = Scorer(vad, rate_hz=8000).traces(trials)
    _equals_ear(traces, trials, vad, NoiseParameters(), 8000)
    assert not np.array_equal(
        traces.probabilities, Scorer(VadParameters(), rate_hz=8000).traces(trials).probabilities
    )


@pytest.mark.parametrize("count", [1, 2, 10])
def test_threads_score_the_same(corpus: Path, count: int) -> None:
    """However many share the trials, and where there are fewer trials than threads."""
    trials = trials_of(corpus, seed=1)[:count]
    assert len(trials) == count
    alone, shared = (Scorer(VadParameters(), rate_hz=8000, workers=n).traces(trials) for n in (1, 3))
    np.testing.assert_array_equal(alone.starts, shared.starts)
    np.testing.assert_array_equal(alone.probabilities, shared.probabilities)


def test_lock_step_is_tried_out() -> None:
    """A network whose batches differ in the last bit is found out."""

    class Jittery:
        """Silero v6, a bit off where clips are scored together."""

        def __init__(self) -> None:
            self._real = network_for(VadParameters(), 8000)

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

        def run(self, frames: np.ndarray, state: tuple[np.ndarray, ...]) -> tuple[np.ndarray, object]:
            scores, following = self._real.run(frames, state)
            return scores + np.float32(1e-6 * (len(frames) == 3)), following

    assert not lock_step_is_exact(Jittery())  # type: ignore[arg-type]


# -- what the sweeps make of scores, beside the session on the audio


def _session(trial: Trial, parameters: Parameters, rate: int) -> dict[str, list[int]]:
    samples = lane(trial, rate)
    models = Models(parameters, rate, network_for(parameters.vad, rate))
    spoken = SpokenTurn("", np.full(len(samples) + rate, 1e-4, np.float32))
    session = models.session(
        RecordedMouth([(0, spoken)]) if trial.situation == "over_agent" else SilentMouth()
    )
    for window in samples.reshape(-1, session.window):
        session.speak()
        session.hear(window)
        if any(isinstance(event, BargeIn | UserTurnEnded) for event in session.events):
            break
    kinds = {
        "paused": AgentSpeechPaused,
        "resumed": AgentSpeechResumed,
        "taken": BargeIn,
        "over": UserTurnEnded,
    }
    return {
        name: [event.at_sample for event in session.events if isinstance(event, kind)]
        for name, kind in kinds.items()
    }


def _sweeps_equal_sessions(trials: Sequence[Trial], parameters: Parameters, rate: int) -> dict[str, int]:
    """Compare each trial; return how often something happened, so that a test can see that it did."""
    vad, barge_in = parameters.vad, parameters.barge_in
    traces = Scorer(vad, parameters.noise, rate_hz=rate).traces(trials)
    floors = FloorSweep(traces).outcomes(vad, barge_in)
    over = TurnSweep(traces).over_at(vad, parameters.endpointing, validate=barge_in.validate)
    happened = {"paused": 0, "taken": 0, "over": 0}
    for index, trial in enumerate(trials):
        alone = _session(trial, parameters, rate)
        if trial.situation == "over_agent":
            assert floors.paused_at[index] == (alone["paused"] or [-1])[0], trial.name
            assert floors.taken_at[index] == (alone["taken"] or [-1])[0], trial.name
            assert floors.resumes[index] == len(alone["resumed"]), trial.name
        else:
            assert over[index] == (alone["over"] or [-1])[0], trial.name
        for name in happened:
            happened[name] += bool(alone[name])
    return happened


@pytest.mark.parametrize("rate", [8000, 16_000])
@pytest.mark.parametrize("engine", ENGINES)
def test_sweeps_of_scores_are_sessions_on_audio(
    corpus: Path, rate: int, engine: str, model: Callable[[str], Path]
) -> None:
    """Floors and turn ends, to the sample, behind each suppressor."""
    if engine != "off":
        model(engine)
    noise = NoiseParameters(engine)  # type: ignore[arg-type]
    trials = trials_of(corpus, seed=3)
    if engine != "off":  # a suppressor takes most of the time
        trials = [trial for trial in trials if trial.name in {"talk-1/speech-2", "ask-female-c/turn"}]
    for validate in (True, False):
        parameters = Parameters(
            noise=noise, endpointing=SILENCE, barge_in=BargeInParameters(validate=validate)
        )
        happened = _sweeps_equal_sessions(trials, parameters, rate)
        assert happened["paused"] + happened["over"] >= 1
        assert engine != "off" or min(happened.values()) >= 1


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "engine"), [(8000, "off"), (16_000, "off"), (8000, "rnnoise")])
def test_sweeps_of_a_real_corpus_are_sessions(
    real_corpus: Path, rate: int, engine: str, model: Callable[[str], Path]
) -> None:
    """The same on recordings: a part of the trials, with low and with usual thresholds."""
    if engine != "off":
        model(engine)
    trials = trials_of(real_corpus, seed=1)[:: 9 if engine == "off" else 50]
    for vad in (VadParameters(), VadParameters(threshold=0.3, release_threshold=0.15, min_speech_ms=64)):
        parameters = Parameters(vad=vad, noise=NoiseParameters(engine), endpointing=SILENCE)  # type: ignore[arg-type]
        happened = _sweeps_equal_sessions(trials, parameters, rate)
        assert happened["paused"] >= 1
        assert happened["over"] >= 1


# -- the cache


def test_the_second_time_nothing_is_scored(corpus: Path, tmp_path: Path) -> None:
    """What is in the cache is taken from it, with lags; other settings and other seeds are not in it."""
    trials, cache = trials_of(corpus, seed=1), Cache(tmp_path)
    first = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials)
    again = Scorer(VadParameters(threshold=0.9), rate_hz=8000, cache=cache)
    told: list[Progress] = []
    second = again.traces(trials, told.append)
    assert told == [Progress(10, 10, 0)]
    assert again.spent.audio_s == 0.0
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    np.testing.assert_array_equal(first.lag_windows, second.lag_windows)
    np.testing.assert_array_equal(first.lane_windows, second.lane_windows)
    for vad, rate, seed in (
        (VadParameters(reset_after_quiet_ms=500), 8000, 1),
        (VadParameters(), 16_000, 1),
        (VadParameters(), 8000, 2),
    ):
        told.clear()
        Scorer(vad, rate_hz=rate, cache=cache).traces(trials_of(corpus, seed=seed)[:1], told.append)
        assert told[-1] == Progress(1, 0, 1)


def test_keys_follow_content_not_names(corpus: Path, tmp_path: Path) -> None:
    """A corpus that moved is known; a clip whose audio changed is scored anew."""
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(corpus, moved)
    cache = Cache(tmp_path / "cache")
    Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials_of(corpus, seed=1))
    told: list[Progress] = []
    scorer = Scorer(VadParameters(), rate_hz=8000, cache=cache)
    scorer.traces(trials_of(moved, seed=1), told.append)
    assert told[-1] == Progress(10, 10, 0)
    (moved / "audio" / "bang-1-a.wav").write_bytes(_turned_around(moved / "audio" / "bang-1-a.wav"))
    Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials_of(moved, seed=1), told.append)
    assert told[-1] == Progress(10, 9, 1)


def _turned_around(file: Path) -> bytes:
    import io

    import soundfile

    samples, rate = soundfile.read(file, dtype="int16")
    buffer = io.BytesIO()
    soundfile.write(buffer, samples[::-1], rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def test_scored_trials_survive_packing() -> None:
    """Bits and lags come back as they went."""
    scored = Scored(np.array([0.1, 1.0], np.float32), np.array([2, 5], np.int32), 7)
    back = Scored.unpacked(scored.packed())
    assert (back.probabilities.tolist(), back.lags.tolist(), back.lane_windows) == (
        scored.probabilities.tolist(),
        [2, 5],
        7,
    )


def test_no_trials_are_no_traces() -> None:
    """Nothing in, nothing out."""
    assert len(Scorer(VadParameters(), rate_hz=8000).traces([])) == 0
