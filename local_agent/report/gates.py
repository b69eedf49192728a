"""Gates: bounds on metrics, `false_barge_in_rate<=0.032`, read before a run, held against its document.

    METRIC[.PART] OP NUMBER      OP is one of <= >= < >; NUMBER may end in %
    context_preservation.ASPECT[.PART] OP NUMBER
    by_class.CLASS.METRIC[.PART] OP NUMBER

A rate without a part is its `value`; `.high` and `.low` are the ends of its interval. A delay needs its
part (`.p50`, `.p90`). What was not measured fails: a gate that nothing was held against has not been passed.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RATE: Final = ("value", "n", "low", "high")
_STOP: Final = ("p50", "p90", "n", "censored")
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "false_barge_in_rate": _RATE,
    "missed_barge_in_rate": _RATE,
    "premature_cutoff_rate": _RATE,
    "barge_in_stop_ms": _STOP,
    "response_delay_ms": ("p50", "p90", "n", "negative"),
    "false_pause_rate": _RATE,
    "false_resume_rate": _RATE,
    "spurious_reply_rate": _RATE,
    "check_pass_rate": _RATE,
    "talk_over_s": (),
    "context_preservation.addressed": _RATE,
    "context_preservation.thread": _RATE,
    "context_preservation.nothing_repeated": _RATE,
}
CLASS_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "n": (),
    "false_barge_in_rate": _RATE,
    "false_pause_rate": _RATE,
    "missed_barge_in_rate": _RATE,
    "barge_in_stop_ms": _STOP,
}
_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_GATE: Final = re.compile(r"\s*([\w.\- ]*?[\w\-])\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?|\.\d+)\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Gate:
    """One bound: where the number stands in a document, and what it must be."""

    text: str
    path: tuple[str, ...]
    sign: str
    bound: float

    def held_against(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return {"gate", "got", "passed"}; `got` is None where nothing was measured."""
        got: Any = document
        for part in self.path:
            got = got.get(part) if isinstance(got, dict) else None
        passed = got is not None and _OPERATORS[self.sign](got, self.bound)
        return {"gate": self.text, "got": got, "passed": passed}


def parse_gate(text: str) -> Gate:
    """Read one gate. Raises UnusableInput that says what is wrong with it."""
    match = _GATE.fullmatch(text)
    if match is None:
        raise UnusableInput(
            f"{text!r} is no gate",
            help="METRIC<=NUMBER (or >=, <, >), for instance 'false_barge_in_rate<=0.032'",
        )
    name, sign, number, percent = match.groups()
    bound = float(number) / (100 if percent else 1)
    return Gate(text.strip(), _path(text, name), sign, bound)


def _path(text: str, name: str) -> tuple[str, ...]:
    parts = tuple(name.split("."))
    if parts[0] == "by_class":
        if len(parts) < 3:  # noqa: PLR2004 - by_class, the class, the metric
            raise UnusableInput(f"gate {text!r} lacks its metric", help="by_class.CLASS.METRIC<=NUMBER")
        return (*parts[:2], *_inside(text, parts[2:], CLASS_PARTS))
    if parts[0] == "context_preservation":
        parts = (".".join(parts[:2]), *parts[2:])  # an aspect of it is the metric
    metric, *rest = _inside(text, parts, PARTS)
    return ("metrics", *metric.split("."), *rest)


def _inside(text: str, parts: tuple[str, ...], known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    metric, *rest = parts
    if metric not in known:
        raise UnusableInput(
            f"gate {text!r}: there is no metric {metric!r}", help=f"known: {', '.join(known)}"
        )
    inner = known[metric]
    if not rest and (not inner or "value" in inner):
        return (metric, "value") if inner else (metric,)
    if len(rest) != 1 or rest[0] not in inner:
        wanted = ", ".join(f"{metric}.{part}" for part in inner) or metric
        raise UnusableInput(f"gate {text!r} does not name a number", help=f"write one of: {wanted}")
    return (metric, rest[0])
