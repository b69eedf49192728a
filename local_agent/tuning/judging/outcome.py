"""What became of one trial under one setting, whoever judged it: the sweep, or the session (replay.py)."""

from __future__ import annotations

from dataclasses import dataclass

from local_agent.tuning.listening.traces import NEVER


@dataclass(frozen=True, slots=True)
class Outcome:
    """When things happened, in samples of the lane; -1 for never. `resumes` counts speech that was taken up again.

    `paused_at` is the agent's first pause, `stopped_at` the one that the floor was lost in, `taken_at` where it was
    lost; `over_at` is where a caller's turn was taken as over.
    """

    paused_at: int = NEVER
    stopped_at: int = NEVER
    taken_at: int = NEVER
    resumes: int = 0
    over_at: int = NEVER
