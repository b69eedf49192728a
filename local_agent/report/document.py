"""The JSON document of a simulation (docs/schemas/simulation.json). Rounded, ordered, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.metrics.checking import Check
    from local_agent.metrics.intervals import Rate
    from local_agent.metrics.measuring import ClassMetrics, Delays, Judged, Metrics

FORMAT_VERSION = "1.0"


def document(
    profile: str, metrics: Metrics, *, assumed: Sequence[str] = (), gates: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the document of one profile's run.

    `assumed` names settings that the platform a profile was pulled from does not tell; `gates` are the gates'
    results. Both keys are there only where there is something to say.
    """
    told: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "type": "simulation",
        "profile": profile,
        "scenarios": [_scenario(judged) for judged in metrics.scenarios],
        "metrics": _metrics(metrics),
        "by_class": {name: _class(one) for name, one in metrics.by_class.items()},
    }
    if assumed:
        told["assumed"] = list(assumed)
    if gates:
        told["gates"] = list(gates)
    return told


def comparison(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the document of several profiles on the same scenarios: their own documents in `runs`."""
    return {"format_version": FORMAT_VERSION, "type": "comparison", "runs": list(runs)}


def check_row(check: Check, sample_rate_hz: int) -> dict[str, Any]:
    """Return one check; `at_ms` counts from the call's first sample."""
    at_ms = round(check.at_sample * 1000 / sample_rate_hz)
    return {"expect": check.truth.expect, "got": check.got, "passed": check.passed, "at_ms": at_ms}


def _scenario(judged: Judged) -> dict[str, Any]:
    checks = [check_row(check, judged.sample_rate_hz) for check in judged.checks]
    return {"name": judged.name, "passed": judged.passed, "checks": checks}


def _metrics(metrics: Metrics) -> dict[str, Any]:
    return {
        "false_barge_in_rate": _rate(metrics.false_barge_in_rate),
        "missed_barge_in_rate": _rate(metrics.missed_barge_in_rate),
        "premature_cutoff_rate": _rate(metrics.premature_cutoff_rate),
        "barge_in_stop_ms": _delays(metrics.barge_in_stop_ms, "censored"),
        "response_delay_ms": _delays(metrics.response_delay_ms, "negative"),
        "false_pause_rate": _rate(metrics.false_pause_rate),
        "false_resume_rate": _rate(metrics.false_resume_rate),
        "spurious_reply_rate": _rate(metrics.spurious_reply_rate),
        "check_pass_rate": _rate(metrics.check_pass_rate),
        "talk_over_s": round(metrics.talk_over_s, 3),
    }


def _class(one: ClassMetrics) -> dict[str, Any]:
    return {
        "n": one.n,
        "false_barge_in_rate": _rate(one.false_barge_in_rate),
        "false_pause_rate": _rate(one.false_pause_rate),
        "missed_barge_in_rate": _rate(one.missed_barge_in_rate),
        "barge_in_stop_ms": _delays(one.barge_in_stop_ms, "censored"),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval or (None, None)
    return {"value": _rounded(rate.value, 6), "n": rate.n, "low": _rounded(low, 6), "high": _rounded(high, 6)}


def _delays(delays: Delays, apart: str) -> dict[str, Any]:
    p50, p90 = _rounded(delays.p50, 1), _rounded(delays.p90, 1)
    return {"p50": p50, "p90": p90, "n": len(delays.observed_ms), apart: delays.apart}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
