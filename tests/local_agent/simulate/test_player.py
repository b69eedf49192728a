"""The agent's mouth, to the sample."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from local_agent.record import SpokenTurn
from local_agent.simulate.player import Player

TURN = SpokenTurn("", np.arange(1, 1001, dtype=np.float32))


@given(st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=40))
def test_pauses_lose_and_repeat_nothing(steps: list[tuple[int, bool]]) -> None:
    """Whatever is paused, what was played is a prefix of the turn; fades only make it quieter."""
    player, heard = Player(8_000), []
    player.start(TURN)
    for count, pause in steps:
        if pause:
            player.pause()
            assert player.render(np.zeros(count, np.float32)) == 0
            player.resume()
        out = np.zeros(count, np.float32)
        heard.append(out[: player.render(out)])
    played = np.concatenate([*heard, np.zeros(0, np.float32)])
    assert len(played) == player.played <= len(TURN.samples)
    assert (played <= TURN.samples[: len(played)]).all()
    assert (played > 0).all()


def test_a_stopped_turn_is_gone() -> None:
    """After a stop there is nothing to play."""
    player = Player(8_000)
    player.start(TURN)
    player.stop()
    assert player.render(np.ones(10, np.float32)) == 0
    assert player.remaining == 0


def test_a_turn_that_grows_goes_on_where_it_is() -> None:
    """What was played stays played; the new end follows without a gap."""
    player = Player(16_000)
    player.start(TURN)
    out = np.zeros(990, np.float32)
    player.render(out)
    player.grow(SpokenTurn("", np.arange(1, 1101, dtype=np.float32)))
    assert (player.played, player.remaining) == (990, 110)
    rest = np.zeros(110, np.float32)
    assert player.render(rest) == 110
    assert rest.tolist() == list(range(991, 1101))
