"""One caller event as samples, with the places that are its truth."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.audio.resampling import resample
from local_agent.errors import UnusableInput
from local_agent.record import SpokenTurn
from local_agent.scenarios.levels import at_level, bounds, silence_at
from local_agent.scenarios.model import PAUSE_DBFS, SPEECH_DBFS
from local_agent.scenarios.noises import DURATIONS_MS, seeded_noise
from local_agent.voices.cutting import place_before
from local_agent.voices.voice import proportional_words, written_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.scenarios.model import CallerEvent, Pause
    from local_agent.scenarios.noises import Seed
    from local_agent.voices.voice import Voice

_FADE_MS = 5
_NOISE_MS = 2_000


@dataclass(frozen=True, slots=True)
class Sound:
    """An event's samples; `parts` are the stretches of sound in it, several where pauses were put in.

    `texts` are the words of each part.
    """

    samples: NDArray[np.float32]
    parts: tuple[tuple[int, int], ...]
    texts: tuple[str, ...]


def render_event(event: CallerEvent, rate_hz: int, voice: Voice, seed: Seed) -> Sound:
    """Return an event's sound, dry. Raises UnusableInput for unusable audio or labels outside it."""
    spoken = _source(event, rate_hz, voice, seed)
    samples = spoken.samples
    if event.level_dbfs is not None or event.audio is None:
        samples = at_level(samples, rate_hz, SPEECH_DBFS if event.level_dbfs is None else event.level_dbfs)
    samples = np.clip(samples, -1.0, 1.0).astype(np.float32)
    onset, offset = _bounds(event, samples, rate_hz)
    places = sorted(
        (_place(pause, spoken, event, rate_hz), pause.duration_ms * rate_hz // 1000) for pause in event.pauses
    )
    if any(not onset < place < offset for place, _ in places):
        raise UnusableInput(
            f"caller event {event.id or event.text!r}: a pause is not within the sound",
            help=f"the sound is from {onset * 1000 // rate_hz} to {offset * 1000 // rate_hz} ms of the clip",
        )
    texts = _texts(event, spoken, (onset, offset), [place for place, _ in places])
    paused, parts = _with_pauses(samples, (onset, offset), places, rate_hz, np.random.default_rng(seed))
    return Sound(paused, parts, texts)


def _source(event: CallerEvent, rate_hz: int, voice: Voice, seed: Seed) -> SpokenTurn:
    if event.noise is not None:
        duration_ms = event.duration_ms or DURATIONS_MS.get(event.noise, _NOISE_MS)
        return SpokenTurn("", seeded_noise(event.noise, duration_ms * rate_hz // 1000, rate_hz, seed))
    if event.say is not None:
        return voice.speak(event.say, rate_hz)
    clip = read_clip(event.audio or "")
    samples = resample(clip.samples, clip.sample_rate_hz, rate_hz)
    start = (event.from_ms or 0) * rate_hz // 1000
    end = len(samples) if event.to_ms is None else event.to_ms * rate_hz // 1000
    if start >= len(samples) or end > len(samples) + rate_hz // 100:
        length_ms = len(samples) * 1000 // rate_hz
        raise UnusableInput(
            f"{event.audio}: from_ms..to_ms leave the clip ({length_ms} ms)", help="cut within it"
        )
    return SpokenTurn(event.text, samples[start:end])


def _bounds(event: CallerEvent, samples: NDArray[np.float32], rate_hz: int) -> tuple[int, int]:
    measured = bounds(samples, rate_hz)
    onset = measured[0] if event.onset_ms is None else event.onset_ms * rate_hz // 1000
    offset = measured[1] if event.offset_ms is None else event.offset_ms * rate_hz // 1000
    if offset > len(samples) + rate_hz // 100 or onset >= max(offset, 1):
        what = event.audio or event.say or event.noise
        raise UnusableInput(
            f"{what}: its sound (onset to offset) is empty or leaves the clip", help="check the labels"
        )
    return onset, min(offset, len(samples))


def _place(pause: Pause, spoken: SpokenTurn, event: CallerEvent, rate_hz: int) -> int:
    """Return where a pause goes: at its time, or where it is quietest between its two words."""
    if pause.at_ms is not None:
        return pause.at_ms * rate_hz // 1000
    number = pause.after_word or 1
    if len(spoken.words) <= number:
        raise UnusableInput(
            f"caller event {event.say!r}: the voice gave {len(spoken.words)} words, a pause is after word {number}",
            help="count the words as the voice speaks them, or give at_ms",
        )
    return place_before(spoken, number, rate_hz)


def _texts(
    event: CallerEvent, spoken: SpokenTurn, sound: tuple[int, int], places: list[int]
) -> tuple[str, ...]:
    """Return the words before, between and after the places: by the voice's times, else by their letters."""
    written = written_words(event.text)
    words = spoken.words if len(spoken.words) == len(written) else proportional_words(written, *sound)
    parts: list[list[str]] = [[] for _ in range(len(places) + 1)]
    for word, text in zip(words, written, strict=True):
        parts[bisect(places, (word.start_sample + word.end_sample) // 2)].append(text)
    return tuple(" ".join(part) for part in parts)


def _with_pauses(
    samples: NDArray[np.float32],
    sound: tuple[int, int],
    places: list[tuple[int, int]],
    rate_hz: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], tuple[tuple[int, int], ...]]:
    """Return the sound with pauses of these lengths, and the stretches of sound around them.

    Faint noise makes the silence that is there already as long as the pause is to be.
    """
    pieces: list[NDArray[np.float32]] = []
    parts: list[tuple[int, int]] = []
    taken, shift, onset = 0, 0, sound[0]
    for place, whole_length in places:
        length = max(0, whole_length - silence_at(samples, place, rate_hz))
        pieces += [
            _faded(samples[taken:place], rate_hz, head=taken > 0, tail=True),
            at_level(rng.standard_normal(length).astype(np.float32), rate_hz, PAUSE_DBFS),
        ]
        parts.append((onset, place + shift))
        shift += length
        onset, taken = place + shift, place
    pieces.append(_faded(samples[taken:], rate_hz, head=taken > 0, tail=False))
    parts.append((onset, sound[1] + shift))
    whole = np.concatenate(pieces).astype(np.float32)
    return whole, _heard(parts, whole, rate_hz)


def _heard(
    parts: list[tuple[int, int]], samples: NDArray[np.float32], rate_hz: int
) -> tuple[tuple[int, int], ...]:
    """Draw the edges beside a pause in to where sound really is: words end before the place of a cut."""
    if len(parts) == 1:
        return tuple(parts)
    drawn = []
    for number, (start, end) in enumerate(parts):
        low, high = bounds(samples[start:end], rate_hz)
        drawn.append(
            (start if number == 0 else start + low, end if number == len(parts) - 1 else start + high)
        )
    return tuple(drawn)


def _faded(samples: NDArray[np.float32], rate_hz: int, *, head: bool, tail: bool) -> NDArray[np.float32]:
    out = samples.copy()
    size = min(_FADE_MS * rate_hz // 1000, len(out))
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    if head:
        out[:size] *= ramp
    if tail and size:
        out[-size:] *= ramp[::-1]
    return out
