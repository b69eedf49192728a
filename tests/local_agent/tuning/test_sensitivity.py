"""One key moves, the others stay: the numbers are those of the search, or of a bench that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.search.objectives import UNMEASURED, parse_goal
from local_agent.tuning.search.searching import exhaustive
from local_agent.tuning.search.sensitivity import sensitivities
from local_agent.tuning.search.space import Space, applied, completed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.tuning.judging.evaluating import Bench

PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
GOAL = parse_goal("false_barge_in_rate,stop_ms_p50")


def _unasked(_: Sequence[Parameters]) -> list[tuple[float, ...]]:
    pytest.fail("what the search tried was judged again")


def test_what_was_tried_is_looked_up(bench: Bench) -> None:
    """Each point is the setting that differs from the chosen one in that key alone; nothing is judged twice."""
    space = Space.of({"vad.threshold": (0.4, 0.6, 0.8), "vad.min_speech_ms": (96, 200)})
    candidates = exhaustive(lambda _: bench, space, GOAL, PRESENT)
    chosen = completed({"vad.threshold": 0.6, "vad.min_speech_ms": 96})
    found = sensitivities(chosen, candidates, space, PRESENT, _unasked)
    assert [axis.path for axis in found] == ["vad.threshold", "vad.min_speech_ms"]
    assert [value for value, _ in found[0].points] == [0.4, 0.6, 0.8]
    for value, told in found[0].points:
        setting = {"vad.threshold": value, "vad.release_threshold": round(float(value) - 0.15, 4)}
        alone = bench.counts(applied({**setting, "vad.min_speech_ms": 96}, PRESENT))
        assert told == GOAL.values(alone)
    assert dict(found[1].points)[96] == dict(found[0].points)[0.6]


def test_what_was_not_tried_is_judged(bench: Bench) -> None:
    """A walk knows few settings; the others are asked for, none with a suppressor that was never heard."""
    space = Space.of(
        {
            "vad.threshold": (0.4, 0.6),
            "noise_suppression.engine": ("off", "rnnoise"),
            "barge_in.min_words": (0,),
        }
    )
    chosen = completed({"vad.threshold": 0.6, "noise_suppression.engine": "off", "barge_in.min_words": 0})
    candidates = [one for one in exhaustive(lambda _: bench, space, GOAL, PRESENT) if one.setting == chosen]
    asked: list[Parameters] = []

    def judge(some: Sequence[Parameters]) -> list[tuple[float, ...]]:
        asked.extend(some)
        return [(0.5, UNMEASURED)] * len(some)

    (found,) = sensitivities(chosen, candidates, space, PRESENT, judge)
    assert found.points == ((0.4, (0.5, None)), (0.6, candidates[0].values))
    assert [(one.vad.threshold, one.vad.release_threshold) for one in asked] == [(0.4, 0.25)]
