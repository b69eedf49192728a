"""The clips of benchmarks/barge_in.py: who is in which part, and how each falls on the agent's speech."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.audio.reading import read_clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Bounds = tuple[float, float]
    Cut = tuple[str, Samples, Bounds | None, str]

RATE = 16_000
WINDOW = 512
PARTS = ("searching", "reported")
CONDITIONS: dict[str, float | None] = {"clean": None, "10 dB": 10.0}
"""What a clip is heard in: the level of a bed under it in dB, None for none."""
BEDS = ("office-ambience", "city-ambience", "running-tap", "rain")
HISS_DB = -75.0
SHORT_S = 0.6
SHORTEST_S = 0.2
WORDS_A_CLIP = 3
LATE_S = 1.5
BABBLE_S = 3


@dataclass(slots=True)
class Fall:
    """One clip as it falls on the agent's speech; onset and end (seconds) are true where people speak in it.

    `clip` is what counts once however often it falls; `source` is who or what is heard in it; `text` is what is
    said where it is known; `scores` are the speech probabilities of its windows.
    """

    clip: str
    source: str
    sound_class: str
    group: str
    condition: str
    samples: Samples
    onset_s: float | None = None
    end_s: float | None = None
    text: str = ""
    scores: Samples = field(default_factory=lambda: np.zeros(0, np.float32))

    def missed(self, taken_s: float | None) -> bool:
        """Tell whether the floor was not taken by 1.5 s after the speech."""
        return taken_s is None or taken_s > (self.end_s or 0.0) + LATE_S


def clips_of(corpus: Path, part: str) -> list[dict[str, Any]]:
    """Return the manifest's clips of a part (`searching`, `reported` or `all`), agents and rooms left out."""
    with (corpus / "manifest.jsonl").open(encoding="utf-8") as lines:
        clips = [json.loads(line) for line in lines]
    return [
        clip
        for clip in clips
        if clip["kind"] not in {"agent", "rir"} and part in {"all", PARTS[_number(source_of(clip)) % 2]}
    ]


def source_of(clip: dict[str, Any]) -> str:
    """Return who or what is heard: the voice, the artist, the recording that several clips were cut from."""
    name: str = clip["id"]
    if clip["kind"] == "turn":
        return "voice " + "-".join(name.split("-")[-5:])
    if cut := re.search(r"-(\d+)-[a-z]$", name):
        return f"recording {cut[1]}"
    if re.fullmatch(r"reading-\d+", name):
        return "reader librivox"
    return name.split("-")[1] if clip["kind"] == "music" else name


def falls_of(
    corpus: Path, part: str, placements: int, conditions: dict[str, float | None] | None = None
) -> Iterator[Fall]:
    """Yield each clip of a part as often as asked for: at another sample of a window, hiss and bed each time."""
    beds = {
        clip["class"]: read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        for clip in reversed(clips_of(corpus, "all"))
        if clip.get("class") in BEDS
    }
    for clip in clips_of(corpus, part):
        samples = read_clip(corpus / clip["audio"], rate_hz=RATE).samples
        for number, cut in enumerate(_cuts(clip, samples)):
            for placement in range(placements):
                chance = np.random.default_rng([_number(clip["id"]) % 2**32, number, placement])
                yield from _placed(clip, number, cut, beds, chance, conditions or CONDITIONS)


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def _cuts(clip: dict[str, Any], samples: Samples) -> Iterator[Cut]:
    """Yield group, samples, bounds and text of what falls on the agent."""
    if clip.get("class") == "crowded-room":
        size = BABBLE_S * RATE
        yield from (("babble", samples[at : at + size], None, "") for at in range(0, len(samples), size))
    elif clip["kind"] in {"noise", "music"}:
        yield "noise", samples[: 10 * RATE], None, ""
    elif clip.get("words"):
        yield from _worded(clip, samples)
    else:
        yield from _stretches(clip, samples)


def _stretches(clip: dict[str, Any], samples: Samples) -> Iterator[Cut]:
    """Yield speech from its first labelled stretch on, and each short later stretch by itself."""
    stretches = clip.get("speech") or []
    for number, (onset, end) in enumerate(stretches):
        before = max(onset - 0.3, stretches[number - 1][1] + 0.02 if number else 0.0)
        bounds = onset - before, end - before
        if number == 0:
            yield "speech", samples[int(before * RATE) : int((before + 6) * RATE)], bounds, ""
        elif end - onset <= SHORT_S:
            following = stretches[number + 1][0] - 0.02 if number + 1 < len(stretches) else end + 0.2
            after = min(end + 0.2, following)
            yield "short", samples[int(before * RATE) : int(after * RATE)], bounds, ""


def _worded(clip: dict[str, Any], samples: Samples) -> Iterator[Cut]:
    """Yield the sentence, and a few of its words alone, each 0.2 to 0.6 s long."""
    words = clip["words"]
    onset, end = words[0][1], words[-1][2]
    yield "speech", samples[int(max(onset - 0.3, 0) * RATE) : 6 * RATE], (onset, end), clip["transcript"]
    short = [word for word in words if SHORTEST_S <= word[2] - word[1] <= SHORT_S]
    for text, first, last in sorted(short, key=lambda word: _number(clip["id"] + str(word)))[:WORDS_A_CLIP]:
        cut = samples[int(first * RATE) : int(last * RATE)].copy()
        fade = np.linspace(0, 1, RATE // 100, dtype=np.float32)
        cut[: len(fade)] *= fade
        cut[-len(fade) :] *= fade[::-1]
        yield "short", cut, (0.0, last - first), text


def _placed(
    clip: dict[str, Any],
    number: int,
    cut: Cut,
    beds: dict[str, Samples],
    chance: np.random.Generator,
    conditions: dict[str, float | None],
) -> Iterator[Fall]:
    """Yield a cut after a second of hiss, in each condition."""
    group, sound, bounds, text = cut
    lead = RATE + int(chance.integers(0, WINDOW))
    hiss = chance.standard_normal(lead + len(sound) + 2 * RATE) * 10 ** (HISS_DB / 20)
    clean = hiss.astype(np.float32)
    clean[lead : lead + len(sound)] += sound
    bed = beds[BEDS[int(chance.integers(len(BEDS)))]]
    bed = np.resize(np.roll(bed, -int(chance.integers(len(bed)))), len(clean))
    heard = sound if bounds is None else sound[int(bounds[0] * RATE) : int(bounds[1] * RATE)]
    bed *= np.float32(_rms(heard) / _rms(bed))
    times = (None, None) if bounds is None else (lead / RATE + bounds[0], lead / RATE + bounds[1])
    name = clip["id"] if group in {"noise", "speech"} else f"{clip['id']} {number}"
    about = name, source_of(clip), clip.get("class", group), group
    for condition, snr_db in conditions.items():
        mixed = clean if snr_db is None else clean + bed * np.float32(10 ** (-snr_db / 20))
        yield Fall(*about, condition, np.clip(mixed, -1.0, 1.0), *times, text)


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2) + 1e-12))
