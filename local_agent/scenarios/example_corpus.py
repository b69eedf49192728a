"""A corpus out of nothing but this package: generated noises, and the shipped speech in many voices.

For trying `vaxctl tune` and `corpus mix` without recordings of one's own. Each source of noise has its own seed and
level; each speaker is the one shipped voice, played faster or slower (which moves pitch and formants) and louder or
softer. It shows the tool at work. It is no evidence about callers: its speakers are one voice in truth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from local_agent.audio.resampling import resample
from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_manifest import MANIFEST
from local_agent.scenarios.levels import at_level, bounds
from local_agent.scenarios.noises import CLASSES, DURATIONS_MS, make_noise
from local_agent.scenarios.shipped import spoken_folder
from local_agent.scenarios.whole_folder import whole_folder
from local_agent.voices.spoken_voice import SpokenVoice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Word = tuple[str, float, float]

RATE_HZ: Final = 16_000
SOURCES: Final = 12
"""Sources of each class of noise."""
SPEAKERS: Final = 24
ABOUT: Final = "vaxctl example corpus: synthetic"
_NOISE_MS: Final = 2_000
_NOISE_DBFS: Final = (-36.0, -18.0)
_SPEECH_DBFS: Final = (-32.0, -20.0)
_PROMPT_DBFS: Final = -23.0
_PACE: Final = (0.82, 1.18)
_INTERRUPTIONS: Final = (
    "Stop, please stop.",
    "Wait, I wasn't finished with my question.",
    "Hold on, can I ask you something?",
    "Sorry, when does it end exactly?",
    "No.",
    "Yes.",
)
_TURNS: Final = (
    "Actually, I'm calling about my last bill.",
    "I would like to move my appointment to Friday.",
    "Yes, that sounds good, let's do that.",
    "zero seven seven zero zero, nine zero zero, four six one",
)
"""Each of them as a whole, and held at its first comma, where it has one."""
_PROMPTS: Final = (
    "Lovely, you are booked in for Tuesday.",
    "No problem at all. Is there another day that suits you?",
    "That plan covers all of your twelve sites.",
    "What is the best number to reach you on?",
)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's samples, and its line of the manifest without what the samples say."""

    name: str
    samples: Samples
    labels: dict[str, Any]


def write_example(out: Path, *, seed: int) -> int:
    """Write the corpus to a folder that is not there yet, all or nothing; return how many clips it has.

    The same seed and packages give the same bytes. Raises UnusableInput where it cannot be written.
    """
    if out.exists() or out.is_symlink():
        raise UnusableInput(f"{out} is there already", help="name a folder that is not there yet")
    with whole_folder(out) as partial:
        (partial / "audio").mkdir(parents=True)
        lines = [_written(clip, partial) for clip in clips(seed)]
        (partial / MANIFEST).write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
        return len(lines)


def clips(seed: int) -> Iterator[Clip]:
    """Yield the clips one by one, in the order of the manifest."""
    yield from _noises(seed)
    voice = SpokenVoice(spoken_folder())
    for number in range(SPEAKERS):
        yield from _spoken(voice, number, np.random.default_rng([seed, 1, number]))
    for number, text in enumerate(_PROMPTS):
        said = voice.speak(text, RATE_HZ)
        samples = at_level(said.samples, RATE_HZ, _PROMPT_DBFS)
        yield Clip(f"agent-{number}", samples, {"kind": "agent", "transcript": text})


def _noises(seed: int) -> Iterator[Clip]:
    for place, sound in enumerate(CLASSES):
        for number in range(SOURCES):
            rng = np.random.default_rng([seed, 0, place, number])
            length = DURATIONS_MS.get(sound, _NOISE_MS) * RATE_HZ // 1000
            samples = at_level(make_noise(sound, length, RATE_HZ, rng), RATE_HZ, rng.uniform(*_NOISE_DBFS))
            kind = "music" if sound == "hold-music" else "noise"
            yield Clip(f"{sound}-{number}", samples, {"kind": kind, "class": sound})


@dataclass(frozen=True, slots=True)
class _Speaker:
    """The shipped voice made another: `pace` times as fast and as high, at a level of its own."""

    name: str
    voice: SpokenVoice
    pace: float
    dbfs: float

    def says(self, text: str) -> tuple[Samples, list[Word]]:
        """Return an utterance, and where its words are."""
        turn = self.voice.speak(text, RATE_HZ)
        samples = resample(turn.samples, round(RATE_HZ * self.pace), RATE_HZ)
        return at_level(samples, RATE_HZ, self.dbfs), [
            (word.text, self._second(word.start_sample), self._second(word.end_sample)) for word in turn.words
        ]

    def _second(self, sample: int) -> float:
        return round(sample / RATE_HZ / self.pace, 3)


def _spoken(voice: SpokenVoice, number: int, rng: np.random.Generator) -> Iterator[Clip]:
    """Yield what one speaker says: three interruptions, a turn, and where it has a comma the turn held there."""
    speaker = _Speaker(f"voice-{number:02}", voice, rng.uniform(*_PACE), rng.uniform(*_SPEECH_DBFS))
    for place in sorted(rng.choice(len(_INTERRUPTIONS), 3, replace=False).tolist()):
        samples, _ = speaker.says(_INTERRUPTIONS[place])
        sounding = [round(at / RATE_HZ, 3) for at in bounds(samples, RATE_HZ)]
        labels = {"kind": "speech", "speech": [sounding], "transcript": _INTERRUPTIONS[place]}
        yield Clip(f"{speaker.name}-interrupts-{place}", samples, labels | {"speaker": speaker.name})
    place = int(rng.integers(len(_TURNS)))
    samples, words = speaker.says(_TURNS[place])
    labels = {"kind": "turn", "speaker": speaker.name, "transcript": _TURNS[place], "words": words}
    whole = labels | {"turn": "complete", "turn_point_s": words[-1][2]}
    yield Clip(f"{speaker.name}-turn-{place}", samples, whole)
    point = _comma(words)
    if point is not None:
        yield Clip(f"{speaker.name}-held-{place}", samples, labels | {"turn": "hold", "turn_point_s": point})


def _comma(words: Sequence[Word]) -> float | None:
    """Return the second in the middle of the first comma's gap."""
    gaps = ((before, after) for before, after in pairwise(words) if before[0].endswith(","))
    return next((round((before[2] + after[1]) / 2, 3) for before, after in gaps), None)


def _written(clip: Clip, folder: Path) -> str:
    import soundfile

    name = f"audio/{clip.name}.flac"
    pcm = np.clip(np.rint(clip.samples * 32_768), -32_768, 32_767).astype(np.int16)
    soundfile.write(folder / name, pcm, RATE_HZ, subtype="PCM_16")
    line = {
        "id": clip.name,
        "audio": name,
        "sample_rate_hz": RATE_HZ,
        "duration_s": round(len(pcm) / RATE_HZ, 3),
        **clip.labels,
        "origin": ABOUT,
        "license": "Apache-2.0",
    }
    return json.dumps(line, ensure_ascii=False)
