"""The JSON document of a tuning (docs/schemas/tuning.json). Rounded, ordered, no clock: one seed, the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_agent.tuning.evidence.resampling import Difference, Interval
    from local_agent.tuning.evidence.result import Corpus, Row, Tuning
    from local_agent.tuning.judging.metric import Metric

FORMAT_VERSION: Final = "1.0"


def document(tuning: Tuning) -> dict[str, Any]:
    """Return a tuning as JSON values; rates have six digits, milliseconds one."""
    goal = tuning.goal
    return {
        "format_version": FORMAT_VERSION,
        "type": "tuning",
        "goal": {
            "minimize": [str(metric) for metric in goal.minimize],
            "subject_to": [bound.text for bound in goal.subject_to],
        },
        "tried": tuning.tried,
        "baseline": _row(tuning.baseline),
        "chosen": _row(tuning.chosen),
        "differences": {name: _difference(name, one) for name, one in tuning.differences.items()},
        "verdict": {
            "kind": tuning.verdict.kind.value,
            "better": list(tuning.verdict.better),
            "worse": list(tuning.verdict.worse),
            "broken": list(tuning.verdict.broken),
            "unclear": list(tuning.verdict.unclear),
        },
        "front": [
            {
                "settings": dict(setting),
                "searched": _values(goal.minimize, searched),
                "held_back": _values(goal.minimize, held_back),
            }
            for setting, searched, held_back in tuning.front
        ],
        "others": [{"name": row.name, "note": row.note} | _row(row) for row in tuning.others],
        "corpus": _corpus(tuning.corpus),
        "warnings": list(tuning.warnings),
        "seed": tuning.seed,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "settings": dict(row.setting),
        "searched": _intervals(row.searched),
        "held_back": _intervals(row.held_back),
        "by_class": {name: _intervals(one) for name, one in row.by_class.items()},
        "worst_class": None if row.worst_class is None else _worst_class(row, row.worst_class),
    }


def _worst_class(row: Row, name: str) -> dict[str, Any]:
    told = row.by_class[name]["false_barge_in_rate"]
    return {"name": name, "sources": told.groups, "value": _rounded("", told.value)}


def _intervals(measured: Mapping[str, Interval]) -> dict[str, Any]:
    return {
        name: {
            "value": _rounded(name, one.value),
            "low": _rounded(name, one.low),
            "high": _rounded(name, one.high),
            "groups": one.groups,
        }
        for name, one in measured.items()
    }


def _difference(name: str, one: Difference) -> dict[str, Any]:
    return {
        "value": _rounded(name, one.value),
        "low": _rounded(name, one.low),
        "high": _rounded(name, one.high),
        "groups": one.groups,
        "told_apart": one.told_apart,
        "more_groups": one.more_groups,
        "tellable": _rounded(name, one.tellable),
    }


def _values(metrics: Sequence[Metric], values: Sequence[float | None]) -> dict[str, float | None]:
    return {str(metric): _rounded(str(metric), value) for metric, value in zip(metrics, values, strict=True)}


def _corpus(corpus: Corpus) -> dict[str, Any]:
    return {
        "hours": round(corpus.hours, 4),
        "trials": corpus.trials,
        "classes": corpus.classes,
        "left_out": corpus.left_out,
        "groups": {"searched": len(corpus.split.searched), "held_back": len(corpus.split.held_back)},
    }


def _rounded(name: str, value: float | None) -> float | None:
    return None if value is None else round(value, 1 if "_ms" in name else 6)
