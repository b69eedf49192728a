"""A tuning as text for people, at most 80 columns: what to set, what it does, how sure that is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from local_agent.tuning.evidence.bearing import LEAST_SOURCES
from local_agent.tuning.evidence.verdict import Kind
from local_agent.tuning.judging.metric import NAMES, WORST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from local_agent.tuning.evidence.resampling import Interval
    from local_agent.tuning.evidence.result import Row, Tuning
    from local_agent.tuning.evidence.verdict import Verdict

WIDTH: Final = 80
LABELS: Final[Mapping[str, str]] = {
    "false_barge_in_rate": "false barge-ins %",
    "worst_class_false_barge_in_rate": "worst class %",
    "false_pause_rate": "false pauses %",
    "missed_barge_in_rate": "missed barge-ins %",
    "stop_ms_p50": "stop p50 ms",
    "stop_ms_p90": "stop p90 ms",
    "premature_cutoff_rate": "cut-offs %",
    "unanswered_turn_rate": "unanswered %",
    "response_delay_ms_p50": "answer p50 ms",
    "response_delay_ms_p90": "answer p90 ms",
}
"""Less is better in every row."""
_PLANE: Final = 2
_POINTS: Final = 9
"""Settings of a front of two metrics that are shown."""
_WORDS: Final[Mapping[Kind, str]] = {
    Kind.BETTER: "Better beyond chance",
    Kind.TRADE: "A trade",
    Kind.UNPROVED: "Not proved",
    Kind.WORSE: "Refuted",
    Kind.UNCHANGED: "No change",
}
_CLASSES: Final = 8
"""Classes of sound that are shown; the others stand in the JSON and on the page."""


def table(tuning: Tuning) -> str:
    """Return the settings, the evidence on both parts, the classes of sound that matter, and the warnings."""
    parts = (_head, _settings, _front, _evidence, _classes, _notes)
    return "\n".join(line.rstrip() for part in parts for line in part(tuning))


def _head(tuning: Tuning) -> Iterator[str]:
    corpus, parts = tuning.corpus, tuning.corpus.split
    trials = sum(corpus.trials.values())
    yield from _wrapped(
        f"{tuning.tried:,} settings tried on {corpus.hours:.2f} h of audio, {trials:,} trials; "
        f"{len(parts.searched)} speakers, calls and sources of noise searched on, {len(parts.held_back)} held back "
        f"(seed {tuning.seed})"
    )
    wanted = ", ".join(str(metric) for metric in tuning.goal.minimize)
    bounds = "".join(f"; {bound.text}" for bound in tuning.goal.subject_to)
    yield from _wrapped(f"minimised: {wanted}{bounds}")
    yield ""


def _settings(tuning: Tuning) -> Iterator[str]:
    present, chosen = tuning.baseline.setting, tuning.chosen.setting
    yield f"{'':32}{'present':>10}{'chosen':>10}"
    for path, value in chosen.items():
        mark = "" if value == present[path] else "  <"
        yield f"{path:32}{_value(present[path]):>10}{_value(value):>10}{mark}"
    among = len(tuning.front)
    said = verdict_line(tuning.verdict)
    if tuning.verdict.unclear and not tuning.verdict.refuted:
        said += f" Higher, by chance or not: {', '.join(tuning.verdict.unclear)}."
    if among > 1 and tuning.verdict.kind is not Kind.UNCHANGED:
        said += f" It is one of {among} settings that no other beats at everything (--json has them)."
    yield from _wrapped(said)
    yield ""


def verdict_line(verdict: Verdict) -> str:
    """Return what the audio held back says of the proposal, in a sentence."""
    better, worse = ", ".join(verdict.better), ", ".join(verdict.worse)
    if verdict.kind is Kind.UNCHANGED:
        return "Nothing to change: nothing that was tried is better beyond chance, at no cost."
    if verdict.kind is Kind.BETTER:
        return f"Better beyond chance on audio held back: {better}."
    if verdict.kind is Kind.TRADE:
        return f"A trade, on audio held back: better beyond chance at {better}; worse at {worse}."
    if verdict.kind is Kind.WORSE and worse:
        return f"Refuted: on audio held back it is worse beyond chance at {worse}."
    if verdict.broken:
        word = "Refuted" if verdict.refuted else "Not proved"
        return f"{word}: on audio held back it does not keep {'; '.join(verdict.broken)}."
    also = f" It is better at {better}, which was not." if better else ""
    return f"Not proved: audio held back cannot tell it from the present setting at what was asked for.{also}"


def _front(tuning: Tuning) -> Iterator[str]:
    """Yield the front of two metrics, as what one of them costs in the other is then the answer; not of one setting."""
    wanted = [str(metric) for metric in tuning.goal.minimize]
    if len(wanted) != _PLANE or len(tuning.front) == 1:
        return
    moving = [path for path in tuning.front[0][0] if len({one[0][path] for one in tuning.front}) > 1]
    order = sorted(
        range(len(tuning.front)), key=lambda place: [value or 0.0 for value in tuning.front[place][1]]
    )
    shown = [order[round(at)] for at in _spread(len(order), _POINTS)]
    heads = "".join(f"{LABELS[name.partition('[')[0]]:>16}" for name in wanted)
    yield f"{'FRONT, held back':48}{heads}"
    for place in shown:
        setting, _, held_back = tuning.front[place]
        told = ", ".join(f"{path.rpartition('.')[2]} {_value(setting[path])}" for path in moving)
        mark = "<" if setting == tuning.chosen.setting else " "
        cells = "".join(f"{_number(name, value):>16}" for name, value in zip(wanted, held_back, strict=True))
        yield f"{mark} {_cut(told, 45):46}{cells}"
    if len(order) > len(shown):
        yield f"  … {len(shown)} of {len(order)}; --json has them all"
    yield ""


def _spread(count: int, most: int) -> list[float]:
    """Return places spread evenly over a list, both ends among them."""
    if count <= most:
        return [float(place) for place in range(count)]
    return [place * (count - 1) / (most - 1) for place in range(most)]


def _evidence(tuning: Tuning) -> Iterator[str]:
    goal = {str(metric) for metric in tuning.goal.metrics}
    others = {row.name: row for row in tuning.others}
    names = [name for name in ("published", "pipecat", "livekit") if name in others]
    yield (
        f"{'HELD BACK':20}{'present':>16}{'chosen':>17}  "
        + " ".join(f"{name:>{_width(name)}}" for name in names)
    )
    for name in NAMES:
        if name not in goal and not tuning.baseline.held_back[name].groups:
            continue
        row = [_with_interval(name, one.held_back[name]) for one in (tuning.baseline, tuning.chosen)]
        more = (f"{_beside(name, others[one]):>{_width(one)}}" for one in names)
        yield f"{_label(name, goal)}{row[0]:>16}{row[1]:>17}{_sign(tuning, name)} " + " ".join(more)
    yield f"{'SEARCHED':20}{'present':>16}{'chosen':>17}"
    for name in (name for name in NAMES if name in goal):
        row = [_with_interval(name, one.searched[name]) for one in (tuning.baseline, tuning.chosen)]
        yield f"{_label(name, goal)}{row[0]:>16}{row[1]:>17}"
    yield from _wrapped(
        "Less is better. * was asked for. In brackets 95 % intervals, by drawing speakers and calls again: + better "
        "than at present beyond chance, - worse, (?) too few to tell. Times are of those who got the floor, or an "
        "answer."
    )
    yield ""
    for name in (str(metric) for metric in tuning.goal.metrics if metric.sound_class is not None):
        yield from _special(tuning, name)


def _beside(name: str, row: Row) -> str:
    """Return a number of a known setting; none where what is counted cannot happen to it."""
    if name == "false_pause_rate" and row.setting["false_barge_in.validate"] is False:
        return "-"
    return _number(name, row.held_back[name].value)


def _label(name: str, goal: Collection[str]) -> str:
    return f"{'* ' if name in goal else '  '}{LABELS[name]:18}"


def _sign(tuning: Tuning, name: str) -> str:
    """Return what the difference on the part held back says, in one character."""
    told = tuning.differences[name]
    if not told.told_apart or not told.value:
        return " "
    return "+" if told.value < 0 else "-"


def _special(tuning: Tuning, name: str) -> Iterator[str]:
    """Yield what was asked of one class of sound."""
    base, _, sound = name.rstrip("]").partition("[")
    rows = [_class_row(row, sound).get(base) for row in (tuning.baseline, tuning.chosen)]
    told = " -> ".join("-" if one is None else _with_interval(base, one) for one in rows)
    yield from _wrapped(f"{LABELS[base]} of {sound}, held back: {told}")
    yield ""


def _class_row(row: Row, sound: str) -> Mapping[str, Interval]:
    return row.by_class.get(sound, {})


def _classes(tuning: Tuning) -> Iterator[str]:
    """Yield the classes in which false barge-ins happen, the worst first."""
    name = "false_barge_in_rate"
    told = []
    for sound, measured in tuning.baseline.by_class.items():
        before, after = measured.get(name), _class_row(tuning.chosen, sound).get(name)
        if before is not None and after is not None and (before.value or after.value):
            told.append((sound, before, after))
    if not told:
        return
    told.sort(key=lambda one: (-max(one[1].value or 0.0, one[2].value or 0.0), one[0]))
    yield f"{'FALSE BARGE-INS % BY CLASS':37}{'present':>10}{'chosen':>10}{'sources':>9}"
    for sound, before, after in told[:_CLASSES]:
        cells = "".join(f"{_number(name, one.value):>10}" for one in (before, after))
        yield f"  {_cut(sound, 34):35}{cells}{before.groups:>9}"
    if len(told) > _CLASSES:
        yield f"  … and {len(told) - _CLASSES} more"
    yield from _wrapped(_worst(tuning))
    yield ""


def _worst(tuning: Tuning) -> str:
    """Return which class is the worst one, and how many are too small to be."""
    name = tuning.chosen.worst_class
    told = "worst class: none fails"
    if name is not None and tuning.chosen.held_back[WORST].value:
        told = f"worst class: {name} ({tuning.chosen.by_class[name]['false_barge_in_rate'].groups} sources)"
    few = len(tuning.corpus.left_out)
    return told + (
        f"; classes with under {LEAST_SOURCES} sources on a part, not counted: {few}" if few else ""
    )


def _notes(tuning: Tuning) -> Iterator[str]:
    for warning in tuning.warnings:
        yield from _wrapped(f"warning: {warning}")
    for row in tuning.others:
        if row.note:
            yield from _wrapped(f"{row.name}: {row.note}")


def evidence(tuning: Tuning, *, corpus: str = "", version: str = "") -> str:
    """Return the evidence in one line, for a comment beside the settings: what was asked for and has changed.

    `corpus` is what people call it, `version` that of the program; "" leaves either out.
    """
    told = list(_changes(tuning)) or ["nothing that was asked for changed"]
    parts = tuning.corpus.split
    heard = f"{corpus} ({tuning.corpus.hours:.2f} h)" if corpus else f"{tuning.corpus.hours:.2f} h"
    made = f"seed {tuning.seed}" + (f", vaxctl {version}" if version else "")
    word = _WORDS[tuning.verdict.kind]
    line = (
        f"{word}. {tuning.tried:,} settings on {heard}, {made}. On {len(parts.held_back)} of "
        f"{len(parts.searched) + len(parts.held_back)} speakers and sources, not searched: {'; '.join(told)}"
    )
    return _printable(line)


def _changes(tuning: Tuning) -> Iterator[str]:
    """Yield each metric that was asked for and is another than at present, and whether that may be chance."""
    for metric in tuning.goal.minimize:
        name = str(metric)
        before, after = (row.held_back[name].value for row in (tuning.baseline, tuning.chosen))
        if before != after:
            sure = "" if tuning.differences[name].told_apart else " (may be chance)"
            unit = " %" if metric.is_rate else " ms"
            yield f"{name} {_number(name, before)} -> {_number(name, after)}{unit}{sure}"


def _width(name: str) -> int:
    return max(len(name), 7)


def _with_interval(name: str, one: Interval) -> str:
    """Return a number with its interval; a dash where nothing was measured."""
    if one.value is None:
        return "-"
    if one.low is None or one.high is None:
        return f"{_number(name, one.value)} (?)"
    return f"{_number(name, one.value)} ({_end(name, one.low)}-{_end(name, one.high)})"


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if "_ms" in name else f"{100 * value:.1f}"


def _end(name: str, value: float) -> str:
    """Return an interval's end: a rate under ten percent with a digit, as far as it says something."""
    if "_ms" in name:
        return f"{value:.0f}"
    return f"{100 * value:.1f}" if value < 0.1 else f"{100 * value:.0f}"  # noqa: PLR2004


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _wrapped(text: str) -> Sequence[str]:
    return textwrap.wrap(_printable(text), WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _cut(text: str, width: int) -> str:
    shown = _printable(text)
    return shown if len(shown) <= width else shown[: width - 3] + "..."


def _printable(text: str) -> str:
    """Return a text without what could move a terminal's cursor, or end a comment's line."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
