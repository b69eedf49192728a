"""Splits: whole groups, both parts alike, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.errors import UnusableInput
from local_agent.tuning.evidence.splitting import split
from local_agent.tuning.listening.trial import Trial

NOISE = Trial("n", "over_agent", "door", False, "a", 1.0, 1.5, 6.0, ())
SPEECH = replace(NOISE, sound_class="speech", meaningful=True)
TURN = replace(SPEECH, situation="caller_turn")


def _trials(kinds: dict[str, int]) -> list[Trial]:
    made = []
    for kind, count in kinds.items():
        for number in range(count):
            if kind == "speaker":
                made += [replace(one, group=f"speaker-{number}") for one in (SPEECH, TURN, TURN)]
            else:
                made += [replace(NOISE, sound_class=kind, group=f"{kind}-{number}")] * 2
    return made


@given(st.integers(2, 15), st.integers(2, 15), st.integers(2, 15), st.integers(0, 99), st.floats(0.1, 0.9))
def test_parts_are_alike(speakers: int, doors: int, sneezes: int, seed: int, share: float) -> None:
    """Each group on one side, each situation on both, each kind's share held as far as whole groups allow."""
    trials = _trials({"speaker": speakers, "door": doors, "sneeze": sneezes})
    parts = split(trials, seed=seed, held_back=share)
    assert sorted(parts.searched + parts.held_back) == sorted({trial.group for trial in trials})
    for side in (parts.searched, parts.held_back):
        seen = {(t.situation, t.meaningful) for t in trials if t.group in side}
        assert len(seen) == 3
    for kind, count in (("speaker", speakers), ("door", doors), ("sneeze", sneezes)):
        back = sum(group.startswith(kind) for group in parts.held_back)
        assert abs(back - share * count) < 2
    assert split(trials[::-1], seed=seed, held_back=share) == parts


def test_seeds_differ() -> None:
    """Another seed deals otherwise."""
    trials = _trials({"speaker": 12, "door": 12})
    assert split(trials, seed=1) != split(trials, seed=2)


def test_one_group_cannot_be_split() -> None:
    """A situation that one group alone has cannot stand on both sides."""
    with pytest.raises(
        UnusableInput, match=r"speech over the agent come from one speaker or call \(speaker-0\)"
    ):
        split([one for one in _trials({"speaker": 1, "door": 5}) if one.situation == "over_agent"], seed=0)
    with pytest.raises(UnusableInput, match="the corpus is empty"):
        split([], seed=0)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_shares(share: float) -> None:
    """Something is searched, and something held back."""
    with pytest.raises(UnusableInput, match="cannot be held back"):
        split(_trials({"speaker": 4}), seed=0, held_back=share)
