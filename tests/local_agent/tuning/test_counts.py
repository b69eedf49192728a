"""Counts: what of an outcome is counted where, and that parts add up to the whole."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.tuning.judging.counts import Counts, Tally, total
from local_agent.tuning.judging.floors import FloorOutcomes
from local_agent.tuning.listening.trial import Trial

RATE = 16_000
NOISE = Trial("n", "over_agent", "sneeze", False, "a", 1.0, 1.5, 6.0, ())
SPEECH = replace(NOISE, name="s", sound_class="speech", meaningful=True)
TURN = Trial("t", "caller_turn", "speech", True, "a", 1.0, 2.0, 7.0, ())


def _floors(*rows: tuple[int, int, int, int]) -> FloorOutcomes:
    return FloorOutcomes(*np.array(rows, np.int64).reshape(-1, 4).T)


@pytest.mark.parametrize(
    ("outcome", "false_barge_ins", "false_pauses"),
    [
        ((-1, -1, -1, 0), 0, 0),
        ((20_000, -1, -1, 1), 0, 1),  # paused, and taken up again
        ((20_000, -1, -1, 0), 0, 1),  # paused, and still undecided at the end
        ((20_000, 20_000, 30_000, 0), 1, 0),
        ((20_000, 26_000, 30_000, 2), 1, 1),  # paused, taken up, then lost
    ],
)
def test_ignorable_sound(outcome: tuple[int, int, int, int], false_barge_ins: int, false_pauses: int) -> None:
    """A lost floor is a false barge-in; a pause that was taken up is a false pause; both may happen."""
    table, stops = Tally([NOISE], RATE).floors(_floors(outcome))
    assert table.tolist() == [[[1, false_barge_ins, false_pauses, 0, 0]]]
    assert not len(stops)


@pytest.mark.parametrize(
    ("outcome", "missed", "stop_ms"),
    [
        ((-1, -1, -1, 0), 1, []),
        ((17_000, -1, -1, 1), 1, []),  # heard, looked at, and let go
        ((19_200, 19_200, 24_000, 0), 0, [200]),
        ((10_000, 10_000, 24_000, 0), 0, [0]),  # silent already when the caller began
    ],
)
def test_meaningful_speech(outcome: tuple[int, int, int, int], missed: int, stop_ms: list[int]) -> None:
    """Who gets the floor has a time from the true onset to silence; who does not is missed and has none."""
    table, stops = Tally([SPEECH], RATE).floors(_floors(outcome))
    assert table.tolist() == [[[0, 0, 0, 1, missed]]]
    assert stops.tolist() == [[0, ms, 1] for ms in stop_ms]


@pytest.mark.parametrize(
    ("over_at", "row", "delay_ms"),
    [(-1, [1, 0, 1], []), (31_999, [1, 1, 0], []), (32_000, [1, 0, 0], [0]), (38_400, [1, 0, 0], [400])],
)
def test_turns(over_at: int, row: list[int], delay_ms: list[int]) -> None:
    """A turn that is over before its last word's end is cut off; one that is never over has no delay."""
    table, delays = Tally([TURN], RATE).turns(np.array([[over_at]]))[0]
    assert table.tolist() == [row]
    assert delays.tolist() == [[0, ms, 1] for ms in delay_ms]


def test_a_turn_is_to_be_answered() -> None:
    """A noise while the agent listens is no trial of ours."""
    with pytest.raises(ValueError, match="turn to be answered"):
        Tally([replace(TURN, meaningful=False)], RATE)


trials = st.lists(
    st.tuples(
        st.sampled_from([NOISE, SPEECH, TURN]),
        st.sampled_from("abcd"),
        st.sampled_from(["sneeze", "door"]),
        st.integers(-1, 60_000),
        st.integers(-1, 60_000),
        st.integers(0, 2),
    ),
    max_size=12,
)


def _counted(
    rows: list[tuple[Trial, str, str, int, int, int]],
) -> Counts:
    made = [
        replace(trial, group=group, sound_class=trial.sound_class if trial.meaningful else sound)
        for trial, group, sound, *_ in rows
    ]
    over = [(p, t, t, n) for trial, _, _, p, t, n in rows if trial.situation == "over_agent"]
    turns = np.array([t for trial, *_, t, _ in rows if trial.situation == "caller_turn"], np.int64)
    tally = Tally(made, RATE)
    return tally.counts(tally.floors(_floors(*over)), tally.turns(turns[None])[0])


@given(st.lists(trials, min_size=1, max_size=4))
def test_parts_add_up(parts: list[list[tuple[Trial, str, str, int, int, int]]]) -> None:
    """Counting parts and adding is counting the whole, in whatever order, and survives pickle."""
    whole = _counted([row for part in parts for row in part])
    counted = [_counted(part) for part in parts]
    assert reduce(add, counted) == whole
    assert total(reversed(counted)) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - our own bytes


def test_counts_differ() -> None:
    """Counts of other outcomes are not equal; nor is anything else."""
    one, other = (_counted([(NOISE, "a", "door", -1, taken, 0)]) for taken in (-1, 5))
    assert one != other
    assert one != "counts"
