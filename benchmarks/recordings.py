"""What a long recording costs in memory: a run that hands events on, beside one that keeps the call whole.

    python benchmarks/recordings.py [--hours 3] [--rate 8000] [--whole]

Needs the extra `voice`: a caller who says a sentence in every 7 s, as 16-bit mono WAV; each way of running it is a
process of its own, whose peak resident memory the system tells. `--whole` runs the second way too (several
GB for 3 h: what `run` refuses beyond its limit).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

WAYS = ("import", "header", "stream", "whole")
WRITE = "write"


def main() -> None:
    """Write the file, run each way in a process, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--hours", type=float, default=3.0)
    arguments.add_argument("--rate", type=int, default=8000)
    arguments.add_argument("--whole", action="store_true")
    arguments.add_argument("--way", choices=(*WAYS, WRITE), help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.way == WRITE:
        _write(chosen.file, chosen.hours, chosen.rate)
        return
    if chosen.way:
        print(json.dumps(_measured(chosen.way, chosen.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "call.wav"
        # In a process of its own: what a process has needed at most, its children inherit.
        sizes = ["--hours", str(chosen.hours), "--rate", str(chosen.rate)]
        subprocess.run([sys.executable, __file__, "--way", WRITE, "--file", str(file), *sizes], check=True)
        print(
            f"{chosen.hours:g} h at {chosen.rate} Hz, {file.stat().st_size / 1e6:.0f} MB, one process each\n"
        )
        print(f"{'way':8} {'peak RSS MB':>12} {'s':>8} {'x real time':>12} {'events':>8}")
        for way in WAYS if chosen.whole else WAYS[:-1]:
            command = [sys.executable, __file__, "--way", way, "--file", str(file)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            speed = chosen.hours * 3600 / told["s"] if told["events"] else 0
            print(f"{way:8} {told['rss_mb']:12.0f} {told['s']:8.1f} {speed:12.0f} {told['events']:8}")


def _write(file: Path, hours: float, rate: int) -> None:
    import numpy as np

    from local_agent.voices.hibari_voice import HibariVoice

    minute = np.random.default_rng(0).normal(0, 0.001, 60 * rate)
    said = HibariVoice().speak("I am not sure about that. What does it cost?", rate).samples
    for at in range(rate, len(minute) - len(said), 7 * rate):
        minute[at : at + len(said)] += said
    data = (np.clip(minute, -1, 1) * 32767).astype("<i2").tobytes()
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        for _ in range(round(hours * 60)):
            out.writeframes(data)


def _measured(way: str, file: Path) -> dict[str, float]:
    import resource

    from local_agent.parameters import EndpointingParameters, Parameters
    from local_agent.simulate.opening import models_for
    from local_agent.simulate.recording import Recording

    began, events = time.perf_counter(), 0
    if way != "import":
        recording = Recording(file)
        parameters = Parameters(endpointing=EndpointingParameters(mode="silence"))
        models = models_for(parameters, recording.sample_rate_hz)
        if way != "header":
            run = recording.run(models, keep=way == "whole")
            events = sum(1 for _ in run.events())
            if way == "whole":
                run.record()
    spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {"rss_mb": peak, "s": spent, "events": events}


if __name__ == "__main__":
    main()
