"""What a live window costs: from its last sample being here to its events and its answer being ready.

    python benchmarks/live.py [--seconds 60] [--rate 16000] [--hours 0]

Needs the extra `voice`. Windows of 32 ms come at real time, as from a line: a caller who speaks, pauses, and
speaks over the agent. Ways in turn: a bare loop of ONNX calls over the same windows at the same pace (what this machine does
to anybody), a silent agent, a scripted agent in a voice, and the same with the voice synthesising without a
break beside the call, which is worse than any call. `less queue` is the wall time without what the frame thread stood
ready and waited for a core (Linux tells it, /proc/self/task/*/schedstat): what a machine would show that nobody else
uses; waiting for other threads of the process is in it. CPU is the frame thread's own time. With `--hours`: what so long a call,
as fast as it can be run, adds to traced memory and to the process after its first minute.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, get_native_id
from typing import TYPE_CHECKING

import numpy as np

from local_agent.live.opening import LiveOptions, opened
from local_agent.parameters import Parameters
from local_agent.vad.networks import silero_v6
from local_agent.vad.silero import ProbabilityStream
from local_agent.voices.hibari_voice import HibariVoice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SAYS = (
    "We have an opening on Tuesday at ten, and another on Wednesday afternoon, if that is easier for you. "
    "The visit takes about an hour, and there is nothing that you need to prepare. Which day suits you better?"
)


def main() -> None:
    """Measure each way, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--rate", type=int, default=16_000)
    arguments.add_argument("--hours", type=float, default=0.0)
    chosen = arguments.parse_args()
    lane = _lane(chosen.seconds, chosen.rate)
    print(
        f"{chosen.seconds} s at {chosen.rate} Hz, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; ms\n"
    )
    print(f"{'':31} | wall               p99.9 | less queue          p99.9   worst | CPU        p99 |     n")
    _print("bare ONNX calls", _bare(lane, chosen.rate))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.yaml"
        turns = "\n".join([f'  - say: "{SAYS}"\n    expects_answer: true'] * 60)
        script.write_text(f"schema: vaxctl-script/v1\nlatency_ms: 600\nturns:\n{turns}\n", "utf-8")
        scripted = LiveOptions(chosen.rate, script=script)
        _print("silent agent", _call(lane, LiveOptions(chosen.rate)))
        _print("scripted agent", _call(lane, scripted))
        with _synthesising(chosen.rate):
            _print("scripted, voice without a break", _call(lane, scripted))
        if chosen.hours:
            _growth(lane, replace(scripted, voice="tone", lockstep=True), chosen.hours)


def _lane(seconds: int, rate: int) -> NDArray[np.float32]:
    """Return a sentence of the voice's in every 7 s, over a quiet line."""
    lane = np.random.default_rng(0).normal(0, 0.001, seconds * rate).astype(np.float32)
    said = HibariVoice().speak("I am not sure about that. What does it cost?", rate).samples
    for at in range(rate, len(lane) - len(said), 7 * rate):
        lane[at : at + len(said)] += said
    return lane


def _call(lane: NDArray[np.float32], options: LiveOptions) -> NDArray[np.float64]:
    data, step = (lane * 32767).astype("<i2").tobytes(), 2 * options.sample_rate_hz * 32 // 1000
    happened: list[object] = []
    with opened(Parameters(), options, happened.append) as ready:

        def window(number: int) -> None:
            for _ in ready.call.push(data[number * step : (number + 1) * step]):
                pass

        costs = _paced(window, len(data) // step)
    kinds = [type(event).__name__ for event in happened]
    told = ", ".join(
        f"{kinds.count(kind)} {kind}" for kind in ("UserTurnEnded", "AgentSpeechStarted", "BargeIn")
    )
    print(f"  {told}; {ready.call.late_replies} late; {'; '.join(ready.notes)}")
    return costs


def _growth(lane: NDArray[np.float32], options: LiveOptions, hours: float) -> None:
    data, rate = (lane * 32767).astype("<i2").tobytes(), options.sample_rate_hz
    first: tuple[int, int] | None = None
    parameters = replace(Parameters(), hang_up_after_ms=3_600_000)
    with opened(parameters, options, lambda _: None) as ready:
        tracemalloc.start()
        for number in range(round(hours * 3600 * rate * 2 / len(data))):
            for _ in ready.call.push(data):
                pass
            if first is None and (number + 1) * len(data) >= 120 * rate:
                gc.collect()
                first = tracemalloc.get_traced_memory()[0], _resident_kib()
        gc.collect()
        traced, resident = tracemalloc.get_traced_memory()[0], _resident_kib()
        tracemalloc.stop()
    if first is not None:
        print(
            f"\ngrowth over {hours:g} h after the first minute: traced {(traced - first[0]) / 1024:+.1f} KiB, "
            f"resident {resident - first[1]:+} KiB (of {resident})"
        )


def _resident_kib() -> int:
    """Return the process's resident memory (Linux), 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.is_file() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _bare(lane: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    stream = ProbabilityStream(silero_v6(rate))
    size = stream.window_samples

    def window(number: int) -> None:
        stream.probability(lane[number * size : (number + 1) * size])

    return _paced(window, len(lane) // size)


def _paced(window: Callable[[int], None], count: int) -> NDArray[np.float64]:
    """Give a window each 32 ms; return wall, wall less queue, and CPU milliseconds of each."""
    costs = np.zeros((count, 3))
    start, queue = time.perf_counter(), _Queue()
    for number in range(count):
        time.sleep(max(0.0, start + number * 0.032 - time.perf_counter()))
        waited, wall, cpu = queue.waited_s(), time.perf_counter(), time.thread_time()
        window(number)
        spent, own = time.perf_counter() - wall, time.thread_time() - cpu
        costs[number] = spent, max(spent - (queue.waited_s() - waited), own), own
    return costs * 1e3


class _Queue:
    """How long this thread has stood ready without a core, as Linux counts it; 0 elsewhere."""

    def __init__(self) -> None:
        self._file = Path(f"/proc/self/task/{get_native_id()}/schedstat")
        self._told = self._file.is_file()

    def waited_s(self) -> float:
        return int(self._file.read_text("ascii").split()[1]) / 1e9 if self._told else 0.0


@contextmanager
def _synthesising(rate: int) -> Iterator[None]:
    """Keep a voice at work in a thread of this process."""
    voice, over = HibariVoice(), Event()

    def speak() -> None:
        while not over.is_set():
            voice.speak(SAYS, rate)

    thread = Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _print(name: str, costs: NDArray[np.float64]) -> None:
    wall = " ".join(f"{value:7.3f}" for value in np.percentile(costs[:, 0], [50, 99, 99.9]))
    less = " ".join(f"{value:7.3f}" for value in np.percentile(costs[:, 1], [50, 99, 99.9, 100]))
    own = " ".join(f"{value:7.3f}" for value in np.percentile(costs[:, 2], [50, 99]))
    print(f"{name:31} |{wall} |{less} |{own} |{len(costs):6}", flush=True)


if __name__ == "__main__":
    main()
