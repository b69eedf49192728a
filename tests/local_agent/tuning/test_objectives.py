"""Goals: what can be asked for, what it makes of counts, and what is said where it cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.judging.metric import Metric
from local_agent.tuning.search.objectives import DEFAULT, UNMEASURED, parse_bound, parse_goal

if TYPE_CHECKING:
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Bench


@pytest.fixture(scope="module")
def counts(bench: Bench) -> Counts:
    """Return counts of the default settings."""
    return bench.counts(Parameters(endpointing=EndpointingParameters("silence")))


def test_a_goal_is_read(counts: Counts) -> None:
    """Metrics by comma, classes in brackets, bounds with signs and per cents."""
    goal = parse_goal(
        "false_barge_in_rate[sneeze], stop_ms_p90", ["missed_barge_in_rate <= 5%", "stop_ms_p50<1000"]
    )
    assert goal.minimize == (Metric("false_barge_in_rate", "sneeze"), Metric("stop_ms_p90"))
    assert [(b.metric.name, b.sign, b.limit) for b in goal.subject_to] == [
        ("missed_barge_in_rate", "<=", 0.05),
        ("stop_ms_p50", "<", 1000.0),
    ]
    assert goal.values(counts) == tuple(metric.value(counts) for metric in goal.minimize)
    assert [str(metric) for metric in parse_goal().minimize] == DEFAULT.split(",")
    assert (goal.about_turns, goal.about_floor) == (False, True)
    mixed = parse_goal("response_delay_ms_p50", ["false_barge_in_rate<=3%"])
    assert (mixed.about_turns, mixed.about_floor) == (True, True)
    assert not parse_goal("response_delay_ms_p50", ["premature_cutoff_rate<=5%"]).about_floor


@pytest.mark.parametrize(
    ("minimize", "said", "helped"),
    [
        ("false_barge_in", "there is no metric 'false_barge_in'", "known: false_barge_in_rate, worst_class"),
        ("", "there is no metric ''", "known:"),
        ("stop_ms_p90,stop_ms_p90", "names a metric twice", "once"),
        ("stop_ms_p90[sneeze]", "stop_ms_p90 is not counted by class", "by class: false_barge_in_rate"),
        ("false_barge_in_rate[", "there is no metric 'false_barge_in_rate['", "known:"),
    ],
)
def test_what_cannot_be_minimised(minimize: str, said: str, helped: str) -> None:
    """A goal that cannot be read says what is known."""
    with pytest.raises(UnusableInput, match=said.replace("[", r"\[")) as caught:
        parse_goal(minimize)
    assert helped in (caught.value.help or "")


@pytest.mark.parametrize("text", ["false_barge_in_rate", "false_barge_in_rate=0.1", "<=1", "x<=-1", ""])
def test_what_is_no_bound(text: str) -> None:
    """A bound has a metric, a sign and a number."""
    with pytest.raises(UnusableInput, match="no bound"):
        parse_bound(text)


def test_bounds_hold_or_are_missed_by_so_much(counts: Counts) -> None:
    """A bound that holds costs nothing; a wider miss costs more; what was not measured holds no bound."""
    value = Metric("stop_ms_p50").value(counts)
    assert value is not None
    assert parse_bound(f"stop_ms_p50<={value}").violation(counts) == 0
    assert parse_bound(f"stop_ms_p50>={value}").violation(counts) == 0
    assert parse_bound(f"stop_ms_p50<{value}").violation(counts) > 0
    near, far = (parse_bound(f"stop_ms_p50<={value * share:.3f}").violation(counts) for share in (0.9, 0.5))
    assert 0 < near < far
    unheard = parse_goal("false_barge_in_rate[cough]", ["false_barge_in_rate[cough]>=0"])
    assert unheard.violation(counts) == UNMEASURED
    assert unheard.values(counts) == (UNMEASURED,)


@pytest.mark.parametrize(
    ("minimize", "left", "said"),
    [
        ("false_barge_in_rate[cough]", "all", "no class 'cough'; there are: door, music, sneeze, speech"),
        ("missed_barge_in_rate", "noise", "no speech over the agent"),
        ("worst_class_false_barge_in_rate", "speech", "no noise over the agent"),
        ("response_delay_ms_p90", "noise", "no caller's turn"),
    ],
)
def test_what_a_corpus_cannot_tell(bench: Bench, minimize: str, left: str, said: str) -> None:
    """A metric without anything to be measured on is an error that names what is missing."""
    groups = {t.group for t in bench.trials}
    wanted = {"all": "", "noise": "source", "speech": "speaker"}[left]
    part = bench.only(group for group in groups if group.startswith(wanted))
    counts = part.counts(replace(Parameters(), endpointing=EndpointingParameters("silence")))
    with pytest.raises(UnusableInput, match=said):
        parse_goal(minimize).check_measurable(counts)
    parse_goal("false_barge_in_rate").check_measurable(
        bench.counts(Parameters(endpointing=EndpointingParameters("silence")))
    )


@pytest.mark.parametrize("text", ["false_barge_in_rate<=3", "missed_barge_in_rate<1.5", "stop_ms_p90<=3%"])
def test_bounds_in_the_wrong_unit_are_refused(text: str) -> None:
    """Three for three per cent would bound nothing, and per cent of a millisecond everything."""
    with pytest.raises(UnusableInput, match="bounds"):
        parse_bound(text)
