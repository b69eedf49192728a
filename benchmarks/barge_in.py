"""How well barge-in tells callers from noise: one run, one table, on a folder of clips.

    python benchmarks/barge_in.py --corpus DIR [--half reported|chosen|all]

A clip falls on the agent's speech at a second or so (the sample is seeded, twice a clip). Noise should leave
the agent the floor, speech should take it. Each clip is heard clean (over -75 dBFS of hiss) and with a bed of
office, city, tap or rain 10 dB under it. Speech begins where its label says; a clip is missed when the floor
is not taken by 1.5 s after its end. `babble` (a crowded room) is people speaking and is counted apart, as are
single stretches of 0.2 to 0.6 s cut out of longer speech: without words nothing tells them from a sneeze.

Clips fall into two halves by the hash of their names. Thresholds of the second look were chosen on the one;
the other is what is reported. The floor: `pipecat` and `livekit` as their gates and defaults do it (livekit
with its 0.5 s of minimum duration: speech still going on then, or, as a second row, its hangover counted in),
the default profile without and with the second look.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.events import AgentSpeechPaused, BargeIn, SpeechStarted, SpeechStopped
from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters, VadParameters
from local_agent.record import SpokenTurn
from local_agent.simulate.ear import Ear
from local_agent.simulate.session import Session
from local_agent.simulate.speaking import RecordedMouth
from local_agent.vad.gate import Gate, GateState
from local_agent.vad.loudness import LoudnessMeter
from local_agent.vad.networks import silero_v6
from local_agent.vad.settings import LIVEKIT, PIPECAT, gate_settings
from local_agent.vad.silero import probabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Outcome = tuple[float | None, float | None]
    Contender = Callable[["Fall"], Outcome]

RATE = 16_000
WINDOW = 512
BEDS = ("office-ambience", "city-ambience", "running-tap", "rain")
SNR_DB = 10.0
HISS_DB = -75.0
SHORT_S = 0.6
LATE_S = 1.5
LIVEKIT_MIN_DURATION_S = 0.5


@dataclass(slots=True)
class Fall:
    """One clip as it falls on the agent's speech; onset and end are true where the clip is speech."""

    name: str
    sound_class: str
    group: str
    condition: str
    samples: Samples
    onset_s: float | None = None
    end_s: float | None = None
    scores: Samples = field(default_factory=lambda: np.zeros(0, np.float32))


def main() -> None:
    """Hear every clip with every contender; print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    arguments.add_argument("--half", choices=("reported", "chosen", "all"), default="reported")
    chosen = arguments.parse_args()
    if not chosen.corpus or not (chosen.corpus / "manifest.jsonl").is_file():
        sys.exit("no corpus here: give --corpus DIR or set VAXCTL_CORPUS")
    falls = list(_falls(chosen.corpus, chosen.half))
    for fall, scores in zip(
        falls, probabilities_of([fall.samples for fall in falls], silero_v6(RATE)), strict=True
    ):
        fall.scores = scores
    for condition in ("clean", "10 dB"):
        _print(condition, [fall for fall in falls if fall.condition == condition])


def _falls(corpus: Path, half: str) -> Iterator[Fall]:
    clips = [json.loads(line) for line in (corpus / "manifest.jsonl").open("r")]
    beds = {
        clip["class"]: read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        for clip in reversed(clips)
        if clip.get("class") in BEDS
    }
    for clip in clips:
        number = int(hashlib.sha256(clip["id"].encode()).hexdigest(), 16)
        if clip["kind"] in {"agent", "rir"} or half not in {"all", ("chosen", "reported")[number % 2]}:
            continue
        samples = read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        for part, (group, cut, bounds) in enumerate(_parts(clip, samples)):
            for phase in range(2):
                chance = np.random.default_rng([number % 2**32, part, phase])
                yield from _placed(clip, group, cut, bounds, beds, chance)


def _parts(
    clip: dict[str, Any], samples: Samples
) -> Iterator[tuple[str, Samples, tuple[float, float] | None]]:
    """Yield what falls on the agent: a noise, speech from its first stretch on, short stretches alone."""
    if clip["kind"] in {"noise", "music"}:
        yield ("babble" if clip["class"] == "crowded-room" else "noise"), samples[: 10 * RATE], None
        return
    stretches = clip.get("speech") or (
        [[clip["words"][0][1], clip["words"][-1][2]]] if clip.get("words") else []
    )
    for number, (onset, end) in enumerate(stretches):
        before = max(onset - 0.3, stretches[number - 1][1] + 0.02 if number else 0.0)
        if number == 0:
            yield (
                "speech",
                samples[int(before * RATE) : int((before + 6) * RATE)],
                (onset - before, end - before),
            )
        elif end - onset <= SHORT_S:
            after = min(
                end + 0.2, stretches[number + 1][0] - 0.02 if number + 1 < len(stretches) else end + 0.2
            )
            yield "short", samples[int(before * RATE) : int(after * RATE)], (onset - before, end - before)


def _placed(
    clip: dict[str, Any],
    group: str,
    cut: Samples,
    bounds: tuple[float, float] | None,
    beds: dict[str, Samples],
    chance: np.random.Generator,
) -> Iterator[Fall]:
    lead = RATE + int(chance.integers(0, WINDOW))
    hiss = chance.standard_normal(lead + len(cut) + 2 * RATE) * 10 ** (HISS_DB / 20)
    clean = hiss.astype(np.float32)
    clean[lead : lead + len(cut)] += cut
    bed = beds[BEDS[int(chance.integers(len(BEDS)))]]
    bed = np.resize(np.roll(bed, -int(chance.integers(len(bed)))), len(clean))
    heard = cut if bounds is None else cut[int(bounds[0] * RATE) : int(bounds[1] * RATE)]
    noisy = clean + bed * np.float32(_rms(heard) / _rms(bed) * 10 ** (-SNR_DB / 20))
    times = (None, None) if bounds is None else (lead / RATE + bounds[0], lead / RATE + bounds[1])
    sound_class = clip.get("class", group)
    for condition, samples in (("clean", clean), ("10 dB", np.clip(noisy, -1.0, 1.0).astype(np.float32))):
        yield Fall(clip["id"], sound_class, group, condition, samples, *times)


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2) + 1e-12))


class _Scored:
    """A probability stream whose answers are known."""

    sample_rate_hz, window_samples = RATE, WINDOW

    def __init__(self, scores: Samples) -> None:
        self._scores = iter(scores.tolist())

    def probability(self, window: Samples) -> float:
        del window
        return float(next(self._scores))


def _by_session(parameters: Parameters, fall: Fall) -> Outcome:
    """Return when the agent first fell silent and when it lost the floor."""
    ear = Ear(parameters.vad, _Scored(fall.scores), early=parameters.barge_in.validate)  # type: ignore[arg-type]
    prompt = SpokenTurn("", np.full(len(fall.samples) + 60 * RATE, 1e-6, np.float32))
    session = Session(parameters, ear, RecordedMouth([(0, prompt)]))
    for at in range(0, len(fall.samples) // WINDOW * WINDOW, WINDOW):
        session.speak()
        session.hear(fall.samples[at : at + WINDOW])
    paused = [event.at_sample / RATE for event in session.events if isinstance(event, AgentSpeechPaused)]
    taken = [event.at_sample / RATE for event in session.events if isinstance(event, BargeIn)]
    return (paused[0] if paused else None), (taken[0] if taken else None)


def _by_gate(
    vad: VadParameters, min_duration_s: float, fall: Fall, *, hangover_counts: bool = False
) -> Outcome:
    """Return when a bare gate takes the floor: once speech has lasted so long and still goes on."""
    settings = gate_settings(vad, RATE, WINDOW)
    gate, meter = Gate(settings), LoudnessMeter(RATE) if settings.needs_volume else None
    onset: int | None = None
    for number, score in enumerate(fall.scores[: len(fall.samples) // WINDOW].tolist()):
        window = fall.samples[number * WINDOW : (number + 1) * WINDOW]
        event = gate.step(score, 1.0 if meter is None else meter.volume(window))
        if isinstance(event, SpeechStarted):
            onset = event.onset_sample
        elif isinstance(event, SpeechStopped):
            onset = None
        at = (number + 1) * WINDOW
        going_on = hangover_counts or gate.state is GateState.SPEAKING
        if onset is not None and going_on and at - onset >= min_duration_s * RATE:
            return at / RATE, at / RATE
    return None, None


_PARAMETERS = Parameters(endpointing=EndpointingParameters(mode="silence"))
_UNVALIDATED = replace(_PARAMETERS, barge_in=BargeInParameters(validate=False))
CONTENDERS: dict[str, Contender] = {
    "pipecat": lambda fall: _by_gate(PIPECAT, 0.0, fall),
    "livekit": lambda fall: _by_gate(LIVEKIT, LIVEKIT_MIN_DURATION_S, fall),
    "livekit, hangover too": lambda fall: _by_gate(
        LIVEKIT, LIVEKIT_MIN_DURATION_S, fall, hangover_counts=True
    ),
    "default, unvalidated": lambda fall: _by_session(_UNVALIDATED, fall),
    "default, validated": lambda fall: _by_session(_PARAMETERS, fall),
}


def _print(condition: str, falls: list[Fall]) -> None:
    groups = Counter(fall.group for fall in falls)
    print(
        f"\n{condition}: " + ", ".join(f"{count} {group}" for group, count in groups.items()) + " (2 a clip)"
    )
    print(
        f"{'':22}noise takes floor      noise pauses  silent p50/p90"
        "  decided p50/p90   speech missed   short  babble"
    )
    for name, contender in CONTENDERS.items():
        outcomes = [(fall, *contender(fall)) for fall in falls]
        noise = [(fall, paused, taken) for fall, paused, taken in outcomes if fall.group == "noise"]
        speech = [(fall, paused, taken) for fall, paused, taken in outcomes if fall.group == "speech"]
        silent = [paused - (fall.onset_s or 0.0) for fall, paused, _ in speech if paused is not None]
        decided = [taken - (fall.onset_s or 0.0) for fall, _, taken in speech if taken is not None]
        missed = sum(_missed(fall, taken) for fall, _, taken in speech)
        lost = sum(taken is not None for _, _, taken in noise)
        print(
            f"{name:22}{_share(lost, len(noise)):22}"
            f"{_percent(sum(paused is not None for _, paused, _ in noise), len(noise)):>12}  "
            f"{_ms(silent):>14}  {_ms(decided):>15}   {_share(missed, len(speech)):16}"
            f"{_of(outcomes, 'short'):>6}{_of(outcomes, 'babble'):>7}"
        )
        losers = Counter(fall.sound_class for fall, _, taken in noise if taken is not None)
        if losers:
            print(
                f"{'':22}  by class: " + ", ".join(f"{kind} {count}" for kind, count in losers.most_common())
            )


def _missed(fall: Fall, taken: float | None) -> bool:
    return taken is None or taken > (fall.end_s or 0.0) + LATE_S


def _of(outcomes: list[tuple[Fall, float | None, float | None]], group: str) -> str:
    """Return how many of a group took the floor."""
    those = [taken for fall, _, taken in outcomes if fall.group == group]
    return f"{sum(taken is not None for taken in those)}/{len(those)}"


def _percent(count: int, total: int) -> str:
    return f"{100 * count / max(total, 1):.1f} %"


def _share(count: int, total: int) -> str:
    """Return a share with its 95 % Wilson interval."""
    z, total = 1.96, max(total, 1)
    middle = (count + z * z / 2) / (total + z * z)
    reach = z * sqrt(count * (total - count) / total + z * z / 4) / (total + z * z)
    return f"{100 * count / total:.1f} % ({100 * max(middle - reach, 0):.1f}-{100 * (middle + reach):.1f})"


def _ms(times_s: list[float]) -> str:
    if not times_s:
        return "-"
    low, high = np.percentile(times_s, [50, 90]) * 1000
    return f"{low:.0f}/{high:.0f} ms"


if __name__ == "__main__":
    main()
