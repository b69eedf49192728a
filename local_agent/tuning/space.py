"""Which settings are tried: values for each key of a profile, combined; whole settings out, each of them legal.

A setting is a dictionary from a profile's key to a value; keys that it does not name stay as they are in the
present profile. The release threshold follows the threshold at `RELEASE_STEP` unless it is searched itself.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from local_agent.parameters import Parameters

Value = float | int | str | bool
Setting = dict[str, Value]

THRESHOLD: Final = "vad.threshold"
RELEASE: Final = "vad.release_threshold"
_DELAY: Final = "endpointing.delay_ms"
_MAX_DELAY: Final = "endpointing.max_delay_ms"
RELEASE_STEP: Final = 0.15
"""The release threshold's distance under the threshold: Silero's own (silero-vad 6.2, VADIterator)."""

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    THRESHOLD: ("vad", "threshold"),
    RELEASE: ("vad", "release_threshold"),
    "vad.min_speech_ms": ("vad", "min_speech_ms"),
    "vad.min_silence_ms": ("vad", "min_silence_ms"),
    "noise_suppression.engine": ("noise", "engine"),
    "noise_suppression.max_attenuation_db": ("noise", "max_attenuation_db"),
    "endpointing.mode": ("endpointing", "mode"),
    _DELAY: ("endpointing", "delay_ms"),
    _MAX_DELAY: ("endpointing", "max_delay_ms"),
    "barge_in.min_words": ("barge_in", "min_words"),
    "false_barge_in.validate": ("barge_in", "validate"),
    "false_barge_in.timeout_ms": ("barge_in", "timeout_ms"),
}
"""Each key that can be searched: where it stands in Parameters."""

_WORDS: Final[Mapping[str, Mapping[str, Value]]] = {
    "endpointing.mode": {mode: mode for mode in ("silence", "semantic", "hybrid")},
    "noise_suppression.engine": {engine: engine for engine in ("off", "rnnoise", "nsnet2")},
    "false_barge_in.validate": {"true": True, "false": False},
}
_MOST_VALUES: Final = 10_000
"""More values for one key than anybody means."""

DEFAULT_AXES: Final[Mapping[str, tuple[Value, ...]]] = {
    THRESHOLD: tuple(round(0.25 + 0.05 * step, 2) for step in range(14)),
    "vad.min_speech_ms": tuple(range(50, 501, 50)),
    "vad.min_silence_ms": tuple(range(200, 801, 50)),
}
"""14 x 10 x 13 = 1,820 settings: every threshold that anybody uses, in the steps in which people think."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a target can express of a key, ends included; None is no limit."""

    low: float | None = None
    high: float | None = None

    def admit(self, value: Value) -> bool:
        """Tell whether a value lies inside; words and switches always do."""
        if isinstance(value, str | bool):
            return True
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        return (
            f"{'' if self.low is None else f'{self.low:g}'}..{'' if self.high is None else f'{self.high:g}'}"
        )


@dataclass(frozen=True, slots=True)
class Space:
    """The values of each key that is searched, ascending where they are numbers."""

    axes: tuple[tuple[str, tuple[Value, ...]], ...]

    @classmethod
    def of(cls, axes: Mapping[str, Sequence[Value]] = DEFAULT_AXES) -> Space:
        """Put axes into the profile's order, each value once."""
        unknown = [path for path in axes if path not in FIELDS]
        if unknown:
            raise UnusableInput(f"{unknown[0]} cannot be searched", help=f"known: {', '.join(FIELDS)}")
        return cls(tuple((path, _sorted(axes[path])) for path in FIELDS if path in axes))

    def within(self, limits: Mapping[str, Limits], *, fixed: Collection[str] = ()) -> Space:
        """Return the part that a target can express.

        `fixed` names keys that it cannot express at all: they are not searched. A release threshold that follows
        its threshold is not limited here but setting by setting. Raises UnusableInput where nothing is left.
        """
        kept = []
        for path, values in self.axes:
            limit = limits.get(path, Limits())
            inside = tuple(value for value in values if limit.admit(value))
            if path in fixed:
                continue
            if not inside:
                raise UnusableInput(
                    f"none of the values of {path} lies within the target's {limit}",
                    help=f"give others: --grid '{path}=FROM:TO:STEP'",
                )
            kept.append((path, inside))
        if not kept:
            raise UnusableInput(
                "the target can express none of the keys that are searched",
                help=f"search others with --grid; known: {', '.join(FIELDS)}",
            )
        return Space(tuple(kept))

    def settings(self, present: Parameters) -> Iterator[Setting]:
        """Yield every legal setting, in order: the last key's values change fastest."""
        paths, now = [path for path, _ in self.axes], setting_of(present)
        for values in itertools.product(*(values for _, values in self.axes)):
            setting = completed(dict(zip(paths, values, strict=True)))
            if _legal(setting, now):
                yield setting

    def change(self, setting: Setting, present: Parameters) -> float:
        """Return how far a setting is from the present one: each key counts from 0 to 1 of its axis."""
        now = setting_of(present)
        return round(sum(_step(values, setting[path], now[path]) for path, values in self.axes), 9)


def _step(values: Sequence[Value], value: Value, now: Value) -> float:
    if isinstance(value, str | bool) or isinstance(now, str):
        return float(value != now)
    span = float(values[-1]) - float(values[0])
    return abs(float(value) - float(now)) / span if span else float(value != now)


def completed(setting: Setting) -> Setting:
    """Return the setting with the release threshold that follows from its threshold, in the profile's order."""
    if THRESHOLD in setting and RELEASE not in setting:
        follows = max(round(float(setting[THRESHOLD]) - RELEASE_STEP, 4), 0.01)
        setting = setting | {RELEASE: follows}
    return {path: setting[path] for path in FIELDS if path in setting}


def applied(setting: Mapping[str, Value], present: Parameters) -> Parameters:
    """Return the present parameters with a setting's values put in."""
    changes: dict[str, dict[str, Value]] = {}
    for path, value in setting.items():
        part, name = FIELDS[path]
        changes.setdefault(part, {})[name] = value
    parts = {part: replace(getattr(present, part), **values) for part, values in changes.items()}
    return replace(present, **parts)


def setting_of(parameters: Parameters) -> Setting:
    """Return the value of every key that could be searched."""
    return {path: getattr(getattr(parameters, part), name) for path, (part, name) in FIELDS.items()}


def legal(parameters: Parameters) -> bool:
    """Tell whether a profile may say so: no release above its threshold, no cap below its delay."""
    return _legal({}, setting_of(parameters))


def _legal(setting: Mapping[str, Value], now: Mapping[str, Value]) -> bool:
    def value(path: str) -> float:
        return float(setting.get(path, now[path]))

    return value(RELEASE) <= value(THRESHOLD) and value(_MAX_DELAY) >= value(_DELAY)


def parse_grid(texts: Iterable[str]) -> Space:
    """Read axes: `vad.threshold=0.3:0.9:0.05` (ends included) or `endpointing.mode=silence,semantic`.

    Raises UnusableInput that says what is wrong.
    """
    axes: dict[str, tuple[Value, ...]] = {}
    for text in texts:
        path, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not values or path in axes:
            what = "is given twice" if path in axes else "is no axis"
            raise UnusableInput(f"{text!r} {what}", help="--grid 'KEY=FROM:TO:STEP' or 'KEY=VALUE,VALUE'")
        if path not in FIELDS:
            raise UnusableInput(f"{path} cannot be searched", help=f"known: {', '.join(FIELDS)}")
        axes[path] = _range(text, path, values) if ":" in values else _list(text, path, values)
    return Space.of(axes)


def _list(text: str, path: str, values: str) -> tuple[Value, ...]:
    words = _WORDS.get(path)
    if words is None:
        return tuple(_number(text, path, part) for part in values.split(","))
    try:
        return tuple(words[part.strip()] for part in values.split(","))
    except KeyError as error:
        raise UnusableInput(
            f"{text!r}: {path} is one of {', '.join(words)}", help="mend the value"
        ) from error


def _range(text: str, path: str, values: str) -> tuple[Value, ...]:
    parts = values.split(":")
    if path in _WORDS or len(parts) != 3:  # noqa: PLR2004 - from, to, step
        raise UnusableInput(
            f"{text!r} is no range of {path}", help=f"write {path}=VALUE,VALUE or FROM:TO:STEP"
        )
    low, high, step = (_number(text, path, part) for part in parts)
    if step <= 0 or high < low or (high - low) / step > _MOST_VALUES:
        raise UnusableInput(
            f"{text!r}: the step leads nowhere", help="FROM:TO:STEP ascends in fewer, positive steps"
        )
    count = int((high - low) / step + 1e-9) + 1
    return tuple(round(low + step * place, 6) for place in range(count))


def _number(text: str, path: str, part: str) -> float:
    whole = path not in {THRESHOLD, RELEASE}
    try:
        return int(part) if whole else float(part)
    except ValueError as error:
        wanted = "a whole number" if whole else "a number"
        raise UnusableInput(
            f"{text!r}: {part.strip()!r} is not {wanted}", help=f"{path} takes {wanted}"
        ) from error


def _sorted(values: Sequence[Value]) -> tuple[Value, ...]:
    once = list(dict.fromkeys(values))
    return tuple(once) if any(isinstance(one, str | bool) for one in once) else tuple(sorted(once, key=float))
