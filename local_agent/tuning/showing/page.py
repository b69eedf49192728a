"""The page of a tuning: one HTML file that asks for nothing outside itself. Its parts lie in `page_parts`.

What it draws: what is proposed and whether it was proved, the fronts, what each key does around the chosen setting,
the classes of sound before and after, all metrics with their intervals, the worst clips to listen to, and how it was
made. Numbers are those of the JSON document.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from local_agent.report.audio import ogg_of
from local_agent.report.page import assembled
from local_agent.report.page_data import envelope, samples_per_bin
from local_agent.tuning.judging.metric import NAMES, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_agent.tuning.evidence.result import Tuning
    from local_agent.tuning.search.objectives import Bound
    from local_agent.tuning.showing.worst import Mark, WorstClip

SOUND_BUDGET: Final = 6_000_000
"""Bytes of Ogg that one page carries at most: some fifty clips. Further ones are drawn without sound."""

_SECOND_MS: Final = 1000
_WHY: Final = {
    "silence": "the pause was long enough",
    "semantic": "the turn-end model took it for complete, or nearly so",
    "cap": "the turn-end model took it for a pause, and the longest delay ran out",
    "dictation": "it was taken for dictation, and the longest delay ran out",
}
"""Why turns end, by the reasons of endpointing/policy.py."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a tuning comes from: whose settings, and the command that makes it again.

    `limits` tells in a line each what a target cannot express, so that it was not tried; `notes` what was not as the
    profile has it.
    """

    profile: str = ""
    command: str = ""
    limits: Sequence[str] = ()
    notes: Sequence[str] = ()


def tuning_page(
    tuning: Tuning,
    document: Mapping[str, Any],
    clips: Sequence[WorstClip],
    origin: Origin | None = None,
    *,
    budget: int = SOUND_BUDGET,
) -> str:
    """Return the HTML of one tuning: `document` is its JSON document, `clips` what `worst_clips` found."""
    origin = origin or Origin()
    title = f"Tuning: {origin.profile}" if origin.profile else "Tuning"
    parts = files("local_agent.tuning.showing").joinpath("page_parts")
    data = _data(tuning, document) | {
        "title": title,
        "command": origin.command,
        "limits": list(origin.limits),
        "not_as_profile": list(origin.notes),
        "clips": _clips(clips, budget),
    }
    return assembled(parts, "tuning", title=title, data=data)


def _data(tuning: Tuning, document: Mapping[str, Any]) -> dict[str, Any]:
    named = dict.fromkeys((*map(str, tuning.goal.metrics), *NAMES))
    present = {"name": "present", "note": "", **document["baseline"]}
    chosen = {"name": "chosen", "note": "", **document["chosen"]}
    kept = ("tried", "differences", "front", "corpus", "warnings", "seed")
    return {key: document[key] for key in kept} | {
        "metrics": [{"name": name, "is_rate": Metric(name.partition("[")[0]).is_rate} for name in named],
        "minimize": document["goal"]["minimize"],
        "bounds": [_bound(bound, tuning) for bound in tuning.goal.subject_to],
        "rows": [present, chosen, *document["others"]],
        "space": [{"path": path, "values": list(values)} for path, values in tuning.space.axes],
        "sensitivities": [
            {"path": one.path, "values": [value for value, _ in one.points], "told": _columns(one.points)}
            for one in tuning.sensitivities
        ],
    }


def _columns(points: Sequence[tuple[Any, Sequence[float | None]]]) -> list[list[float | None]]:
    """Return each objective's numbers along the axis."""
    return [list(column) for column in zip(*(values for _, values in points), strict=True)]


def _bound(bound: Bound, tuning: Tuning) -> dict[str, Any]:
    name = str(bound.metric)
    parts = {"searched": tuning.chosen.searched, "held_back": tuning.chosen.held_back}
    return {
        "text": bound.text,
        "metric": name,
        "limit": bound.limit,
        "kept": {part: bound.holds(told[name].value) for part, told in parts.items()},
    }


# -- clips


def _clips(clips: Sequence[WorstClip], budget: int) -> list[dict[str, Any]]:
    """Return the clips in their order, with sound until the budget is used up."""
    told, left = [], budget
    for clip in clips:
        sound = b"" if clip.lane is None else ogg_of(clip.lane, clip.sample_rate_hz)
        fits = 0 < len(sound) <= left
        left -= len(sound) if fits else 0
        told.append(_clip(clip) | {"sound": _base64(sound) if fits else None})
    return told


def _clip(clip: WorstClip) -> dict[str, Any]:
    rate, window = clip.sample_rate_hz, clip.window_samples
    scores = (clip.probabilities.clip(0, 1) * 255).round().astype("uint8")
    lane = clip.lane
    length = round(clip.duration_s * rate)
    per_bin = samples_per_bin(length, rate)
    return {
        "name": clip.name,
        "over_agent": clip.situation == "over_agent",
        "class": clip.sound_class,
        "held_back": clip.held_back,
        "wrong": clip.wrong,
        "present": clip.present,
        "said": said(clip),
        "heard": heard(clip),
        "onset_s": round(clip.onset_s, 3),
        "end_s": round(clip.end_s, 3),
        "duration_s": round(clip.duration_s, 3),
        "probability": _base64(scores.tobytes()),
        "known_s": [round(int(at) * window / rate, 3) for at in clip.known_windows],
        "threshold": clip.threshold,
        "release": clip.release_threshold,
        "present_threshold": clip.present_threshold,
        "marks": _marks(clip.marks),
        "present_marks": _marks(clip.present_marks),
        "envelope": None if lane is None else envelope(lane, length, per_bin),
        "bin_s": per_bin / rate,
    }


def _marks(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    return [{"event": mark.event, "at_s": round(mark.at_s, 3), "reason": mark.reason} for mark in marks]


def said(clip: WorstClip) -> str:
    """Return what went wrong, in one sentence as a person would say it."""
    cost = f"{clip.cost_ms} ms" if clip.cost_ms < _SECOND_MS else f"{clip.cost_ms / _SECOND_MS:.2f} s"
    pauses = sum(mark.event == "AgentSpeechPaused" for mark in clip.marks)
    agent = "fell silent, took it for no attempt and went on" if pauses else "never paused"
    started = any(mark.event == "SpeechStarted" for mark in clip.marks)
    unanswered = (
        "was heard, and dismissed as noise or still waited for at the end" if started else "was not heard"
    )
    times = "once for nothing," if pauses == 1 else f"{pauses} times for nothing, first"
    why = next((_WHY[mark.reason] for mark in clip.marks if mark.event == "UserTurnEnded"), "")
    told = {
        "false_barge_in": f"The agent gave up the floor to this sound, {cost} after it began.",
        "missed_barge_in": f"The caller spoke for {cost} and never got the floor: the agent {agent}.",
        "premature_cutoff": f"The agent took the turn as over {cost} before its last word ended: {why}.",
        "unanswered_turn": f"The caller's turn of {cost} {unanswered}.",
        "false_pause": f"The agent paused {times} {cost} after the sound began, and went on.",
        "slow_stop": f"The agent fell silent for good only {cost} after the caller began.",
        "slow_answer": f"The agent took the turn as over only {cost} after its last word: {why}.",
    }
    return told[clip.wrong]


def heard(clip: WorstClip) -> str:
    """Return what the detector made of it."""
    peak = f"The detector's speech probability rose to {clip.peak:.2f}"
    if clip.longest_run_ms:
        return f"{peak}, and stayed at or above the threshold of {clip.threshold:g} for {clip.longest_run_ms} ms."
    return f"{peak}, never to the threshold of {clip.threshold:g}."


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
