"""The JSON document of a simulation (docs/schemas/simulation.json). Rounded, ordered, no clock."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_agent.metrics.checking import Check
    from local_agent.metrics.intervals import Rate
    from local_agent.metrics.measuring import ClassMetrics, ContextMetrics, Delays, Judged, Metrics
    from local_agent.parameters import Emulated
    from local_agent.record import Interruption

FORMAT_VERSION = "1.0"

ASSUMED: Final = "assumed, as the pulled file does not hold it"
NOT_HELD: Final = "told by the platform, but not held by a profile"

NOT_JUDGED = "no script says what should have been said: read the replies (--html shows each interruption)"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a run depended on beside the profile and the scenarios; with it, the run can be repeated.

    `assumed` names the settings that neither the platform nor the profile tells: they ran as our defaults.
    `emulated` holds what stands in for an engine that only the platform has; `pulled_from` says where a
    pulled profile came from, and `told_but_not_held` what the platform told that no key of a profile holds.
    `seed` is None where each scenario's own was used. `notes` say what ran otherwise than the profile asks.
    """

    words: str = "scenario"
    responder: str = "scripted"
    model: str | None = None
    voices: tuple[str, ...] = ()
    seed: int | None = None
    pulled_from: str | None = None
    assumed: tuple[str, ...] = ()
    emulated: tuple[Emulated, ...] = ()
    told_but_not_held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reproducible(self) -> bool:
        """Whether the same inputs give the same document: not with a model whose latency was measured."""
        return self.responder == "scripted"


def document(
    profile: str,
    metrics: Metrics,
    *,
    conditions: Conditions | None = None,
    gates: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return the document of one profile's run.

    `gates` are the gates' results. What there is nothing to say about has no key.
    """
    told: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "type": "simulation",
        "profile": profile,
        "scenarios": [_scenario(judged) for judged in metrics.scenarios],
        "metrics": _metrics(metrics),
        "by_class": {name: _class(one) for name, one in metrics.by_class.items()},
    }
    if conditions is not None:
        told |= _told(conditions)
    if gates:
        told["gates"] = list(gates)
    return told


def _told(conditions: Conditions) -> dict[str, Any]:
    responder: dict[str, Any] = {"kind": conditions.responder}
    if conditions.model is not None:
        responder["model"] = conditions.model
    if not conditions.reproducible:
        responder["note"] = "latency measured, not reproducible"
    run = {
        "words": conditions.words,
        "responder": responder,
        "voices": list(conditions.voices),
        "seed": conditions.seed,
        "reproducible": conditions.reproducible,
        "notes": list(conditions.notes),
    }
    told: dict[str, Any] = {"run": run}
    if conditions.pulled_from is not None:
        told["pulled_from"] = conditions.pulled_from
    if conditions.assumed:
        told["assumed"] = list(conditions.assumed)
    if conditions.told_but_not_held:
        told["told_but_not_held"] = list(conditions.told_but_not_held)
    if conditions.emulated:
        told["emulated"] = [asdict(one) for one in conditions.emulated]
    return told


def comparison(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the document of several profiles on the same scenarios: their own documents in `runs`."""
    return {"format_version": FORMAT_VERSION, "type": "comparison", "runs": list(runs)}


def labels(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name for each run's document: its profile's, numbered from 1 where several share it."""
    names = [str(run["profile"]) for run in runs]
    shared = {name for name in names if names.count(name) > 1}
    return [f"{place}: {name}" if name in shared else name for place, name in enumerate(names, 1)]


def check_row(check: Check, sample_rate_hz: int) -> dict[str, Any]:
    """Return one check; `at_ms` counts from the call's first sample."""
    at_ms = round(check.at_sample * 1000 / sample_rate_hz)
    return {"expect": check.truth.expect, "got": check.got, "passed": check.passed, "at_ms": at_ms}


def _scenario(judged: Judged) -> dict[str, Any]:
    checks = [check_row(check, judged.sample_rate_hz) for check in judged.checks]
    told = [interruption_row(one, judged.sample_rate_hz) for one in judged.interruptions]
    return {"name": judged.name, "passed": judged.passed, "checks": checks, "interruptions": told}


def interruption_row(one: Interruption, sample_rate_hz: int) -> dict[str, Any]:
    """Return the state object of an interruption; `at_ms` is when the responder was asked."""
    return {
        "at_ms": round(one.at_sample * 1000 / sample_rate_hz),
        "agent_turn": one.agent_turn,
        "agent_intent": one.agent_intent,
        "delivered_text": one.delivered_text.strip(),
        "remaining_text": one.remaining_text.strip(),
        "caller_utterance": one.caller_utterance,
        "interruption_class": one.interruption_class,
        "confidence": one.confidence,
        "meant": one.meant,
        "replies": list(one.replies),
    }


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
        "context_preservation": _context(metrics.context_preservation),
    }


def _context(kept: ContextMetrics | None) -> dict[str, Any]:
    if kept is None:
        return {"addressed": None, "thread": None, "nothing_repeated": None, "left_to_people": NOT_JUDGED}
    return {
        "addressed": _rate(kept.addressed),
        "thread": _rate(kept.thread),
        "nothing_repeated": _rate(kept.nothing_repeated),
        "left_to_people": None,
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
