"""How fast a simulated call runs, and what a live window costs: ratios taken side by side in one run.

    python benchmarks/simulate.py [--corpus DIR] [--seconds 60] [--hours 1]

Speed: a bare loop of ONNX calls, beside whole calls (VAD, floor, second look, endpointing by silence, player)
over the same audio, as multiples of real time and of the bare loop; rounds in turn, the median counts. The
audio is speech of the corpus where there is one (so that turns, pauses and barge-ins happen), else bursts of
noise. With RNNoise, NSNet2 and smart-turn apart, where they are here. Frame path: 32 ms of audio to events,
percentiles. Growth: what is held in memory after the first minute of an hour's call, and at each quarter of it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.errors import ModelMissing
from local_agent.parameters import EndpointingParameters, NoiseParameters, Parameters
from local_agent.record import SpokenTurn
from local_agent.simulate.opening import models_for
from local_agent.simulate.speaking import RecordedMouth
from local_agent.vad.networks import silero_v6

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from local_agent.simulate.opening import Models
    from local_agent.simulate.session import Session

    Samples = NDArray[np.float32]

RATE = 16_000
WINDOW = 512
ROUNDS = 9
PLAIN = Parameters(endpointing=EndpointingParameters(mode="silence"))


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--hours", type=float, default=1.0)
    chosen = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lane = _lane(chosen.corpus, chosen.seconds)
    _speed(lane)
    _frames(lane)
    _growth(lane, chosen.hours)


def _lane(corpus: Path | None, seconds: int) -> Samples:
    """Return a caller's lane of whole windows: clips in turn, with pauses; or bursts of noise."""
    chance = np.random.default_rng(0)
    lane = (chance.standard_normal(seconds * RATE) * 10 ** (-60 / 20)).astype(np.float32)
    if corpus and (corpus / "manifest.jsonl").is_file():
        clips = [json.loads(line) for line in (corpus / "manifest.jsonl").open("r")]
        names = [clip["audio"] for clip in clips if clip["kind"] in {"turn", "speech", "noise"}]
        pieces = (
            read_clip(corpus / names[int(at)], rate_hz=RATE).samples for at in chance.permutation(len(names))
        )
    else:
        pieces = (chance.uniform(-0.2, 0.2, RATE).astype(np.float32) for _ in range(seconds))
    at = RATE
    for piece in pieces:
        if at + len(piece) >= len(lane):
            break
        lane[at : at + len(piece)] += piece
        at += len(piece) + RATE
    return np.clip(lane, -1.0, 1.0)[: len(lane) // WINDOW * WINDOW]


def _session(models: Models, seconds: float) -> Session:
    """Return a session whose agent has 4 s to say whenever it may."""
    prompt = np.random.default_rng(1).uniform(-0.1, 0.1, 4 * RATE).astype(np.float32)
    return models.session(RecordedMouth([(0, SpokenTurn("", prompt))] * (int(seconds) // 2 + 1)))


def _call(models: Models, lane: Samples) -> None:
    session = _session(models, len(lane) / RATE)
    for at in range(0, len(lane), WINDOW):
        session.speak()
        session.hear(lane[at : at + WINDOW])
    session.finish()


def _bare(lane: Samples) -> None:
    network = silero_v6(RATE)
    context, session = network.context_samples, network.session
    frames = np.zeros((1, context + WINDOW), np.float32)
    state, constant = np.zeros((2, 1, 128), np.float32), np.array(RATE, np.int64)
    for at in range(0, len(lane), WINDOW):
        frames[:, context:] = lane[at : at + WINDOW]
        _, state = session.run(None, {"input": frames, "state": state, "sr": constant})


def _speed(lane: Samples) -> None:
    contenders: dict[str, Callable[[], None]] = {"bare ONNX loop": lambda: _bare(lane)}
    plain = models_for(PLAIN, RATE)
    contenders["call: VAD and turn machine"] = lambda: _call(plain, lane)
    extras = {
        "call with smart-turn": Parameters(),
        "call with NSNet2": replace(PLAIN, noise=NoiseParameters("nsnet2")),
        "call with RNNoise": replace(PLAIN, noise=NoiseParameters("rnnoise")),
    }
    for name, parameters in extras.items():
        try:
            models = models_for(parameters, RATE)
            _session(models, 1)
        except ModelMissing as missing:
            print(f"{name}: {missing.message}")
            continue
        for note in models.notes:
            print(f"{name}: {note}")
        contenders[name] = lambda models=models: _call(models, lane)  # type: ignore[misc]
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(ROUNDS):
        for name, run in contenders.items():
            if number < 2 or name in {"bare ONNX loop", "call: VAD and turn machine"}:
                began = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - began)
    print(f"\n{len(lane) / RATE:.0f} s at {RATE} Hz, one core   x real time   x the bare loop")
    for name, spent in times.items():
        ratio = median(ours / bare for ours, bare in zip(spent, times["bare ONNX loop"], strict=False))
        print(f"{name:30} {len(lane) / RATE / median(spent):14.0f} {ratio:17.3f}")


def _frames(lane: Samples) -> None:
    session, costs = _session(models_for(PLAIN, RATE), len(lane) / RATE), []
    gc.collect()
    for at in range(0, len(lane), WINDOW):
        began = time.perf_counter()
        session.speak()
        session.hear(lane[at : at + WINDOW])
        costs.append(time.perf_counter() - began)
    p50, p99, worst = np.percentile(costs, [50, 99, 100]) * 1e3
    print(f"\nframe path, 32 ms of audio to events: p50 {p50:.3f} ms, p99 {p99:.3f} ms, worst {worst:.3f} ms")


def _growth(lane: Samples, hours: float) -> None:
    """Print Python's allocated blocks and the resident memory after a minute and at each quarter of the call.

    Blocks settle within some dozens: numpy keeps small freed arrays for later.
    """
    session = _session(models_for(PLAIN, RATE), hours * 3600)
    minute, windows = 60 * RATE // WINDOW, int(hours * 3600 * RATE / WINDOW)
    looked_at = {minute, *(windows * quarter // 4 for quarter in (1, 2, 3, 4))}
    print(f"\n{hours:g} h of simulated call   blocks   resident MiB")
    for number in range(1, windows + 1):
        at = number * WINDOW % len(lane)
        session.speak()
        session.hear(lane[at : at + WINDOW])
        session.events.clear()  # live, each event is handed on
        if number in looked_at:
            gc.collect()
            print(f"{number / minute:19.0f} min {sys.getallocatedblocks():8} {_resident_mib():14.1f}")


def _resident_mib() -> float:
    """Return what the process holds in memory now; at most so far where the system tells only that."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
