"""Noises made from a seed, one function per class: models of what callers' rooms sound like, not recordings.

Each returns `length` samples of any level; the caller sets the level. Each says in a line what it is made of.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, get_args

import numpy as np

from local_agent.scenarios.colours import band, coloured, harmonics, ring, swell
from local_agent.scenarios.levels import at_level
from local_agent.scenarios.model import NoiseClass
from local_agent.scenarios.music import music
from local_agent.scenarios.speech_like import Talker, speech_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Maker = Callable[[int, int, np.random.Generator], NDArray[np.float32]]
    Seed = tuple[int, ...]

CLASSES: tuple[str, ...] = get_args(NoiseClass)
DURATIONS_MS = {
    "cough": 450,
    "sneeze": 900,
    "door-slam": 600,
    "dog-bark": 700,
    "baby-cry": 1_600,
    "keyboard": 1_500,
}
"""How long an event of a class lasts where its scenario does not say; 2 s for the others."""


def make_noise(name: str, length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return `length` samples of a class of noise, its active level -26 dBFS."""
    return at_level(_MAKERS[name](length, rate_hz, rng), rate_hz, -26.0)


KEPT = 48
"""Noises kept: a bed of 30 s at 8 kHz takes 1 MB, at 16 kHz 2 MB."""


@lru_cache(maxsize=KEPT)
def seeded_noise(name: str, length: int, rate_hz: int, seed: Seed) -> NDArray[np.float32]:
    """Return `make_noise` with a generator of this seed; made once, as other profiles hear the same call.

    The samples cannot be written to.
    """
    samples = make_noise(name, length, rate_hz, np.random.default_rng(seed))
    samples.setflags(write=False)
    return samples


def _mix(rate_hz: int, *parts: tuple[float, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Add sounds, each at its own level in dB."""
    return np.asarray(np.sum([at_level(part, rate_hz, dbfs) for dbfs, part in parts], axis=0), np.float32)


def _pink(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Power falling 3 dB an octave."""
    return coloured(length, rate_hz, rng, slope=-0.5)


def _hvac(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make a fan: noise falling steeply above 300 Hz, hum at 100 Hz and its overtones."""
    hum = harmonics(np.full(length, 100.0), rate_hz, (1.0, 0.5, 0.25, 0.1))
    return _mix(rate_hz, (-26, coloured(length, rate_hz, rng, slope=-1.0, high_hz=1_500)), (-38, hum))


def _wind(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Rumble at the microphone in gusts."""
    rumble = coloured(length, rate_hz, rng, slope=-1.2, high_hz=900)
    return (rumble * swell(length, rate_hz, rng, per_second=0.7, depth=0.85)).astype(np.float32)


def _street(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Traffic: pink noise, cars passing as swells of tyre noise."""
    cars = band(length, rate_hz, rng, 200, 1_800) * swell(length, rate_hz, rng, per_second=0.3, depth=0.95)
    return _mix(rate_hz, (-32, _pink(length, rate_hz, rng)), (-27, cars.astype(np.float32)))


def _car_radio(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Put a speaker on the radio over music, in a car: low rumble below them."""
    host = speech_like(length, rate_hz, rng, Talker(float(rng.uniform(95, 130))))
    rumble = coloured(length, rate_hz, rng, slope=-1.5, high_hz=300)
    return _mix(rate_hz, (-27, host), (-32, music(length, rate_hz, rng)), (-33, rumble))


def _television(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Two speakers by turns, music under them, blurred by a living room."""
    man = speech_like(length, rate_hz, rng, Talker(float(rng.uniform(95, 130))))
    woman = speech_like(length, rate_hz, rng, Talker(float(rng.uniform(180, 220)), 0.86))
    turn = swell(length, rate_hz, rng, per_second=0.4, depth=1.0) > 0.5  # noqa: PLR2004 - half of the swell
    both = np.where(turn, man, woman).astype(np.float32)
    tail = np.exp(-np.arange(rate_hz // 5) / (rate_hz * 0.05)) * rng.standard_normal(rate_hz // 5)
    blurred = np.convolve(both, tail, "full")[:length].astype(np.float32)
    return _mix(rate_hz, (-28, both), (-31, blurred), (-36, music(length, rate_hz, rng)))


def _babble(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Six speakers at once, none in front."""
    talkers = [Talker(float(rng.uniform(90, 220)), float(rng.uniform(0.84, 1.05))) for _ in range(6)]
    return _mix(rate_hz, *[(-30.0, speech_like(length, rate_hz, rng, talker)) for talker in talkers])


def _keyboard(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Keys going down and up, about six a second."""
    out = np.zeros(length, np.float32)
    at = int(rng.uniform(0, 0.05) * rate_hz)
    while at < length:
        for delay_s, gain in ((0.0, 1.0), (float(rng.uniform(0.05, 0.09)), 0.4)):
            hz = float(rng.uniform(1_500, 3_200))
            click = gain * rng.uniform(0.5, 1.0) * ring(rate_hz // 40, rate_hz, rng, hz, decay_ms=4)
            put(out, click, at + int(delay_s * rate_hz))
        at += int(rng.exponential(0.1) * rate_hz) + rate_hz // 15
    return out


def _cough(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """One to three bursts: a hard broadband onset, noise through a throat, a voiced end."""
    out = np.zeros(length, np.float32)
    bursts = max(1, min(3, round(length / rate_hz / 0.35)))
    for number in range(bursts):
        size = int(length / bursts * 0.9)
        seconds = np.arange(size) / rate_hz
        air = band(size, rate_hz, rng, 350, 3_200) * np.exp(-seconds / 0.07)
        end = harmonics(np.linspace(190, 120, size), rate_hz, (1, 0.8, 0.6, 0.5, 0.3, 0.2))
        voiced = end * np.exp(-(((seconds - 0.14) / 0.06) ** 2))
        put(
            out,
            _mix(rate_hz, (-20, air.astype(np.float32)), (-31, voiced.astype(np.float32))),
            number * length // bursts,
        )
    return out


def _sneeze(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a breath in, then a burst of hiss with a short open vowel in it."""
    breath = int(length * 0.4)
    out = np.zeros(length, np.float32)
    drawn = band(breath, rate_hz, rng, 600, 2_500) * np.linspace(0, 1, breath) ** 2
    put(out, at_level(drawn.astype(np.float32), rate_hz, -45), 0)
    size = length - breath
    seconds = np.arange(size) / rate_hz
    hiss = band(size, rate_hz, rng, 1_200, 3_900) * np.exp(-seconds / 0.12)
    voice = harmonics(np.linspace(280, 170, size), rate_hz, (0.5, 1, 0.9, 0.5, 0.2)) * np.exp(-seconds / 0.09)
    put(out, _mix(rate_hz, (-20, hiss.astype(np.float32)), (-23, voice.astype(np.float32))), breath)
    return out


def _door_slam(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make a thump, a crack, and what rattles after it."""
    out = np.zeros(length, np.float32)
    put(out, 1.0 * ring(length, rate_hz, rng, 75, decay_ms=90), 0)
    put(out, 0.8 * ring(length, rate_hz, rng, 900, decay_ms=12), 0)
    for _ in range(3):
        put(out, 0.15 * ring(length, rate_hz, rng, 1_700, decay_ms=15), int(rng.uniform(0.08, 0.3) * rate_hz))
    return out


def _dog_bark(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Barks of 150 ms: a rough tone that falls, with breath in it."""
    out = np.zeros(length, np.float32)
    at, size = 0, int(rate_hz * 0.15)
    while at < length:
        seconds = np.arange(size) / rate_hz
        pitch = float(rng.uniform(380, 460)) * (1 + 0.3 * np.exp(-seconds / 0.03)) - 900 * seconds
        tone = harmonics(pitch, rate_hz, (0.7, 1, 0.8, 0.6, 0.4)) * np.hanning(size)
        rough = band(size, rate_hz, rng, 500, 3_000) * np.hanning(size)
        put(out, _mix(rate_hz, (-22, tone.astype(np.float32)), (-27, rough.astype(np.float32))), at)
        at += size + int(rng.uniform(0.12, 0.45) * rate_hz)
    return out


def _baby_cry(length: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Wails of about a second at 400 to 560 Hz, rising and falling, with a breath between."""
    out = np.zeros(length, np.float32)
    at = 0
    while at < length:
        size = int(rng.uniform(0.7, 1.1) * rate_hz)
        arc = np.sin(np.pi * np.arange(size) / size)
        shake = 1 + 0.015 * np.sin(2 * np.pi * 6 * np.arange(size) / rate_hz)
        wail = harmonics((400 + 160 * arc) * shake, rate_hz, (1, 0.9, 0.8, 0.5, 0.3, 0.2))
        put(out, (wail * arc**0.5).astype(np.float32), at)
        at += size + int(rng.uniform(0.2, 0.4) * rate_hz)
    return out


def put(out: NDArray[np.float32], sound: NDArray[np.float32], at: int) -> None:
    """Add a sound into a longer one, as far as it fits."""
    fits = max(0, min(len(sound), len(out) - at))
    out[at : at + fits] += sound[:fits]


_MAKERS: dict[str, Maker] = {
    "baby-cry": _baby_cry,
    "babble": _babble,
    "car-radio": _car_radio,
    "cough": _cough,
    "dog-bark": _dog_bark,
    "door-slam": _door_slam,
    "hold-music": music,
    "hvac": _hvac,
    "keyboard": _keyboard,
    "pink": _pink,
    "sneeze": _sneeze,
    "street": _street,
    "television": _television,
    "wind": _wind,
}
