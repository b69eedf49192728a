"""The labelling page: calls without labels, the sounds that a detector finds in them, and what a person says they are.

One HTML file that asks for nothing outside itself. A sound is a candidate where Silero gives the caller's
lane at least 0.3; that is lower than any setting worth having, so what a tuned agent could stop for is
there to be labelled. What the page saves is the labels' file that docs/tune-labels.md describes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from local_agent.errors import UnusableInput
from local_agent.parameters import VadParameters
from local_agent.report.audio import ogg_of
from local_agent.report.page import assembled
from local_agent.vad.gate_runs import gate_events
from local_agent.vad.settings import gate_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from local_agent.tuning.listening.labels import Label
    from local_agent.vad.networks import SileroNetwork

    Samples = NDArray[np.float32]

SOUND_BUDGET: Final = 24_000_000
"""Bytes of Ogg that one page carries at most: about an hour of stereo. Further calls are listed without sound."""
SUSPECTED: Final = VadParameters(threshold=0.3, release_threshold=0.2, min_speech_ms=64, min_silence_ms=600)
"""What makes a candidate; pauses of up to 0.6 s stay inside one, for a turn's label spans them."""
_AGENT: Final = VadParameters(threshold=0.5, release_threshold=0.35, min_speech_ms=64, min_silence_ms=700)
_BINS_PER_S: Final = 20
_MOST_BINS: Final = 4_000
_FULL: Final = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of the caller's lane that may be a sound; `hint` is what the agent's lane lets one guess."""

    start_s: float
    end_s: float
    hint: str


def labelling_page(
    folder: Path,
    calls: Sequence[Path],
    *,
    labels: Sequence[Label] = (),
    budget: int = SOUND_BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Return the page for the calls of a folder; `progress` is told how many of how many are done.

    `labels` are those that are there already: they stand in the page, and sounds that they span are not offered.

    Raises UnusableInput where a call cannot be read or there is none.
    """
    if not calls:
        raise UnusableInput(f"{folder}: no calls to label", help="give a folder with recorded calls")
    left, told = budget, []
    for number, path in enumerate(calls, 1):
        name = path.relative_to(folder).as_posix()
        row, sound = _call(path, name, [label for label in labels if label.file == name])
        fits = len(sound) <= left
        left -= len(sound) if fits else 0
        told.append({**row, "sound": base64.b64encode(sound).decode("ascii") if fits else ""})
        if progress is not None:
            progress(number, len(calls))
    parts = files("local_agent.tuning.listening").joinpath("page_parts")
    return assembled(parts, "labelling", title=f"Label {len(calls)} calls", data={"calls": told})


def candidates(caller: Samples, agent: Samples | None, network: SileroNetwork) -> list[Candidate]:
    """Return the caller's sounds in order, apart from each other; times to 10 ms, inside the lane."""
    rate = network.sample_rate_hz
    agent_spans = [] if agent is None else list(_spans(agent, _AGENT, network))
    found: list[Candidate] = []
    for onset, offset in _spans(caller, SUSPECTED, network):
        over = any(start < offset and onset < end for start, end in agent_spans)
        hint = "" if agent is None else ("over the agent" if over else "turn")
        start = round(onset / rate, 2)
        end = min(round(offset / rate, 2), int(100 * len(caller) / rate) / 100)
        if end > start:
            found.append(Candidate(start, end, hint))
    return found


def _spans(samples: Samples, vad: VadParameters, network: SileroNetwork) -> Iterator[tuple[int, int]]:
    from local_agent.vad.silero import ProbabilityStream

    scores = ProbabilityStream(network).probabilities(samples)
    events = gate_events(scores, gate_settings(vad, network.sample_rate_hz, network.window_samples))
    offsets = [*events.offsets.tolist(), len(samples)]
    yield from zip(events.onsets.tolist(), offsets[: len(events.onsets)], strict=True)


def _rows(labels: Sequence[Label], found: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Return the rows of a call in order of their start: its labels, and what was found beside them."""
    rows = [
        {
            "start_s": one.start_s,
            "end_s": one.end_s,
            "label": one.label,
            "class": one.sound_class or "",
            "hint": "",
        }
        for one in labels
    ]
    rows += [
        {"start_s": one.start_s, "end_s": one.end_s, "label": "", "class": "", "hint": one.hint}
        for one in found
        if not any(label.start_s < one.end_s and one.start_s < label.end_s for label in labels)
    ]
    return sorted(rows, key=lambda row: (row["start_s"], row["end_s"]))


def _call(path: Path, name: str, labels: Sequence[Label]) -> tuple[dict[str, Any], bytes]:
    """Return what the page says of a call, and its sound."""
    from local_agent.audio.reading import read_call
    from local_agent.vad.networks import silero_v6

    caller, agent = read_call(path)
    rate = caller.sample_rate_hz
    other = None if agent is None else agent.samples
    row = {
        "file": name,
        "duration_s": round(caller.duration_s, 3),
        "caller": _loudness(caller.samples, rate),
        "agent": [] if other is None else _loudness(other, rate),
        "rows": _rows(labels, candidates(caller.samples, other, silero_v6(rate))),
    }
    both = caller.samples[:, None] if other is None else np.stack([caller.samples, other], axis=1)
    return row, ogg_of(both, rate)


def _loudness(samples: Samples, rate: int) -> list[int]:
    """Return the highest amplitude of each stretch, 0 to 100."""
    count = max(1, min(_MOST_BINS, len(samples) * _BINS_PER_S // rate))
    edges = np.arange(count) * len(samples) // count
    peaks = np.maximum.reduceat(np.abs(samples), edges) if len(samples) else np.zeros(1, np.float32)
    return [int(value) for value in np.rint(peaks * _FULL)]
