"""What tuning finds for turn ends: for each mode the shortest delay that keeps a bound on cut-offs, held back.

    python benchmarks/tune_endpointing.py [--corpus DIR] [--draws N] [--cache DIR]

Two sorts of turns, both from the corpus, through the tuner's own trials, sweep and cache:

    composed   its clips of kind `turn`: complete ones once, held ones with `--draws` pauses of 0.3 to 2.5 s each. Four
               turns in five then hold a pause, so cut-offs are far more than on calls: it is the modes that compare
    people     its labelled speech as recorded calls would come (docs/tune-labels.md): one label `turn` from the
               first word to the last, with the pauses that people made. Most of these clips end in mid-sentence, so
               they tell of cut-offs, not of delays: of such an end a model would be right to say "not yet"

Of the composed ones who is judged is never searched on: each voice is left out once, the others choose among the
mode's settings (`min_silence_ms` 200), and what they chose is counted on the one left out. Sums of those stand in
the table. Intervals are a tuning's, drawn by voice or recording; with fewer than six there is none, and ~ marks the
lowest and the highest voice.

Also printed: seconds of wall and processor time of the first and the second use of the same questions. With `--cache`
the first use is what that folder does not hold.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local_agent.audio.reading import AudioStream
from local_agent.parameters import EndpointingParameters, Parameters, VadParameters
from local_agent.scenarios.corpus_manifest import check_corpus
from local_agent.tuning.evidence.resampling import interval
from local_agent.tuning.judging.benches import Benches, Means
from local_agent.tuning.judging.counts import total
from local_agent.tuning.judging.metric import Metric
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.calls import Label, floor_of, trials_of_call
from local_agent.tuning.listening.composing import Sounds
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.search.space import MODES, Space, applied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Bench
    from local_agent.tuning.listening.trial import Trial
    from local_agent.tuning.search.space import Value

RATE: Final = 8_000
BOUNDS: Final = (0.05, 0.10, 0.20)
DELAYS_MS: Final = tuple(range(200, 2601, 100))
PEOPLE_DELAYS_MS: Final = (400, 600, 800, 1000, 1200)
PEOPLE_CAP_MS: Final = 2500
CAPS_MS: Final = tuple(range(1000, 4001, 500))
PRESENT: Final = Parameters(vad=VadParameters(min_silence_ms=200), endpointing=EndpointingParameters())
CUTS, P50, P90 = (
    Metric(name) for name in ("premature_cutoff_rate", "response_delay_ms_p50", "response_delay_ms_p90")
)


def main() -> None:
    """Judge both sorts of turns, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    arguments.add_argument("--draws", type=int, default=4)
    arguments.add_argument("--cache", type=Path)
    chosen = arguments.parse_args()
    if not chosen.corpus or not (chosen.corpus / "manifest.jsonl").is_file():
        sys.exit("no corpus here: give --corpus DIR or set VAXCTL_CORPUS")
    composed = [
        replace(trial, name=f"{trial.name}#{seed}")
        for seed in range(chosen.draws)
        for trial in trials_of(chosen.corpus, seed=seed)
        if trial.situation == "caller_turn" and (seed == 0 or trial.sound_class == "hold")
    ]
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(chosen.cache or Path(folder))
        _report_composed(_bench("composed", composed, cache))
        _report_people(_bench("people", _people(chosen.corpus), cache))


def _people(corpus: Path) -> list[Trial]:
    """Return labelled speech with pauses of its own, as turns of recorded calls."""
    sounds = Sounds()
    found: list[Trial] = []
    for clip in check_corpus(corpus, audio=False)[0]:
        if clip.kind != "speech" or not clip.speech:
            continue
        audio = str(corpus / clip.audio)
        stream = AudioStream(Path(audio))
        label = Label(file=clip.id, start_s=clip.speech[0][0], end_s=clip.speech[-1][1], label="turn")
        found += trials_of_call(
            clip.id,
            audio,
            [label],
            duration_s=stream.total_samples / stream.sample_rate_hz,
            floor_dbfs=floor_of(sounds, audio),
            seed=0,
        )
    return found


def _bench(name: str, trials: Sequence[Trial], cache: Cache) -> Bench:
    """Put all questions, twice, and return the bench that knows the answers."""
    print(f"\n{name}: {len(trials)} turns of {len({trial.group for trial in trials})} voices or recordings")
    every = [one for mode in MODES for one in _settings(mode)]
    for use in ("first", "second"):
        wall, cpu = time.perf_counter(), time.process_time()
        bench = Benches(trials, Means(RATE, cache, workers=os.cpu_count() or 1))(PRESENT)
        bench.grid(every)
        print(
            f"  {use} use, {len(every)} settings: {time.perf_counter() - wall:.1f} s, "
            f"{time.process_time() - cpu:.1f} s of processor"
        )
    return bench


def _settings(
    mode: str, delays_ms: Sequence[int] = DELAYS_MS, caps_ms: Sequence[int] = CAPS_MS
) -> list[Parameters]:
    axes: dict[str, Sequence[Value]] = {
        "endpointing.mode": (mode,),
        "endpointing.delay_ms": delays_ms,
        "endpointing.max_delay_ms": caps_ms if mode != "silence" else (max(caps_ms),),
    }
    return [applied(setting, PRESENT) for setting in Space.of(axes).settings(PRESENT)]


def _report_composed(bench: Bench) -> None:
    print(
        "  small   bound  mode     cut off %            p50 ms            p90 ms            delay/cap chosen"
    )
    groups = sorted({trial.group for trial in bench.trials})
    settings = {mode: _settings(mode) for mode in MODES}
    counted = {mode: {group: bench.only([group]).grid(settings[mode]) for group in groups} for mode in MODES}
    for small in (P50, P90):
        for bound in BOUNDS:
            for mode in MODES:
                row = _held_back(counted[mode], settings[mode], bound, small)
                print(f"  {small.name[-3:]}   {100 * bound:5.0f} %  {mode:9}{row}")


def _held_back(
    counted: dict[str, list[Counts]], settings: Sequence[Parameters], bound: float, small: Metric
) -> str:
    """Leave each group out once; return the sums over those left out as a row."""
    judged: list[Counts] = []
    chosen: list[EndpointingParameters] = []
    for group in counted:
        others = [total(counted[one][at] for one in counted if one != group) for at in range(len(settings))]
        kept = [at for at, counts in enumerate(others) if (CUTS.value(counts) or 0) <= bound]
        if not kept:
            return "no setting keeps the bound"
        best = min(kept, key=lambda at: [metric.value(others[at]) for metric in (small, P50, P90)])
        judged.append(counted[group][best])
        chosen.append(settings[best].endpointing)
    row = "".join(_said(metric, judged) for metric in (CUTS, P50, P90))
    return row + " ".join(sorted({f"{end.delay_ms}/{end.max_delay_ms}" for end in chosen}))


def _report_people(bench: Bench) -> None:
    print(f"  delay_ms  cut off % (max_delay_ms {PEOPLE_CAP_MS}): " + ", ".join(MODES))
    for delay_ms in PEOPLE_DELAYS_MS:
        row = [_said(CUTS, bench.grid(_settings(mode, (delay_ms,), (PEOPLE_CAP_MS,)))) for mode in MODES]
        print(f"  {delay_ms:8}  " + "".join(row))


def _said(metric: Metric, parts: Sequence[Counts]) -> str:
    """Return a number of all parts with its interval, or with the lowest and highest part where there is none."""
    scale, digits = (100, 1) if metric.is_rate else (1, 0)
    found = interval(metric, total(parts), 0)
    low, high, mark = found.low, found.high, ""
    if low is None or high is None:
        values = [value for part in parts if (value := metric.value(part)) is not None]
        low, high, mark = min(values), max(values), "~"
    told = f"{scale * (found.value or 0):.{digits}f}"
    return f"{told} ({mark}{scale * low:.{digits}f}-{scale * high:.{digits}f})".ljust(
        21 if metric.is_rate else 18
    )


if __name__ == "__main__":
    main()
