"""Whether what is said over the agent may be the answer to what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_agent.simulate.player import Player

NEARLY_OVER_MS = 1500
"""What is left of a question when a short word over it counts as its answer."""


def answering(player: Player, sample_rate_hz: int) -> bool:
    """Tell whether the agent has all but finished a question."""
    from local_agent.context.delivery import context_at
    from local_agent.context.interruption import asked_for_answer

    turn = player.turn
    if turn is None or player.remaining > NEARLY_OVER_MS * sample_rate_hz // 1000:
        return False
    return turn.expects_answer or asked_for_answer(turn, len(context_at(turn, player.played)[0]))
