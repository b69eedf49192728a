"""Premature cut-offs against response delay: silence, semantic and hybrid on a corpus's turns, in one run.

    python benchmarks/endpointing.py [--corpus DIR] [--part reported|searched|all]

Clips marked `hold` get a pause at their turn point: four lengths each, one from each quarter of 0.3 to 2.5 s
(seeded), filled, like the whole lane, with room noise at -50 dBFS. Exact zeros would be wrong: no line is
ever silent, and smart-turn answers worse on them. A hold is cut off when the turn ends before the rest of the
clip begins. Clips marked `complete` give the response delay: from the end of the last word (a label, not the
detector's) to `UserTurnEnded`; what a reply takes to make comes on top. Everything goes through the real
session with real speech probabilities; those and the classifier's answers are kept within the run.

Modes are compared at the same median delay: `delay_ms` is moved until the median is there, to 3 ms, with
`max_delay_ms` 2500 and `min_silence_ms` 200 (so that short delays count). A median says nothing of the turns
that wait for the cap, so mean and p90 stand beside it, and there is a comparison at the same mean.

Speakers fall into two parts (both say the same phrases): what was chosen was chosen on `searched`. The four
pauses of a clip share its words, so intervals take clips, not pauses, for n: Wilson's for rates, and for
reductions the 2.5th and 97.5th percentile of 2000 draws of clips.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.endpointing.smart_turn import SmartTurn
from local_agent.events import SpeechStopped, UserTurnEnded
from local_agent.metrics.intervals import wilson
from local_agent.parameters import EndpointingParameters, Parameters, VadParameters
from local_agent.simulate.ear import Ear
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import SilentMouth
from local_agent.vad.networks import silero_v6
from local_agent.vad.silero import probabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.events import Event

    Samples = NDArray[np.float32]

RATE = 16_000
WINDOW = 512
ROOM_DB = -50.0
LEAD_S, TAIL_S = 0.5, 3.5
PAUSE_S = (0.3, 2.5)
PAUSES = 4
SEARCHED = ("-female-en-us-wavenet-c", "-male-en-us-wavenet-a")
MODES = ("silence", "semantic", "hybrid")
MAX_MS = 2500
TARGETS_MS = (400, 500, 600, 800)
MEANS_MS = (800, 1000, 1200)
DELAYS_MS = (200, 300, 400, 500, 600, 800, 1000, 1200)
CAPS_MS = (1000, 1500, 2000, 2500)
BANDS = {"outbound-qualification": 400, "inbound-service": 515, "complex-questions": 700}
QUICK = VadParameters(min_silence_ms=200)


@dataclass(slots=True)
class Item:
    """One utterance on its line. `resumes` is where a hold's rest begins, `end` where the last word ends."""

    clip: str
    lane: Samples
    end: int
    resumes: int | None = None
    gaps: list[tuple[int, int]] = field(default_factory=list)
    scores: Samples = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(slots=True)
class Point:
    """What one setting does: cut-offs by clip (share of its pauses), delays of complete clips in ms."""

    delay_ms: int
    cuts: dict[str, list[bool]]
    delays_ms: list[float]
    early: int

    @property
    def shares(self) -> Samples:
        """Each hold clip's share of pauses in which it was cut off."""
        return np.array([np.mean(cuts) for cuts in self.cuts.values()])

    @property
    def delay(self) -> tuple[float, float, float]:
        """Median, mean and 90th percentile of the response delay."""
        p50, p90 = np.percentile(self.delays_ms, [50, 90])
        return float(p50), float(np.mean(self.delays_ms)), float(p90)


class Scored:
    """A probability stream whose answers are known."""

    sample_rate_hz, window_samples = RATE, WINDOW

    def __init__(self, scores: Samples) -> None:
        self._scores = iter(scores.tolist())

    def probability(self, window: Samples) -> float:
        """Return the next answer."""
        del window
        return float(next(self._scores))


class Remembering:
    """A classifier that answers the same question once, and tells how long that took."""

    def __init__(self, classifier: TurnEndClassifier) -> None:
        self._classifier = classifier
        self._known: dict[bytes, float] = {}
        self.seconds: list[float] = []
        self.last: float | None = None

    def probability_complete(self, samples: Samples, sample_rate_hz: int) -> float:
        """Return the classifier's answer."""
        key = samples.tobytes()
        if key not in self._known:
            began = time.perf_counter()
            self._known[key] = self._classifier.probability_complete(samples, sample_rate_hz)
            self.seconds.append(time.perf_counter() - began)
        self.last = self._known[key]
        return self.last


def main() -> None:
    """Compose the items, run them, print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    arguments.add_argument("--part", choices=("reported", "searched", "all"), default="reported")
    chosen = arguments.parse_args()
    if not chosen.corpus or not (chosen.corpus / "manifest.jsonl").is_file():
        sys.exit("no corpus here: give --corpus DIR or set VAXCTL_CORPUS")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    clips = [json.loads(line) for line in (chosen.corpus / "manifest.jsonl").read_text("utf-8").splitlines()]
    turns = _scored(_turns(chosen.corpus, clips, chosen.part))
    people = _scored(_people(chosen.corpus, clips))
    asked = Remembering(SmartTurn())
    holds = len({item.clip for item in turns if item.resumes is not None})
    print(
        f"part {chosen.part}: {holds} hold clips x {PAUSES} pauses, {len(turns) - holds * PAUSES} complete clips"
    )
    _print_matched(turns, asked, "median", TARGETS_MS, lambda point: point.delay[0])
    _print_matched(turns, asked, "mean", MEANS_MS, lambda point: point.delay[1])
    _print_profiles(turns, asked)
    _print_curves(turns, asked)
    _print_people(people, asked)
    _print_question_times(turns, asked)
    p10, p50, p90 = np.percentile(asked.seconds, [10, 50, 90]) * 1000
    print(
        f"\nsmart-turn, a question, one core: p10 {p10:.0f}, p50 {p50:.0f}, p90 {p90:.0f} ms (n={len(asked.seconds)})"
    )


def _turns(corpus: Path, clips: list[dict[str, Any]], part: str) -> list[Item]:
    items = []
    for number, clip in enumerate(clip for clip in clips if clip["kind"] == "turn"):
        if part != "all" and clip["id"].endswith(SEARCHED) is (part == "reported"):
            continue
        sound = read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        rng = np.random.default_rng([7, number])
        if clip["turn"] == "complete":
            items.append(_item(clip, sound, 0.0, rng))
            continue
        low, high = PAUSE_S
        lengths = [low + (high - low) * (quarter + rng.random()) / PAUSES for quarter in range(PAUSES)]
        items += [_item(clip, sound, pause_s, rng) for pause_s in lengths]
    return items


def _item(clip: dict[str, Any], sound: Samples, pause_s: float, rng: np.random.Generator) -> Item:
    """Return the clip on its line, with a pause of that length at the turn point of a hold."""
    lead, pause = round(LEAD_S * RATE), round(pause_s * RATE)
    turn = round(clip["turn_point_s"] * RATE)
    if clip["turn"] == "complete":
        return Item(clip["id"], _line([sound], rng), lead + turn)
    lane = _line([sound[:turn], np.zeros(pause, np.float32), sound[turn:]], rng)
    end = lead + pause + round(clip["words"][-1][2] * RATE)
    return Item(clip["id"], lane, end, lead + turn + pause)


def _people(corpus: Path, clips: list[dict[str, Any]]) -> list[Item]:
    """Return labelled speech of people, with the pauses that they made themselves."""
    items = []
    for number, clip in enumerate(clip for clip in clips if clip.get("speech")):
        sound = read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        speech = clip["speech"]
        gaps = [
            (round((LEAD_S + before[1]) * RATE), round((LEAD_S + after[0]) * RATE))
            for before, after in pairwise(speech)
            if after[0] - before[1] >= PAUSE_S[0]
        ]
        lane = _line([sound], np.random.default_rng([8, number]))
        items.append(Item(clip["id"], lane, round((LEAD_S + speech[-1][1]) * RATE), gaps=gaps))
    return items


def _line(parts: list[Samples], rng: np.random.Generator) -> Samples:
    lead, tail = np.zeros(round(LEAD_S * RATE), np.float32), np.zeros(round(TAIL_S * RATE), np.float32)
    lane = np.concatenate([lead, *parts, tail])
    lane = lane[: len(lane) // WINDOW * WINDOW]
    return (lane + rng.standard_normal(len(lane)) * 10 ** (ROOM_DB / 20)).astype(np.float32)


def _scored(items: list[Item]) -> list[Item]:
    for item, scores in zip(
        items, probabilities_of([item.lane for item in items], silero_v6(RATE)), strict=True
    ):
        item.scores = scores
    return items


def _heard(item: Item, parameters: Parameters, classifier: TurnEndClassifier) -> list[Event]:
    """Return what happens on one line, by the real session around an agent that never speaks."""
    session = Session(
        parameters, Ear(parameters.vad, Scored(item.scores)), SilentMouth(), classifier=classifier
    )  # type: ignore[arg-type]
    for at in range(0, len(item.lane), WINDOW):
        session.speak()
        session.hear(item.lane[at : at + WINDOW])
    return session.events


def _ends(item: Item, parameters: Parameters, classifier: TurnEndClassifier) -> list[int]:
    return [e.at_sample for e in _heard(item, parameters, classifier) if isinstance(e, UserTurnEnded)]


def _point(items: Sequence[Item], parameters: Parameters, classifier: TurnEndClassifier) -> Point:
    point = Point(parameters.endpointing.delay_ms, {}, [], 0)
    for item in items:
        ends = _ends(item, parameters, classifier)
        if item.resumes is not None:
            point.cuts.setdefault(item.clip, []).append(any(at < item.resumes for at in ends))
            continue
        point.early += any(at < item.end for at in ends)
        point.delays_ms += [(at - item.end) * 1000 / RATE for at in ends if at >= item.end][:1]
    return point


def _of(
    mode: str, delay_ms: int, max_ms: int = MAX_MS, vad: VadParameters = QUICK, ask_ms: int = 200
) -> Parameters:
    endpointing = EndpointingParameters(mode, delay_ms, max(max_ms, delay_ms), ask_ms)  # type: ignore[arg-type]
    return Parameters(vad=vad, endpointing=endpointing)


def _at(
    items: list[Item], mode: str, asked: Remembering, target: float, measure: Callable[[Point], float]
) -> Point | None:
    """Return the point of a mode at which the measure is the target to 3 ms; None where there is none."""
    low, high = 0, 2 * MAX_MS
    guess = round(target) - 100
    for _ in range(12):
        point = _point(items, _of(mode, guess), asked)
        wrong = measure(point) - target
        if abs(wrong) <= 3:
            return point
        low, high = (low, guess) if wrong > 0 else (guess, high)
        step = guess - round(wrong)
        guess = step if low < step < high else (low + high) // 2
    return None


def _print_matched(
    items: list[Item],
    asked: Remembering,
    name: str,
    targets: Sequence[int],
    measure: Callable[[Point], float],
) -> None:
    print(f"\nat the same {name} response delay (max_delay_ms {MAX_MS})")
    print(f"{name:>7}  mode      delay_ms   cut off % (95 %)       fewer than silence %    p50   mean    p90")
    for target in targets:
        silence: Point | None = None
        for mode in MODES:
            point = _at(items, mode, asked, target, measure)
            if point is None:
                print(f"{target:>4} ms  {mode:9} cannot be reached")
                continue
            silence = point if mode == "silence" else silence
            fewer = "" if silence is None or point is silence else _fewer(silence, point)
            print(
                f"{target:>4} ms  {mode:9}{point.delay_ms:>9}   {_rate(point):22} {fewer:22}{_delay(point)}"
            )


def _delay(point: Point) -> str:
    early = f"  ({point.early} complete clips ended inside)" if point.early else ""
    return "".join(f"{value:>7.0f}" for value in point.delay) + early


def _rate(point: Point) -> str:
    shares = point.shares
    low, high = wilson(float(shares.sum()), len(shares))  # type: ignore[arg-type]  # a share of a clip counts as such
    return f"{100 * shares.mean():.1f} ({100 * low:.1f}-{100 * high:.1f})"


def _fewer(silence: Point, point: Point) -> str:
    base, ours = silence.shares, point.shares
    if not base.sum():
        return "-"
    draws = np.random.default_rng(5).integers(0, len(base), (2000, len(base)))
    low, high = np.percentile(1 - ours[draws].sum(1) / np.maximum(base[draws].sum(1), 1e-9), [2.5, 97.5])
    return f"{100 * (1 - ours.sum() / base.sum()):.0f} ({100 * low:.0f} to {100 * high:.0f})"


def _print_profiles(items: list[Item], asked: Remembering) -> None:
    print(f"\nas the default profile runs (min_silence_ms 400, max_delay_ms {MAX_MS})")
    print("call type               mode      delay_ms   cut off % (95 %)           p50   mean    p90")
    for call_type, delay_ms in BANDS.items():
        for mode in MODES:
            point = _point(items, _of(mode, delay_ms, vad=VadParameters()), asked)
            print(f"{call_type:24}{mode:9}{delay_ms:>9}   {_rate(point):22}  {_delay(point)}")


def _print_curves(items: list[Item], asked: Remembering) -> None:
    print("\ncurves: cut off % @ p50 / p90 ms")
    print(f"{'mode':9}{'max_ms':>7}" + "".join(f"{f'delay {delay}':>18}" for delay in DELAYS_MS))
    for mode in MODES:
        for cap in CAPS_MS if mode != "silence" else (MAX_MS,):
            cells = []
            for delay in DELAYS_MS:
                point = _point(items, _of(mode, delay, cap), asked)
                cells.append(f"{100 * point.shares.mean():.0f} @ {point.delay[0]:.0f}/{point.delay[2]:.0f}")
            print(f"{mode:9}{'' if mode == 'silence' else cap:>7}" + "".join(f"{cell:>18}" for cell in cells))


def _print_people(items: list[Item], asked: Remembering) -> None:
    gaps = [(item, gap) for item in items for gap in item.gaps]
    print(
        f"\npauses of {PAUSE_S[0]} s and more that people made in labelled speech, cut off (n={len(gaps)} pauses)"
    )
    for delay_ms in (300, 400, 500):
        row = []
        for mode in MODES:
            ends = {item.clip: _ends(item, _of(mode, delay_ms), asked) for item in items}
            cut = sum(any(start <= at < end for at in ends[item.clip]) for item, (start, end) in gaps)
            low, high = wilson(cut, len(gaps))
            row.append(f"{mode} {cut} = {100 * cut / len(gaps):.0f} % ({100 * low:.0f}-{100 * high:.0f})")
        print(f"  delay_ms {delay_ms}: " + ", ".join(row))


def _print_question_times(items: list[Item], asked: Remembering) -> None:
    complete = [item for item in items if item.resumes is None]
    held = [item for item in items if item.resumes is not None][PAUSES - 1 :: PAUSES]
    print(
        f"\nwhen smart-turn is asked (the longest pause of each hold, n={len(held)}; complete, n={len(complete)})"
    )
    for ask_ms in (100, 200, 300, 500):
        done, going = ([_answer(item, ask_ms, asked) for item in those] for those in (complete, held))
        pairs = [(a > b) + 0.5 * (a == b) for a in done for b in going]
        print(
            f"  ask_after_ms {ask_ms}: complete called complete {100 * np.mean(np.array(done) >= 0.5):.0f} %, "
            f"holds kept {100 * np.mean(np.array(going) < 0.5):.0f} %, ROC-AUC {np.mean(pairs):.3f}"
        )
    lags = [
        (event.offset_sample - item.end) * 1000 / RATE
        for item in complete
        for event in _heard(item, _of("silence", 400), asked)
        if isinstance(event, SpeechStopped) and abs(event.offset_sample - item.end) < 0.3 * RATE
    ]
    p10, p50, p90 = np.percentile(lags, [10, 50, 90])
    print(
        f"  last speech frame after the last word: p10 {p10:.0f}, p50 {p50:.0f}, p90 {p90:.0f} ms (n={len(lags)})"
    )


def _answer(item: Item, ask_ms: int, asked: Remembering) -> float:
    """Return what the classifier said in the pause at the item's turn point."""
    until = item.end if item.resumes is None else item.resumes
    keep = len(item.lane) if item.resumes is None else until // WINDOW * WINDOW
    cut = replace(item, lane=item.lane[:keep])
    asked.last = None
    _heard(cut, _of("semantic", MAX_MS, ask_ms=ask_ms), asked)
    return 0.0 if asked.last is None else asked.last


if __name__ == "__main__":
    main()
