"""How well barge-in tells callers from noise: one run, on a folder of clips; docs/barge-in.md has the tables.

    python benchmarks/barge_in.py --corpus DIR [--part reported|searching|all] [--placements N]
                                  [--engine rnnoise|nsnet2] [--transcriber whisper|pocketsphinx]

A clip falls on the agent's speech at a second or so, N times, each time at another place in a window and over
another hiss and bed (seeded). Noise should leave the agent the floor, speech should take it. Each is heard
clean (over -75 dBFS of hiss) and with a bed of office, city, tap or rain 10 dB under it. Speech begins where
its label says; a clip is missed when the floor is not taken by 1.5 s after its end. `babble` (pieces of a
crowded room) is people speaking and is counted apart; so are single words and stretches of 0.2 to 0.6 s.

Sources (voices, recordings, artists) fall into two parts by the hash of their names. Thresholds are chosen on
the searching part (benchmarks/barge_in_choosing.py); the other is reported. Shares are over placements; their
intervals (95 %, Wilson) count clips, as the placements of one clip say nearly the same.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from barge_in_clips import CONDITIONS, PARTS, RATE, WINDOW, Fall, clips_of, falls_of
from barge_in_contenders import CONTENDERS, DEFAULT, by_session, first_run, livekit, unbroken

from local_agent.audio.reading import read_clip
from local_agent.parameters import NoiseParameters
from local_agent.simulate.words import TranscribedWords
from local_agent.vad.networks import silero_v6
from local_agent.vad.settings import LIVEKIT
from local_agent.vad.silero import probabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from barge_in_contenders import Contender, Outcome

    Heard = tuple[Fall, float | None, float | None]

PLAIN: dict[str, tuple[str, Callable[[Fall], int | None]]] = {
    "0.55 / 200 ms": ("7.9 %, 236 ms", lambda fall: first_run(fall.scores, 0.55, 0.40, 6)),
    "0.30 / 64 ms": ("26.5 %, 92 ms", lambda fall: first_run(fall.scores, 0.30, 0.15, 2)),
    "pipecat's 0.7 / 200 ms, no volume gate": (
        "4.2 %, 236 ms",
        lambda fall: first_run(fall.scores, 0.7, 0.7, 6),
    ),
    "livekit's, 0.5 s unbroken": ("1.9 %, 588 ms", lambda fall: _window(unbroken(LIVEKIT, 0.5, fall))),
    "livekit's, 0.5 s with its hangover": (
        "1.9 %, 588 ms",
        lambda fall: _window(livekit(LIVEKIT, 0.5, fall)),
    ),
}
"""Plain triggers, with what the issue says of them."""


def main() -> None:
    """Hear every clip with every contender; print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("VAXCTL_CORPUS"))
    parser.add_argument("--part", choices=(*PARTS, "all"), default="reported")
    parser.add_argument("--placements", type=int, default=4)
    parser.add_argument("--engine", choices=("rnnoise", "nsnet2"), help="hear through a suppressor")
    parser.add_argument("--transcriber", choices=("whisper", "pocketsphinx"), help="with what it makes out")
    parser.add_argument("--plain", action="store_true", help="only the plain triggers, on whole clips")
    given = parser.parse_args()
    if not given.corpus or not (given.corpus / "manifest.jsonl").is_file():
        sys.exit("no corpus here: give --corpus DIR or set VAXCTL_CORPUS")
    if given.plain:
        _print_plain(_whole(given.corpus))
        return
    falls = list(falls_of(given.corpus, given.part, given.placements))
    _score(falls)
    sources = len({fall.source for fall in falls})
    print(f"{given.part} part: {sources} sources, {given.placements} placements a clip")
    for condition in CONDITIONS:
        these = [fall for fall in falls if fall.condition == condition]
        _print(condition, these, _contenders(given.engine, given.transcriber))


def _contenders(engine: str | None, transcriber: str | None) -> dict[str, Contender]:
    if transcriber is not None:
        words = TranscribedWords(_transcriber(transcriber))
        return {f"default, {transcriber}": lambda fall: by_session(DEFAULT, fall, words=words)}
    if engine is not None:
        noise = NoiseParameters(engine)  # type: ignore[arg-type]
        return {f"default, {engine}": lambda fall: by_session(DEFAULT, fall, noise=noise)}
    return CONTENDERS


def _transcriber(name: str) -> object:
    if name == "whisper":
        from local_agent.voices.whisper import WhisperTranscriber

        return WhisperTranscriber()
    from local_agent.voices.pocketsphinx_transcriber import PocketsphinxTranscriber

    return PocketsphinxTranscriber()


def _score(falls: list[Fall]) -> None:
    heard = probabilities_of([fall.samples for fall in falls], silero_v6(RATE))
    for fall, scores in zip(falls, heard, strict=True):
        fall.scores = scores


def _whole(corpus: Path) -> list[Fall]:
    """Return every clip as it is, from its first sample to its last."""
    falls = []
    for clip in clips_of(corpus, "all"):
        samples = read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        onset = (clip.get("speech") or [[None]])[0][0]
        group = "noise" if clip["kind"] in {"noise", "music"} else "speech"
        falls.append(Fall(clip["id"], clip["id"], "", group, "", samples, onset))
    _score(falls)
    return falls


def _window(outcome: Outcome) -> int | None:
    """Return the window at whose end the floor was taken."""
    return None if outcome[1] is None else round(outcome[1] * RATE / WINDOW) - 1


def _print_plain(falls: list[Fall]) -> None:
    noise, speech = ([fall for fall in falls if fall.group == group] for group in ("noise", "speech"))
    labelled = [fall for fall in speech if fall.onset_s is not None]
    print(f"whole clips, fresh state: {len(noise)} noise, {len(speech)} speech ({len(labelled)} with labels)")
    for name, (issue, trigger) in PLAIN.items():
        fired = sum(trigger(fall) is not None for fall in noise)
        late = [
            (at + 1) * WINDOW / RATE - (fall.onset_s or 0.0)
            for fall in labelled
            if (at := trigger(fall)) is not None
        ]
        missed = sum(trigger(fall) is None for fall in speech)
        print(
            f"  {name:40}{_share(fired, len(noise)):22} onset to trigger p50 {np.median(late) * 1000:.0f} ms,"
            f" speech missed {missed}   (issue: {issue})"
        )


def _print(condition: str, falls: list[Fall], contenders: dict[str, Contender]) -> None:
    groups = ("noise", "speech", "short", "babble")
    counts = {group: len({fall.clip for fall in falls if fall.group == group}) for group in groups}
    print(f"\n{condition}: " + ", ".join(f"{count} {group}" for group, count in counts.items()) + " clips")
    print(
        f"{'':25}noise takes floor     noise pauses          speech missed         "
        "silent p50/p90  decided p50/p90  short taken  babble takes floor"
    )
    for name, contender in contenders.items():
        heard = [(fall, *contender(fall)) for fall in falls]
        by_group = {group: [one for one in heard if one[0].group == group] for group in groups}
        noise, speech = by_group["noise"], by_group["speech"]
        missed = _clustered((fall.clip, fall.missed(taken)) for fall, _, taken in speech)
        print(
            f"{name:25}{_lost(noise):22}{_clustered((fall.clip, at is not None) for fall, at, _ in noise):22}"
            f"{missed:22}{_ms(fall_delays(speech, 1)):16}{_ms(fall_delays(speech, 2)):17}"
            f"{_percent(by_group['short']):13}{_percent(by_group['babble'])}"
        )
        _print_classes(noise)


def _print_classes(noise: Sequence[Heard]) -> None:
    """Print which classes took the floor, and what share of their falls."""
    falls = Counter(fall.sound_class for fall, _, _ in noise)
    lost = Counter(fall.sound_class for fall, _, taken in noise if taken is not None)
    if lost:
        print(
            f"{'':25}  by class: "
            + ", ".join(f"{kind} {count}/{falls[kind]}" for kind, count in lost.most_common())
        )


def fall_delays(heard: Iterable[Heard], which: int) -> list[float]:
    """Return how long after the true onset the agent fell silent (1) or lost the floor (2), in seconds."""
    return [one[which] - (one[0].onset_s or 0.0) for one in heard if one[which] is not None]  # type: ignore[operator]


def _lost(heard: Iterable[Heard]) -> str:
    return _clustered((fall.clip, taken is not None) for fall, _, taken in heard)


def _clustered(happened: Iterable[tuple[str, bool]]) -> str:
    """Return a share over placements, with the interval of as many chances as there are clips."""
    by_clip: dict[str, list[bool]] = defaultdict(list)
    for clip, one in happened:
        by_clip[clip].append(one)
    return _share(sum(sum(ones) / len(ones) for ones in by_clip.values()), len(by_clip))


def _percent(heard: Sequence[Heard]) -> str:
    if not heard:
        return "-"
    return f"{100 * sum(taken is not None for _, _, taken in heard) / len(heard):.1f} %"


def _share(count: float, total: int) -> str:
    """Return a share with its 95 % Wilson interval."""
    if not total:
        return "-"
    z = 1.96
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
