"""Trials: labelled stretches of a caller's lane, each with what a good agent does with it. Values.

A trial begins with a fresh call, so trials are independent and can be evaluated in any order, anywhere. Two
situations are told apart:

    over_agent    the agent speaks from the first sample to the last: who gets the floor, and when
    caller_turn   the agent is silent: when is the caller's turn over
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Situation = Literal["over_agent", "caller_turn"]
Sort = tuple[Situation, bool]
"""A trial's situation, and whether it is meaningful: no metric mixes two sorts."""
SORTS: Final[Mapping[Sort, str]] = {
    ("over_agent", False): "noise over the agent",
    ("over_agent", True): "speech over the agent",
    ("caller_turn", True): "callers' turns",
}
"""What people call each sort."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an audio file in a trial's lane: from `from_s` to `to_s` of the file (None: its end).

    `gain_db` is applied to it; it begins at `at_s` of the lane, where it is added to what is there.
    """

    audio: str
    at_s: float
    from_s: float = 0.0
    to_s: float | None = None
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One labelled stretch. All times are seconds from the lane's first sample.

    `meaningful` says whether the sound is somebody who wants the floor (over the agent) or a turn to be
    answered; a noise or a backchannel is not. `onset_s` and `end_s` bound the sound itself: for a turn
    from its first word to its last one, pauses inside it included. `sound_class` is what it is. `group`
    is the unit of independence: a speaker or a recorded call; splits and resampling never cut through one.
    """

    name: str
    situation: Situation
    sound_class: str
    meaningful: bool
    group: str
    onset_s: float
    end_s: float
    duration_s: float
    pieces: tuple[Piece, ...]
    bed_dbfs: float = -65.0
    seed: int = 0


def groups_by_sort(trials: Iterable[Trial]) -> dict[Sort, set[str]]:
    """Return which groups have trials of each sort."""
    found: dict[Sort, set[str]] = {}
    for trial in trials:
        found.setdefault((trial.situation, trial.meaningful), set()).add(trial.group)
    return found
