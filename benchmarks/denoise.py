"""How fast noise suppression is, beside what its libraries take alone: ratios taken in one run, on one core.

    python benchmarks/denoise.py [--seconds 10] [--json]

For RNNoise and NSNet2, at 8 and 16 kHz, in windows of 32 ms as a call brings them and as one clip: a bare loop of
calls of the library (RNNoise: frames of 10 ms that stand ready at 48 kHz; NSNet2: features that stand ready, as many
frames to a call as ours has), and ours, from samples to samples with resampling, framing and mixing. Every contender
runs in turn, 9 rounds; the median round counts, and the ratio is the median of the rounds' own.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.denoise import denoiser_for
from local_agent.denoise.framing import MOST_FRAMES
from local_agent.denoise.nsnet2 import Nsnet2
from local_agent.denoise.rnnoise import Rnnoise
from local_agent.errors import LocalAgentError
from local_agent.models.cache import model_path
from local_agent.parameters import NoiseParameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Run = Callable[[], object]

ROUNDS = 9
WINDOW_MS = 32
FRAME_MS = 10
RATES = (16_000, 8_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One engine at one rate in one way of cutting: seconds of a median round, ours and bare, and their ratio."""

    engine: str
    rate_hz: int
    cut: str
    bare_s: float
    ours_s: float
    ratio: float
    audio_s: float

    def document(self) -> dict[str, Any]:
        """Return the row as JSON data."""
        frames = self.audio_s * 1000 / FRAME_MS
        return {
            "engine": self.engine,
            "rate_hz": self.rate_hz,
            "cut": self.cut,
            "bare_us_per_frame": round(self.bare_s / frames * 1e6, 1),
            "ours_us_per_frame": round(self.ours_s / frames * 1e6, 1),
            "ratio": round(self.ratio, 3),
            "bare_x_real_time": round(self.audio_s / self.bare_s, 1),
            "ours_x_real_time": round(self.audio_s / self.ours_s, 1),
        }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=10)
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows = []
    for engine in ("rnnoise", "nsnet2"):
        try:
            rows += [row for rate in RATES for row in _measured(engine, rate, chosen.seconds)]
        except LocalAgentError as error:
            print(f"{engine}: not measured: {error.message} ({error.help})")
    if chosen.json:
        print(json.dumps({"rounds": ROUNDS, "rows": [row.document() for row in rows]}, indent=2))
        return
    print(f"{'one core':24} {'bare library':>24} {'ours':>24}")
    print(f"{'':24} {'us/frame':>12} {'x real':>11} {'us/frame':>12} {'x real':>11} {'x bare':>8}")
    for row in map(Row.document, rows):
        name = f"{row['engine']} {row['rate_hz']} Hz, {row['cut']}"
        print(
            f"{name:24} {row['bare_us_per_frame']:12.1f} {row['bare_x_real_time']:11.1f}"
            f" {row['ours_us_per_frame']:12.1f} {row['ours_x_real_time']:11.1f} {row['ratio']:8.3f}"
        )
    print(f"medians of {ROUNDS} interleaved rounds over {chosen.seconds} s; a frame is {FRAME_MS} ms")


def _measured(engine: str, rate_hz: int, seconds: int) -> list[Row]:
    sound = _sound(rate_hz, seconds)
    noise = NoiseParameters(engine="rnnoise" if engine == "rnnoise" else "nsnet2")
    ours = denoiser_for(noise, rate_hz)
    bare = _bare_rnnoise if engine == "rnnoise" else _bare_nsnet2
    window = rate_hz * WINDOW_MS // 1000

    def live() -> None:
        ours.reset()
        for at in range(0, len(sound), window):
            ours.process(sound[at : at + window])

    def clip() -> None:
        ours.reset()
        ours.process(sound)

    contenders: dict[str, tuple[Run, Run]] = {
        "32 ms": (bare(sound, rate_hz, live=True), live),
        "clip": (bare(sound, rate_hz, live=False), clip),
    }
    times: dict[str, list[tuple[float, float]]] = {cut: [] for cut in contenders}
    for turn in range(ROUNDS + 1):
        for cut, (alone, whole) in contenders.items():
            took = _timed(alone), _timed(whole)
            if turn:
                times[cut].append(took)
    return [
        Row(
            engine,
            rate_hz,
            cut,
            median(bare for bare, _ in taken),
            median(own for _, own in taken),
            median(own / bare for bare, own in taken),
            float(seconds),
        )
        for cut, taken in times.items()
    ]


def _timed(run: Run) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _sound(rate_hz: int, seconds: int) -> Samples:
    """Return a gliding tone with overtones, on and off, in white noise: both engines have work to do."""
    at = np.arange(rate_hz * seconds) / rate_hz
    phase = 2 * np.pi * np.cumsum(120 + 25 * np.sin(4 * at)) / rate_hz
    tone = sum(np.sin(k * phase) / k for k in range(1, 21)) * (np.sin(12 * at) > 0)
    return np.asarray(0.1 * tone + 0.02 * np.random.default_rng(0).standard_normal(at.size), np.float32)


def _bare_rnnoise(sound: Samples, rate_hz: int, *, live: bool) -> Run:
    """Return a loop of the library's calls; cutting is all the same to it: it takes one frame at a time."""
    del live
    engine = Rnnoise(model_path("rnnoise"), rate_hz, 20)
    factor = 48_000 // rate_hz
    high = np.repeat(sound, factor) * np.float32(32_768)
    out = np.empty(480, np.float32)
    call, library = engine.library.rnnoise_process_frame, engine.library
    source, sink = high.ctypes.data, out.ctypes.data

    def run() -> Samples:
        handle = library.rnnoise_create(None)
        for at in range(source, source + high.nbytes, out.nbytes):
            call(handle, sink, at)
        library.rnnoise_destroy(handle)
        return out

    return run


def _bare_nsnet2(sound: Samples, rate_hz: int, *, live: bool) -> Run:
    """Return a loop of the network's calls, with as many frames to each as ours has."""
    engine = Nsnet2(model_path("nsnet2"), rate_hz, 20)
    session, calls = engine.session, _Calls(engine.session)
    engine.session = calls  # type: ignore[assignment]
    size, window = engine.frame_samples, rate_hz * WINDOW_MS // 1000
    whole = sound[: len(sound) // size * size].reshape(-1, size)
    ends = range(window, len(sound) + 1, window) if live else range(0, len(sound) + 1, size * MOST_FRAMES)
    cuts = sorted({0, *(end // size for end in ends), len(whole)})
    for begin, end in pairwise(cuts):
        if end > begin:
            engine.frames(whole[begin:end])
    features = calls.features

    def run() -> object:
        zero = np.zeros((1, 1, 400), np.float32)
        first, second = zero, zero
        gains = None
        for piece in features:
            feed = {"input": piece, "92": first, "155": second}
            gains, first, second = session.run(("output", "94", "157"), feed)
        return gains

    return run


class _Calls:
    """The network, with the features of every call kept."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.features: list[Samples] = []

    def run(self, names: tuple[str, ...], feed: dict[str, Samples]) -> Any:
        """Pass the call on."""
        self.features.append(feed["input"])
        return self._session.run(names, feed)


if __name__ == "__main__":
    main()
