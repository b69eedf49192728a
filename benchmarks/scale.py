"""What tuning over an archive costs: core-seconds, bytes and memory per hour, measured here on calls made for it.

    python benchmarks/scale.py [--calls 8] [--parts 200] [--only cost|memory|overhead]

Calls of four minutes, stereo, 8 kHz, 16-bit WAV, of speech-like sound and noise, with 12 labels each (6 turns, 3
callers over the agent, 3 noises): a lane is what one label becomes (its sound and some 6 s of quiet). Costs are
processor time of one process, one thread (`time.process_time`), at 8 kHz, a fresh cache for each. Memory is the
peak of a process of its own for parts of growing length, nothing of them cached. Overhead is processor time
of the process that holds client and scheduler, for parts of one cached lane each on a local cluster of two workers.
`archive` multiplies: a million such calls, by nothing but the figures above it.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from local_agent.parameters import EndpointingParameters, NoiseParameters, Parameters
from local_agent.scenarios.speech_like import speech_like
from local_agent.tuning.cluster.archive import calls_of
from local_agent.tuning.cluster.bench import ClusterBench, Way, items_of_calls, items_of_trials
from local_agent.tuning.cluster.connecting import connected
from local_agent.tuning.cluster.folding import bucket_of, sums
from local_agent.tuning.cluster.partition import Asked, Done, count_part
from local_agent.tuning.cluster.remote import Fetched, RemoteSounds
from local_agent.tuning.evidence.known_settings import known_settings
from local_agent.tuning.judging.answers import SmartTurnAnswers
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.scoring import Scorer
from local_agent.tuning.listening.volumes import volumes
from local_agent.tuning.search.space import Space, applied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_agent.tuning.cluster.archive import Call
    from local_agent.tuning.cluster.partition import Item
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.listening.composing import Sounds
    from local_agent.tuning.listening.trial import Trial

RATE, CALL_S, LABELS = 8_000, 240, 12
SILENCE = Parameters(endpointing=EndpointingParameters("silence"))
SEMANTIC = Parameters(endpointing=EndpointingParameters("semantic"))
CLASSES = ("door", "speech")
ARCHIVE_CALLS = 1_000_000
Costs = dict[str, float]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--calls", type=int, default=8)
    arguments.add_argument("--parts", type=int, default=200)
    arguments.add_argument("--only", choices=("cost", "memory", "overhead"))
    arguments.add_argument("--peak-of", type=float, help=argparse.SUPPRESS)
    arguments.add_argument("--folder", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.peak_of is not None:
        _peak(calls_of(chosen.folder), chosen.peak_of)
        return
    with tempfile.TemporaryDirectory(prefix="vaxctl-scale-") as folder:
        os.environ["VAXCTL_TUNE_CACHE_DIR"] = str(Path(folder) / "cache")
        archive = _archive(Path(folder) / "calls", chosen.calls)
        calls = calls_of(str(archive))
        if chosen.only in {None, "cost"}:
            costs = _costs(calls, Path(folder))
            _extrapolated(costs)
        if chosen.only in {None, "memory"}:
            _memory(archive)
        if chosen.only in {None, "overhead"}:
            _overhead(calls, chosen.parts)


# -- the archive


def _archive(folder: Path, count: int) -> Path:
    import soundfile

    folder.mkdir(parents=True)
    rows = ["file,start_s,end_s,label,class"]
    for number in range(count):
        chance = np.random.default_rng(number)
        caller = chance.standard_normal(CALL_S * RATE) * 1e-3
        for slot in range(LABELS):
            start, size = 2.0 + slot * CALL_S / LABELS, float(chance.uniform(1.0, 6.0))
            noise = slot % 4 == 3
            size = size / 5 if noise else size
            at, samples = round(start * RATE), round(size * RATE)
            sound = (
                chance.standard_normal(samples) if noise else speech_like(samples, RATE, chance, pauses=True)
            )
            caller[at : at + samples] += sound * 0.1 / max(float(np.std(sound)), 1e-9)
            kind = "noise" if noise else ("turn" if slot % 2 == 0 else "barge_in")
            rows.append(f"{number:04}.wav,{start:.2f},{start + size:.2f},{kind},{'door' if noise else ''}")
        both = np.stack([caller, np.zeros_like(caller)], axis=-1).clip(-1, 1)
        soundfile.write(folder / f"{number:04}.wav", both, RATE, subtype="PCM_16")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def _trials(calls: Sequence[Call]) -> tuple[list[Trial], Sounds]:
    with Fetched() as fetch:
        sounds = RemoteSounds(fetch)
        return [trial for call in calls for trial in call.trials(1, sounds)], sounds


def _settings(present: Parameters) -> list[Parameters]:
    return [applied(one, present) for one in Space.of().settings(present)]


# -- core-seconds and bytes


def _costs(calls: Sequence[Call], folder: Path) -> Costs:
    reading_s = _cpu(lambda: _trials(calls))
    trials, sounds = _trials(calls)
    call_hours = len(calls) * CALL_S / 3600
    lane_hours = sum(trial.duration_s for trial in trials) / 3600
    some = trials[: max(len(trials) // 4, 1)]
    some_hours = sum(trial.duration_s for trial in some) / 3600
    cache = Cache(folder / "plain")
    costs: Costs = {
        "lane hours per call hour": lane_hours / call_hours,
        "reading, s per call hour": reading_s / call_hours,
        "plain, s per lane hour": _scoring(trials, sounds, NoiseParameters(), cache) / lane_hours,
    }
    blocks, files, payload = _bytes(cache.folder)
    for engine in ("rnnoise", "nsnet2"):
        noise = NoiseParameters(engine)  # type: ignore[arg-type] # one of the two
        spent_s = _scoring(some, sounds, noise, Cache(folder / engine))
        costs[f"{engine}, s per lane hour"] = spent_s / some_hours
    costs["cache on disk, MB per lane hour"] = blocks / 1e6 / lane_hours
    costs["cache payload, MB per lane hour"] = payload / 1e6 / lane_hours
    costs["cache files per lane hour"] = files / lane_hours
    costs |= _evaluation(trials, sounds, cache, lane_hours)
    costs |= _table(some, sounds, cache, some_hours)
    costs |= _asking(some, sounds, some_hours)
    costs["client memory, bytes per label"] = _client_bytes(calls)
    print(f"{len(calls)} calls, {call_hours:.2f} h; {len(trials)} lanes, {lane_hours:.2f} h; one core, 8 kHz")
    for name, value in costs.items():
        print(f"{name:44}{value:>14,.2f}")
    return costs


def _scoring(trials: Sequence[Trial], sounds: Sounds, noise: NoiseParameters, cache: Cache) -> float:
    Scorer(SILENCE.vad, noise, rate_hz=RATE, sounds=sounds).traces(trials[:1])  # opens the models
    scorer = Scorer(SILENCE.vad, noise, rate_hz=RATE, cache=cache, sounds=sounds)
    return _cpu(lambda: scorer.traces(trials))


def _evaluation(trials: Sequence[Trial], sounds: Sounds, cache: Cache, lane_hours: float) -> Costs:
    """Cost of 1,820 settings, tiled to about an hour of lanes, all groups together: what a worker does of a chunk."""
    settings, times = _settings(SILENCE), max(round(1 / lane_hours), 1)
    tiled = [replace(trial, group=bucket_of(trial.group, 1)) for trial in trials] * times
    scorer = Scorer(SILENCE.vad, rate_hz=RATE, cache=cache, sounds=sounds)
    cached_s = median(_cpu(lambda: scorer.traces(tiled)) for _ in range(3))
    traces = scorer.traces(tiled)
    spent = median(_cpu(lambda: Bench(tiled, traces).grid(settings)) for _ in range(3))
    counted = Bench(tiled, traces).grid(settings)
    adding = median(_cpu(lambda: sums(counted, counted)) for _ in range(3))
    lanes = [replace(trial, group=bucket_of(trial.group, 1)) for trial in trials]
    sent = zlib.compress(pickle.dumps(Bench(lanes, scorer.traces(trials)).grid(settings)), 1)
    return {
        "1,820 settings, s per lane hour": spent / (lane_hours * times),
        "scores from the cache, s per lane hour": cached_s / (lane_hours * times),
        "counts of 1,820 settings, MB per lane hour": len(sent) / 1e6 / lane_hours,
        "adding them on the client, s per part": adding,
        "what 1,820 settings take to be asked, kB": len(_asked(settings)) / 1e3,
    }


def _table(trials: Sequence[Trial], sounds: Sounds, cache: Cache, hours: float) -> Costs:
    """Cost of the frameworks' settings that stand beside a tuning, turns by silence; scores from the cache."""
    traces = Scorer(SILENCE.vad, rate_hz=RATE, cache=cache, sounds=sounds).traces(trials)
    bench = Bench(trials, traces, volumes=lambda trial: volumes(trial, RATE, sounds, cache))
    presets = [
        one.parameters for one in known_settings(SILENCE, bench) if one.parameters.vad.preset != "vaxctl"
    ]
    spent = sum(_cpu(lambda one=one: bench.counts(one)) for one in presets)  # type: ignore[misc] # the loop's own
    return {"frameworks' settings, loudness included, s per lane hour": spent / hours}


def _asking(trials: Sequence[Trial], sounds: Sounds, hours: float) -> Costs:
    """Questions to the turn-end model for all 1,820 settings in semantic mode."""
    traces = Scorer(SEMANTIC.vad, rate_hz=RATE, sounds=sounds).traces(trials)
    answers = SmartTurnAnswers(trials, rate_hz=RATE, sounds=sounds)
    bench, settings = Bench(trials, traces, answers), _settings(SEMANTIC)
    first = _cpu(lambda: bench.grid(settings))
    again = _cpu(lambda: Bench(trials, traces, answers).grid(settings))
    return {
        "smart-turn questions per lane hour": answers.asked / hours,
        "smart-turn, ms per question": 1000 * max(first - again, 0.0) / max(answers.asked, 1),
        "smart-turn, s per lane hour": max(first - again, 0.0) / hours,
    }


def _client_bytes(calls: Sequence[Call]) -> float:
    """Memory of the client: sketches of every trial, as long as the tuning takes."""
    tracemalloc.start()
    bench = ClusterBench(_Idle(), items_of_calls(calls, 1), rate_hz=RATE, seed=1)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(bench.trials)


class _Idle:
    """A client that nothing is asked of."""

    def nthreads(self) -> dict[str, int]:
        return {"nowhere": 1}


def _bytes(folder: Path) -> tuple[int, int, int]:
    """Return bytes in blocks of the disk, files, and bytes inside them."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(one.st_blocks * 512 for one in found), len(found), sum(one.st_size for one in found)


def _cpu(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def _extrapolated(costs: Costs) -> None:
    """Multiply: 1,000 hours of lanes, and an archive of a million of these calls."""
    call_hours = ARCHIVE_CALLS * CALL_S / 3600
    lanes = call_hours * costs["lane hours per call hour"]
    plain, evaluation = costs["plain, s per lane hour"], costs["1,820 settings, s per lane hour"]
    reading = costs["reading, s per call hour"] / costs["lane hours per call hour"]
    ways = {
        "plain": plain,
        "with RNNoise": costs["rnnoise, s per lane hour"],
        "with NSNet2": costs["nsnet2, s per lane hour"],
        "plain and smart-turn": plain + costs["smart-turn, s per lane hour"],
    }
    print(f"\narchive: {ARCHIVE_CALLS:,} calls, {call_hours:,.0f} h of calls, {lanes:,.0f} h of lanes")
    print(f"{'core-hours, first pass':44}{'1,000 h of lanes':>18}{'archive':>12}")
    for name, spent in ways.items():
        per_hour = (spent + evaluation + reading) / 3600
        print(f"{name:44}{1000 * per_hour:>18.1f}{lanes * per_hour:>12,.0f}")
    again = (evaluation + reading + costs["scores from the cache, s per lane hour"]) / 3600
    print(f"{'a pass over what is cached':44}{1000 * again:>18.1f}{lanes * again:>12,.0f}")
    for name in ("cache on disk, MB per lane hour", "cache payload, MB per lane hour"):
        print(f"{name.split(',')[0] + ', GB':44}{costs[name]:>18.1f}{lanes * costs[name] / 1000:>12,.0f}")
    print(f"{'cache files':44}{1000 * costs['cache files per lane hour']:>18,.0f}", end="")
    print(f"{lanes * costs['cache files per lane hour']:>12,.0f}")
    sent = costs["counts of 1,820 settings, MB per lane hour"]
    print(f"{'counts to the client in a search, GB':44}{sent:>18.1f}{lanes * sent / 1000:>12,.0f}")
    labels = ARCHIVE_CALLS * LABELS
    print(f"{'client memory, GB':62}{labels * costs['client memory, bytes per label'] / 1e9:>12.1f}")


# -- memory


def _memory(archive: Path) -> None:
    """Print the peak of a process that counts one part, for growing parts; nothing is cached."""
    print("\npeak memory of one worker process, plain, 1,820 settings")
    for hours in (0.0, 0.5, 1, 2, 4, 8):
        done = subprocess.run(
            [sys.executable, __file__, "--peak-of", str(hours), "--folder", str(archive)],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"VAXCTL_TUNE_CACHE_MB": "0"},
        )
        print(f"{hours:>6} h of lanes in the part{done.stdout.strip():>8} MB")


def _peak(calls: Sequence[Call], hours: float) -> None:
    items = items_of_calls(calls, 1)
    whole = sum(item.lane_s for item in items)
    times = max(round(hours * 3600 / whole), 1)
    part = (items * times)[: max(round(len(items) * hours * 3600 / whole), 1)]
    _counts(part, _asked(_settings(SILENCE)))
    print(_peak_kb() // 1024)


def _peak_kb() -> int:
    """Return this process's own peak; Linux's ru_maxrss begins with what the process that started it had."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").split("VmHWM:")[1].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform != "darwin" else peak // 1024


def _asked(settings: Sequence[Parameters]) -> bytes:
    return Asked(tuple(settings), RATE, 1, 1, CLASSES).packed()


def _counts(part: Sequence[Item], asked: bytes) -> list[Counts]:
    done = count_part(part, asked)
    if not isinstance(done, Done):
        raise SystemExit(done.message)
    return done.counts


# -- overhead


def _overhead(calls: Sequence[Call], parts: int) -> None:
    """Measure what client and scheduler take for a part."""
    trials, _ = _trials(calls)
    lanes = [replace(one, name=f"{n}") for n, one in enumerate(trials * -(-parts // len(trials)))][:parts]
    items = [item for one in lanes for item in items_of_trials([one])]
    print(
        "\nparts of one cached lane each, two workers; client and scheduler, processor time, medians of 3 rounds"
    )
    with connected("local", workers=2) as client:
        for settings, count in (([SILENCE], parts), (_settings(SILENCE), max(parts // 10, 1))):
            some = items[:count]
            bench = ClusterBench(client, some, rate_hz=RATE, seed=1, way=Way(part_s=1.0))
            bench.totals(settings)
            spent = median(_pass(bench, settings) for _ in range(3))
            print(f"{len(settings):>6,} settings{1000 * spent / count:>10.2f} ms a part")


def _pass(bench: ClusterBench, settings: Sequence[Parameters]) -> float:
    return _cpu(lambda: bench.totals(settings))


if __name__ == "__main__":
    main()
