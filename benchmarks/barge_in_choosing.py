"""How the second look's thresholds were chosen: on the searching part of benchmarks/barge_in.py's clips alone.

    python benchmarks/barge_in_choosing.py --corpus DIR [--placements N]

The ramp from `doubtful` to `certain` stays as it is: what is a turn at all (local_agent/turn/doubt.py) was
measured with it. First how much certain speech is enough, without the rule of long speech: of those at which at
most `MOST_LOST` of the noise falls take the floor, clean and at 10 dB, and the fewest speech falls are missed,
clean, at 10 dB and at 0 dB, the soonest to decide. A hundred clips of noise are few, so two windows are added.
Then, with that fixed, the same for long speech. Other ramps are printed to compare.
Without words, levels and echoes this is all that a session does with a sound (local_agent/simulate/session.py).
"""

from __future__ import annotations

import argparse
import os
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from barge_in_clips import CONDITIONS, RATE, WINDOW, Fall, falls_of

from local_agent.parameters import BargeInParameters
from local_agent.turn.evidence import Evidence, Look, Thresholds
from local_agent.vad.networks import silero_v6
from local_agent.vad.silero import probabilities_of

if TYPE_CHECKING:
    from collections.abc import Iterable

THRESHOLD, RELEASE, SUSPICION = 0.55, 0.40, 5
MOST_LOST = 0.005
MARGIN_MS = 64
HEARD_IN: dict[str, float | None] = {**CONDITIONS, "0 dB": 0.0}
NEVER_MS = 1_000_000
_BARGE_IN = BargeInParameters()


def main() -> None:
    """Print the best of each search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    parser.add_argument("--placements", type=int, default=4)
    given = parser.parse_args()
    falls = [
        fall
        for fall in falls_of(given.corpus, "searching", given.placements, HEARD_IN)
        if fall.group == "speech" or (fall.group == "noise" and fall.condition in CONDITIONS)
    ]
    for fall, scores in zip(
        falls, probabilities_of([fall.samples for fall in falls], silero_v6(RATE)), strict=True
    ):
        fall.scores = scores
    times = range(224, 641, 32)
    best = _print("enough", [Thresholds(enough_ms=enough, long_ms=NEVER_MS) for enough in times], falls)
    enough = best.enough_ms + MARGIN_MS
    print(f"with a margin: {enough} ms")
    lengths = product((0.5, 0.6, 0.7, 0.8), range(640, 2001, 64))
    longer = [Thresholds(enough_ms=enough, voiced=voiced, long_ms=length) for voiced, length in lengths]
    print(f"with a margin: {_print('long', longer, falls).long_ms + MARGIN_MS} ms")
    ramps = product((0.5, 0.6, 0.7, 0.8, 0.9), (0.95, 0.98, 0.99), times)
    _print("other ramps", [Thresholds(*one, long_ms=NEVER_MS) for one in ramps], falls)


def _print(name: str, tried: Iterable[Thresholds], falls: list[Fall]) -> Thresholds:
    """Print the ten best; return the best."""
    ranked = sorted(
        ((_judge(one, falls), one) for one in tried), key=lambda pair: (*pair[0], pair[1].long_ms)
    )
    for (over, missed, decided, latest), one in ranked[:6]:
        print(
            f"{name}: {one.doubtful:.2f}-{one.certain:.2f} for {one.enough_ms} ms, {one.voiced:.2f} for {one.long_ms} ms:"
            f" noise lost over the limit {100 * over:.2f} %, speech missed {100 * missed:.2f} %,"
            f" decided {decided:.0f} ms p50, {latest:.0f} ms p90"
        )
    return ranked[0][1]


def _judge(thresholds: Thresholds, falls: list[Fall]) -> tuple[float, float, float, float]:
    """Return noise lost over the limit and speech missed (worst condition), decided p50 and p90 in ms."""
    lost, missed, decided = [], [], []
    for condition in HEARD_IN:
        heard = [(fall, taken(fall, thresholds)) for fall in falls if fall.condition == condition]
        noise = [at is not None for fall, at in heard if fall.group == "noise"]
        speech = [(fall, at) for fall, at in heard if fall.group == "speech"]
        if condition in CONDITIONS:
            lost.append(sum(noise) / max(len(noise), 1))
        missed.append(sum(fall.missed(at) for fall, at in speech) / max(len(speech), 1))
        decided += [at - (fall.onset_s or 0.0) for fall, at in speech if at is not None]
    p50, p90 = np.percentile(decided, [50, 90]) * 1000
    return max(max(lost) - MOST_LOST, 0.0), max(missed), float(p50), float(p90)


def taken(fall: Fall, thresholds: Thresholds) -> float | None:
    """Return when the floor is taken, in seconds of the clip."""
    run: list[float] = []
    evidence: Evidence | None = None
    for number, score in enumerate(fall.scores.tolist() if fall.scores.max() >= THRESHOLD else ()):
        heard = [score]
        if evidence is None:
            run = [*run, score] if score >= THRESHOLD else []
            if len(run) < SUSPICION:
                continue
            evidence, heard = Evidence(1000 * WINDOW / RATE, thresholds, hears_words=False), run
        for one in heard:
            evidence.add(one, THRESHOLD, RELEASE, 0.0)
        look, _ = evidence.look(_BARGE_IN, None)
        if look is Look.BARGE_IN:
            return (number + 1) * WINDOW / RATE
        if look is Look.FALSE:
            evidence, run = None, []
    return None


if __name__ == "__main__":
    main()
