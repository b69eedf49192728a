"""Which settings are tried: values for each key of a profile, combined; whole settings out, each of them legal.

A setting is a dictionary from a profile's key to a value; keys that it does not name stay as they are in the
present profile. The release threshold follows the threshold at `RELEASE_STEP` unless it is searched itself.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from local_agent.parameters import Parameters

Value = float | int | str | bool
Setting = dict[str, Value]

THRESHOLD: Final = "vad.threshold"
RELEASE: Final = "vad.release_threshold"
_MODE: Final = "endpointing.mode"
_DELAY: Final = "endpointing.delay_ms"
_MAX_DELAY: Final = "endpointing.max_delay_ms"
_COMPLETE: Final = "endpointing.complete_threshold"
RELEASE_STEP: Final = 0.15
"""The release threshold's distance under the threshold: Silero's own (silero-vad 6.2, VADIterator)."""

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    THRESHOLD: ("vad", "threshold"),
    RELEASE: ("vad", "release_threshold"),
    "vad.min_speech_ms": ("vad", "min_speech_ms"),
    "vad.min_silence_ms": ("vad", "min_silence_ms"),
    "noise_suppression.engine": ("noise", "engine"),
    "noise_suppression.max_attenuation_db": ("noise", "max_attenuation_db"),
    _MODE: ("endpointing", "mode"),
    _DELAY: ("endpointing", "delay_ms"),
    _MAX_DELAY: ("endpointing", "max_delay_ms"),
    _COMPLETE: ("endpointing", "complete_threshold"),
    "barge_in.min_words": ("barge_in", "min_words"),
    "false_barge_in.validate": ("barge_in", "validate"),
    "false_barge_in.timeout_ms": ("barge_in", "timeout_ms"),
}
"""Each key that can be searched: where it stands in Parameters."""

MODES: Final = ("silence", "semantic", "hybrid")
_WORDS: Final[Mapping[str, Mapping[str, Value]]] = {
    _MODE: {mode: mode for mode in MODES},
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
TURN_AXES: Final[Mapping[str, tuple[Value, ...]]] = {_DELAY: tuple(range(200, 801, 100))}
"""Searched as well where a goal asks about turns beside what happens over the agent."""
ENDS_AXES: Final[Mapping[str, tuple[Value, ...]]] = {
    "vad.min_silence_ms": tuple(range(200, 801, 100)),
    _DELAY: (*range(200, 1200, 100), *range(1200, 2001, 200)),
    _MAX_DELAY: tuple(range(1000, 4001, 500)),
}
"""Searched with the modes where a goal asks about turns alone: all that moves a turn's end and nothing over the agent.
The caps end at what a trial can show (listening/corpus.py, TAIL_S). The least silence is among them since no turn ends
before it, whatever the delay."""
COMPLETE_AXES: Final[Mapping[str, tuple[Value, ...]]] = {
    _COMPLETE: (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
}
"""Searched by a walk where a goal asks about turns. Not in a grid: it would be nine times as long."""
GUIDED_AXES: Final[Mapping[str, tuple[Value, ...]]] = {
    "false_barge_in.validate": (True, False),
    "false_barge_in.timeout_ms": (500, 1000, 1500, 2000, 3000),
}
"""Searched as well by a walk, which need not see every setting."""


def _anything(setting: Setting) -> bool:
    """Admit any setting: no target holds it."""
    del setting
    return True


@dataclass(frozen=True, slots=True)
class Space:
    """The values of each key that is searched, ascending where they are numbers.

    A `target` holds only the settings that `admits` lets through; its name tells one such space from another.
    """

    axes: tuple[tuple[str, tuple[Value, ...]], ...]
    target: str = ""
    admits: Callable[[Setting], bool] = field(default=_anything, repr=False, compare=False)

    @classmethod
    def of(cls, axes: Mapping[str, Sequence[Value]] = DEFAULT_AXES) -> Space:
        """Put axes into the profile's order, each value once."""
        unknown = [path for path in axes if path not in FIELDS]
        if unknown:
            raise UnusableInput(f"{unknown[0]} cannot be searched", help=f"known: {', '.join(FIELDS)}")
        return cls(tuple((path, _sorted(axes[path])) for path in FIELDS if path in axes))

    def held_to(self, target: str, admits: Callable[[Setting], bool]) -> Space:
        """Return the part that a target holds exactly: values that it does not admit by themselves are left out.

        A key without any such value is not searched. Raises UnusableInput where none is left.
        """
        kept = tuple(
            (path, inside)
            for path, values in self.axes
            if (inside := tuple(value for value in values if admits({path: value})))
        )
        if not kept:
            raise UnusableInput(
                f"the target holds none of the searched keys exactly: {', '.join(path for path, _ in self.axes)}",
                help=f"search others with --grid, or leave --target out; known: {', '.join(FIELDS)}",
            )
        return Space(kept, target, admits)

    def settings(self, present: Parameters) -> Iterator[Setting]:
        """Yield every legal setting, in order: the last key's values change fastest."""
        paths, now = [path for path, _ in self.axes], setting_of(present)
        for values in itertools.product(*(values for _, values in self.axes)):
            setting = completed(dict(zip(paths, values, strict=True)))
            if _legal(setting, now) and self.admits(setting):
                yield setting

    @property
    def moves_floor(self) -> bool:
        """Whether any of it changes what happens over the agent."""
        return any(path not in {_MODE, _COMPLETE, *ENDS_AXES} for path, _ in self.axes)

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


def default_space(*, turns: bool, guided: bool, floor: bool = True, modes: Sequence[str] = MODES) -> Space:
    """Return what is searched where nobody names axes.

    `turns` and `floor` tell whether a goal asks about callers' turns, and about what happens over the agent; `modes`
    are those that can be judged here. A walk has more to search.
    """
    ends: dict[str, tuple[Value, ...]] = {_MODE: tuple(modes), **ENDS_AXES}
    if turns and not floor and not guided:
        return Space.of(ends)
    axes = dict(DEFAULT_AXES)
    if turns:
        axes = {**ends, **COMPLETE_AXES, **axes} if guided else {**axes, **TURN_AXES}
    return Space.of({**axes, **GUIDED_AXES} if guided else axes)


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
    if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(step)):
        raise UnusableInput(f"{text!r} is no range of {path}", help="write three numbers: FROM:TO:STEP")
    if step <= 0 or high < low or (high - low) / step > _MOST_VALUES:
        raise UnusableInput(
            f"{text!r}: the step leads nowhere", help="FROM:TO:STEP ascends in fewer, positive steps"
        )
    count = int((high - low) / step + 1e-9) + 1
    return tuple(round(low + step * place, 6) for place in range(count))


def _number(text: str, path: str, part: str) -> float:
    whole = path not in {THRESHOLD, RELEASE, _COMPLETE}
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
