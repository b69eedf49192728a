"""What the part held back says of a proposal, in one word."""

from __future__ import annotations

import pytest

from local_agent.tuning.evidence.resampling import Difference, Interval
from local_agent.tuning.evidence.verdict import Kind, verdict
from local_agent.tuning.search.objectives import parse_goal

GOAL = parse_goal("false_barge_in_rate,stop_ms_p90", ["stop_ms_p90<=900"])
KEPT = {"stop_ms_p90": Interval(300.0, 200.0, 400.0, 9)}


def _told(value: float, *, apart: bool) -> Difference:
    return Difference(value, value - 0.01, value + 0.01, 9, apart, None, None)


@pytest.mark.parametrize(
    ("changes", "kind", "better", "worse"),
    [
        ({}, Kind.UNPROVED, (), ()),
        ({"false_barge_in_rate": (-0.1, False)}, Kind.UNPROVED, (), ()),
        ({"false_barge_in_rate": (-0.1, True)}, Kind.BETTER, ("false_barge_in_rate",), ()),
        ({"stop_ms_p50": (-80.0, True)}, Kind.UNPROVED, ("stop_ms_p50",), ()),
        ({"stop_ms_p50": (80.0, True)}, Kind.WORSE, (), ("stop_ms_p50",)),
        (
            {"stop_ms_p50": (-80.0, True), "false_pause_rate": (0.1, True)},
            Kind.WORSE,
            ("stop_ms_p50",),
            ("false_pause_rate",),
        ),
        (
            {"stop_ms_p90": (-80.0, True), "response_delay_ms_p50": (40.0, True)},
            Kind.TRADE,
            ("stop_ms_p90",),
            ("response_delay_ms_p50",),
        ),
        (
            {"stop_ms_p90": (-80.0, True), "false_pause_rate": (0.1, True)},
            Kind.WORSE,
            ("stop_ms_p90",),
            ("false_pause_rate",),
        ),
    ],
)
def test_the_word_for_what_was_told_apart(
    changes: dict[str, tuple[float, bool]], kind: Kind, better: tuple[str, ...], worse: tuple[str, ...]
) -> None:
    """Only what was asked for makes a proposal better; a rate of failures makes it worse whatever is gained."""
    differences = {name: _told(value, apart=apart) for name, (value, apart) in changes.items()}
    told = verdict(GOAL, differences, KEPT, changed=True)
    assert (told.kind, told.better, told.worse, told.broken) == (kind, better, worse, ())
    assert told.refuted is (kind is Kind.WORSE)


@pytest.mark.parametrize(
    ("got", "kind"),
    [
        (Interval(950.0, 910.0, 990.0, 9), Kind.WORSE),
        (Interval(950.0, 880.0, 990.0, 9), Kind.UNPROVED),
        (Interval(950.0, None, None, 3), Kind.UNPROVED),
        (Interval(None, None, None, 9), Kind.UNPROVED),
    ],
)
def test_a_bound_that_is_not_kept_outweighs_any_gain(got: Interval, kind: Kind) -> None:
    """Whoever asks for a bound asks for it on calls to come: missed beyond chance it refutes, else nothing is proved."""
    gain = {"false_barge_in_rate": _told(-0.1, apart=True)}
    told = verdict(GOAL, gain, {"stop_ms_p90": got}, changed=True)
    assert (told.kind, told.broken, told.refuted) == (kind, ("stop_ms_p90<=900",), kind is Kind.WORSE)


def test_whoever_bounds_a_rate_has_said_how_far_it_may_go() -> None:
    """More false pauses are a trade where a bound allows them, and no more than that."""
    goal = parse_goal("stop_ms_p90", ["false_pause_rate<=20%"])
    changes = {"stop_ms_p90": _told(-80.0, apart=True), "false_pause_rate": _told(0.1, apart=True)}
    told = verdict(goal, changes, {"false_pause_rate": Interval(0.15, 0.1, 0.25, 9)}, changed=True)
    assert told.kind is Kind.TRADE


def test_a_rate_that_is_higher_by_chance_or_not_is_named() -> None:
    """Nobody reads 'better' as 'at no cost' where the cost is what the groups cannot tell."""
    changes = {
        "false_barge_in_rate": _told(-0.05, apart=True),
        "missed_barge_in_rate": _told(0.03, apart=False),
        "false_pause_rate": _told(-0.01, apart=False),
        "stop_ms_p90": _told(20.0, apart=False),
    }
    told = verdict(GOAL, changes, KEPT, changed=True)
    assert (told.kind, told.unclear) == (Kind.BETTER, ("missed_barge_in_rate",))


def test_no_change_is_never_refuted() -> None:
    """The present setting is what it is, whatever bound it breaks."""
    told = verdict(GOAL, {}, {"stop_ms_p90": Interval(950.0, None, None, 9)}, changed=False)
    assert (told.kind, told.broken, told.refuted) == (Kind.UNCHANGED, ("stop_ms_p90<=900",), False)
