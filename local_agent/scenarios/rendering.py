"""One caller event as samples, with the places that are its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.audio.resampling import resample
from local_agent.errors import UnusableInput
from local_agent.scenarios.levels import at_level, bounds
from local_agent.scenarios.model import PAUSE_DBFS, SPEECH_DBFS
from local_agent.scenarios.noises import DURATIONS_MS, make_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.record import Word
    from local_agent.scenarios.model import CallerEvent
    from local_agent.voices.voice import Voice

_FADE_MS = 5
_NOISE_MS = 2_000


@dataclass(frozen=True, slots=True)
class Sound:
    """An event's samples; `parts` are the stretches of sound in it, several where pauses were put in."""

    samples: NDArray[np.float32]
    parts: tuple[tuple[int, int], ...]


def render_event(event: CallerEvent, rate_hz: int, voice: Voice, rng: np.random.Generator) -> Sound:
    """Return an event's sound, dry. Raises UnusableInput for unusable audio or labels outside it."""
    samples, words = _source(event, rate_hz, voice, rng)
    if event.level_dbfs is not None or event.audio is None:
        samples = at_level(samples, rate_hz, SPEECH_DBFS if event.level_dbfs is None else event.level_dbfs)
    samples = np.clip(samples, -1.0, 1.0).astype(np.float32)
    onset, offset = _bounds(event, samples, rate_hz)
    places = sorted(
        (_place(pause.at_ms, pause.after_word, words, event, rate_hz), pause.duration_ms * rate_hz // 1000)
        for pause in event.pauses
    )
    if any(not onset < place < offset for place, _ in places):
        raise UnusableInput(
            f"caller event {event.id or event.text!r}: a pause is not within the sound",
            help=f"the sound is from {onset * 1000 // rate_hz} to {offset * 1000 // rate_hz} ms of the clip",
        )
    return _with_pauses(samples, (onset, offset), places, rate_hz, rng)


def _source(
    event: CallerEvent, rate_hz: int, voice: Voice, rng: np.random.Generator
) -> tuple[NDArray[np.float32], tuple[Word, ...]]:
    if event.noise is not None:
        duration_ms = event.duration_ms or DURATIONS_MS.get(event.noise, _NOISE_MS)
        return make_noise(event.noise, duration_ms * rate_hz // 1000, rate_hz, rng), ()
    if event.say is not None:
        spoken = voice.speak(event.say, rate_hz)
        return spoken.samples, spoken.words
    clip = read_clip(event.audio or "")
    samples = resample(clip.samples, clip.sample_rate_hz, rate_hz)
    start = (event.from_ms or 0) * rate_hz // 1000
    end = len(samples) if event.to_ms is None else event.to_ms * rate_hz // 1000
    if start >= len(samples) or end > len(samples) + rate_hz // 100:
        length_ms = len(samples) * 1000 // rate_hz
        raise UnusableInput(
            f"{event.audio}: from_ms..to_ms leave the clip ({length_ms} ms)", help="cut within it"
        )
    return samples[start:end], ()


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


def _place(
    at_ms: int | None, after_word: int | None, words: tuple[Word, ...], event: CallerEvent, rate_hz: int
) -> int:
    if at_ms is not None:
        return at_ms * rate_hz // 1000
    number = after_word or 1
    if len(words) <= number:
        raise UnusableInput(
            f"caller event {event.say!r}: the voice gave {len(words)} words, a pause is after word {number}",
            help="count the words as the voice speaks them, or give at_ms",
        )
    return (words[number - 1].end_sample + words[number].start_sample) // 2


def _with_pauses(
    samples: NDArray[np.float32],
    sound: tuple[int, int],
    places: list[tuple[int, int]],
    rate_hz: int,
    rng: np.random.Generator,
) -> Sound:
    pieces: list[NDArray[np.float32]] = []
    parts: list[tuple[int, int]] = []
    taken, shift, onset = 0, 0, sound[0]
    for place, length in places:
        pieces += [
            _faded(samples[taken:place], rate_hz, head=taken > 0, tail=True),
            at_level(rng.standard_normal(length).astype(np.float32), rate_hz, PAUSE_DBFS),
        ]
        parts.append((onset, place + shift))
        shift += length
        onset, taken = place + shift, place
    pieces.append(_faded(samples[taken:], rate_hz, head=taken > 0, tail=False))
    parts.append((onset, sound[1] + shift))
    return Sound(np.concatenate(pieces).astype(np.float32), _heard(parts, np.concatenate(pieces), rate_hz))


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
