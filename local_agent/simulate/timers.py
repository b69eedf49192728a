"""What falls due in a call, and when: samples from the call's first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEVER: Final = 1 << 62
"""A sample no call reaches."""


@dataclass(slots=True)
class Timers:
    """When the caller's turn is over, the reply is ready, a reminder or the end of the call is due."""

    turn: int = NEVER
    reply: int = NEVER
    reminder: int = NEVER
    hang_up: int = NEVER

    def next(self, *, turn_held: bool) -> int:
        """Return the first of them; the end of a turn waits while it is undecided whether speech goes on."""
        waiting = min(self.reply, self.reminder, self.hang_up)
        return waiting if turn_held or waiting < self.turn else self.turn


def due_from(due: int | None, earliest: int) -> int:
    """Return when what is due (None: nothing is) happens, at the earliest."""
    return NEVER if due is None else max(due, earliest)
