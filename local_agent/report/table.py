"""A simulation's document as text for people, at most 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from local_agent.report.document import ASSUMED, NOT_HELD, labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LABELS: Final[Mapping[str, str]] = {
    "false_barge_in_rate": "false barge-ins",
    "missed_barge_in_rate": "missed barge-ins",
    "premature_cutoff_rate": "premature cut-offs",
    "barge_in_stop_ms": "barge-in to silence",
    "response_delay_ms": "response delay",
    "false_pause_rate": "false pauses",
    "false_resume_rate": "false resumes",
    "spurious_reply_rate": "spurious replies",
    "check_pass_rate": "checks passed",
    "talk_over_s": "talk-over",
}
ASPECTS: Final[Mapping[str, str]] = {
    "addressed": "interjection answered",
    "thread": "thread taken up",
    "nothing_repeated": "nothing said twice",
}
_WIDTH: Final = 80


def table(document: Mapping[str, Any]) -> str:
    """Return what a person wants to know: failures first, then the metrics, then classes and gates."""
    if document["type"] == "comparison":
        return "\n".join(compared(document["runs"]))
    parts = (_failures, _metrics, _context, _classes, _conditions, _verdicts)
    return "\n".join(line for part in parts for line in part(document))


def compared(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield two runs beside each other."""
    names = [_cut(label, 26) for label in labels(runs)]
    yield f"{'':22}" + "".join(f"{name:<28}" for name in names).rstrip()
    for name, label in LABELS.items():
        yield f"{label:22}" + "".join(f"{_value(run['metrics'][name]):<28}" for run in runs).rstrip()
    for name, label in ASPECTS.items():
        kept = [run["metrics"]["context_preservation"][name] for run in runs]
        yield f"{label:22}" + "".join(f"{_value(one):<28}" for one in kept).rstrip()
    differing = [
        name
        for name, *marks in zip(
            [scenario["name"] for scenario in runs[0]["scenarios"]],
            *([scenario["passed"] for scenario in run["scenarios"]] for run in runs),
            strict=True,
        )
        if len(set(marks)) > 1
    ]
    yield ""
    yield f"scenarios that differ: {len(differing)}"
    for name in differing:
        marks = [
            "pass" if s["passed"] else "FAIL" for run in runs for s in run["scenarios"] if s["name"] == name
        ]
        yield f"  {' / '.join(marks):<14} {_cut(name, 62)}"
    for run, name in zip(runs, names, strict=True):
        yield from _conditions(run, f"{name}: ")
        yield from _verdicts(run)


def _failures(document: Mapping[str, Any]) -> Iterator[str]:
    scenarios = document["scenarios"]
    failed = [scenario for scenario in scenarios if not scenario["passed"]]
    passed = len(scenarios) - len(failed)
    yield f"{_cut(document['profile'], 40)}: {passed} of {len(scenarios)} scenarios passed"
    for scenario in failed:
        yield f"  FAIL {_cut(scenario['name'], _WIDTH - 7)}"
        for check in scenario["checks"]:
            if not check["passed"]:
                yield f"       {check['at_ms'] / 1000:8.3f} s  expected {check['expect']}, got {check['got']}"
    yield ""


def _metrics(document: Mapping[str, Any]) -> Iterator[str]:
    for name, label in LABELS.items():
        yield f"{label:22}{_value(document['metrics'][name]):<30}{_doubt(document['metrics'][name])}".rstrip()


def _context(document: Mapping[str, Any]) -> Iterator[str]:
    kept = document["metrics"]["context_preservation"]
    if kept["left_to_people"] is not None:
        yield f"{'context kept':22}left to people: the replies are no script's"
        return
    for name, label in ASPECTS.items():
        yield f"{label:22}{_value(kept[name]):<30}{_doubt(kept[name])}".rstrip()


def _classes(document: Mapping[str, Any]) -> Iterator[str]:
    if not document["by_class"]:
        return
    yield ""
    yield f"{'over the agent':24}{'n':>5}{'false':>9}{'paused':>9}{'missed':>9}{'stop p50':>12}{'p90':>11}"
    for name, one in document["by_class"].items():
        stop = one["barge_in_stop_ms"]
        rates = [
            one[key]["value"] for key in ("false_barge_in_rate", "false_pause_rate", "missed_barge_in_rate")
        ]
        cells = "".join(f"{_percent(rate):>9}" for rate in rates)
        yield f"{_cut(name, 23):24}{one['n']:>5}{cells}{_ms(stop['p50']):>12}{_ms(stop['p90']):>11}"


def _conditions(document: Mapping[str, Any], whose: str = "") -> Iterator[str]:
    """Yield what the numbers rest on."""
    told = []
    run = document.get("run")
    if run is not None:
        told.append(
            f"{whose}words: {run['words']}; responder: {_responder(run['responder'])}{_seed(run['seed'])}"
        )
        told += [f"{whose}note: {note}" for note in run["notes"]]
    if document.get("pulled_from"):
        told.append(f"{whose}pulled from {document['pulled_from']}")
    if document.get("assumed"):
        told.append(f"{whose}{ASSUMED}: {', '.join(document['assumed'])}")
    if document.get("told_but_not_held"):
        told.append(f"{whose}{NOT_HELD}: {'; '.join(document['told_but_not_held'])}")
    told += [
        f"{whose}emulated: {one['setting']} {one['wanted']} by {one['used']}"
        for one in document.get("emulated", ())
    ]
    if told:
        yield ""
    for line in told:
        yield from textwrap.wrap(_printable(line), _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _responder(responder: Mapping[str, Any]) -> str:
    model = f" {responder['model']}" if "model" in responder else ""
    note = f" ({responder['note']})" if "note" in responder else ""
    return f"{responder['kind']}{model}{note}"


def _seed(seed: int | None) -> str:
    return "" if seed is None else f"; seed {seed}"


def _verdicts(document: Mapping[str, Any]) -> Iterator[str]:
    gates = document.get("gates", ())
    if gates:
        yield ""
    for gate in gates:
        got = "not measured" if gate["got"] is None else f"got {gate['got']:g}"
        line = f"gate {'passed' if gate['passed'] else 'FAILED'}: {_printable(gate['gate'])} ({got})"
        yield from textwrap.wrap(line, _WIDTH, subsequent_indent="  ")


def _value(metric: Any) -> str:
    if metric is None:
        return "left to people"
    if not isinstance(metric, dict):
        return f"{metric:.1f} s"
    if "value" in metric:
        return f"{_percent(metric['value'])} of {metric['n']}" if metric["n"] else "not measured"
    return f"p50 {_ms(metric['p50'])}, p90 {_ms(metric['p90'])}" if metric["n"] else "not measured"


def _doubt(metric: Any) -> str:
    if not isinstance(metric, dict):
        return ""
    if "value" in metric:
        return f"95 %: {_percent(metric['low'])} to {_percent(metric['high'])}" if metric["n"] else ""
    apart = next(key for key in ("censored", "negative") if key in metric)
    return f"n {metric['n']}, {apart} {metric[apart]}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"


def _cut(text: str, width: int) -> str:
    shown = _printable(text)
    return shown if len(shown) <= width else shown[: width - 3] + "..."


def _printable(text: str) -> str:
    """Show control characters as U+FFFD: a scenario's name must not steer a terminal."""
    return "".join("\ufffd" if unicodedata.category(one) in {"Cc", "Cf"} else one for one in text)
