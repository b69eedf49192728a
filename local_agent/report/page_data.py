"""What the page draws, as one value that becomes JSON: envelopes, turns, pins, checks, sound."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local_agent import events
from local_agent.metrics.turns import read
from local_agent.report.audio import ogg
from local_agent.report.document import ASSUMED, NOT_HELD, check_row, interruption_row, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from local_agent.metrics.checking import Check
    from local_agent.metrics.measuring import Metrics
    from local_agent.record import CallRecord

_BINS_PER_S: Final = 200
_MOST_BINS: Final = 6000
SOUND_BUDGET: Final = 24_000_000
"""Bytes of Ogg that one page carries at most, failures first: about an hour of stereo."""


@dataclass(frozen=True, slots=True)
class Run:
    """One profile's run as the page wants it. `document` is its JSON document."""

    document: dict[str, Any]
    records: tuple[CallRecord, ...]
    metrics: Metrics


def page_data(runs: Sequence[Run], budget: int = SOUND_BUDGET) -> dict[str, Any]:
    """Return everything that the page's script reads. Raises ValueError when the scenarios differ."""
    names = [[record.name for record in run.records] for run in runs]
    if any(one != names[0] for one in names):
        raise ValueError("runs of different scenarios cannot stand side by side")
    sounds, names_of_runs = _sounds(runs, budget), labels([run.document for run in runs])
    return {
        "words": {"assumed": ASSUMED, "not_held": NOT_HELD},
        "runs": [
            {
                "profile": names_of_runs[number],
                "document": {key: run.document[key] for key in ("metrics", "by_class")},
                "gates": run.document.get("gates", []),
                "conditions": {
                    key: run.document.get(key)
                    for key in ("run", "pulled_from", "assumed", "told_but_not_held", "emulated")
                },
                "calls": [
                    _call(record, judged.checks, sounds[number, place])
                    for place, (record, judged) in enumerate(
                        zip(run.records, run.metrics.scenarios, strict=True)
                    )
                ],
            }
            for number, run in enumerate(runs)
        ],
    }


def _sounds(runs: Sequence[Run], budget: int) -> dict[tuple[int, int], str | None]:
    """Encode calls until the budget is used up: those in which any run failed first."""
    count = len(runs[0].records) if runs else 0
    failed = {p for p in range(count) if not all(run.metrics.scenarios[p].passed for run in runs)}
    left, full = budget, False
    sounds: dict[tuple[int, int], str | None] = {}
    for place in sorted(range(count), key=lambda p: (p not in failed, p)):
        for number, run in enumerate(runs):
            data = None if full else ogg(run.records[place])
            full = full or data is None or len(data) > left
            left -= 0 if full or data is None else len(data)
            sounds[number, place] = None if full or data is None else _base64(data)
    return sounds


def _call(record: CallRecord, checks: Sequence[Check], sound: str | None) -> dict[str, Any]:
    rate = record.sample_rate_hz
    length = max(len(record.caller), len(record.agent))
    per_bin = samples_per_bin(length, rate)
    return {
        "name": record.name,
        "passed": all(check.passed for check in checks),
        "rate_hz": rate,
        "duration_ms": round(length * 1000 / rate),
        "caller": envelope(record.caller, length, per_bin),
        "agent": envelope(record.agent, length, per_bin),
        "bin_ms": per_bin * 1000 / rate,
        "probability": _base64((record.probabilities.clip(0, 1) * 255).round().astype("uint8").tobytes()),
        "window_ms": record.window_samples * 1000 / rate,
        "threshold": record.threshold,
        "release": record.release_threshold,
        "checks": [_check(check, rate) for check in checks],
        "turns": _turns(record),
        "heard": _heard(record, length),
        "events": [_pin(event, rate) for event in record.events],
        "interruptions": [
            {**interruption_row(one, rate), "rendered": one.rendered} for one in record.interruptions
        ],
        "notes": list(record.notes),
        "sound": sound,
    }


def _check(check: Check, rate: int) -> dict[str, Any]:
    truth = check.truth
    return {
        **check_row(check, rate),
        "start_ms": _ms(truth.start_sample, rate),
        "end_ms": _ms(truth.end_sample, rate),
        "class": truth.sound_class,
        "transcript": truth.transcript,
    }


def _turns(record: CallRecord) -> list[dict[str, Any]]:
    rate, told = record.sample_rate_hz, []
    for turn in read(record).turns:
        meant = record.turns[turn.turn] if turn.turn < len(record.turns) else None
        told.append(
            {
                "audible": [[_ms(a, rate), _ms(b, rate)] for a, b in turn.audible()],
                "start_ms": _ms(turn.start_sample, rate),
                "end_ms": _ms(turn.end_sample, rate),
                "ending": turn.ending,
                "text": meant.text if meant else "",
                "intent": meant.intent if meant else "",
            }
        )
    return told


def _heard(record: CallRecord, length: int) -> list[list[int]]:
    """Return the spans that the gate took for speech, from onset to offset."""
    spans, since = [], None
    for event in record.events:
        if isinstance(event, events.SpeechStarted):
            since = event.onset_sample
        elif isinstance(event, events.SpeechStopped) and since is not None:
            spans.append((since, event.offset_sample))
            since = None
    if since is not None:
        spans.append((since, length))
    return [[_ms(a, record.sample_rate_hz), _ms(b, record.sample_rate_hz)] for a, b in spans]


def _pin(event: events.Event, rate: int) -> dict[str, Any]:
    pin: dict[str, Any] = {"kind": type(event).__name__, "at_ms": _ms(event.at_sample, rate)}
    for name in ("onset", "offset", "played", "from"):
        for attribute in (f"{name}_sample", f"{name}_samples"):
            if hasattr(event, attribute):
                pin[f"{name}_ms"] = _ms(getattr(event, attribute), rate)
    for name in ("reason", "turn"):
        if hasattr(event, name):
            pin[name] = getattr(event, name)
    return pin


def samples_per_bin(length: int, rate: int) -> int:
    """Return the width of a bin: whole samples, so that no bin's time is off by more than itself."""
    return max(1, rate // _BINS_PER_S, -(-length // _MOST_BINS))


def envelope(samples: npt.NDArray[np.float32], length: int, per_bin: int) -> str:
    """Return lowest and highest sample of each bin as signed bytes, in turns; bin n begins at n * `per_bin`."""
    import numpy as np

    bins = max(1, -(-length // per_bin))
    padded = np.zeros(bins * per_bin, dtype=np.float32)
    padded[: len(samples)] = np.nan_to_num(samples)
    table = (padded.reshape(bins, per_bin).clip(-1, 1) * 127).round().astype(np.int8)
    return _base64(np.stack([table.min(axis=1), table.max(axis=1)], axis=1).tobytes())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _ms(sample: int, rate: int) -> int:
    return round(sample * 1000 / rate)
