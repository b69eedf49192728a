"""The page of a tuning: one HTML file that asks for nothing outside itself. Its parts lie in `page_parts`.

What it draws: the fronts, what each key does around the chosen setting, the classes of sound before and after, all
metrics with their intervals, and the worst clips to listen to. Numbers are those of the JSON document.
"""

from __future__ import annotations

import base64
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
    from local_agent.tuning.showing.worst import WorstClip

SOUND_BUDGET: Final = 6_000_000
"""Bytes of Ogg that one page carries at most: some fifty clips. Further ones are drawn without sound."""

_WHY: Final = {
    "silence": "the pause was long enough",
    "semantic": "the turn-end model took it for complete, or nearly so",
    "cap": "the turn-end model took it for a pause, and the longest delay ran out",
    "dictation": "it was taken for dictation, and the longest delay ran out",
}
"""Why turns end, by the reasons of endpointing/policy.py."""


def tuning_page(
    tuning: Tuning,
    document: Mapping[str, Any],
    clips: Sequence[WorstClip],
    *,
    profile: str = "",
    limits: Sequence[str] = (),
    budget: int = SOUND_BUDGET,
) -> str:
    """Return the HTML of one tuning.

    `document` is its JSON document and `clips` what `worst_clips` found; `profile` is whose settings were tuned,
    and `limits` tells in a line each what a target cannot express, so that it was not tried.
    """
    title = f"Tuning: {profile}" if profile else "Tuning"
    parts = files("local_agent.tuning.showing").joinpath("page_parts")
    data = _data(tuning, document) | {"title": title, "limits": list(limits), "clips": _clips(clips, budget)}
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
        "onset_s": round(clip.onset_s, 3),
        "end_s": round(clip.end_s, 3),
        "duration_s": round(clip.duration_s, 3),
        "probability": _base64(scores.tobytes()),
        "known_s": [round(int(at) * window / rate, 3) for at in clip.known_windows],
        "threshold": clip.threshold,
        "release": clip.release_threshold,
        "marks": [
            {"event": mark.event, "at_s": round(mark.at_s, 3), "reason": mark.reason} for mark in clip.marks
        ],
        "envelope": None if lane is None else envelope(lane, length, per_bin),
        "bin_s": per_bin / rate,
    }


def said(clip: WorstClip) -> str:
    """Return what went wrong, in a sentence or two, with what the detector made of it."""
    cost = f"{clip.cost_ms} ms"
    heard = f"Speech probability up to {clip.peak:.2f}"
    if clip.longest_run_ms:
        heard += f", at or above the threshold of {clip.threshold:g} for {clip.longest_run_ms} ms on end."
    else:
        heard += f", never at the threshold of {clip.threshold:g}."
    pauses = sum(mark.event == "AgentSpeechPaused" for mark in clip.marks)
    agent = "fell silent, took it for no attempt and went on" if pauses else "never paused"
    started = any(mark.event == "SpeechStarted" for mark in clip.marks)
    unanswered = "heard, and dismissed as noise or still waited for at the end" if started else "not heard"
    times = "once," if pauses == 1 else f"{pauses} times, first"
    why = next((_WHY[mark.reason] for mark in clip.marks if mark.event == "UserTurnEnded"), "")
    told = {
        "false_barge_in": f"It took the floor {cost} after it began. {heard}",
        "missed_barge_in": f"{cost} of speech never got the floor: the agent {agent}. {heard}",
        "premature_cutoff": f"The turn counted as over {cost} before its last word ended: {why}.",
        "unanswered_turn": f"A turn of {cost} was {unanswered}. {heard}",
        "false_pause": f"The agent paused {times} {cost} after it began, and went on. {heard}",
        "slow_stop": f"The agent fell silent for good only {cost} after the caller began. {heard}",
        "slow_answer": f"The turn counted as over only {cost} after its last word: {why}.",
    }
    return told[clip.wrong]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
